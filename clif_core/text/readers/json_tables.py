"""A JSON object that is a table: objects or texts by their names, or columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clif_core.text.readers.columns import is_usual

__all__ = ["rows_of_object"]

_LEAST_NAMED = 5  # texts by their names; fewer may be the fields of one document
_LEAST_WORDS = 3

Rows = Iterator[tuple[str, dict[str, Any]]]


def rows_of_object(fields: dict[str, Any], name: str) -> Rows:
    """(what it is called in messages, its fields) of each row; the object itself where it is one.

    Columns are as pandas' ``to_json`` writes them, or lists of one length. The names of objects and
    texts are kept as ``key``.
    """
    if rows := _split_rows(fields):
        for at, row in enumerate(rows, start=1):
            yield f"row {at:,} of {name}", row
    elif columns := _columns(fields):
        n = len(next(iter(columns.values())))
        for at in range(n):
            row = {key: values[at] for key, values in columns.items()}
            yield f"row {at + 1:,} of {name}", row
    elif _are_rows(fields):
        for key, row in fields.items():
            yield f"{key!r:.60} of {name}", {"key": key, **row}
    elif _are_texts(fields):
        for key, text in fields.items():
            yield f"{key!r:.60} of {name}", {"key": key, "text": text}
    else:
        yield name, fields


def _split_rows(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of pandas' ``to_json(orient="split")``; none where the object is no such table."""
    names, rows = fields.get("columns"), fields.get("data")
    if not isinstance(names, list) or not isinstance(rows, list) or not names:
        return []
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return []
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def _columns(fields: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Each column as a list; none where the object is no table of columns."""
    values = list(fields.values())
    if not values or not all(isinstance(value, (list, dict)) for value in values):
        return {}
    if all(isinstance(value, dict) for value in values):
        keys = [str(at) for at in range(len(values[0]))]
        if len(keys) < 2 or any(list(value) != keys for value in values):
            return {}
        return {key: list(value.values()) for key, value in fields.items()}
    n = len(values[0])
    texts = [item for value in values for item in value if isinstance(item, str)]
    n_words = sum(len(text.split()) for text in texts) / max(len(texts), 1)
    are_lists = n >= 2 and all(isinstance(v, list) and len(v) == n for v in values)
    return dict(fields) if are_lists and n_words > _LEAST_WORDS - 1 else {}


def _are_rows(fields: Mapping[str, Any]) -> bool:
    values = list(fields.values())
    if len(values) < 2 or not all(isinstance(value, dict) and value for value in values):
        return False
    return bool(set(values[0]).intersection(*values[1:]))


def _are_texts(fields: Mapping[str, Any]) -> bool:
    return (
        len(fields) >= _LEAST_NAMED
        and not any(map(is_usual, fields))
        and all(isinstance(v, str) and len(v.split()) >= _LEAST_WORDS for v in fields.values())
    )
