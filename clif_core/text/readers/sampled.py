"""The first rows of tables, by which the column with the text is chosen, and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, pairwise
from typing import Any

from clif_core.errors import FormatError
from clif_core.text.readers.columns import count_words, find, to_text
from clif_core.text.readers.kinds import TABLES
from clif_core.text.readers.opened import Head
from clif_core.text.readers.options import TextOptions
from clif_core.text.readers.rows import peek_rows
from clif_core.text.readers.sources import Source
from clif_core.text.unparted import HAS_UNPARTED

__all__ = ["SAMPLE_ROWS", "first_rows", "require_sentences", "require_text", "rows_of_another"]

SAMPLE_ROWS = 500  # that a column is chosen by
_LEAST_ROWS, _LONG = 20, 30  # that tell what a column holds; characters that no word has
_WORD_COLUMNS = ("token", "word", "form", "lemma")


def first_rows(source: Source, head: Head, kind: str, options: TextOptions) -> list[dict[str, Any]]:
    """The rows that a column is chosen by; FormatError where none can be read."""
    peeked = list(islice(peek_rows(source, head, kind, options), SAMPLE_ROWS))
    rows = [row for _, row, fault in peeked if not fault]
    if not rows and peeked:
        raise FormatError(
            f"{source.name} is no table that can be read: {peeked[0][0]} {peeked[0][2]}. Quote"
            " cells that hold the separator, or say that the format is plain."
        )
    if not rows and not head.is_cut:
        raise FormatError(f"{source.name} has no rows below its header. Give another file.")
    return rows


def rows_of_another(
    source: Source, head: Head, kind: str, options: TextOptions, n: int
) -> list[dict[str, Any]]:
    """The first rows of a further table; none where it is no table, or cannot be read."""
    if kind not in TABLES:
        return []
    try:
        return [r for _, r, fault in islice(peek_rows(source, head, kind, options), n) if not fault]
    except FormatError:  # named where it is read
        return []


def require_text(source: Source, head: Head, kind: str, options: TextOptions, column: str) -> None:
    """Raise FormatError for one of several tables that holds no text in the column of the text."""
    rows = first_rows(source, head, kind, options)
    texts = [text for row in rows if (text := to_text(find(row, column)))]
    if rows and not any(column in row for row in rows):
        raise FormatError(f"it has no column {column!r:.40}")
    if len(rows) >= _LEAST_ROWS and not any(map(count_words, texts)):
        raise FormatError(f"its {column!r:.40} holds no text")
    if not options.text_column:
        require_sentences("it", rows, column, texts)


def require_sentences(
    title: str, rows: Sequence[Mapping[str, Any]], column: str, texts: Sequence[str]
) -> None:
    """Raise FormatError for a table with a word a row, or with the sentence of each word."""
    if len(texts) < _LEAST_ROWS:
        return
    if all(len(text.split()) == 1 and len(text) < _LONG for text in texts) and not any(
        map(HAS_UNPARTED.search, texts)
    ):
        raise FormatError(
            f"{title} holds a single word in each row of {column!r:.40}: a list of words, or a text"
            " with a word a row. Put the words of a sentence into one cell, or choose another"
            " column as the text."
        )
    has_words = any(name.lower() in _WORD_COLUMNS for name in rows[0])
    if has_words and 2 * sum(one == other for one, other in pairwise(texts)) > len(texts):
        raise FormatError(
            f"{title} is a table with a word a row, which repeats its {column!r:.40} for each word."
            " Keep one row of each sentence, or choose the column as the text if that is meant."
        )
