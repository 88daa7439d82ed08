"""A user's own text: plain files, and JSONL.

Plain text: in a folder, every ``.txt`` or ``.txt.gz`` file is a document; in a single file, blank
lines separate the documents (``documents="blank-line"``), or each line is one, or the whole file.
JSONL: each line is an object with a ``text``, optionally a ``title``, and metadata in its other
fields, 200 at most. Text is UTF-8. An error names the byte or line. Sizes are capped after
unzipping (``clif_core.storage.gzipped``), and JSONL is read line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from clif_core.errors import FormatError, InputError
from clif_core.storage.gzipped import (
    MAX_TEXT_BYTES,
    is_encodable,
    iterate_lines,
    open_unzipped,
    show_name,
)
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.metadata import RESERVED_COLUMNS
from clif_core.text.token_choice import settle_rule
from clif_core.text.token_rule import TokenRule

__all__ = ["DocumentRule", "read_jsonl", "read_own_text", "read_plain_text"]

DocumentRule = Literal["blank-line", "line", "file"]
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_TITLE_LENGTH = 50


def read_own_text(
    path: Path,
    name: str | None = None,
    max_bytes: int = MAX_TEXT_BYTES,
    rule: TokenRule | None = None,
    words: Sequence[str] | None = None,
) -> Corpus:
    """A corpus from a file or a folder: JSONL if its name ends so, else plain text.

    Without a ``rule`` one is chosen, where given by the ``words`` of the text's model.
    """
    is_jsonl = _plain_suffix(Path(path)) in (".jsonl", ".ndjson", ".json")
    read = read_jsonl if is_jsonl else read_plain_text
    return read(path, name=name, max_bytes=max_bytes, rule=rule, words=words)


def read_plain_text(
    path: Path,
    documents: DocumentRule = "blank-line",
    name: str | None = None,
    max_bytes: int = MAX_TEXT_BYTES,
    rule: TokenRule | None = None,
    words: Sequence[str] | None = None,
) -> Corpus:
    """A corpus from a text file, or from the text files of a folder, in the order of their names.

    ``documents`` says how a single file is split. Documents have ``file`` and ``line``, their first
    line. Raises FormatError where a file is no UTF-8 text, too large, or has no words.
    """
    path = Path(path)
    if documents not in ("blank-line", "line", "file"):
        raise InputError(f"documents must be 'blank-line', 'line' or 'file', got {documents!r}.")
    if not path.is_dir():
        text = _read_text(path, max_bytes)
        sources = _split_documents(text, show_name(path), documents)
        return _build(path, name, sources, "plain text", rule, words)
    files = sorted(f for f in path.iterdir() if f.is_file() and _plain_suffix(f) == ".txt")
    if not files:
        raise FormatError(f"{path} holds no .txt or .txt.gz files.")
    return _build(path, name, _read_files(files, max_bytes), "plain text", rule, words)


def read_jsonl(
    path: Path,
    text_field: str = "text",
    name: str | None = None,
    max_bytes: int = MAX_TEXT_BYTES,
    rule: TokenRule | None = None,
    words: Sequence[str] | None = None,
) -> Corpus:
    """A corpus from a JSONL file, a document a line; every other field becomes metadata.

    An underscore is appended to the fields that are named like a column of the corpus itself:
    ``start`` becomes ``start_``, and ``start_`` becomes ``start__``. Raises FormatError, which
    names the line, where a line is no such object.
    """
    path = Path(path)
    sources = _iterate_objects(path, text_field, max_bytes)
    return _build(path, name, sources, "JSONL", rule, words)


def _build(
    path: Path,
    name: str | None,
    sources: Iterable[SourceDocument],
    kind: str,
    rule: TokenRule | None,
    words: Sequence[str] | None,
) -> Corpus:
    about = {
        "title": name or show_name(path),
        "licence": "",
        "source": show_name(path),
        "reader": kind,
        "unit": "sentence",
    }
    try:
        rule, sources = settle_rule(sources, rule, words)
        return build_corpus(name or _to_name(path), sources, about, rule=rule)
    except InputError as error:
        raise FormatError(f"{show_name(path)}: {error}") from error


def _read_files(files: Iterable[Path], max_bytes: int) -> Iterator[SourceDocument]:
    for file in files:
        text = _read_text(file, max_bytes)
        max_bytes -= len(text)
        yield SourceDocument(show_name(file), text, {"file": show_name(file), "line": 1})


def _split_documents(text: str, file: str, rule: DocumentRule) -> Iterator[SourceDocument]:
    if rule == "file":
        yield SourceDocument(file, text, {"file": file, "line": 1})
        return
    separator = re.compile(r"\n") if rule == "line" else _BLANK_LINES
    start, line = 0, 1
    ends = (match.span() for match in separator.finditer(text))
    for end, following in chain(ends, [(len(text), len(text))]):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            first = line + piece[: len(piece) - len(piece.lstrip())].count("\n")
            yield SourceDocument(_title(stripped), stripped, {"file": file, "line": first})
        line += text.count("\n", start, following)
        start = following


def _title(text: str) -> str:
    """The first words of a text, on one line."""
    line = " ".join(text[: 4 * _TITLE_LENGTH].split())
    if len(line) <= _TITLE_LENGTH:
        return line
    return line[: _TITLE_LENGTH + 1].rsplit(" ", 1)[0][:_TITLE_LENGTH] + " …"


def _iterate_objects(path: Path, text_field: str, max_bytes: int) -> Iterator[SourceDocument]:
    for number, line, _ in iterate_lines(path, max_bytes):
        where = f"line {number} of {show_name(path)}"
        for part in line.split("\r"):  # line ends of old Macs
            if part.strip():
                yield _read_line(part, where, text_field, number)


def _read_line(line: str, where: str, text_field: str, number: int) -> SourceDocument:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{where} is no JSON ({error}). Each line must be an object such as"
            ' {"text": "..."} on its own.'
        ) from error
    if not isinstance(value, dict) or not isinstance(value.get(text_field), str):
        got = _show_fields(value) if isinstance(value, dict) else type(value).__name__
        raise FormatError(
            f"{where} must be an object with a {text_field!r} that is a string; got {got}."
        )
    text = value.pop(text_field)
    try:
        title = str(value.pop("title", None) or "")
        metadata = {_to_field(key): _flatten(own) for key, own in value.items()}
    except RecursionError as error:
        raise FormatError(f"{where} is nested too deeply. Give flat fields.") from error
    if "\\u" in line and not all(map(is_encodable, (text, title, *_texts(metadata)))):
        raise FormatError(
            f"{where} has half of a surrogate pair (\\ud...). Write whole characters."
        )
    return SourceDocument(title or _title(text) or f"Line {number}", text, metadata)


def _show_fields(value: dict[str, Any]) -> str:
    """The names of an object's fields for a message: the first few, in short."""
    names = sorted(value)
    return f"{[name[:30] for name in names[:5]]}{' ...' if len(names) > 5 else ''}"


def _to_field(key: str) -> str:
    """The metadata field for a key: different keys have different fields."""
    return f"{key}_" if key.rstrip("_") in RESERVED_COLUMNS else key


def _flatten(value: Any) -> Any:
    """A list or an object as its JSON text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _texts(metadata: dict[str, Any]) -> Iterator[str]:
    for key, value in metadata.items():
        yield key
        if isinstance(value, str):
            yield value


def _read_text(path: Path, max_bytes: int) -> str:
    """The text of a file, unzipped if it is gzip, with \\n as line ends."""
    with open_unzipped(path, max_bytes) as file:
        content = file.read()
    return _decode(path, content)


def _decode(path: Path, content: bytes) -> str:
    name = show_name(path)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(f"{name} is UTF-16. Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{name} is not UTF-8: byte {error.start:,} (line {line:,}) is"
            f" 0x{content[error.start]:02x}. Save it as UTF-8, for example with"
            " 'iconv -f latin1 -t utf-8'."
        ) from error
    if "\0" in text:
        raise FormatError(
            f"{name} is no text: byte {content.index(0):,} is zero. Give a plain text file."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain_suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()


def _to_name(path: Path) -> str:
    """A short machine name from a file's name."""
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "text"
