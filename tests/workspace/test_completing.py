"""A completed model equals one that was imported with all its files at once."""

from __future__ import annotations

import importlib.resources
from dataclasses import replace
from pathlib import Path

import numpy as np

from clif_core.sgns.bundle import load_bundle, save_bundle
from clif_core.sgns.word2vec import write_word2vec
from clif_core.workspace.completing import complete_model
from clif_core.workspace.importing import import_model

WORDS = ["queen", "king", "the", "zebra"]
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)
SETTINGS = {"window": 3}
GENSIM = Path(str(importlib.resources.files("gensim"))) / "test" / "test_data"


def test_parts_added_one_by_one_give_the_whole_model(tmp_path: Path) -> None:
    vectors, context, text = (tmp_path / name for name in ("v.bin", "c.bin", "text.txt"))
    write_word2vec(vectors, WORDS, VECTORS, is_binary=True)
    write_word2vec(context, WORDS, VECTORS + 100, is_binary=True)
    text.write_text("The queen saw the king. The king left.")
    whole, corpus = import_model("mine", vectors, context, text, settings=SETTINGS)
    bare, _ = import_model("mine", vectors)

    with_context, none = complete_model(bare, context, SETTINGS)
    assert none is None
    done, read = complete_model(with_context, text={"corpus_path": text})
    assert read is not None
    assert corpus is not None
    assert read.content_hash == corpus.content_hash
    assert done.model.content_hash == whole.model.content_hash
    assert done.model.settings == whole.model.settings
    assert done.card == whole.card
    again, known = complete_model(done, known_corpus=corpus)
    assert known is corpus
    assert again.model.content_hash == whole.model.content_hash


def test_a_text_added_later_to_a_model_of_fasttext_is_read_by_lines(tmp_path: Path) -> None:
    """fastText takes each line by itself; the card keeps that its vectors came from there."""
    vectors, text = GENSIM / "lee_fasttext.bin", GENSIM / "lee_background.cor"
    whole, corpus = import_model("lee", vectors, corpus_path=text, is_context_fitted=False)
    bare, _ = import_model("lee", vectors)
    save_bundle(bare, tmp_path / "bare", dtype="float32")
    done, read = complete_model(load_bundle(tmp_path / "bare"), text={"corpus_path": text})
    assert corpus is not None and read is not None
    assert read.n_documents == corpus.n_documents == 300
    assert done.model.content_hash == whole.model.content_hash
    assert done.is_of_lines


def test_a_model_whose_card_does_not_say_of_lines_is_read_as_before(tmp_path: Path) -> None:
    text = GENSIM / "lee_background.cor"
    bare, _ = import_model("lee", GENSIM / "lee_fasttext.bin")
    old = replace(bare, card={key: bare.card[key] for key in bare.card if key != "is_of_lines"})
    _, read = complete_model(old, text={"corpus_path": text})
    assert read is not None and read.n_documents == 1
