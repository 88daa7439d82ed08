"""What a file is, told by its first bytes, then by its text, and last by its name."""

from __future__ import annotations

import json
import re

from clif_core.text.readers.articles import are_articles
from clif_core.text.readers.chats import are_messages
from clif_core.text.readers.dialects import find_dialect
from clif_core.text.readers.elements import are_elements
from clif_core.text.readers.json_rows import ASSIGNED
from clif_core.text.readers.spoken_lines import BY_NAMES
from clif_core.text.readers.transcripts import are_cues, how_named

__all__ = [
    "KIND_NAMES",
    "MARKDOWN",
    "TABLES",
    "are_vectors",
    "find_kind",
    "is_mail",
    "kind_of_name",
]

KIND_NAMES = {
    "plain": "plain text",
    "csv": "a table of separated values",
    "tsv": "a table parted by tabs",
    "json": "JSON",
    "jsonl": "JSONL",
    "parquet": "Parquet",
    "html": "HTML",
    "xml": "XML",
    "markdown": "Markdown",
    "subtitles": "subtitles",
    "labelled": "lines with labels of fastText",
    "mail": "an e-mail message",
    "chat": "messages of a chat, or turns of a transcript",
    "elements": "rows of XML",
}
#: Kinds of which a row or an object is a document.
TABLES = frozenset({"csv", "tsv", "json", "jsonl", "parquet", "labelled", "chat", "elements"})
PLAIN_SUFFIXES = frozenset({".txt", ".text", ".asc", ".utf8", ".utf-8", ".u8", ".cor"})
_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".xml": "xml",
    ".tei": "xml",
    ".nxml": "xml",
    ".rss": "xml",
    ".atom": "xml",
    ".enex": "xml",
    ".fb2": "xml",
    ".ttml": "xml",
    ".eml": "mail",
    ".mht": "mail",
    ".mhtml": "mail",
    **dict.fromkeys(PLAIN_SUFFIXES, "plain"),
}
MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd"})
_HEADER = r"[A-Z][A-Za-z-]{0,40}:[ \t][^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,200}"
_MAIL = re.compile(rf"(?:{_HEADER}){{2,200}}(?=\n)")
_MAIL_NAMES = re.compile(r"^From:(?=.*^(?:Subject|Date|MIME-Version):)", re.M | re.S)
_LABELLED = re.compile(r"__label__\S+[ \t]|[^\n]*[ \t]__label__\S+[ \t]*$", re.M)
_NUMBER = re.compile(r"-?\d+([.,]\d+)?(e-?\d+)?\Z", re.I)
_TAG = re.compile(r"</?([a-zA-Z][\w:.-]{0,40})(?:\s[^<>]{0,500})?/?>")
_HTML_TAGS = {"html", "body", "head", "div", "p", "br", "span", "a", "table", "ul", "h1", "h2"}


def kind_of_name(suffix: str) -> str:
    """The kind of a file by the ending of its name; "" where that says nothing."""
    return _BY_SUFFIX.get(suffix, "")


def find_kind(suffix: str, text: str) -> str:
    """The kind of a file by the first piece of its text, and the ending of its name."""
    by_name, body = kind_of_name(suffix), text.lstrip("\ufeff \t\r\n")
    if suffix in MARKDOWN:
        return "markdown"
    how = how_named(body)
    if (how and not (how == BY_NAMES and by_name in ("csv", "tsv"))) or are_messages(body):
        return "chat"
    if are_cues(body):
        return "subtitles"
    if is_mail(body):
        return "mail"
    if _LABELLED.match(body) and _are_labelled(body):
        return "labelled"
    if are_elements(body):
        return "elements"
    if are_articles(body):
        return "xml"
    if (kind := _find_json(body)) or (kind := _find_markup(body, by_name)):
        return kind
    if by_name in ("json", "jsonl"):
        return "jsonl"  # whose reader names what is wrong with it
    if by_name in ("csv", "tsv") or find_dialect(text, is_named=False) is not None:
        return "csv"
    return "plain"


def is_mail(body: str) -> bool:
    """Whether a text begins with the headers of a message."""
    headers = _MAIL.match(body.replace("\r\n", "\n"))
    return headers is not None and _MAIL_NAMES.search(headers[0]) is not None


def _are_labelled(body: str) -> bool:
    lines = [line for line in body[:20_000].split("\n")[:50] if line.strip()]
    return sum(bool(_LABELLED.match(line)) for line in lines) >= 0.9 * len(lines)


def are_vectors(text: str) -> bool:
    """Whether a text that begins so is a file of word vectors: a word and numbers on each line."""
    lines = [line.split() for line in text[:200_000].split("\n")[:21] if line.strip()]
    rows = lines[1:] if lines and all(map(_NUMBER.match, lines[0])) else lines
    return len(rows) >= 3 and all(
        len(row) >= 4 and all(map(_NUMBER.match, row[-3:])) for row in rows[:-1]
    )


def _find_json(body: str) -> str:
    """json, jsonl or "" for a text that begins so."""
    if ASSIGNED.match(body):
        return "json"
    if re.match(r"\[\s*[{\[\"\]]", body):
        return "json"
    if not re.match(r"\{\s*[\"}]", body):
        return ""
    first, _, rest = body.partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return "json"
    return "jsonl" if rest.strip() else "json"


def _find_markup(body: str, by_name: str) -> str:
    """html, xml or "" for a text that begins so."""
    start = body[:200].lower()
    if not start.startswith("<"):
        return ""
    if start.startswith(("<!doctype html", "<html")):
        return "html"
    if start.startswith("<?xml"):
        return "html" if "<html" in body[:1000].lower() else "xml"
    tags = {match[1].lower() for match in _TAG.finditer(body[:20_000])}
    if not tags:
        return ""
    if by_name in ("html", "xml"):
        return by_name
    return "html" if tags & _HTML_TAGS else "xml"
