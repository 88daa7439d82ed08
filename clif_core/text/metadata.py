"""Metadata of documents and sentences as columns of a table, bounded in number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from clif_core.errors import InputError
from clif_core.storage.gzipped import is_encodable

__all__ = ["FIRST_SENTENCE", "FIRST_TOKEN", "RESERVED_COLUMNS", "MetadataColumns"]

FIRST_SENTENCE, FIRST_TOKEN = "clif_first_sentence", "clif_first_token"  # columns on disk
RESERVED_COLUMNS = frozenset(
    {"title", "text", "document", "start", "end", FIRST_SENTENCE, FIRST_TOKEN}
)
_MAX_FIELDS = 200
_MAX_VALUES = 50_000_000  # fields times rows, of each 200 MB of text: every row has every field


class MetadataColumns:
    """Metadata by column; a row that lacks a value has None there."""

    def __init__(self, times: int = 1) -> None:
        self._most = _MAX_VALUES * times
        self._columns: dict[str, list[Any]] = {}

    def set_row(self, row: int, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            column = self._columns.get(key)
            if column is None:
                column = self._add_column(key)
            column.extend([None] * (row - len(column)))
            column.append(value)
        if len(self._columns) * row > self._most:
            raise InputError(
                f"the metadata have {len(self._columns):,} fields for more than {row:,} rows;"
                f" allowed are {self._most:,} values. Remove fields, or read the text with a higher"
                " limit (--max-gb)."
            )

    def _add_column(self, key: str) -> list[Any]:
        if key in RESERVED_COLUMNS:
            raise InputError(
                f"metadata may not be called {key!r}; the corpus itself uses"
                f" {', '.join(sorted(RESERVED_COLUMNS))}. Rename the field."
            )
        if not is_encodable(key):
            raise InputError(f"the field {key!r} holds half of a surrogate pair. Rename it.")
        if len(self._columns) == _MAX_FIELDS:
            raise InputError(
                f"the metadata have more than {_MAX_FIELDS} fields, the limit here; the next one is"
                f" {key[:50]!r}. Remove those that are not needed."
            )
        return self._columns.setdefault(key, [])

    def add_to(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with these columns, in order of first appearance."""
        columns = dict(table.items())
        for key, column in self._columns.items():
            column.extend([None] * (len(table) - len(column)))
            columns[key] = _to_column(column)
        return pd.DataFrame(columns)


def _to_column(values: Sequence[Any]) -> pd.Series[Any]:
    """A column of one type: int64, float64, or text (a missing value is the empty string)."""
    if all(type(v) is float or (type(v) is int and abs(v) < 2**53) for v in values):
        return pd.Series(
            values, dtype="int64" if all(type(v) is int for v in values) else "float64"
        )
    try:
        texts = [
            "" if v is None else v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)
            for v in values
        ]
        return pd.Series(texts, dtype="str")
    except (UnicodeEncodeError, RecursionError, TypeError, ValueError) as error:
        raise InputError(
            f"metadata must be text, numbers or what JSON can hold, without halves of surrogate"
            f" pairs ({error})."
        ) from error
