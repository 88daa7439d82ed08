"""A table parted by commas or semicolons, a word and its numbers a row, as lines of text.

pandas, R and spreadsheets write vectors so. Cells may be quoted, the first row may name the
columns, the first column may number the rows, and with semicolons numbers may have decimal commas.
A whole vector may stand in one cell, "[0.1, 0.2]", and the word behind its numbers; tables of these
two kinds may also be parted by tabs, the last by blanks, which a text of vectors is otherwise.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import BinaryIO

from clif_core.errors import FormatError
from clif_core.text.readers.dialects import SAYS_SEPARATOR

__all__ = ["Table", "find_table", "iterate_lines"]

_SAMPLE_ROWS = 50
_MAX_LINE = 1 << 20  # bytes of one row
_LEAST_CELLS = 3
_LEAST_SHARE = 0.8  # of rows that are as wide as most; of words that are no numbers, as 0.5 is
_SIGNS = {";": "semicolons", ",": "commas", "\t": "tabs", " ": "blanks"}
_OF_TABLES = ";,"
_MOST_CELLS = 4  # of a row with a whole vector in one
_BEHIND = re.compile(r"[^\"\[(]{0,1000}?[,;] [+-]?[\d.]")  # a sign behind a word of a text
_PRINTED = re.compile(
    r"\b(?:np\.)?(?:array|tensor|float32)\(|,\s*(?:dtype|device|requires_grad)=[^,)]+"
)
_MARKS = str.maketrans("[](),;\r\n", "        ")


@dataclass(frozen=True)
class Table:
    """How its cells are parted, whether its first row names them, and its decimal sign.

    ``packed``: the column of cells that hold a whole vector each. ``is_last``: the word stands
    behind its numbers; ``is_numbered``: and the number of its row before them. ``n_above``: lines
    above it, such as Excel's "sep=;".
    """

    separator: str
    has_header: bool = False
    decimal: str = "."
    packed: int | None = None
    is_last: bool = False
    is_numbered: bool = False
    n_above: int = 0

    @property
    def kind(self) -> str:
        """For people."""
        header = ", the first row names its columns" if self.has_header else ""
        comma = ", decimal commas" if self.decimal == "," else ""
        packed = ", a whole vector a cell" if self.packed is not None else ""
        last = ", the word behind its numbers" if self.is_last else ""
        return f"table parted by {_SIGNS[self.separator]}{header}{comma}{packed}{last}"

    def arranged(self, row: list[str]) -> list[str]:
        """A row with a cell a number, and the word before them."""
        if self.packed is not None and self.packed < len(row):
            numbers = _numbers(row[self.packed])
            row = [*row[: self.packed], *numbers, *row[self.packed + 1 :]] or [""]
        at = int(self.is_numbered)
        return [*row[:at], row[-1], *row[at:-1]] if self.is_last else row


def find_table(sample: bytes, is_whole: bool) -> Table | None:
    """How the table is written that begins so; None where it is no table of words and numbers."""
    lines = [line.decode("latin-1") for line in io.BytesIO(sample)]  # which keeps every byte
    said = SAYS_SEPARATOR.match(lines[0]) if lines else None
    n_above = int(said is not None)
    lines = lines[n_above:]
    for separator in _SIGNS:
        try:
            rows = list(islice(_cells(lines if is_whole else lines[:-1], separator), _SAMPLE_ROWS))
        except csv.Error:
            continue
        table = replace(_find_order(rows, separator), n_above=n_above)
        if table.packed is not None and all(map(_BEHIND.match, lines[1:_SAMPLE_ROWS])):
            continue
        if table.packed is None and not table.is_last and separator not in _OF_TABLES:
            continue
        rows = [table.arranged(row) for row in rows]
        widths = Counter(map(len, rows))
        width = max(widths, key=widths.__getitem__, default=0)
        body = [row for row in rows[1:] if len(row) == width]
        if width < _LEAST_CELLS or len(body) < max(2, _LEAST_SHARE * len(rows[1:])):
            continue
        decimal = "," if separator == ";" and any("," in row[-1] for row in body) else "."
        for at in (0, 1):  # a word alone, or behind the number of its row
            if all(_are_decimals(row[at + 1 :], decimal) for row in body):
                n_words = sum(_is_word(row[at]) for row in body)
                names = rows[0][at + 1 :]
                is_wide = len(rows[0]) in (width - 1, width)  # R names no column of its words
                is_wide |= table.packed is not None
                has_header = is_wide and not _are_decimals(names, decimal)
                is_vectors = n_words >= _LEAST_SHARE * len(body)
                found = replace(table, has_header=has_header, decimal=decimal)
                return found if is_vectors else None
    return None


def iterate_lines(file: BinaryIO, table: Table, name: str) -> Iterator[bytes]:
    """Its rows as lines of a word and numbers, parted by blanks; FormatError where it is none."""
    pieces = (piece.decode("latin-1") for piece in iter(lambda: file.readline(_MAX_LINE), b""))
    try:
        below = islice(pieces, table.n_above, None)
        rows = islice(_cells(below, table.separator), int(table.has_header), None)
        for row in map(table.arranged, rows):
            cells = [cell.replace("\r", " ").replace("\n", " ").strip(" \t") for cell in row]
            if table.decimal == ",":
                cells = [cells[0], *(cell.replace(",", ".") for cell in cells[1:])]
            yield " ".join(cells).strip(" ").encode("latin-1") + b"\n"
    except csv.Error as error:
        raise FormatError(
            f"{name} is no table that can be read ({error}). Is a quote left open?"
        ) from error


def _find_order(rows: list[list[str]], separator: str) -> Table:
    """Where the words and the numbers of a table stand, by its first rows."""
    body, short = rows[1:], [row if len(row) <= _MOST_CELLS else [] for row in rows[1:]]
    columns = enumerate(zip_longest(*short, fillvalue=""))
    packed = next((at for at, cells in columns if _are_most(map(_is_vector, cells))), None)
    table = Table(separator, packed=packed)
    body = [table.arranged(row) for row in body]
    is_last = _are_most(
        len(row) >= _LEAST_CELLS and _is_word(row[-1]) and _are_decimals(row[:-1], ".")
        for row in body
    )
    numbers = [row[0] for row in body]
    is_numbered = is_last and any(
        numbers == [str(at) for at in range(first, first + len(body))] for first in (0, 1)
    )
    return replace(table, is_last=is_last, is_numbered=is_numbered)


def _are_most(found: Iterable[bool]) -> bool:
    told = list(found)
    return sum(told) >= max(2, _LEAST_SHARE * len(told))


def _numbers(cell: str) -> list[str]:
    """What a cell holds but brackets, commas, and what NumPy and PyTorch print around numbers."""
    return _PRINTED.sub(" ", cell).translate(_MARKS).split()


def _is_vector(cell: str) -> bool:
    numbers = _numbers(cell)
    return len(numbers) > 1 and _are_decimals(numbers, ".")


def _cells(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    if separator == " ":  # of no table's program: a quote is a word
        return (row for line in lines if (row := line.split()))
    rows = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    return (row for row in rows if row)


def _is_word(cell: str) -> bool:
    """Whether a cell is no decimal number, and does not end with one as "the=0.5" does."""
    parts = cell.replace("=", " ").split(" ")
    return not _are_decimals(parts[-1:], ".")


def _are_decimals(cells: Sequence[str], decimal: str) -> bool:
    """Whether cells are numbers, and some of them no whole ones, as names and years are."""
    try:
        for cell in cells:
            float(cell.replace(decimal, "."))
    except ValueError:
        return False
    return any(decimal in cell or "e" in cell.lower() for cell in cells)
