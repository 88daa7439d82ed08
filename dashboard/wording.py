"""The texts on the screen: ``say("map.title")`` looks up ``wording.toml``.

All texts are in that one file, to read and correct in one place. A missing key raises KeyError.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["bind_units", "say"]

# No line break between a number and its unit, or between p and its value.
_UNIT = re.compile(r"(?<=\d) (?=(?:%|min|s)(?!\w))|(?<=\bp) (?=[<=] \d)|(?<=\bp.[<=]) (?=\d)")


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "wording.toml").read_text(encoding="utf-8"))


def say(key: str, **values: Any) -> str:
    """The text ``section.name`` with its ``{gaps}`` filled and numbers kept with their units."""
    section, name = key.split(".", 1)
    return bind_units(_table()[section][name].format(**values))


def bind_units(text: str) -> str:
    """The text with numbers bound to their units by spaces that do not break."""
    return _UNIT.sub("\u00a0", text)
