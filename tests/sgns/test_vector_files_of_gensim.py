"""Every file of vectors in gensim's own test data: read as gensim reads it, or refused by name."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec
from gensim.models.fasttext import load_facebook_model
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.errors import FormatError
from clif_core.sgns.export import read_safetensors
from clif_core.sgns.vector_files import open_vectors
from clif_core.sgns.vector_files.gensim_pickles import unpickle_gensim
from clif_core.text.readers import TextOptions
from clif_core.workspace.importing import import_model

DATA = Path(str(importlib.resources.files("gensim"))) / "test" / "test_data"

#: File -> (words, dimensions) of those that are read.
READ = {
    "EN.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt": (20, 300),
    "IT.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt": (20, 300),
    "crime-and-punishment.bin": (291, 5),
    "crime-and-punishment.vec": (291, 5),
    "euclidean_vectors.bin": (2747, 10),
    "high_precision.kv.bin": (2, 2),
    "high_precision.kv.txt": (2, 2),
    "lee_fasttext.bin": (1762, 10),
    "lee_fasttext.vec": (1762, 10),
    "lee_fasttext_new.bin": (1763, 10),
    "non_ascii_fasttext.bin": (171, 2),
    "poincare_vectors.bin": (1182, 10),
    "pretrained.vec": (1, 5),
    "test_glove.txt": (76, 50),
    "toy-model.bin": (22, 5),
    "toy-model.vec": (22, 5),
    "w2v_keyedvectors_load_test.modeldata": (2, 3),
    "word2vec_pre_kv_c": (1750, 10),
}
#: File -> why it is not read.
REFUSED = {
    "compatible-hash-true.model": "pickle",
    "d2v-lee-v0.13.0": "pickle",
    "doc2vec_old": "pickle",
    "doc2vec_old_sep": "pickle",
    "doc2vec_old_sep.syn1neg.npy": "without words",
    "fasttext_old": "pickle",
    "fasttext_old_sep": "pickle",
    "ft_kv_3.6.0.model.gz": "pickle",
    "ft_model_2.3.0": "pickle",
    "lee_fasttext": "pickle",
    "model-from-gensim-3.8.0.w2v": "pickle",
    "old_keyedvectors_320.dat": "pickle",
    "pang_lee_polarity_fasttext.bin": "supervised",
    "poincare_test_3.4.0": "pickle",
    "questions-words.txt": "text without vectors",
    "test_mmcorpus_no_index.mm": "Matrix Market",
    "varembed_vectors.pkl": "pickle",
    "w2v-lee-v0.12.0": "pickle",
    "w2v_keyedvectors_load_test.vocab": "one number a line",
    "word2vec_3.3": "pickle",
    "word2vec_old": "pickle",
    "word2vec_pre_kv_py2": "pickle",
    "word2vec_pre_kv_py3": "pickle",
    "word2vec_pre_kv_sep_py3.syn0.npy": "without words",
}


@pytest.mark.parametrize("name", READ)
def test_read(name: str) -> None:
    read = open_vectors(DATA / name)
    assert (len(read.words), read.vectors.shape[1]) == READ[name]
    assert read.vectors.dtype == np.float32 and np.isfinite(read.vectors).all()


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(FormatError, match=REFUSED[name]):
        open_vectors(DATA / name)


@pytest.mark.parametrize(
    "name", ["euclidean_vectors.bin", "poincare_vectors.bin", "high_precision.kv.bin"]
)
def test_a_binary_file_is_read_as_gensim_reads_it(name: str) -> None:
    read = open_vectors(DATA / name)
    theirs = KeyedVectors.load_word2vec_format(str(DATA / name), binary=True)
    assert list(read.words) == theirs.index_to_key
    np.testing.assert_array_equal(read.vectors, theirs.vectors)


def test_glove_is_read_as_gensim_reads_it() -> None:
    read = open_vectors(DATA / "test_glove.txt")
    theirs = KeyedVectors.load_word2vec_format(
        str(DATA / "test_glove.txt"), binary=False, no_header=True
    )
    assert list(read.words) == theirs.index_to_key
    np.testing.assert_array_equal(read.vectors, theirs.vectors)


@pytest.mark.parametrize(
    "name", ["lee_fasttext.bin", "lee_fasttext_new.bin", "crime-and-punishment.bin"]
)
def test_a_facebook_binary_is_read_as_gensim_reads_it(name: str) -> None:
    read, theirs = open_vectors(DATA / name), load_facebook_model(str(DATA / name))
    assert list(read.words) == theirs.wv.index_to_key
    rows = [i for i, word in enumerate(read.words) if word != "</s>"]  # gensim gives it n-grams
    np.testing.assert_allclose(read.vectors[rows], theirs.wv.vectors[rows], atol=1e-6)
    assert read.counts is not None
    assert read.counts.tolist() == [theirs.wv.get_vecattr(w, "count") for w in read.words]
    assert read.context_vectors is not None and read.settings is not None
    np.testing.assert_array_equal(read.context_vectors, theirs.syn1neg)
    assert (read.settings.window, read.settings.n_negatives) == (theirs.window, theirs.negative)


def test_a_facebook_binary_has_the_vectors_of_its_vec_file() -> None:
    binary = open_vectors(DATA / "crime-and-punishment.bin")
    text = open_vectors(DATA / "crime-and-punishment.vec")
    assert binary.words == text.words
    np.testing.assert_allclose(binary.vectors, text.vectors, atol=1e-5)


def test_lee_with_its_text_is_ready_for_influence(tmp_path: Path) -> None:
    """fastText takes each line by itself; so is its text read, unless something else is said."""
    given = ("lee", DATA / "lee_fasttext.bin", None, DATA / "lee_background.cor")
    bundle, corpus = import_model(*given)
    _, whole = import_model(*given, options=TextOptions(one_document_per="file"))
    assert whole is not None and whole.n_documents == 1
    model = bundle.model
    assert corpus is not None and corpus.n_documents == 300
    assert model.context_vectors is not None and model.settings is not None
    assert model.settings.noise_exponent == 0.5 and model.vocabulary.has_counts
    assert bundle.card["coverage"]["tokens"] > 0.5


@pytest.mark.parametrize("kind", [Word2Vec, FastText])
def test_convert_turns_a_pickle_that_is_trusted_into_a_safe_file(
    tmp_path: Path, kind: type
) -> None:
    text = [["the", "nurse", "sang"], ["the", "sailor", "sang"]] * 20
    theirs = kind(text, vector_size=8, sg=1, negative=3, min_count=1, window=2, epochs=1)
    theirs.save(str(tmp_path / "m.model"))
    target = tmp_path / "m.safetensors"
    run = CliRunner().invoke(app, ["convert", str(tmp_path / "m.model"), str(target)])
    assert run.exit_code != 0 and not target.exists()
    command = ["convert", str(tmp_path / "m.model"), str(target), "--trusted"]
    assert CliRunner().invoke(app, command).exit_code == 0
    model = read_safetensors(target).model
    np.testing.assert_array_equal(model.centre_vectors, theirs.wv.vectors)
    np.testing.assert_array_equal(model.context_vectors, theirs.syn1neg)
    assert model.vocabulary.counts.tolist() == [40, 40, 20, 20]
    assert model.settings is not None and model.settings.window == 2
    assert open_vectors(target).words == tuple(theirs.wv.index_to_key)


OLD = {
    "compatible-hash-true.model": (22, 5),
    "ft_kv_3.6.0.model.gz": (12, 3),
    "model-from-gensim-3.8.0.w2v": (3, 300),
    "old_keyedvectors_320.dat": (12, 100),
    "w2v-lee-v0.12.0": (806, 100),
    "word2vec_3.3": (4, 100),
    "word2vec_old": (12, 100),
    "word2vec_old_sep": (12, 100),
    "word2vec_pre_kv_py2": (9, 2),
    "word2vec_pre_kv_py3": (9, 2),
    "word2vec_pre_kv_sep_py3": (9, 2),
}


@pytest.mark.parametrize("name", OLD)
def test_old_pickles_of_gensim_are_converted(name: str) -> None:
    model = unpickle_gensim(DATA / name, "old").model
    assert (model.n_words, model.dim) == OLD[name]
    assert model.vocabulary.has_counts


@pytest.mark.parametrize("name", ["fasttext_old", "doc2vec_old", "ft_model_2.3.0", "lee_fasttext"])
def test_pickles_of_classes_that_gensim_no_longer_has_are_refused(name: str) -> None:
    with pytest.raises(FormatError, match="needs the gensim that wrote it"):
        unpickle_gensim(DATA / name, "old")
