"""Probes that strangers write: formulas, probe files, and descriptions out of links."""

from __future__ import annotations

import json
import typing
from dataclasses import fields
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from clif_core.probes import FUNCTIONS, Formula, catalogue, from_dict, parse_probe
from clif_core.probes.registry import FORMAT_VERSION, KINDS, _is_required
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, mostly, texts

SETS = {"x": ("king", "queen"), "y": ("war", "love")}
WORDS = ["king", "queen", "war", "love", '"he said"', "“x”", "o'clock"]
PARTS = [
    "(",
    ")",
    ",",
    "@x",
    "@z",
    "+",
    "-",
    "*",
    "/",
    "1e999",
    "0",
    '"',
    "{",
    "}",
    " ",
    *FUNCTIONS,
]


def _formulas() -> SearchStrategy[str]:
    """Formulas of the grammar; most have a value of some sort, about half give a number."""
    vectors = st.sampled_from([*WORDS, "king - man + woman", "centre(@x)", "unit(queen)"])
    sets = st.sampled_from(["@x", "@y", "{king, queen}", '{"a b", war}'])
    pairs = st.tuples(st.sampled_from(["cos", "dot", "distance"]), vectors | sets, vectors | sets)
    lists = pairs.map(lambda pair: f"{pair[0]}({pair[1]}, {pair[2]})")
    reduce = st.sampled_from(["mean", "sum", "max", "min", "std", "abs", "sqrt", "-", ""])
    numbers = st.tuples(reduce, lists).map(lambda made: f"{made[0]}({made[1]})")
    numbers |= st.sampled_from(["2", "0.5", "1e308", "norm(king)", "cos(king, queen)"])
    return st.recursive(
        numbers,
        lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
            lambda made: f"({made[0]}) {made[1]} {made[2]}"
        ),
        max_leaves=8,
    )


@fuzz("formula", _formulas() | st.lists(st.sampled_from(PARTS), max_size=60).map("".join) | texts())
def test_formula(text: str) -> None:
    Formula("fuzzed", text, SETS)


def _values(hint: Any) -> SearchStrategy[Any]:
    """Values of a field's type."""
    words = st.sampled_from(["king", "queen", "war", "love", "he", "she", "it"])
    if hint is int or hint is float:
        return st.integers(1, 9) if hint is int else st.floats(0.1, 9)
    if hint is str:
        return words
    if typing.get_origin(hint) is typing.Literal:
        return st.sampled_from(typing.get_args(hint))
    if typing.get_origin(hint) is dict:
        return st.dictionaries(words, st.lists(words, min_size=1, max_size=3), max_size=2)
    inner = typing.get_args(hint)[0]
    return st.lists(_values(inner), min_size=2, max_size=4, unique_by=repr)


def _descriptions() -> SearchStrategy[dict[str, Any]]:
    """A description of any family with one value in ten hostile, or a shipped one with a change."""

    def of(kind: str) -> SearchStrategy[dict[str, Any]]:
        hints = typing.get_type_hints(KINDS[kind])
        required, optional = {"kind": st.just(kind)}, {}
        for field in fields(KINDS[kind]):  # type: ignore[arg-type]
            into = required if _is_required(field) else optional
            into[field.name] = mostly(_values(hints[field.name]), json_values())
        if kind == "formula":
            required["expression"] = _formulas()
        return st.fixed_dictionaries(required, optional=optional)

    shipped = st.sampled_from([entry.probe.to_dict() for entry in catalogue()])
    changed = st.tuples(shipped, st.dictionaries(texts(), json_values(), max_size=1))
    return st.sampled_from(sorted(KINDS)).flatmap(of) | changed.map(lambda two: two[0] | two[1])


def _file(probe: Any, version: Any) -> bytes:
    return json.dumps({"format": "clif-probe", "format_version": version, "probe": probe}).encode()


@fuzz(
    "probe file",
    st.builds(
        _file,
        mostly(_descriptions(), json_values()),
        mostly(st.just(FORMAT_VERSION), json_values()),
    )
    | json_values().map(lambda value: json.dumps(value).encode())
    | st.binary(),
)
def test_probe_file(content: bytes) -> None:
    parse_probe(content)


@fuzz(
    "probe description",
    mostly(_descriptions(), st.dictionaries(texts(), json_values(), max_size=8)),
)
def test_probe_description(described: dict[str, object]) -> None:
    probe = from_dict(described)
    assert from_dict(json.loads(json.dumps(probe.to_dict()))) == probe
    assert probe.key and probe.meaning and probe.name
