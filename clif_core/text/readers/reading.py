"""The documents of a user's text by its plan, with a count of what is mended, cut or left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from clif_core.errors import FormatError
from clif_core.storage.gzipped import TooLarge
from clif_core.text.corpus import SourceDocument, Span
from clif_core.text.readers.articles import split_articles
from clif_core.text.readers.columns import (
    count_words,
    find,
    make_title,
    to_document,
    to_text,
)
from clif_core.text.readers.elements import split_docs
from clif_core.text.readers.encodings import Encoding, mend
from clif_core.text.readers.entries import split_entries
from clif_core.text.readers.kinds import TABLES
from clif_core.text.readers.lines import Cuts, split_own
from clif_core.text.readers.markup import (
    strip_html,
    strip_mail,
    strip_markdown,
    strip_xml,
)
from clif_core.text.readers.mending import (
    drop_tags,
    join_lines,
    undo_bytes,
    undo_escapes,
    undo_markup,
    without_licence,
)
from clif_core.text.readers.opened import Head, open_text
from clif_core.text.readers.plain_text import split_documents
from clif_core.text.readers.plan import Plan, look_into, normalise
from clif_core.text.readers.rows import PARQUET_ROWS, iterate_rows, peek_rows
from clif_core.text.readers.sampled import require_text
from clif_core.text.readers.sources import Source
from clif_core.text.readers.tables import Row
from clif_core.text.readers.transcripts import strip_subtitles
from clif_core.text.token_rule import TokenRule

__all__ = ["Reading"]

_HEAD = 1 << 16  # bytes of a file that tell what it is


@dataclass
class Reading:
    """One pass over a text. ``n_bytes``: of what was read; ``is_cut``: not all of it was."""

    plan: Plan
    cuts: Cuts = field(default_factory=Cuts)
    n_mended: int = 0
    undone: Counter[str] = field(default_factory=Counter)  # what ``mending`` undid
    n_lost: int = 0
    n_bytes: int = 0
    n_rows: int = 0
    encoding: Encoding | None = None  # of the first file, once it was read whole
    elements: str = ""  # of XML that were documents of their own
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
            self._require_text(source, head, kind)
            yield from self._of_rows(source, peek_rows(source, head, kind, self.plan.options))
            self.is_cut |= kind == "parquet" and self.n_rows == PARQUET_ROWS
        else:
            yield from self._of_text(source, kind, normalise(head.text))

    def _of_file(self, source: Source, max_bytes: int) -> Iterator[SourceDocument]:
        options, plan = self.plan.options, self.plan
        if plan.is_single:  # as what the look took it for, by more of it
            head, kind = plan.head, plan.kind
        else:
            head, kind = look_into(source, options, _HEAD)
        if kind in TABLES:
            self._require_text(source, head, kind)
            rows = iterate_rows(source, head, kind, options, max_bytes)
            yield from self._of_rows(source, rows)
            return
        with open_text(source, options.encoding, max_bytes) as (file, encoding):
            text = normalise(file.read()).removeprefix("\ufeff")
        self._take(encoding)
        yield from self._of_text(source, kind, text)

    def _require_text(self, source: Source, head: Head, kind: str) -> None:
        """Leave one of several tables out as a whole where it holds no text."""
        if kind in ("csv", "tsv") and not self.plan.is_single:
            require_text(source, head, kind, self.plan.options, self.plan.column or "text")

    def _of_text(self, source: Source, kind: str, text: str) -> Iterator[SourceDocument]:
        reason, has_text, folder = "it is empty", False, self._folder(source)
        is_of_many = self.plan.document_rule == "file" and not self.plan.is_single
        for document in self._documents(source, kind, text):
            if not document.text.strip():
                continue
            if is_of_many and not count_words(document.text):
                reason = "it holds no words, but numbers or addresses"
                continue
            has_text = True
            if folder:
                document = replace(document, metadata={**document.metadata, **folder})
            yield document
        if not has_text:
            self.plan.left_out.add(source.name, reason)

    def _folder(self, source: Source) -> dict[str, str]:
        if not self.plan.has_folders:
            return {}
        folder = PurePosixPath(source.name).parent.as_posix()
        return {"folder": "" if folder == "." else folder}

    def _documents(self, source: Source, kind: str, text: str) -> Iterator[SourceDocument]:
        """The documents of a file that is no table."""
        name, rule = source.name, self.plan.document_rule
        if kind == "plain":
            yield from map(self._undo, split_documents(self._plain(name, text), name, rule))
        elif kind == "xml" and (docs := split_docs(text)):
            for row, content in docs:
                stripped = self._mend(strip_xml(content, name))
                self.elements = "element <doc>"
                yield to_document({**row, "file": name}, "", stripped, name)
        elif kind == "xml" and (rows := split_articles(text)):
            self.elements = "article"
            yield from self._of_parts(rows, name)
        elif kind == "xml" and (rows := split_entries(text)):
            self.elements = "entry"
            yield from self._of_parts(rows, name)
        else:
            yield from split_documents(self._mend(_strip(text, kind, name)), name, rule)

    def _of_parts(self, rows: Iterable[dict[str, Any]], name: str) -> Iterator[SourceDocument]:
        for row in rows:
            stripped = self._mend(row.pop("text"))
            yield to_document({**row, "file": name}, "", stripped, name)

    def _plain(self, name: str, text: str) -> str:
        """A plain text without what does not belong to it."""
        text, has_licence = without_licence(text)
        if has_licence:
            reason = "Project Gutenberg's own pages before and after the book"
            self.plan.left_out.add(name, reason)
        text = self._mend(text)
        return text if self.plan.are_lines else join_lines(text, self.undone)

    def _undo(self, document: SourceDocument) -> SourceDocument:
        text = self._visible(document.text, drop_tags)
        if text == document.text:
            return document
        is_file = self.plan.document_rule == "file"
        return replace(document, text=text, title=document.title if is_file else make_title(text))

    def _visible(self, text: str, strip: Callable[[str], str]) -> str:
        """A text from a table or a plain file without escapes, entities and tags."""
        if self.plan.is_bytes:
            text = undo_bytes(text, self.undone)
        elif self.plan.is_escaped:
            text = undo_escapes(text, self.undone)
        return undo_markup(text, strip, self.undone)

    def _of_rows(self, source: Source, rows: Iterable[Row | Encoding]) -> Iterator[SourceDocument]:
        plan = self.plan
        column = plan.column or "text"  # of a chat among plain texts
        for given in rows:
            if isinstance(given, Encoding):
                self._take(given)
                continue
            self.n_rows += 1
            where, row, fault = given
            value = find(row, column)
            text = to_text(value)
            if fault or not text.strip():
                is_empty = value is None or value == [] or isinstance(value, str)
                kind = "is empty" if is_empty else "holds no text"
                kind += f": {value.strip()}" if isinstance(value, str) and value.strip() else ""
                plan.left_out.add(where, fault or f"its {column!r:.40} {kind}")
                continue
            try:
                if plan.are_mails:
                    text = strip_mail(text, where)
                text = self._visible(text, partial(strip_html, name=where))
            except FormatError as error:
                plan.left_out.add(where, str(error))
                continue
            document = to_document(row, column, self._mend(text), where)
            if not plan.is_single:
                where_from = {"file": source.name, **self._folder(source)}
                document = replace(document, metadata={**document.metadata, **where_from})
            yield document

    def _take(self, encoding: Encoding) -> None:
        """Note what a whole file was read in, which its beginning may not tell."""
        self.n_bytes += encoding.n_bytes
        self.encoding = self.encoding or encoding

    def _mend(self, text: str) -> str:
        mended, n = mend(text, self.plan.is_twice)
        self.n_mended += n
        self.n_lost += mended.count("\ufffd")
        return mended


def _strip(text: str, kind: str, name: str) -> str:
    """What a reader of a page, a message or a film sees or hears."""
    if kind == "html":
        return strip_html(text, name)
    if kind == "xml":
        return strip_xml(text, name)
    if kind == "markdown":
        return strip_markdown(text, name)
    if kind == "mail":
        return strip_mail(text, name)
    return strip_subtitles(text)
