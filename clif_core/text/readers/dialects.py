"""How a table is written: its separator, its quotes and its header are found by looking."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from clif_core.storage.gzipped import MAX_LINE_BYTES
from clif_core.text.readers.headers import (
    are_headings,
    are_ids,
    find_n_above,
    find_n_below,
    is_header,
)

__all__ = ["SAYS_SEPARATOR", "Dialect", "Style", "find_dialect"]

_SEPARATORS = {
    "\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars",
    "\x01": "control characters",
}  # fmt: skip
_RARE = {"^": "carets", "~": "tildes"}  # only where the name says that it is a table
_BLANK = {" ": "blanks"}  # only where cells are quoted, as R's write.table does
_ALONE = "\x1f"  # parts nothing: a table of one column
_CORNELL = " +++$+++"  # of Cornell's corpora of films, before a blank; csv knows single signs only
_NAMES_OF_SEPARATORS = _SEPARATORS | _RARE | _BLANK | {_CORNELL: _CORNELL.strip()}
_NO_LINE = re.compile(r"\[.*\]\Z|[\d?.]*\Z|\w+://\S*\Z")
_OF_R = re.compile(r'(?:"[^"\n]*" )*"[^"\n]*"\r?\n"[^"\n]*" ["\d.NA-]')
_STYLE_SEEN, _LEAST_STYLED = 200_000, 3  # characters that tell how cells are quoted, and times
_SEEN_ROWS = 200
_MAX_COLUMNS = 5_000
SAYS_SEPARATOR = re.compile(r"\ufeff?\"?sep=(.)\"?\s*\Z", re.I)  # the first line, for Excel
_ESCAPED = re.compile(r"\\(.)")


class Style(NamedTuple):
    """How cells are quoted: by what, what escapes it in a cell, and whether blanks stand before."""

    quote: str = '"'
    escape: str | None = None
    has_blanks: bool = False


_USUAL_STYLE = Style()


@dataclass(frozen=True)
class Dialect:
    """How a table is written: what parts its cells, whether cells are quoted, and its columns."""

    separator: str
    is_quoted: bool
    columns: tuple[str, ...]
    has_header: bool
    style: Style = _USUAL_STYLE
    n_unnamed: int = 0  # columns that the header does not name: the first, of R's row names
    n_below: int = 0  # rows below the header that are none: questions of a survey, their numbers
    has_title: bool = False  # rows above the header, as wide as the table but mostly empty

    @property
    def note(self) -> str:
        header = (
            "the first row holds the names of the columns"
            if self.has_header
            else "no names of columns in the first row"
        )
        header += ("", ", one more its questions", ", two more its questions (Qualtrics)")[
            self.n_below
        ]
        if self.separator == _ALONE:
            return f"one column, {header}"
        return f"parted by {_NAMES_OF_SEPARATORS[self.separator]}, {header}"

    def reader(self, lines: Iterable[str]) -> Any:
        csv.field_size_limit(MAX_LINE_BYTES)
        if self.separator == _CORNELL:
            parted = (line.replace(_CORNELL, _ALONE) for line in lines)
            return csv.reader(
                parted, delimiter=_ALONE, quoting=csv.QUOTE_NONE, skipinitialspace=True
            )
        if self.is_quoted:
            quote, escape, has_blanks = self.style
            return csv.reader(
                map(_keep_escapes, lines) if escape else lines,
                delimiter=self.separator,
                quotechar=quote,
                escapechar=escape,
                skipinitialspace=has_blanks,
            )
        return csv.reader(lines, delimiter=self.separator, quoting=csv.QUOTE_NONE)


def find_dialect(
    text: str, is_named: bool = True, has_header: bool | None = None, suffix: str = ""
) -> Dialect | None:
    """How the table is written that begins so; None where it looks like no table.

    ``is_named``: its name says that it is one; without that, only rows that all have the same
    number of cells, and cells that look like those of a table, count.
    """
    body = text.lstrip("\ufeff")
    first, _, rest = body.partition("\n")
    said = SAYS_SEPARATOR.match(first)
    body = rest if said else body
    usual = list(_SEPARATORS | _RARE if is_named else _SEPARATORS)
    usual += _BLANK if _OF_R.match(body) else []
    usual = [_CORNELL] if _CORNELL in first else usual
    asked = [said[1]] if said and said[1] in _NAMES_OF_SEPARATORS else usual
    found = [_try(body, separator) for separator in asked]
    if suffix in (".tsv", ".tab"):
        found = found[:1] if found[0][0] > 0 else found
    share, width, separator, is_quoted, rows, above = max(found, key=lambda one: (one[0], one[1]))
    is_alone = len(above) == 1 and are_headings(above) and _is_prose(rows)
    if share == 0 or is_alone:
        if not is_named or not body.strip() or _names_more(body):
            return None
        rows = [line.strip().strip('"').split("\0") for line in body.splitlines()[:_SEEN_ROWS]]
        separator, is_quoted, width, above = _ALONE, True, 1, []
    style = _find_style(body, separator)
    n_above = find_n_above(rows) if has_header is not False else 0
    del rows[:n_above]
    n_below = find_n_below(rows) if has_header is not False else 0
    del rows[1 : 1 + n_below]
    is_first_header = has_header
    if is_first_header is None:
        is_first_header = n_below > 0 or (separator != _CORNELL and is_header(rows))
    is_short = 1 < len(above) < width and are_headings(above)
    if is_short and has_header is None and not is_first_header:
        n_odd = round(len(rows) / share) - len(rows)
        if len(above) < width - 1 or n_odd > 1 or not _are_named(rows):
            return None  # separators inside cells
        columns = _distinct(["row", *above])
        return Dialect(separator, is_quoted, columns, True, style, n_unnamed=1)
    is_sure = is_named or n_below or separator == _CORNELL
    if not is_sure and not (share == 1 and _is_table(rows, separator, is_first_header)):
        return None
    names = rows[0] if is_first_header else [f"column{i + 1}" for i in range(width)]
    if separator == _CORNELL and not is_first_header and not _are_no_lines(rows):
        names[-1] = "text"
    columns = _distinct(names)
    return Dialect(
        separator,
        is_quoted,
        columns,
        is_first_header,
        style,
        n_below=n_below,
        has_title=n_above > 0,
    )


def _are_no_lines(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows of Cornell's films end with genres, numbers or addresses."""
    return all(_NO_LINE.match(row[-1].strip()) for row in rows)


