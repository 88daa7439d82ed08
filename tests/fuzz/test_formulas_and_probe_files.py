"""Probes that strangers write: formulas, probe files, and descriptions out of links."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from clif_core.probes import Formula, from_dict, parse_probe
from clif_core.probes.registry import KINDS
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, texts

SETS = {"x": ("king", "queen"), "y": ("war", "love")}
PARTS = [
    "mean",
    "cosine",
    "(",
    ")",
    ",",
    "@x",
    "@y",
    "+",
    "-",
    "*",
    "/",
    "1e999",
    "0",
    '"king"',
    " ",
]


@fuzz("formula", st.lists(st.sampled_from(PARTS), max_size=60).map("".join) | texts())
def test_formula(text: str) -> None:
    Formula("fuzzed", text, SETS)


@fuzz("probe file", json_values().map(lambda value: json.dumps(value).encode()) | st.binary())
def test_probe_file(content: bytes) -> None:
    parse_probe(content)


@fuzz(
    "probe description",
    st.dictionaries(
        st.sampled_from(
            ["kind", "name", "words", "word", "targets_x", "first", "second", "formula"]
        )
        | texts(),
        st.sampled_from(sorted(KINDS)) | json_values(),
        max_size=8,
    ),
)
def test_probe_description(described: dict[str, object]) -> None:
    from_dict(described)
