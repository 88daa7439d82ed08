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
    "mail": "an e-mail message",
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
    ".eml": "mail",
    ".mht": "mail",
    ".mhtml": "mail",
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
    (b"%!PS", "a PostScript file. Take its text out first, for example with 'ps2txt FILE'"),
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
        re.compile(r"(?:window\.|var |let |const )[\w.\[\]]{1,100} *= *[\[{]"),
        "data in JavaScript, as Twitter's archive writes it. Take off what stands before the"
        " first bracket, and name it .json: sed '1s/^[^[{]*//' FILE > NEW.json",
    ),
    (
        re.compile(r"(?:\{\d+\}\{\d+\}[^\n]*\n){2}"),
        "subtitles of MicroDVD. Save them as SubRip (.srt)",
    ),
    (
        re.compile(r"(?:\[[a-z]{2,6}:[^\n\]]*\]\s*)*\[\d+:\d\d\.\d+\]"),
        "lyrics with times. Take them off: sed -E 's/\\[[^]]*\\]//g' FILE > NEW",
    ),
    (
        re.compile(r"(?:#[^\n]*\n|\s)*msgid \""),
        "a catalogue of translations (gettext). Take the texts out of it, one a line",
    ),
    (
        re.compile(r"(?:[+-]?\d+(?:\.\d+)?(?:[ \t]+\d+:[0-9.eE+-]+)+[ \t]*\n){3}"),
        "features of a classifier (svmlight), and no text",
    ),
    (
        re.compile(r"(?:[^\s\d]\S*[ \t]+\d+[ \t]*\n){20}"),
        "a list of words with their counts, and no text. Counts of a model go with its vectors",
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
_LEAST_TAGGED = 20  # lines
_TAG_OF_WORD = re.compile(r"[A-Z][A-Z0-9$_:.|+-]{0,30}|[^\w\s]{1,4}")  # upper-case, as NN or B-PER
_HEADER = r"[A-Z][A-Za-z-]{0,40}:[ \t][^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,200}"
_MAIL = re.compile(rf"(?:{_HEADER}){{2,200}}(?=\n)")
_MAIL_NAMES = re.compile(r"^From:(?=.*^(?:Subject|Date|MIME-Version):)", re.M | re.S)
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
    if (headers := _MAIL.match(body.replace("\r\n", "\n"))) and _MAIL_NAMES.search(headers[0]):
        return "mail"
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
    if _is_one_word_a_line(body[:20_000].split("\n")[:-1]):
        return "a text with one word a line and its tags. Put the words of a sentence on one line"
    return next((what for pattern, what in _MARKED if pattern.match(body)), "")


def _is_one_word_a_line(lines: list[str]) -> bool:
    """Whether lines are a word and its tags in columns, as taggers and CoNLL's tasks write them."""
    rows = [row for line in lines if len(row := line.split()) > 1]
    n_columns = {len(row) for row in rows}
    if len(rows) < _LEAST_TAGGED or len(n_columns) > 2 or max(n_columns) > 14:
        return False
    at = next((i for i in (1, -1) if all(_TAG_OF_WORD.fullmatch(row[i]) for row in rows)), None)
    return at is not None and any(row[at][0].isupper() for row in rows)


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