def _keep_escapes(line: str) -> str:
    """A line whose backslashes stay, but for those before quotes: csv would make n of \\n."""
    return _ESCAPED.sub(lambda found: found[0] if found[1] in '"\\' else f"\\{found[0]}", line)


def _are_named(rows: Sequence[Sequence[str]]) -> bool:
    """Whether each row has a name of its own before it."""
    return not _is_prose(rows) and len({row[0] for row in rows}) == len(rows)


def _is_prose(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a cell begins with a blank, as what stands behind a comma of a sentence."""
    return any(cell.startswith(" ") for row in rows for cell in row)


def _names_more(body: str) -> bool:
    """Whether the first line names several columns: the rows below have other numbers of cells."""
    first = body.lstrip().partition("\n")[0].strip()
    return any(
        len(cells := first.split(s)) > 1
        and all(cell and len(cell) < 40 and not cell.startswith(" ") for cell in cells)
        for s in _SEPARATORS
    )


def _find_style(body: str, separator: str) -> Style:
    """How the cells of a table are quoted; as RFC 4180 says where nothing tells another way."""
    seen, by = body[:_STYLE_SEEN], re.escape(separator)

    if '"' not in seen and "'" not in seen:
        return _USUAL_STYLE

    def n(pattern: str) -> int:
        return len(re.findall(pattern, seen, re.M))

    if '"' not in seen and n(rf"(?:^|{by})'[^\n']*'(?={by}|\r?$)") >= _LEAST_STYLED:
        return Style(quote="'")
    n_escaped = n(rf'\\"(?!{by}|\r?$)')
    is_escaped = n_escaped >= _LEAST_STYLED and n_escaped > n(rf'[^{by}\n]""[^{by}\r\n]')
    has_blanks = n(rf'{by} +"') >= _LEAST_STYLED and n(rf'{by} +"') > n(rf'{by}"')
    return Style('"', "\\" if is_escaped else None, has_blanks)


def _try(body: str, separator: str) -> tuple[float, int, str, bool, list[list[str]], list[str]]:
    """(share of rows that have the usual number of cells, that number, ...) for a separator.

    Last the rows of that number, and the very first one.
    """
    lines = list(islice(io.StringIO(body, newline=""), 4 * _SEEN_ROWS))
    style = _find_style(body, separator)
    for is_quoted in (True, False) if separator != _CORNELL else (False,):
        reader = Dialect(separator, is_quoted, (), False, style).reader(iter(lines))
        try:
            rows = [row for row in islice(reader, _SEEN_ROWS) if any(cell.strip() for cell in row)]
        except csv.Error:
            continue
        is_closing = are_ids(rows[2:3]) or _is_closing(rows, lines)
        if is_quoted and separator == "\t" and not is_closing:
            continue  # a quote that opens a cell of this table belongs to its text
        is_cut = len(rows) > 2 and not are_ids(rows[-1:])  # perhaps
        rows = rows[:-1] if is_cut else rows
        widths = Counter(map(len, rows))
        if not widths or (is_quoted and len(rows) > 2 and _is_one_column(lines, widths)):
            break
        width, n = widths.most_common(1)[0]
        if 2 <= width <= _MAX_COLUMNS and n >= 0.8 * len(rows):
            usual = [row for row in rows if len(row) == width]
            return n / len(rows), width, separator, is_quoted, usual, rows[0]
    return 0.0, 0, separator, True, [], []


def _is_one_column(lines: Sequence[str], widths: Counter[int]) -> bool:
    """Whether quotes hold whole rows, and the separators in them."""
    return set(widths) == {1} and any(line.startswith('"') for line in lines)


def _is_closing(rows: list[list[str]], lines: list[str]) -> bool:
    """Whether quotes come in pairs: no cell has swallowed a line break or a quote inside."""
    n_breaks = sum(cell.count("\n") for row in rows for cell in row)
    return n_breaks == 0 or n_breaks < 0.1 * len(lines)


def _is_table(rows: Sequence[Sequence[str]], separator: str, has_header: bool) -> bool:
    """Whether these rows of a file with the name of a text are those of a table."""
    if len(rows) < 3:
        return False
    columns = list(zip(*rows[has_header:], strict=False))
    short = [all(len(c.split()) <= 2 and len(c) < 40 for c in column) for column in columns]
    if separator in "\t\x01":
        return has_header or any(short) or len(rows) >= 20
    if separator == "|" and len(rows) >= 20 and any(all(map(str.isdecimal, c)) for c in columns):
        return True  # a chapter, a verse, its text
    return has_header and any(short)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names for columns: none empty, none twice."""
    seen: dict[str, int] = {}
    found = []
    for at, name in enumerate(names):
        base = name.strip() or f"column{at + 1}"
        seen[base] = seen.get(base, 0) + 1
        found.append(base if seen[base] == 1 else f"{base}_{seen[base]}")
    return tuple(found)
