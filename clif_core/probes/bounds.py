"""Bounds on the description of a probe, checked before any other rule looks at it.

Descriptions come from links, files and cards of strangers. Without bounds, a list in a list in a
list 3,000 deep ends in a RecursionError wherever it is printed, a number of 400 digits in an
OverflowError, and a lone surrogate wherever it is encoded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from clif_core.errors import InputError

__all__ = ["MAX_DEPTH", "MAX_ITEMS", "MAX_NUMBER", "MAX_TEXT", "require_bounds", "shown"]

MAX_DEPTH = 4  # lists and mappings inside each other; the deepest family has three
MAX_ITEMS = 50_000  # values in all; a position has one for each dimension
MAX_TEXT = 5_000  # characters of one text
MAX_NUMBER = 2**53  # the largest size of a number: float64 counts exactly up to it
_MAX_SHOWN = 80


def require_bounds(value: Any, max_depth: int = MAX_DEPTH) -> None:
    """Raise InputError for a description that is too deep or large, or holds no plain values."""
    n_items, level = 0, [value]
    for _ in range(max_depth + 1):
        n_items += len(level)
        if n_items > MAX_ITEMS:
            raise InputError(
                f"a probe holds at most {MAX_ITEMS:,} values, this one has more; use shorter lists."
            )
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise InputError(
        f"a probe has at most {max_depth} lists or mappings inside each other, this one has more;"
        " write words as a list of words."
    )


def _inside(item: Any) -> list[Any]:
    """The values in a list, the keys and values in a mapping; checks anything else."""
    if isinstance(item, Mapping):
        return [*item.keys(), *item.values()]
    if isinstance(item, list | tuple):
        return list(item)
    if isinstance(item, str):
        _require_text(item)
    elif isinstance(item, int | float) and not _is_in_range(item):
        raise InputError(
            f"a number in a probe lies between -2^53 and 2^53, got one of {_size_of(item)}."
        )
    return []


def _require_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise InputError(
            f"a text in a probe has at most {MAX_TEXT:,} characters, got {len(text):,}:"
            f" {shown(text)}; shorten it."
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError(f"{text[:_MAX_SHOWN]!a} holds half of a character; write it again.")


def _is_in_range(number: float) -> bool:
    return -MAX_NUMBER <= number <= MAX_NUMBER  # also refuses NaN


def _size_of(number: float) -> str:
    if isinstance(number, int):
        return f"{number.bit_length():,} bits"
    return "no size" if math.isnan(number) else f"size {number:.3g}"


def shown(value: Any) -> str:
    """The value for an error message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]} …"
