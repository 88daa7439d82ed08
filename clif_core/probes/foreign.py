"""Probes as other tools write them: a query of WEFE, sets by name, a table of words.

JSON: WEFE's ``Query`` (target_sets, attribute_sets and their names), the files of SEAT and WEATHub
(targ1, targ2, attr1, attr2), or four lists by name, in the order X, Y, A, B. A table (CSV, TSV or
text): a column a set under its name, a line a set after its name, or two columns of set and word.
Two target sets with two attribute sets are a WEAT, with one a relative norm distance.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clif_core.errors import FormatError
from clif_core.probes.base import Probe
from clif_core.probes.bounds import shown
from clif_core.probes.distance import RelativeNormDistance
from clif_core.probes.weat import Weat
from clif_core.probes.word_lists import split_words

__all__ = ["probe_of_document", "probe_of_table"]

_Sets = list[tuple[str, tuple[str, ...]]]  # name and words
_SEAT = ("targ1", "targ2", "attr1", "attr2")
_ALLOWED = (
    "a probe needs two target sets and one or two attribute sets: as a probe file of this program,"
    " as a query of WEFE (target_sets, attribute_sets), or as four lists by name (X, Y, A, B)"
)


def probe_of_document(document: Any, name: str) -> Probe:
    """The probe in a JSON document of another tool; raises FormatError if there is none."""
    if isinstance(document, Mapping):
        if "target_sets" in document or "attribute_sets" in document:
            sides = ("target_sets", "attribute_sets")
            targets, attributes = (_query_sets(document, side, name) for side in sides)
            return _probe(targets, attributes, str(document.get("query_name") or ""), name)
        if all(key in document for key in _SEAT):
            sets = [_seat_set(key, document[key], name) for key in _SEAT]
            return _probe(sets[:2], sets[2:], "", name)
        lists = [(str(key), value) for key, value in document.items() if isinstance(value, list)]
        if len(lists) in (3, 4):
            sets = [(key, _words(value, key, name)) for key, value in lists]
            return _probe(sets[:2], sets[2:], "", name)
    raise FormatError(
        f'{name} is not a probe file: it lacks "format": "clif-probe", and {_ALLOWED}.'
    )


def _query_sets(query: Mapping[str, Any], side: str, name: str) -> _Sets:
    """The sets of a WEFE query: lists with names beside them, or a mapping from names to lists."""
    given = query.get(side)
    if isinstance(given, Mapping):
        return [(str(key), _words(value, str(key), name)) for key, value in given.items()]
    if not isinstance(given, list):
        raise FormatError(f"{name}: {side} must be lists of words, got {shown(given)}.")
    names = query.get(f"{side}_names")
    labels = list(map(str, names)) if isinstance(names, list) else []
    labels += [""] * (len(given) - len(labels))
    return [
        (label, _words(words, label or side, name))
        for label, words in zip(labels, given, strict=False)
    ]


def _seat_set(key: str, given: Any, name: str) -> tuple[str, tuple[str, ...]]:
    if isinstance(given, Mapping):
        return str(given.get("category", key)), _words(given.get("examples"), key, name)
    return key, _words(given, key, name)


def _words(given: Any, label: str, name: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        raise FormatError(f"{name}: the set {label!r} must be a list of words, got {shown(given)}.")
    return tuple(word for word in given if word.strip())


def _probe(targets: _Sets, attributes: _Sets, title: str, name: str) -> Probe:
    sizes = (len(targets), len(attributes))
    if sizes not in ((2, 2), (2, 1)):
        raise FormatError(
            f"{name} has {sizes[0]} target sets and {sizes[1]} attribute sets; {_ALLOWED}."
        )
    labels = [label for label, _ in (*targets, *attributes)]
    if sizes == (2, 1):
        (_, x), (_, y), (_, words) = (*targets, *attributes)
        return RelativeNormDistance(
            x, y, words, labels[0], labels[1], labels[2] or "attributes", title
        )
    title = title or f"{labels[0]} and {labels[1]}, {labels[2]} and {labels[3]}"
    (_, x), (_, y), (_, a), (_, b) = (*targets, *attributes)
    if not any(labels):
        title = "X and Y, A and B"  # shown by the words of the sets
    return Weat(title, x, y, a, b, labels[0], labels[1], labels[2], labels[3])


def probe_of_table(text: str, name: str) -> Probe:
    """The probe in a table of words; raises FormatError if there is none."""
    rows = [row for row in _rows(text) if any(row)]
    sets = _sets_of_rows(rows)
    if sets is None:
        raise FormatError(
            f"{name} has {len(rows)} lines and {max(map(len, rows), default=0)} columns, from which"
            " no sets can be told. Write a column a set under its name, a line a set after its"
            " name, or the two columns set and word; one list alone is pasted into the form."
            f" {_ALLOWED[0].upper()}{_ALLOWED[1:]}."
        )
    return _probe(sets[:2], sets[2:], "", name)


def _rows(text: str) -> list[list[str]]:
    """The cells of each line; the mark that parts them is the most frequent of tab, ; and ,"""
    counts = {mark: text.count(mark) for mark in "\t;,"}
    mark = max(counts, key=lambda m: counts[m])
    return [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=mark)]


def _sets_of_rows(rows: Sequence[Sequence[str]]) -> _Sets | None:
    """The sets of a table, by the first layout that gives three or four; None without any."""
    named = [_named_line(row) for row in rows]
    if len(rows) in (3, 4) and all(named):
        return [found for found in named if found]
    width = max(map(len, rows), default=0)
    if width in (3, 4) and len(rows) > 1:
        columns = [[row[i] if i < len(row) else "" for row in rows] for i in range(width)]
        return [(column[0], tuple(word for word in column[1:] if word)) for column in columns]
    if width == 2:
        by_set: dict[str, list[str]] = {}
        for label, word in ((row[0], row[-1]) for row in rows if len(row) == 2 and all(row)):
            by_set.setdefault(label, []).append(word)
        for sets in (by_set, dict(list(by_set.items())[1:])):  # with or without a header
            if len(sets) in (3, 4) and min(map(len, sets.values())) > 1:
                return [(label, tuple(words)) for label, words in sets.items()]
    if len(rows) in (3, 4) and width > 2:
        return [(row[0], tuple(_present(row[1:]))) for row in rows]
    return None


def _named_line(row: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """The set of a line "flowers: aster, clover"; None for another line."""
    named = re.match(r"([^:]+):\s*(.*)", row[0])
    if named is None:
        return None
    words = split_words(named[2]) if len(row) == 1 else tuple(_present((named[2], *row[1:])))
    return named[1].strip(), words


def _present(cells: Iterable[str]) -> list[str]:
    return [cell for cell in cells if cell]
