"""Entries of a feed or of an export of posts, notes or references, each a document.

RSS (as WordPress exports a blog), Atom, Evernote (.enex) and EndNote's XML put what was written
beside addresses, numbers and states, which are no text. Title, date and author are kept with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from clif_core.text.readers.markup import Visible, parse_xml

__all__ = ["split_entries"]

_BEGIN = re.compile(
    r"(?:<\?[^>]*>|<!DOCTYPE[^>]*>|<!--.*?-->|\s)*<(rss|feed|en-export|xml><records)[\s>]", re.S
)
#: By what a file begins with: the element of an entry, and what its parts are, the best one last.
_KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "rss": (
        "item",
        {
            "title": "title",
            "pubDate": "date",
            "date": "date",
            "author": "author",
            "creator": "author",
            "description": "text",
            "encoded": "text",
        },
    ),
    "feed": (
        "entry",
        {
            "title": "title",
            "updated": "date",
            "published": "date",
            "name": "author",
            "summary": "text",
            "content": "text",
        },
    ),
    "en-export": ("note", {"title": "title", "created": "date", "content": "text"}),
    "xml><records": ("record", {"title": "title", "year": "year", "abstract": "text"}),
}
_HIDDEN = frozenset(("script", "head", "resource"))


def split_entries(text: str) -> list[dict[str, Any]]:
    """The parts of each entry that has a text; [] for a file of another kind, or a damaged one."""
    found = _BEGIN.match(text[:2_000])
    if found is None:
        return []
    target = _Entries(*_KINDS[found[1]])
    try:
        parse_xml(text, target, recover=True)
    except (etree.LxmlError, ValueError):  # what stands before is read
        target.close()
    return target.rows


class _Entries:
    """Takes what a parser finds of entries; no tree is made, as of ``Visible``."""

    def __init__(self, entry: str, parts: Mapping[str, str]) -> None:
        self._entry, self._parts = entry, parts
        self._found: dict[str, str] | None = None  # of the entry that is open, by element
        self._part: Visible | None = None
        self._name, self._depth = "", 0
        self.rows: list[dict[str, Any]] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = name.rpartition("}")[2].rpartition(":")[2]
        if self._part is not None:
            self._depth += 1
            self._part.start(tag, attributes)
        elif tag == self._entry:
            self._found = {}
        elif self._found is not None and tag in self._parts:
            self._part, self._name, self._depth = Visible(_HIDDEN, is_xml=True), tag, 0

    def end(self, name: str) -> None:
        tag = name.rpartition("}")[2].rpartition(":")[2]
        if self._part is not None and self._depth:
            self._depth -= 1
            self._part.end(tag)
        elif self._part is not None:
            self._end_part()
        elif tag == self._entry:
            self._end_entry()

    def data(self, text: str) -> None:
        if self._part is not None:
            self._part.data(text)

    def close(self) -> None:
        self._end_part()
        self._end_entry()

    def _end_part(self) -> None:
        if self._part is not None and self._found is not None and (text := self._part.close()):
            self._found.setdefault(self._name, text)
        self._part = None

    def _end_entry(self) -> None:
        row: dict[str, Any] = {}
        for tag, part in self._parts.items():
            if self._found and tag in self._found:
                row[part] = self._found[tag]
        if row.get("text"):
            self.rows.append(row)
        self._found = None
