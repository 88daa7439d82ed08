"""Articles of PubMed and of journals (JATS, as PubMed Central gives it), each a document.

Of PubMed the title and the abstract are its text, of JATS also the body, without tables, formulas
and the numbers of references. Other elements are authors, addresses and keywords, and no prose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from clif_core.text.readers.markup import Visible, parse_xml

__all__ = ["are_articles", "split_articles"]

_ARTICLE = re.compile(r"<(/?)(?:Pubmed(?:Book)?Article|article)(?=[\s>])[^<>]*>")
_IS_ARTICLE = re.compile(r"<(?:Pubmed(?:Book)?Article|article-meta)[\s>]")
_TITLES = ("Article/ArticleTitle", "BookDocument/ArticleTitle", "title-group/article-title")
_TEXTS = ("Abstract/AbstractText", "article-meta/abstract", "article/body")
_FIELDS = {
    "MedlineCitation/PMID": "id",
    "BookDocument/PMID": "id",
    "article-meta/article-id": "id",
    "Journal/Title": "journal",
    "journal-title-group/journal-title": "journal",
    "journal-meta/journal-title": "journal",
    "PubDate/Year": "year",
    "PubDate/MedlineDate": "year",  # 1998 Dec-1999 Jan
    "pub-date/year": "year",
}
_NUMBERS = "cited"  # of references; they part no sentence
_HIDDEN = frozenset(f"table label math tex-math disp-formula ref-list {_NUMBERS}".split())
_YEAR = re.compile(r"\d{4}")


def are_articles(text: str) -> bool:
    """Whether a text that begins so is XML of PubMed or JATS."""
    return text.startswith("<") and _IS_ARTICLE.search(text) is not None


def split_articles(text: str) -> list[dict[str, Any]]:
    """The title, the text, and where they are known the id, the journal and the year of each.

    An article that is cut is one only where there is no other. What is damaged within one is passed
    over as far as it goes.
    """
    if not are_articles(text.lstrip()):
        return []
    begins, found = list[int](), list[dict[str, Any]]()
    for mark in _ARTICLE.finditer(text):
        if not mark[1]:
            begins.append(mark.start())
        elif begins and begins[-1] >= 0:
            found.append(_read(text[begins[-1] : mark.end()]))
            begins.append(-1)
    return found if found or len(begins) != 1 else [_read(text[begins[0] :])]


def _read(text: str) -> dict[str, Any]:
    target = _Article()
    try:
        parse_xml(text, target, recover=True)
    except (etree.LxmlError, ValueError):  # damaged: what stands before is read
        target.close()
    return target.row


class _Article:
    """Takes the parts of an article that a parser finds; no tree is made, as of ``Visible``."""

    def __init__(self) -> None:
        self._path = list[str]()
        self._part: Visible | None = None  # that is open, ...
        self._name, self._depth = "", 0  # ... where it goes, and how deep it lies
        self._found: dict[str, list[str]] = {}
        self.row: dict[str, Any] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = name.rpartition("}")[2].rpartition(":")[2]
        self._path.append(tag)
        if self._part is not None:
            is_number = tag == "xref" and attributes.get("ref-type") == "bibr"
            self._part.start(_NUMBERS if is_number else tag, attributes)
            return
        where = "/".join(self._path[-2:])
        self._name = _FIELDS.get(where, "title" * (where in _TITLES) or "text" * (where in _TEXTS))
        if self._name:
            self._part, self._depth = Visible(_HIDDEN, is_xml=True), len(self._path)

    def end(self, name: str) -> None:
        if self._part is not None and len(self._path) == self._depth:
            self._end_part()
        elif self._part is not None:
            self._part.end(name)
        self._path.pop()

    def data(self, text: str) -> None:
        if self._part is not None:
            self._part.data(text)

    def close(self) -> None:
        self._end_part()
        title = " ".join(self._found.get("title", [])[:1])
        text = "\n\n".join(filter(None, [title, *self._found.get("text", [])]))
        self.row = {name: found[0] for name, found in self._found.items()}
        self.row |= {"title": title, "text": text}
        if year := _YEAR.match(self.row.get("year", "")):
            self.row["year"] = int(year[0])

    def _end_part(self) -> None:
        if self._part is not None and (text := self._part.close()):
            self._found.setdefault(self._name, []).append(text)
        self._part = None
