"""The documents of a user's text by its plan, with a count of what is mended, cut or left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from clif_core.errors import FormatError
from clif_core.storage.gzipped import TooLarge
from clif_core.text.corpus import SourceDocument, Span
from clif_core.text.readers.columns import find, to_document, to_text
from clif_core.text.readers.encodings import mend
from clif_core.text.readers.kinds import TABLES
from clif_core.text.readers.lines import Cuts, split_own
from clif_core.text.readers.markup import (
    has_markup,
    strip_html,
    strip_mail,
    strip_markdown,
    strip_subtitles,
    strip_xml,
)
from clif_core.text.readers.opened import open_text
from clif_core.text.readers.plain_text import split_documents
from clif_core.text.readers.plan import Plan, look_into, normalise
from clif_core.text.readers.rows import PARQUET_ROWS, iterate_rows, peek_rows
from clif_core.text.readers.sources import Source
from clif_core.text.readers.tables import Row
from clif_core.text.token_rule import TokenRule

__all__ = ["Reading"]

_HEAD = 1 << 16  # bytes of a file that tell what it is


@dataclass
class Reading:
    """One pass over a text. ``n_bytes``: of what was read; ``is_cut``: not all of it was."""

    plan: Plan
    cuts: Cuts = field(default_factory=Cuts)
    n_mended: int = 0
    n_lost: int = 0
    n_bytes: int = 0
    n_rows: int = 0
    is_cut: bool = False

    def all(self, max_bytes: int) -> Iterator[SourceDocument]:
        """Every document of every file, in order.

        Of several files, one that cannot be read is left out; of a single one, FormatError says
        why. TooLarge where all files together have more than ``max_bytes``.
        """
        for source in self.plan.sources:
            yield from self._guarded(source, self._of_file(source, max_bytes - self.n_bytes))

    def first(self, n_bytes: int, n_bytes_each: int) -> Iterator[SourceDocument]:
        """The documents of the beginnings of the first files."""
        for source in self.plan.sources:
            if self.n_bytes >= n_bytes:
                self.is_cut = True
                return
            yield from self._guarded(source, self._of_head(source, n_bytes_each))

    def split(self, text: str, rule: TokenRule) -> Iterator[Span]:
        """The sentences of a document's text; counts those that it cuts."""
        n_words = self.plan.options.passage_words
        return split_own(text, rule, self.plan.are_lines, n_words, self.cuts)

    def _guarded(
        self, source: Source, documents: Iterator[SourceDocument]
    ) -> Iterator[SourceDocument]:
        try:
            yield from documents
        except TooLarge:
            raise
        except FormatError as error:
            if self.plan.is_single:
                raise
            self.plan.left_out.add(source.name, str(error))

    def _of_head(self, source: Source, n_bytes: int) -> Iterator[SourceDocument]:
        head, kind = look_into(source, self.plan.options, n_bytes)
        self.n_bytes += head.n_bytes
        self.is_cut |= head.is_cut
        if kind in TABLES:
            yield from self._of_rows(source, peek_rows(source, head, kind, self.plan.options))
            self.is_cut |= kind == "parquet" and self.n_rows == PARQUET_ROWS
        else:
            yield from self._of_text(source, kind, normalise(head.text))

    def _of_file(self, source: Source, max_bytes: int) -> Iterator[SourceDocument]:
        options = self.plan.options
        head, kind = look_into(source, options, _HEAD)
        if kind in TABLES:
            rows = iterate_rows(source, head, kind, options, max_bytes)
            yield from self._of_rows(source, rows)
            return
        with open_text(source, options.encoding, max_bytes) as (file, n_bytes):
            text = normalise(file.read()).removeprefix("\ufeff")
        self.n_bytes += n_bytes
        yield from self._of_text(source, kind, text)

    def _of_text(self, source: Source, kind: str, text: str) -> Iterator[SourceDocument]:
        if kind == "html":
            text = strip_html(text, source.name)
        elif kind == "xml":
            text = strip_xml(text, source.name)
        elif kind == "markdown":
            text = strip_markdown(text, source.name)
        elif kind == "mail":
            text = strip_mail(text, source.name)
        elif kind == "subtitles":
            text = strip_subtitles(text)
        extra = dict[str, str]()
        if self.plan.has_folders:
            folder = PurePosixPath(source.name).parent.as_posix()
            extra["folder"] = "" if folder == "." else folder
        is_empty = True
        for document in split_documents(self._mend(text), source.name, self.plan.document_rule):
            if document.text.strip():
                is_empty = False
                metadata = {**document.metadata, **extra}
                yield replace(document, metadata=metadata)
        if is_empty:
            self.plan.left_out.add(source.name, "it is empty")

    def _of_rows(self, source: Source, rows: Iterable[Row | int]) -> Iterator[SourceDocument]:
        plan = self.plan
        for given in rows:
            if isinstance(given, int):
                self.n_bytes += given
                continue
            self.n_rows += 1
            where, row, fault = given
            value = find(row, plan.column)
            text = to_text(value)
            if fault or not text.strip():
                is_empty = value is None or value == [] or isinstance(value, str)
                kind = "is empty" if is_empty else "holds no text"
                plan.left_out.add(where, fault or f"its {plan.column!r:.40} {kind}")
                continue
            if plan.has_tags and has_markup(text):
                try:
                    text = strip_html(text, where)
                except FormatError as error:
                    plan.left_out.add(where, str(error))
                    continue
            document = to_document(row, plan.column, self._mend(text), where)
            if not plan.is_single:
                document = replace(document, metadata={**document.metadata, "file": source.name})
            yield document

    def _mend(self, text: str) -> str:
        mended, n = mend(text)
        self.n_mended += n
        self.n_lost += mended.count("\ufffd")
        return mended
