"""Several documents in one file of tags: elements ``doc``, and rows of attributes.

WikiExtractor, TREC and Reuters put a document into an element ``doc`` or ``REUTERS``; Stack
Exchange's dumps and backups of messages write a row as an element with attributes alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TextIO

from clif_core.text.readers.tables import Row

__all__ = ["are_elements", "iterate_elements", "split_docs"]

_MARK = re.compile(r"^[ \t]*<(/?)(?:doc|reuters)\b([^<>\n]{0,2000})>[ \t]*$", re.I | re.M)
_ATTRIBUTE = re.compile(r"([\w:.-]{1,100})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ELEMENT = re.compile(
    r"\s*<[\w:.-]{1,100}(?:\s+[\w:.-]{1,100}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))+\s*/>\s*\Z"
)
_SEEN = 20  # lines


def are_elements(body: str) -> bool:
    """Whether a file that begins so has an element with attributes alone on each line."""
    lines = [line for line in body.split("\n")[:-1] if line.strip()][:_SEEN]
    return sum(bool(_ELEMENT.match(line)) for line in lines) >= max(3, len(lines) - 4)


def iterate_elements(lines: TextIO, name: str, is_cut: bool) -> Iterator[Row]:
    """Each such element as a row, its attributes as columns; other lines are none."""
    for number, line in enumerate(lines, start=1):
        if is_cut and not line.endswith("\n"):
            return
        if _ELEMENT.match(line):
            yield f"line {number:,} of {name}", _attributes(line), ""


def split_docs(text: str) -> list[tuple[dict[str, str], str]]:
    """The attributes and the content of each element ``doc`` or ``REUTERS``; [] where none is."""
    found, opened = list[tuple[dict[str, str], str]](), None
    for mark in _MARK.finditer(text):
        if mark[1] and opened is not None:
            found.append((_attributes(opened[2]), text[opened.end() : mark.start()]))
        opened = None if mark[1] else mark
    return found


def _attributes(tag: str) -> dict[str, str]:
    return {m[1]: html.unescape(m[2] or m[3] or "") for m in _ATTRIBUTE.finditer(tag)}
