"""The rows of a table or of JSON, in whichever of its formats."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, TextIO, cast

from clif_core.errors import FormatError
from clif_core.storage.gzipped import MAX_TEXT_BYTES, packed_as
from clif_core.text.readers.chats import iterate_messages
from clif_core.text.readers.dialects import Dialect, find_dialect
from clif_core.text.readers.elements import iterate_elements
from clif_core.text.readers.encodings import Encoding
from clif_core.text.readers.json_rows import iterate_json, iterate_jsonl
from clif_core.text.readers.opened import Head, open_text
from clif_core.text.readers.options import TextOptions
from clif_core.text.readers.sources import Source
from clif_core.text.readers.tables import Row, iterate_parquet, iterate_table
from clif_core.text.readers.transcripts import how_named, iterate_turns

__all__ = ["PARQUET_ROWS", "find_table", "iterate_rows", "peek_rows"]

_LABEL = "__label__"
PARQUET_ROWS = 1_000  # that a look reads


def find_table(source: Source, head: Head, kind: str, options: TextOptions) -> Dialect:
    """How the table of a file is written; FormatError where it is none."""
    suffix = ".tsv" if kind == "tsv" else source.suffix
    found = find_dialect(head.text, True, options.has_header, suffix)
    if found is None and head.text.strip():
        raise FormatError(
            f"{source.name} is no table that can be read: its rows have other numbers of cells than"
            " its first line has names. Quote the cells that hold the separator or a line break, or"
            " say that the format is plain."
        )
    if found is None:
        raise FormatError(f"{source.name} is empty: it has no rows. Give another file.")
    return found


def peek_rows(source: Source, head: Head, kind: str, options: TextOptions) -> Iterator[Row]:
    """The rows of the beginning of a file; of Parquet the first 1,000."""
    if kind == "parquet":
        return _parquet(source, MAX_TEXT_BYTES, PARQUET_ROWS)
    return _of_text(io.StringIO(head.text, newline=""), source, head, kind, options, head.is_cut)


def iterate_rows(
    source: Source, head: Head, kind: str, options: TextOptions, max_bytes: int
) -> Iterator[Row | Encoding]:
    """All rows of a file, and at last its encoding, which knows how many bytes it has."""
    if kind == "parquet":
        yield from _parquet(source, max_bytes, None)
        yield Encoding("", n_bytes=source.n_bytes)
        return
    with open_text(source, options.encoding, max_bytes) as (lines, encoding):
        yield from _of_text(lines, source, head, kind, options, is_cut=False)
    yield encoding


def _of_text(
    lines: TextIO, source: Source, head: Head, kind: str, options: TextOptions, is_cut: bool
) -> Iterator[Row]:
    if kind == "jsonl":
        return iterate_jsonl(lines, source.name, is_cut)
    if kind == "labelled":
        return _labelled(lines, source.name, is_cut)
    if kind == "chat" and (how := how_named(head.text)):
        return iterate_turns(lines, source.name, how)
    if kind == "chat":
        return iterate_messages(lines, source.name, is_cut)
    if kind == "elements":
        return iterate_elements(lines, source.name, is_cut)
    if kind == "json":
        return iterate_json(lines, source.name, is_cut)
    return iterate_table(lines, find_table(source, head, kind, options), source.name, is_cut)


def _labelled(lines: TextIO, name: str, is_cut: bool) -> Iterator[Row]:
    """Lines of fastText's training files: labels, before or behind the text."""
    for number, line in enumerate(lines, start=1):
        if is_cut and not line.endswith("\n"):
            return
        words = line.split()
        labels = [w.removeprefix(_LABEL) for w in words if w.startswith(_LABEL)]
        text = " ".join(word for word in words if not word.startswith(_LABEL))
        if words:
            yield f"line {number:,} of {name}", {"label": " ".join(labels), "text": text}, ""


def _parquet(source: Source, max_bytes: int, n_rows: int | None) -> Iterator[Row]:
    """Parquet is read from its end: a packed one is unpacked in memory."""
    with source.open() as file:
        is_packed = packed_as(file.read(6)) != ""
    if is_packed:
        with source.unzipped(min(max_bytes, 200_000_000)) as file:
            content = cast(BinaryIO, io.BytesIO(file.read()))
        yield from iterate_parquet(content, source.name, max_bytes, n_rows)
        return
    with source.open() as file:
        yield from iterate_parquet(file, source.name, max_bytes, n_rows)
