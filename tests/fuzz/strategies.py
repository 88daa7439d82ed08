"""Hostile values that many targets share: odd text, deep nesting, huge numbers, long lines."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

__all__ = ["json_values", "long_texts", "mostly", "prose", "texts"]

_ODD = [
    "", "\0", "\ud800", "\udfff", "﻿", "‮", "=HYPERLINK(1)", "[/b]", "<script>",
    "../../x", "/etc/passwd", "..", ".", "CON", "a" * 300, "\r\n", " ", "{{ 7*7 }}", "%s", "1_0",
]  # fmt: skip


def texts() -> SearchStrategy[str]:
    """Short text, lone surrogates and control characters included."""
    return st.sampled_from(_ODD) | st.text(st.characters(), max_size=60)


def long_texts() -> SearchStrategy[str]:
    """A unit repeated up to some 30,000 characters."""
    units = st.sampled_from([".", ".!?…", "a", "a ", "\n", "\t", '{"', "[", "\U0001f600", "é"])
    return st.builds(lambda unit, n: unit * n, units, st.integers(0, 8_000))


def prose() -> SearchStrategy[str]:
    """Sentences of sorts; one in thirty is long."""
    usual = texts() | st.text(st.sampled_from("aB. !?…\n\t\r'’-\u0301019Ω東"), max_size=200)
    return mostly(usual, long_texts(), 30)


def json_values() -> SearchStrategy[Any]:
    """Anything that JSON can hold: nested a little at random, or very deep on purpose."""
    leaves = (
        st.none() | st.booleans() | st.integers() | st.floats() | texts()
        | st.sampled_from([10**400, -(10**30), 1e308, 5e-324])
    )  # fmt: skip
    nested = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
        max_leaves=12,
    )
    return nested | st.integers(0, 900).map(_deep)


def mostly(
    usual: SearchStrategy[Any], rare: SearchStrategy[Any], one_in: int = 20
) -> SearchStrategy[Any]:
    """The rare value once in so many, so that a whole file of them is often valid."""
    return st.integers(1, one_in).flatmap(lambda i: rare if i == one_in else usual)


def _deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value
