"""Which row of a table names its columns, and which rows beside it are neither names nor data."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["are_headings", "are_ids", "find_n_above", "find_n_below", "is_header"]

_Rows = Sequence[Sequence[str]]

_SEEN_ROWS = 200
_LONG, _MOST = 60, 300  # characters of a name that is a question
_IMPORT_ID = re.compile(r"\W{1,5}ImportId\b")  # in each cell of Qualtrics' third row
_LIKE_NUMBER = re.compile(r"\s*[+-]?[\d.,]*\d")  # or a date, however it goes on
_DATED = re.compile(r"\d[\d\W_TZ]*\Z")  # a date, a time, a number: no name of a column
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?%?\Z", re.I)
_LETTERS = re.compile(r"[\W\d_]+")
_USUAL = (
    "id text content body sentence review comment document title label author date year source name"
    " url tweet message category rating"
)
_HEADINGS = frozenset(_USUAL.split())
_MOST_ABOVE = 10  # rows
_OF_QUALTRICS = frozenset(
    (
        "startdate", "enddate", "ipaddress", "progress", "durationinseconds", "finished",
        "recordeddate", "responseid",
    )
)  # fmt: skip
_OF_LIMESURVEY = frozenset({"id", "submitdate", "lastpage", "startlanguage", "token", "seed"})
_OF_SURVEYMONKEY = ("respondentid", "collectorid"), frozenset({"response", "openendedresponse"})
_LEAST_ALIKE = 2


def are_ids(rows: _Rows) -> bool:
    """Whether there is a row, and each of its cells is Qualtrics' number of a question."""
    cells = [cell for row in rows for cell in row if cell]
    return bool(cells) and all(map(_IMPORT_ID.match, cells))


def are_headings(cells: Sequence[str]) -> bool:
    """Whether cells are usual names of columns, one of them at least."""
    bare = [cell.strip().lower() for cell in cells]
    return len(bare) > 0 and all(bare) and any(cell in _HEADINGS for cell in bare)


def find_n_above(rows: _Rows) -> int:
    """How many rows stand above the names of the columns, such as a sheet's title.

    They fill half of their cells at most, and the names are all there.
    """
    for at, row in enumerate(rows[: _MOST_ABOVE + 1]):
        filled = sum(bool(cell.strip()) for cell in row)
        if 2 * filled > len(row):
            return at if filled == len(row) and is_header(rows[at:]) else 0
    return 0


def find_n_below(rows: _Rows) -> int:
    """How many rows below the names of a survey's columns are no answers.

    Of Qualtrics the questions, and where they are there their numbers; of SurveyMonkey the kinds of
    answers; of LimeSurvey the codes of the questions.
    """
    if are_ids(rows[2:3]):
        return 2
    if len(rows) < 2:
        return 0
    names, below = ([_bare(cell) for cell in row] for row in rows[:2])
    alike = [one for one, other in zip(names, below, strict=False) if one == other]
    if len(_OF_QUALTRICS.intersection(alike)) >= _LEAST_ALIKE:
        return 1
    if len(_OF_LIMESURVEY.intersection(below) - set(names[1:])) >= _LEAST_ALIKE:
        return 1
    first, kinds = _OF_SURVEYMONKEY
    is_survey = all(one in names for one in first) and not below[names.index(first[0])]
    return int(is_survey and not kinds.isdisjoint(below))


def _bare(cell: str) -> str:
    return _LETTERS.sub("", cell.lower())


def is_header(rows: _Rows) -> bool:
    """Whether the first of these rows names the columns of the others."""
    first, rest = [cell.strip() for cell in rows[0]], rows[1:_SEEN_ROWS]
    if any(_NUMBER.match(cell) or _DATED.match(cell) for cell in first):
        return False
    columns = list(zip(*rest, strict=False))
    longest_name = max(map(len, first), default=0)
    if longest_name > _LONG and not (longest_name <= _MOST and _has_typed(first, columns)):
        return False
    if any(cell.lower() in _HEADINGS for cell in first):
        return True
    if len({cell.lower() for cell in first}) < len(first):
        return False
    if any(not cell for cell in first[1:]) or not rest:
        return False
    has_numbers = any(
        not name[:1].isdigit() and all(_LIKE_NUMBER.match(cell) for cell in column if cell)
        for name, column in zip(first, columns, strict=False)
    )
    longest = max(range(len(columns)), key=lambda at: sum(map(len, columns[at])))
    n_words = sum(len(cell.split()) for cell in columns[longest]) / len(columns[longest])
    return has_numbers or len(first[longest].split()) < 0.5 * n_words


def _has_typed(first: Sequence[str], columns: _Rows) -> bool:
    """Whether a column has dates or numbers alone below a word, as a form's time of answer does."""
    return any(
        len(_bare(name)) > 3 and len(cells) > 1 and all(map(_LIKE_NUMBER.match, cells))
        for name, column in zip(first, columns, strict=False)
        if (cells := [cell for cell in column if cell])
    )
