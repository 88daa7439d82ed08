"""An input with some places changed, as a transfer, a full disk, an editor or a stranger does."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

__all__ = ["varied"]

_Piece = TypeVar("_Piece", str, bytes)

_TEXTS = [
    "", " ", "\n", "\t", "\0", ",", ":", ".", "[", "]", "{", "}", "(", ")", '"', "'", "“", "<", "&",
    "1", "-1", "1e999", "nan", "1_0", "9" * 30, "9" * 5000, "null", "true", "../", "\ud800",
    "\ufeff", "\u202e", "é", "東", "\r\n", "[" * 200, '{"a":' * 200, "a" * 2000,
]  # fmt: skip
_BYTES = [text.encode("utf-8", "surrogatepass") for text in _TEXTS] + [
    b"\xff", b"\x80", b"\xff" * 8, b"\0" * 8, b"\x7f\xff\xff\xff", b"PK\x03\x04", b"\x1f\x8b\x08",
    b"PAR1", b"\x93NUMPY", b"BZh9", b"\xfd7zXZ\0", b"\xff\xfe", b"\xef\xbb\xbf",
]  # fmt: skip
_VALUES: list[Any] = [None, True, 0, -1, 2**63, 10**400, 1e308, float("nan"), "", "x", [], {}, [[]]]
_LONGEST = 4096  # of a piece that is repeated or moved


def varied(value: Any, draw: Random) -> Any:
    """The value with one to four places changed; of a tuple, which keeps its form, one part.

    A text inside a tuple is a choice of the target's own and stays, unless all parts are texts.
    What stands inside a mapping or a list may become a value of any kind.
    """
    if isinstance(value, bytes):
        return _spoil(value, draw, _BYTES)
    if isinstance(value, str):
        return _spoil(value, draw, _TEXTS)
    if isinstance(value, tuple):
        open_to = [
            i for i, part in enumerate(value) if isinstance(part, bytes | dict | list | tuple)
        ]
        at = draw.choice(open_to or [i for i, part in enumerate(value) if isinstance(part, str)])
        return (*value[:at], varied(value[at], draw), *value[at + 1 :])
    if isinstance(value, dict):
        return _vary_mapping(value, draw) if value else value
    if isinstance(value, list):
        return _vary_list(value, draw) if value else value
    return draw.choice(_VALUES)


def _vary_inner(value: Any, draw: Random) -> Any:
    is_other = not isinstance(value, str | bytes) and draw.randrange(4) == 0
    return draw.choice(_VALUES) if is_other else varied(value, draw)


def _spoil(piece: _Piece, draw: Random, known: Sequence[_Piece]) -> _Piece:
    for _ in range(draw.choice((1, 1, 2, 4))):
        start = draw.randrange(len(piece) + 1)
        end = min(len(piece), start + draw.choice((1, 2, 8, _LONGEST)))
        way, new = draw.randrange(6), draw.choice(known)
        if way == 0:
            piece = piece[:start] + new + piece[start:]
        elif way in (1, 2):
            piece = piece[:start] + new + piece[start + len(new) :]
        elif way == 3:
            piece = piece[:start] + piece[end:]
        elif way == 4:
            piece = piece[:end] + piece[start:end] + piece[end:]
        else:
            piece = piece[:start]
    return piece


def _vary_mapping(value: dict[Any, Any], draw: Random) -> dict[Any, Any]:
    key, new, way = draw.choice(list(value)), dict(value), draw.randrange(8)
    if way == 0:
        del new[key]
    elif way == 1:
        new[key] = value[draw.choice(list(value))]
    elif way == 2 and not isinstance(value[key], bytes | str):
        new[_spoil(str(key), draw, _TEXTS)] = new.pop(key)
    else:
        new[key] = _vary_inner(value[key], draw)
    return new


def _vary_list(value: list[Any], draw: Random) -> list[Any]:
    at, way = draw.randrange(len(value)), draw.randrange(4)
    if way == 0:
        return value[:at] + value[at + 1 :]
    if way == 1:
        return [*value[:at], value[draw.randrange(len(value))], *value[at:]]
    return [*value[:at], _vary_inner(value[at], draw), *value[at + 1 :]]
