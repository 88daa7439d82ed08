"""Probe files of other tools: WEFE queries, sets by name, tables; and byte order marks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.probes import RelativeNormDistance, Weat, load_probe, parse_probe, probe_text
from tests.peoples_words import EFFECT, SETS, german, weat

LABELS = ("m", "f", "c", "fam")
NAMED = dict(zip(LABELS, map(list, SETS), strict=True))
QUERY = {
    "target_sets": [list(words) for words in SETS[:2]],
    "attribute_sets": [list(words) for words in SETS[2:]],
    "target_sets_names": list(LABELS[:2]),
    "attribute_sets_names": list(LABELS[2:]),
}
BY_NAME = {
    "target_sets": {label: NAMED[label] for label in LABELS[:2]},
    "attribute_sets": {label: NAMED[label] for label in LABELS[2:]},
}
SEAT = {
    key: {"category": label, "examples": NAMED[label]}
    for key, label in zip(("targ1", "targ2", "attr1", "attr2"), LABELS, strict=True)
}
COLUMNS = "\n".join(",".join(row) for row in [LABELS, *zip(*SETS, strict=True)])
SEMICOLONS = COLUMNS.replace(",", ";")
LINES = "\n".join(f"{label}: {', '.join(NAMED[label])}" for label in LABELS)
CELLS = "\n".join("\t".join((label, *NAMED[label])) for label in LABELS)
PAIRS = "set,word\n" + "\n".join(f"{label},{word}" for label in LABELS for word in NAMED[label])


@pytest.mark.parametrize(
    "content",
    [json.dumps(d, ensure_ascii=False) for d in (QUERY, BY_NAME, SEAT, NAMED)]
    + [COLUMNS, SEMICOLONS, LINES, CELLS, PAIRS],
    ids=["query", "by_name", "seat", "named", "columns", "semicolons", "lines", "cells", "pairs"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_four_sets_are_a_weat(content: str, encoding: str) -> None:
    probe = parse_probe(content.encode(encoding))
    assert isinstance(probe, Weat)
    assert (probe.label_x, probe.label_y, probe.label_a, probe.label_b) == LABELS
    assert (probe.targets_x, probe.targets_y, probe.attributes_a, probe.attributes_b) == SETS
    model = german()
    quantities = probe.resolve(model.vocabulary).quantities(model.centre_vectors)
    assert quantities["effect_size"] == pytest.approx(EFFECT, abs=1e-4)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_probe_file_with_a_byte_order_mark_is_that_probe(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "bom.json"
    path.write_bytes(probe_text(weat()).encode(encoding))
    assert load_probe(path) == weat()


def test_sets_without_names_are_called_by_their_words() -> None:
    nameless = {key: QUERY[key] for key in ("target_sets", "attribute_sets")}
    probe = parse_probe(json.dumps(nameless).encode())
    assert "Mann, Vater … lean more" in probe.meaning


def test_one_attribute_set_is_a_relative_norm_distance() -> None:
    query = QUERY | {"attribute_sets": QUERY["attribute_sets"][:1]}
    probe = parse_probe(json.dumps(query).encode())
    assert isinstance(probe, RelativeNormDistance)
    assert probe.attributes == SETS[2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps(QUERY | {"target_sets": [["a"]]}), "1 target sets and 2 attribute sets"),
        (json.dumps(QUERY | {"target_sets": "Mann"}), "target_sets must be lists of words"),
        (json.dumps(QUERY | {"target_sets": [["a", 1], ["b"]]}), "must be a list of words"),
        (json.dumps({"words": ["a"]}), "a probe needs two target sets"),
        (json.dumps([1, 2]), "a probe needs two target sets"),
        ("Mann\nFrau\n", "no sets can be told"),
        ("", "no sets can be told"),
        ("{", "not a JSON file"),
    ],
)
def test_a_file_without_a_probe_is_refused_with_the_next_step(content: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        parse_probe(content.encode())


def test_text_that_is_not_utf_8_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="save it as UTF-8"):
        parse_probe(LINES.encode("cp1252"))
