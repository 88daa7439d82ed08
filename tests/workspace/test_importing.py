"""A person's own model from its files: aligned, counted, checked against its text."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import CapabilityError, FormatError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.sgns.bundle import load_bundle, save_bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.vector_files import open_vectors
from clif_core.sgns.word2vec import write_word2vec
from clif_core.storage.files import temporary_folder
from clif_core.text.coverage import measure_coverage
from clif_core.text.readers.options import TextOptions
from clif_core.text.token_rule import TokenRule
from clif_core.workspace.bring import Brought, expect_reading, read_brought
from clif_core.workspace.completing import complete_model
from clif_core.workspace.importing import import_model, read_counts
from clif_core.workspace.workspace import Workspace

WORDS = ["queen", "king", "the", "zebra"]
CASES = Path(__file__).parents[1] / "cases" / "tokens"
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_word2vec(tmp_path / "v.bin", WORDS, VECTORS, is_binary=True)
    order = [3, 1, 0, 2]
    write_word2vec(
        tmp_path / "c.txt",
        ["other", *(WORDS[i] for i in order)],
        np.vstack([np.full((1, 3), 99, np.float32), VECTORS[order] + 100]),
    )
    (tmp_path / "text.txt").write_text("The queen saw the king.\nThe king left.")
    (tmp_path / "counts.txt").write_text("zebra 9\nqueen 5\nking 7\nthe 100\n</s> 4\n")
    return tmp_path


def test_vectors_alone(files: Path) -> None:
    bundle, corpus = import_model("mine", files / "v.bin")
    model = bundle.model
    assert corpus is None and model.corpus_hash is None
    assert model.vocabulary.words == tuple(WORDS) and not model.vocabulary.counts.any()
    np.testing.assert_array_equal(model.centre_vectors, VECTORS)
    assert len(bundle.card["notes"]) == 4
    with pytest.raises(CapabilityError, match="no context vectors"):
        model.require_context_vectors()
    with pytest.raises(CapabilityError, match="settings"):
        model.require_settings()


def test_words_are_sorted_by_count(files: Path) -> None:
    bundle, corpus = import_model(
        "mine",
        files / "v.bin",
        files / "c.txt",
        files / "text.txt",
        settings={"window": 3, "unit": "document", "dim": 77},
        options=TextOptions(one_document_per="line"),
        title="Mine",
    )
    model = bundle.model
    assert corpus is not None and corpus.n_documents == 2
    assert model.corpus_hash == corpus.content_hash == bundle.card["corpus"]["content_hash"]
    assert model.vocabulary.words == ("the", "king", "queen", "zebra")
    assert model.vocabulary.counts.tolist() == [3, 2, 1, 0]
    assert model.context_vectors is not None
    np.testing.assert_array_equal(model.context_vectors, model.centre_vectors + 100)
    assert model.centre_vectors[0].tolist() == VECTORS[2].tolist()
    expected = TrainingSettings(window=3, unit="document", dim=3, backend="unknown")
    assert model.settings == expected
    assert bundle.card["coverage"] == {"tokens": 6 / 8, "words": 3 / 4}
    assert bundle.card["notes"] == [
        "75.0% of the text's tokens are words of the model, and 75.0% of the model's words are in"
        " the text.",
        "2 of the text's tokens are not in the model in any spelling: too rare there, another"
        " language or text: 'saw', 'left'.",
        "1 of the model's words are not in the text in any spelling: too rare there, another"
        " language or text: 'zebra'.",
    ]
    save_bundle(bundle, files / "bundle", dtype="float32")
    assert load_bundle(files / "bundle").model.content_hash == model.content_hash


def test_context_vectors_that_the_file_lacks_are_fitted_and_said(files: Path) -> None:
    given = (files / "v.bin", None, files / "text.txt")
    bundle, corpus = import_model("mine", *given, settings={"window": 3})
    assert bundle.model.context_vectors is not None and corpus is not None
    assert bundle.card["context_vectors"] == "fitted"
    assert "fitted to the text" in " ".join(bundle.card["notes"])
    bare, _ = import_model("mine", *given, settings={"window": 3}, is_context_fitted=False)
    assert bare.model.context_vectors is None and "context_vectors" not in bare.card
    true, _ = complete_model(bundle, files / "c.txt", known_corpus=corpus)
    assert "context_vectors" not in true.card and "fitted" not in " ".join(true.card["notes"])
    assert true.model.context_vectors is not None
    np.testing.assert_array_equal(true.model.context_vectors, true.model.centre_vectors + 100)


def test_our_own_export_comes_back_whole(tmp_path: Path) -> None:
    """Words, counts, both matrices, settings and card of the sample that ships."""
    workspace = Workspace(tmp_path)
    sample = workspace.open_model("brown")
    workspace.export("brown", tmp_path / "brown.safetensors")
    bundle, _ = import_model("again", tmp_path / "brown.safetensors")
    model = bundle.model
    assert (model.n_words, model.dim, model.name) == (14_172, 64, "again")
    assert model.content_hash == sample.model.content_hash
    assert model.corpus_hash == sample.model.corpus_hash and model.settings is not None
    assert bundle.card["title"] == sample.card["title"]
    assert bundle.card["licence"] == sample.card["licence"]
    assert bundle.card["quality"] == sample.card["quality"]
    assert bundle.card["corpus"] == sample.card["corpus"]
    assert "derivatives" not in bundle.card and bundle.card["kind"] == "own"
    assert workspace.keep_model(bundle, None).is_dir()
    assert workspace.open_model("again").model.content_hash == model.content_hash


def test_the_card_says_what_was_found_and_repaired(files: Path) -> None:
    (files / "v.txt").write_text("3 2\nthe 1 2\nthe 3 4\nking 5 6\n")
    bundle, _ = import_model("mine", files / "v.txt")
    found = bundle.card["found"]
    assert found[0] == "word2vec text: 2 words of 2 dimensions." and "came before" in found[1]
    with pytest.raises(FormatError, match="came before"):
        import_model("mine", open_vectors(files / "v.txt", is_strict=True))


def test_counts_of_a_file_take_precedence_over_those_of_the_text(files: Path) -> None:
    bundle, _ = import_model(
        "mine", files / "v.bin", corpus_path=files / "text.txt", counts_path=files / "counts.txt"
    )
    assert bundle.model.vocabulary.words == ("the", "zebra", "king", "queen")
    assert bundle.model.vocabulary.counts.tolist() == [100, 9, 7, 5]
    assert bundle.card["counts"] == "file"


def test_a_text_of_another_model_is_refused(files: Path) -> None:
    (files / "text.txt").write_text("Lorem ipsum dolor sit amet. " * 9)
    write_word2vec(files / "v.bin", ["Queen", *WORDS[1:]], VECTORS)
    with pytest.raises(InputError, match=r"0\.0% of the text's .*'Queen'.*any spelling.*'ipsum'"):
        import_model("mine", files / "v.bin", corpus_path=files / "text.txt")


def test_missing_context_words_are_named(files: Path) -> None:
    write_word2vec(files / "c.txt", WORDS[:2], VECTORS[:2])
    with pytest.raises(FormatError, match=r"lacks 2 of the 4 words .*: 'the', 'zebra'"):
        import_model("mine", files / "v.bin", files / "c.txt")


def test_context_vectors_of_another_dimension_are_refused(files: Path) -> None:
    write_word2vec(files / "c.txt", WORDS, VECTORS[:, :2])
    with pytest.raises(FormatError, match="3 dimensions and the context vectors 2"):
        import_model("mine", files / "v.bin", files / "c.txt")


@pytest.mark.parametrize(
    "line",
    ["one", "word x", "word -3", b"\xff 3", "word 1_0", "word 3.5", "word 9" + "0" * 18, "the 4"],
)
def test_an_invalid_count_is_named(files: Path, line: str | bytes) -> None:
    content = line.encode() if isinstance(line, str) else line
    (files / "counts.txt").write_bytes(b"the 3\n" + content + b"\n")
    with pytest.raises(FormatError, match=r"line 2 of counts\.txt"):
        import_model("mine", files / "v.bin", counts_path=files / "counts.txt")


@pytest.mark.parametrize(
    "content",
    [
        "the 9\nnew york 5\n", "word\tcount\nthe\t9\nnew york\t5\n", "the,9\nnew york,5\n",
        '"word","count"\n"the","9"\n"new york","5"\n', "word;n\nthe;9\nnew york;5\n",
        "      9 the\n      5 new york\n",
    ],
    ids=["word2vec", "TSV with names", "CSV", "quoted", "semicolons", "uniq -c"],
)  # fmt: skip
def test_counts_as_programs_write_them(files: Path, content: str) -> None:
    (files / "counts.txt").write_text(content)
    assert read_counts(files / "counts.txt") == {"the": 9, "new york": 5}


def test_counts_cut_inside_the_last_number_are_refused(files: Path) -> None:
    (files / "counts.txt").write_text("queen 5\nthe 10")  # of 100
    with pytest.raises(FormatError, match=r"line 2 .* ends inside this line"):
        read_counts(files / "counts.txt")


def test_counts_have_the_cap_of_all_readers(files: Path) -> None:
    content = "".join(f"w{i} 1\n" for i in range(10_000))
    (files / "counts.gz").write_bytes(gzip.compress(content.encode()))
    assert len(read_counts(files / "counts.gz")) == 10_000
    with pytest.raises(FormatError, match="more than 0 MB of text after unzipping"):
        read_counts(files / "counts.gz", max_bytes=50_000)
    (files / "counts.gz").write_bytes(gzip.compress(b"a" * 1_000_000 + b" 1\n"))
    with pytest.raises(FormatError, match=r"line 1 of counts\.gz is longer"):
        read_counts(files / "counts.gz")


@pytest.mark.parametrize("value", ["5", 2.5, True, None, [5], float("nan"), 10**400])
def test_a_setting_of_another_kind_is_refused(files: Path, value: object) -> None:
    with pytest.raises(InputError, match="'window' must be a whole number"):
        import_model("mine", files / "v.bin", settings={"window": value})
    with pytest.raises(InputError, match="'unit' must be one of sentence, document"):
        import_model("mine", files / "v.bin", settings={"unit": value})


def test_missing_counts_are_named(files: Path) -> None:
    (files / "counts.txt").write_text("the 3\n")
    with pytest.raises(FormatError, match="file of counts lacks 3 of the 4"):
        import_model("mine", files / "v.bin", counts_path=files / "counts.txt")


@pytest.mark.parametrize("name", ["", "../up", "My Model", "a/b", "x" * 65])
def test_an_invalid_name_is_refused(files: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a model"):
        import_model(name, files / "v.bin")


def test_unknown_settings_are_named(files: Path) -> None:
    with pytest.raises(InputError, match="unknown training setting 'windows'"):
        import_model("mine", files / "v.bin", settings={"windows": 5})


def test_jsonl_with_another_field(files: Path) -> None:
    (files / "posts.jsonl").write_text('{"body": "the queen", "year": 1}\n{"body": "the king"}\n')
    _, corpus = import_model(
        "mine",
        files / "v.bin",
        corpus_path=files / "posts.jsonl",
        options=TextOptions(text_column="body"),
    )
    assert corpus is not None and corpus.n_documents == 2
    assert measure_coverage(WORDS, corpus).token_share == 1


def test_a_cased_model_finds_all_of_its_words_in_its_own_text() -> None:
    bundle, corpus = import_model(
        "cased", CASES / "cased_vec.txt", CASES / "cased_ctx.txt", CASES / "cased.txt",
        settings={"window": 5},
    )  # fmt: skip
    assert corpus is not None and corpus.token_rule == TokenRule(case="keep")
    assert bundle.card["coverage"]["words"] == 1
    assert bundle.card["corpus"]["token_rule"] == {"case": "keep"}
    assert bundle.model.vocabulary.counts.min() > 0
    assert "differ from a word of the model in capitals alone: 'The'." in bundle.card["notes"][1]


def test_a_given_rule_is_taken() -> None:
    bundle, corpus = import_model(
        "cased", CASES / "cased_vec.txt", corpus_path=CASES / "cased.txt", rule=TokenRule()
    )
    assert corpus is not None and corpus.token_rule == TokenRule()
    assert bundle.card["coverage"]["words"] < 0.9
    capitals = "of the model's words differ from a word of the text in capitals alone: "
    assert any(capitals in note for note in bundle.card["notes"])


def test_what_reading_takes_is_known_from_the_last_time(files: Path, tmp_path: Path) -> None:
    workspace, told = Workspace(tmp_path / "home"), list[float]()
    texts = {"text.txt": files / "text.txt"}
    brought = Brought("mine", vectors=files / "v.bin", texts=texts, are_settings_assumed=True)
    expected = expect_reading(workspace, brought)
    assert expected.seconds > 0 and not expected.is_measured
    with temporary_folder() as folder:
        read_brought(workspace, brought, folder, lambda fraction, _: told.append(fraction))
    assert told == sorted(told)
    assert expect_reading(workspace, brought).is_measured
    assert workspace.open_model("mine").has_fitted_contexts


def test_what_the_fit_counted_is_not_counted_again(files: Path, tmp_path: Path) -> None:
    """The first question finds the pairs in the cache, and they are those it would count."""
    here = Workspace(tmp_path / "home")
    given = (files / "v.bin", None, files / "text.txt")
    bundle, corpus = import_model("mine", *given, settings={"window": 3}, keep=here.keep_pairs)
    assert bundle.has_fitted_contexts and corpus is not None
    here.keep_model(bundle, corpus)
    kept = list((tmp_path / "home" / "cache").rglob("*"))
    model = here.open_model("mine").model
    found = here.open_engine(model, corpus).pairs
    assert list((tmp_path / "home" / "cache").rglob("*")) == kept
    counted = InfluenceEngine(model, corpus).pairs
    np.testing.assert_array_equal(found.offsets, counted.offsets)
    np.testing.assert_array_equal(found.context_words, counted.context_words)
    np.testing.assert_array_equal(found.weights, counted.weights)
