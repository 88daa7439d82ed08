"""What lies in a home: cards of models and texts, and entries of the cache."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from clif_core.errors import FormatError
from clif_core.measurement import measure
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle, read_card, save_bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.storage.store import Store
from clif_core.text.corpus import SourceDocument, build_corpus
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.workspace import probes_tried
from clif_core.workspace.catalogue import Catalogue
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, texts

FOLDER = tempfile.TemporaryDirectory()  # removed when the tests end
HOME = Path(FOLDER.name)
CARD = HOME / "models" / "mine" / "card.json"
CORPUS = HOME / "corpora" / "c"
MODEL = SkipGram("mine", Vocabulary(("a", "b"), np.array([2, 1])), np.ones((2, 2), np.float32))
TEXT = build_corpus("c", [SourceDocument("One", "A word. Another word.")], {})
save_bundle(Bundle(MODEL, {"title": "Mine"}), CARD.parent)
save_corpus(TEXT, CORPUS)
TRIED = HOME / "tried" / f"{MODEL.content_hash}.json"
PROBE = Similarity("a", "b")
probes_tried.enter(HOME, MODEL.content_hash, measure(PROBE, MODEL, n_nulls=0, n_resamples=0))
WHOLE = {
    "tried": json.loads(TRIED.read_text()),
    "model": json.loads(CARD.read_text()),
    "corpus": json.loads((CORPUS / "corpus.json").read_text()),
}


def entries(whole: dict[str, Any]) -> st.SearchStrategy[Any]:
    """The list with one entry changed."""
    (entry,) = whole["entries"]
    return changed(entry).map(lambda new: {**whole, "entries": [new]})


def changed(whole: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A card with some of its values replaced or added, or anything else."""
    keys = st.sampled_from([*whole, "history", "corpus", "derivatives", "fidelity"]) | texts()
    return st.dictionaries(keys, json_values(), max_size=3).map(lambda new: {**whole, **new})


@fuzz("catalogue of cards", changed(WHOLE["model"]) | json_values())
def test_catalogue(card: Any) -> None:
    CARD.write_text(json.dumps(card))
    (entry,) = Catalogue(HOME, HOME / "none").entries()
    entry.title.encode()
    if entry.problem:
        raise FormatError(entry.problem)
    assert read_card(CARD.parent)["format_version"] == 1


@fuzz("card of a text", changed(WHOLE["corpus"]) | json_values())
def test_corpus(card: Any) -> None:
    (CORPUS / "corpus.json").write_text(json.dumps(card))
    assert load_corpus(CORPUS).content_hash == TEXT.content_hash


@fuzz("list of probes tried", changed(WHOLE["tried"]) | entries(WHOLE["tried"]) | json_values())
def test_probes_tried(content: Any) -> None:
    TRIED.write_text(json.dumps(content))
    found = probes_tried.read(HOME, MODEL.content_hash)
    if found.problem:
        raise FormatError(found.problem)
    assert len(found.table()) == len(found.entries) <= probes_tried.MAX_ENTRIES
    assert set(found.corrected()) <= {entry.question for entry in found.entries}


STORE = Store(HOME / "cache")
STORE.put_json("x-1", 1)
STORE.put_arrays("x-1", {"a": np.arange(3)})
ENTRIES = {end: (STORE.root / f"x-1.{end}").read_bytes() for end in ("json", "safetensors")}


@fuzz(
    "entry of the cache",
    st.tuples(
        st.binary(max_size=200) | json_values().map(lambda value: json.dumps(value).encode()),
        st.sampled_from(["json", "safetensors"]),
        st.sampled_from(["instead", "after", "over"]),
    ),
)
def test_entry(given: tuple[bytes, str, str]) -> None:
    content, ending, where = given
    file = STORE.root / f"x-1.{ending}"
    whole = ENTRIES[ending]
    over = whole[: len(content)] + content
    file.write_bytes({"instead": content, "after": whole + content, "over": over}[where])
    assert ending == "safetensors" or STORE.get_json("x-1") in (None, 1)
    found = STORE.get_arrays("x-1")
    assert found is None or found["a"].tolist() == [0, 1, 2]
