"""A completed model equals one that was imported with all its files at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clif_core.sgns.word2vec import write_word2vec
from clif_core.workspace.completing import complete_model
from clif_core.workspace.importing import import_model

WORDS = ["queen", "king", "the", "zebra"]
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)
SETTINGS = {"window": 3}


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
