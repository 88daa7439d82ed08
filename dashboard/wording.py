"""The plain words on the screen: ``say("map.title")`` looks up ``wording.toml``.

Views hold no prose of their own, so one person can read and mend all of it in one file. A missing
key raises at once: the UI tests walk every view.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["bind_units", "say"]

# A number is never parted from its unit, nor from what it is the value of.
_UNIT = re.compile(r"(?<=\d) (?=(?:%|min|s)(?!\w))|(?<=\bp) (?=[<=] \d)|(?<=\bp.[<=]) (?=\d)")


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "wording.toml").read_text(encoding="utf-8"))


def say(key: str, **values: Any) -> str:
    """The wording ``section.name`` with its ``{gaps}`` filled, numbers bound to their units."""
    section, name = key.split(".", 1)
    return bind_units(_table()[section][name].format(**values))


def bind_units(text: str) -> str:
    """The text with numbers bound to their units by spaces that do not break."""
    return _UNIT.sub("\u00a0", text)
