"""Probes that strangers write: formulas, probe files, and descriptions out of links."""

from __future__ import annotations

import json
import typing
from dataclasses import fields
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from clif_core.probes import FUNCTIONS, Formula, Probe, catalogue, from_dict, parse_probe
from clif_core.probes.registry import FORMAT_VERSION, KINDS, _is_required, probe_text
from clif_core.probes.word_lists import join_words, split_words
from tests.fuzz.harness import fuzz
from tests.fuzz.strategies import json_values, long_texts, mostly, texts

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
    check_kept(parse_probe(content))


def check_kept(probe: Probe) -> None:
    """What was read is written to links and files, and read again."""
    text = json.dumps(probe.to_dict())
    assert from_dict(json.loads(text)) == probe
    assert parse_probe(probe_text(probe).encode()) == probe
    assert probe.key and probe.meaning


@fuzz(
    "probe description",
    mostly(_descriptions(), st.dictionaries(texts(), json_values(), max_size=8)),
)
def test_probe_description(described: dict[str, object]) -> None:
    check_kept(from_dict(described))


LABELS = mostly(st.sampled_from(["X", "flowers", "targ1"]), texts())
LISTS = st.lists(mostly(st.sampled_from(["king", "queen", "o'clock"]), texts()), max_size=4)
QUERIES = st.fixed_dictionaries(
    {
        "target_sets": mostly(st.lists(LISTS, min_size=2, max_size=2), json_values()),
        "attribute_sets": mostly(st.lists(LISTS, min_size=1, max_size=2), json_values()),
    },
    optional={
        "target_sets_names": mostly(st.lists(LABELS, max_size=2), json_values()),
        "attribute_sets_names": mostly(st.lists(LABELS, max_size=2), json_values()),
        "query_name": mostly(texts(), json_values()),
    },
)
SEAT = st.fixed_dictionaries(
    {
        key: mostly(LISTS | st.fixed_dictionaries({"examples": LISTS}), json_values())
        for key in ("targ1", "targ2", "attr1", "attr2")
    }
)
ROWS = st.lists(st.lists(LABELS, max_size=5), max_size=5) | st.lists(
    st.tuples(LABELS, LISTS).map(lambda row: [f"{row[0]}:", *row[1]]), min_size=3, max_size=4
)


@fuzz(
    "probe file of another tool",
    st.tuples(
        st.one_of(
            (QUERIES | SEAT | st.dictionaries(LABELS, LISTS, max_size=5)).map(json.dumps),
            st.tuples(ROWS, st.sampled_from(",;\t")).map(
                lambda drawn: "\n".join(drawn[1].join(row) for row in drawn[0])
            ),
            long_texts(),
        ).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.sampled_from(["probe.json", "probe.csv", "probe.txt", "probe"]),
    ),
)
def test_other_tools(given: tuple[bytes, str]) -> None:
    content, name = given
    check_kept(parse_probe(content, name))


@fuzz(
    "list of words",
    (texts() | long_texts() | st.lists(LABELS | st.sampled_from(PARTS)).map(", ".join)),
)
def test_word_list(text: str) -> None:
    words = split_words(text)
    assert all(word == word.strip() and word for word in words)
    join_words(words)
