"""A user's own text: plain files, and JSONL.

Plain text: in a folder, every ``.txt`` or ``.txt.gz`` file is a document; in a single file, blank
lines separate the documents (``documents="blank-line"``), or each line is one, or the whole file.
JSONL: each line is an object with a ``text``, optionally a ``title``, and metadata in its other
fields. Text is UTF-8. An error names the byte or line. Sizes are capped after unzipping, so that a
small file cannot fill the memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from clif_core.errors import FormatError, InputError
from clif_core.storage.gzipped import open_unzipped
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

__all__ = ["MAX_BYTES", "DocumentRule", "read_jsonl", "read_own_text", "read_plain_text"]

DocumentRule = Literal["blank-line", "line", "file"]
MAX_BYTES = 200_000_000
_RESERVED = ("document", "start", "end")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_TITLE_LENGTH = 50


def read_own_text(path: Path, name: str | None = None, max_bytes: int = MAX_BYTES) -> Corpus:
    """A corpus from a file or a folder: JSONL if its name ends so, else plain text."""
    is_jsonl = _plain_suffix(Path(path)) in (".jsonl", ".ndjson", ".json")
    return (read_jsonl if is_jsonl else read_plain_text)(path, name=name, max_bytes=max_bytes)


def read_plain_text(
    path: Path,
    documents: DocumentRule = "blank-line",
    name: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Corpus:
    """A corpus from a text file, or from the text files of a folder, in the order of their names.

    ``documents`` says how a single file is split. Documents have ``file`` and ``line``, their first
    line. Raises FormatError where a file is no UTF-8 text, too large, or has no words.
    """
    path = Path(path)
    if documents not in ("blank-line", "line", "file"):
        raise InputError(f"documents must be 'blank-line', 'line' or 'file', got {documents!r}.")
    sources: list[SourceDocument] = []
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.is_file() and _plain_suffix(f) == ".txt")
        if not files:
            raise FormatError(f"{path} holds no .txt or .txt.gz files.")
        for file in files:
            text = _read_text(file, max_bytes)
            max_bytes -= len(text)
            sources.append(SourceDocument(file.name, text, {"file": file.name, "line": 1}))
    else:
        text = _read_text(path, max_bytes)
        sources.extend(_split_documents(text, path.name, documents))
    return _build(path, name, sources, "plain text")


def read_jsonl(
    path: Path, text_field: str = "text", name: str | None = None, max_bytes: int = MAX_BYTES
) -> Corpus:
    """A corpus from a JSONL file, a document a line; every other field becomes metadata.

    An underscore is appended to the field names ``document``, ``start`` and ``end``. Raises
    FormatError, which names the line, where a line is no such object.
    """
    path = Path(path)
    sources = []
    for number, line in enumerate(_read_text(path, max_bytes).split("\n"), start=1):
        if line.strip():
            sources.append(_read_line(line, f"line {number} of {path.name}", text_field, number))
    return _build(path, name, sources, "JSONL")


def _build(path: Path, name: str | None, sources: list[SourceDocument], kind: str) -> Corpus:
    about = {
        "title": name or path.name,
        "licence": "",
        "source": path.name,
        "reader": kind,
        "unit": "sentence",
    }
    try:
        return build_corpus(name or _to_name(path), sources, about)
    except InputError as error:
        raise FormatError(f"{path.name}: {error}") from error


def _split_documents(text: str, file: str, rule: DocumentRule) -> Iterator[SourceDocument]:
    if rule == "file":
        yield SourceDocument(file, text, {"file": file, "line": 1})
        return
    separator = re.compile(r"\n") if rule == "line" else _BLANK_LINES
    start, line = 0, 1
    ends = [*(m.span() for m in separator.finditer(text)), (len(text), len(text))]
    for end, following in ends:
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


def _read_line(line: str, where: str, text_field: str, number: int) -> SourceDocument:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{where} is no JSON ({error}). Each line must be an object such as"
            ' {"text": "..."} on its own.'
        ) from error
    if not isinstance(value, dict) or not isinstance(value.get(text_field), str):
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise FormatError(
            f"{where} must be an object with a {text_field!r} that is a string; got {got}."
        )
    if "\\ud" in line.lower() and not _is_encodable(value):
        raise FormatError(
            f"{where} has half of a surrogate pair (\\ud...). Write whole characters."
        )
    text = value.pop(text_field)
    title = value.pop("title", None)
    metadata: dict[str, Any] = {f"{k}_" if k in _RESERVED else k: v for k, v in value.items()}
    metadata.pop("text", None)
    return SourceDocument(str(title) if title else _title(text) or f"Line {number}", text, metadata)


def _is_encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_text(path: Path, max_bytes: int) -> str:
    """The text of a file, unzipped if it is gzip, with \\n as line ends."""
    with open_unzipped(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise FormatError(
            f"{path.name} has more than {max_bytes / 1e6:,.0f} MB of text, the limit here. Split"
            " it, or import it on the command line with a higher limit."
        )
    return _decode(path, content)


def _decode(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(f"{path.name} is UTF-16. Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{path.name} is not UTF-8: byte {error.start:,} (line {line:,}) is"
            f" 0x{content[error.start]:02x}. Save it as UTF-8, for example with"
            " 'iconv -f latin1 -t utf-8'."
        ) from error
    if "\0" in text:
        raise FormatError(
            f"{path.name} is no text: byte {content.index(0):,} is zero. Give a plain text file."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain_suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()


def _to_name(path: Path) -> str:
    """A short machine name from a file's name."""
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "text"
