"""What a file is, told by its first bytes, then by its text, and last by its name."""

from __future__ import annotations

import json
import re

from clif_core.errors import FormatError
from clif_core.text.readers.tables import find_dialect

__all__ = [
    "KIND_NAMES",
    "TABLES",
    "are_vectors",
    "check_is_text",
    "find_kind",
    "find_marks",
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
}
#: Kinds of which a row or an object is a document.
TABLES = frozenset({"csv", "tsv", "json", "jsonl", "parquet", "labelled"})
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
    **dict.fromkeys(PLAIN_SUFFIXES, "plain"),
}
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF. Take its text out first, for example with 'pdftotext -layout FILE'"),
    (b"{\\rtf", "an RTF document. Save it as plain text (.txt) in the program that wrote it"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.doc, .xls). Save it as plain text, or as CSV"),
    (b"\x93NUMPY", "an array of NumPy (.npy), and no text"),
    (b"\x80\x02", "a pickle of Python, which is never opened. Save the texts as JSONL"),
    (b"\x80\x03", "a pickle of Python, which is never opened. Save the texts as JSONL"),
    (b"\x80\x04", "a pickle of Python, which is never opened. Save the texts as JSONL"),
    (b"\x80\x05", "a pickle of Python, which is never opened. Save the texts as JSONL"),
    (b"ARROW1", "an Arrow or Feather file. Save the table as Parquet or CSV"),
    (b"SQLite format 3\0", "an SQLite database. Export the table as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive. Unpack it and give the folder, or a zip of it"),
    (b"Rar!", "a RAR archive. Unpack it and give the folder, or a zip of it"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd. Unpack it with 'zstd -d FILE'"),
    (b"\x89PNG", "a picture, and no text"),
    (b"\xff\xd8\xff", "a picture, and no text"),
    (b"GIF8", "a picture, and no text"),
    (b"PK\x05\x06", "an empty zip file. Give one with files in it"),
)
# Text of programs, whose marks would be read as words; a person may still say that it is plain.
_MARKED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?:#[^\n]*\n|\s)*1(?:-\d+)?(?:\t[^\t\n]*){9}\n"),
        "a CoNLL-U file, one word a line. Take its sentences out: sed -n 's/^# text = //p' FILE",
    ),
    (
        re.compile(r"(?s).{0,2000}?\\(?:documentclass|begin\{document\})"),
        "LaTeX. Take its text out, for example with 'pandoc -t plain FILE'",
    ),
    (
        re.compile(r"\[Script Info\]"),
        "subtitles of SubStation Alpha. Save them as SubRip (.srt)",
    ),
    (re.compile(r"WARC/1\.\d"), "a web archive (WARC). Take the pages out, and give those"),
    (
        re.compile(r"From \S+ .{0,60}\d{4}\n(?:[\w-]+: )"),
        "a mailbox. Save the texts of its messages, one a file or as JSONL",
    ),
    (
        re.compile(r'(?s)\{\s*"(?:cells|nbformat)".{0,2000}"cell_type"'),
        "a notebook of Jupyter. Save it as Markdown: 'jupyter nbconvert --to markdown FILE'",
    ),
    (
        re.compile(r"(?:\S+[_/][A-Z.,:$()'`-]{1,5}\s+){20}"),
        "a text whose words carry tags (The_DT dog_NN). Take them off, for example with"
        " sed -E 's:[_/][A-Z.,$]+( |$):\\1:g' FILE",
    ),
)
_MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd"})
_SUBTITLES = re.compile(r"WEBVTT\b|\d+[ \t]*\n\d+:\d\d:\d\d[,.]\d{1,3} *-->")
_LABELLED = re.compile(r"__label__\S+[ \t]")
_TAR = slice(257, 262)  # where a tar file says that it is one
_NUMBER = re.compile(r"-?\d+([.,]\d+)?(e-?\d+)?\Z", re.I)
_TAG = re.compile(r"</?([a-zA-Z][\w:.-]{0,40})(?:\s[^<>]{0,500})?/?>")
_HTML_TAGS = {"html", "body", "head", "div", "p", "br", "span", "a", "table", "ul", "h1", "h2"}


def kind_of_name(suffix: str) -> str:
    """The kind of a file by the ending of its name; "" where that says nothing."""
    return _BY_SUFFIX.get(suffix, "")


def check_is_text(name: str, start: bytes) -> None:
    """Raise FormatError, which names the format and the next step, for what is no text."""
    for magic, what in _REFUSED:
        if start.startswith(magic):
            raise FormatError(f"{name} is {what}.")
    if start[_TAR] == b"ustar":
        raise FormatError(f"{name} is a tar archive. Unpack it and give the folder.")
    if start[8:10] == b'{"' and start[3:8] == b"\0" * 5:
        raise FormatError(f"{name} holds vectors (safetensors), and no text.")


def find_kind(suffix: str, text: str) -> str:
    """The kind of a file by the first piece of its text, and the ending of its name."""
    by_name, body = kind_of_name(suffix), text.lstrip("\ufeff \t\r\n")
    if suffix in _MARKDOWN:
        return "markdown"
    if _SUBTITLES.match(body.replace("\r\n", "\n")):
        return "subtitles"
    if _LABELLED.match(body) and _are_labelled(body):
        return "labelled"
    if (kind := _find_json(body)) or (kind := _find_markup(body, by_name)):
        return kind
    if by_name in ("json", "jsonl"):
        return "jsonl"  # whose reader names what is wrong with it
    if by_name in ("csv", "tsv") or find_dialect(text, is_named=False) is not None:
        return "csv"
    return "plain"


def _are_labelled(body: str) -> bool:
    lines = [line for line in body[:20_000].split("\n")[:50] if line.strip()]
    return sum(bool(_LABELLED.match(line)) for line in lines) >= 0.9 * len(lines)


def find_marks(text: str) -> str:
    """What a text of a program is, and the next step; "" for none."""
    body = text.lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    return next((what for pattern, what in _MARKED if pattern.match(body)), "")


def are_vectors(text: str) -> bool:
    """Whether a text that begins so is a file of word vectors: a word and numbers on each line."""
    lines = [line.split() for line in text[:200_000].split("\n")[:21] if line.strip()]
    rows = lines[1:] if lines and all(map(_NUMBER.match, lines[0])) else lines
    return len(rows) >= 3 and all(
        len(row) >= 4 and all(map(_NUMBER.match, row[-3:])) for row in rows[:-1]
    )


def _find_json(body: str) -> str:
    """json, jsonl or "" for a text that begins so."""
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
