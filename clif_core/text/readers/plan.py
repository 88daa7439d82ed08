"""What a text is, decided from its beginning: a look and the reading follow the same plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from clif_core.errors import FormatError
from clif_core.text.readers.columns import (
    choose_text_column,
    find,
    list_columns,
    to_text,
)
from clif_core.text.readers.dialects import Dialect
from clif_core.text.readers.encodings import is_converted_twice
from clif_core.text.readers.foreign import find_marks
from clif_core.text.readers.kinds import (
    MARKDOWN,
    TABLES,
    are_vectors,
    find_kind,
    is_mail,
    kind_of_name,
)
from clif_core.text.readers.lines import are_lines_sentences
from clif_core.text.readers.mending import are_bytes, are_escaped
from clif_core.text.readers.opened import Head, read_head
from clif_core.text.readers.options import AUTO, TextOptions
from clif_core.text.readers.rows import find_table
from clif_core.text.readers.sampled import (
    SAMPLE_ROWS,
    first_rows,
    require_sentences,
    rows_of_another,
)
from clif_core.text.readers.sources import Given, LeftOut, Source, gather

__all__ = ["LeftOuts", "Plan", "look_into", "make_plan", "normalise"]

_HEAD = 1 << 20  # bytes of a single file that decisions are made from
_HEAD_OF_ONE = 1 << 16  # of each of several files
_N_LOOKED_AT = 20  # files, of many
_MOST_LISTED = 1_000


@dataclass
class LeftOuts:
    """What is no part of the text: the first of it, and how much there is."""

    first: list[LeftOut] = field(default_factory=list)
    n: int = 0

    def add(self, name: str, reason: str) -> None:
        self.n += 1
        if len(self.first) < _MOST_LISTED:
            self.first.append(LeftOut(name, reason))


@dataclass(frozen=True)
class Plan:
    """What a text is and how it is read.

    Parameters
    ----------
    title : the name of the file or folder, for people
    sources, is_single : its files, and whether it is a single one
    kinds : how many of the files that were looked at are of each kind
    head : the beginning of the first of them, and ``kind`` its kind
    dialect, columns, column : of a table: how it is written, its columns, and that with the text
    is_escaped, is_bytes, is_twice : whether escapes of line breaks stand in a table's or a plain
        text, a table's texts are bytes of Python, and letters were converted twice
    are_mails : whether a table's texts are messages with their headers
    are_lines : whether each line is a sentence
    """

    title: str
    options: TextOptions
    sources: Sequence[Source]
    is_single: bool
    left_out: LeftOuts
    kinds: Mapping[str, int]
    kind: str
    head: Head
    dialect: Dialect | None
    columns: Sequence[str]
    column: str
    is_escaped: bool
    is_bytes: bool
    is_twice: bool
    are_mails: bool
    are_lines: bool

    @property
    def is_table(self) -> bool:
        return self.kind in TABLES

    @property
    def has_folders(self) -> bool:
        """Whether files lie in folders, whose names are kept."""
        return any("/" in source.name for source in self.sources)

    @property
    def document_rule(self) -> str:
        """What one document of plain text is: file, line or blank-line."""
        rule = self.options.one_document_per
        if rule != AUTO:
            return rule
        return "blank-line" if self.is_single and self.kind == "plain" else "file"


def make_plan(given: Given, options: TextOptions, title: str, times: int = 1) -> Plan:
    """Look at a text; ``times`` as of ``gather``.

    FormatError where there is none, or a single file cannot be read.
    """
    left_out = LeftOuts()
    found, hidden, is_single = gather(given, times)
    for file in hidden:
        left_out.add(file.name, file.reason)
    _refuse_arrow(title, found)
    sources = found if is_single or options.format != AUTO else _choose_files(found, left_out)
    if not sources:
        named = f" Left out: {left_out.first[0].name:.80}." if left_out.n else ""
        raise FormatError(f"{title} holds no .txt, .csv, .jsonl or other file of text.{named}")
    looked, faults = list[tuple[Source, Head, str]](), list[FormatError]()
    for source in sources[:_N_LOOKED_AT]:
        try:
            n_bytes = _HEAD if is_single else _HEAD_OF_ONE
            looked.append((source, *look_into(source, options, n_bytes)))
        except FormatError as error:
            faults.append(error)
    if not looked:
        raise faults[0]
    source, head, kind = looked[0]
    rows: list[dict[str, Any]] = []
    if kind in TABLES:
        rows = first_rows(source, head, kind, options)
        for other in looked[1:]:  # whose texts may be in columns that the first one lacks
            rows += rows_of_another(*other, options, SAMPLE_ROWS // len(looked))
    column = choose_text_column(rows, title, options.text_column) if rows else ""
    plain = [head.text for _, head, kind in looked if kind == "plain"]
    texts = [to_text(find(row, column)) for row in rows]
    if not options.text_column:
        require_sentences(title, rows, column, [text for text in texts if text])
    texts = texts or plain
    return Plan(
        title=title,
        options=options,
        sources=sources,
        is_single=is_single,
        left_out=left_out,
        kinds=Counter(kind for _, _, kind in looked),
        kind=kind,
        head=head,
        dialect=find_table(source, head, kind, options) if kind in ("csv", "tsv") else None,
        columns=list_columns(rows),
        column=column,
        is_escaped=are_escaped(texts),
        is_bytes=bool(rows) and are_bytes(texts),
        is_twice=is_converted_twice("\n".join(texts)),
        are_mails=bool(rows) and _are_mails([text for text in texts if text]),
        are_lines=_are_lines(options, plain),
    )


def look_into(source: Source, options: TextOptions, n_bytes: int) -> tuple[Head, str]:
    """The beginning of a file, and its kind."""
    head = read_head(source, options.encoding, n_bytes)
    if head.is_parquet:
        return head, "parquet"
    if options.format == "parquet":
        raise FormatError(f"{source.name} is no Parquet file. Leave the format to be found.")
    if options.format != AUTO:
        return head, options.format
    if what := find_marks(head.text):
        raise FormatError(f"{source.name} is {what}; or say that the format is plain.")
    kind = find_kind(source.suffix, head.text)
    if kind == "plain" and are_vectors(head.text):
        raise FormatError(
            f"{source.name} holds word vectors, and no text. Give it as the vectors of a model; if"
            " it is text, say that the format is plain."
        )
    return head, kind


def normalise(text: str) -> str:
    """The text with \\n as line ends, without marks that stand where files were joined."""
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\ufeff", "")


def _are_mails(texts: Sequence[str]) -> bool:
    return len(texts) > 0 and 2 * sum(map(is_mail, texts)) > len(texts)


def _are_lines(options: TextOptions, texts: Sequence[str]) -> bool:
    if options.sentences != AUTO or not texts:
        return options.sentences == "line"
    return are_lines_sentences(normalise("\n\n".join(texts)))


def _refuse_arrow(title: str, sources: Sequence[Source]) -> None:
    """Raise FormatError for a folder that Hugging Face's ``datasets`` saved, as Arrow."""
    names = [PurePosixPath(source.name).name for source in sources]
    if "state.json" in names and any(name.endswith(".arrow") for name in names):
        raise FormatError(
            f"{title} is a data set as Hugging Face's datasets saves it (Arrow). Save a split of it"
            " as JSONL: datasets.load_from_disk(FOLDER)['train'].to_json('NEW.jsonl')."
        )


def _choose_files(sources: Sequence[Source], left_out: LeftOuts) -> list[Source]:
    """Those of several files that are the text: tables or texts, whichever are more.

    Files whose ending says nothing are the text only where there are no others.
    """
    kinds = [kind_of_name(source.suffix) for source in sources]
    notes = ["markdown" if source.suffix in MARKDOWN else "" for source in sources]
    if sum(map(bool, notes)) > sum(map(bool, kinds)):  # else they describe the others
        kinds = [kind or note for kind, note in zip(kinds, notes, strict=True)]
    known = [kind for kind in kinds if kind]
    are_tables = [kind in TABLES for kind in known or kinds]
    is_table = 2 * sum(are_tables) > len(are_tables)
    kept = []
    for source, kind in zip(sources, kinds, strict=True):
        if known and not kind:
            reason = f"its ending, {source.suffix or 'none'}, is not that of a text"
            left_out.add(source.name, f"{reason}; give it by itself to read it")
        elif (kind in TABLES) != is_table:
            reason = "a text among tables" if is_table else "a table among texts"
            left_out.add(source.name, f"{reason}; give it by itself to read it")
        else:
            kept.append(source)
    return kept
