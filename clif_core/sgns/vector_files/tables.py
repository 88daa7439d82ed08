"""A table parted by commas or semicolons, a word and its numbers a row, as lines of text.

pandas, R and spreadsheets write vectors so. Cells may be quoted, the first row may name the
columns, the first column may number the rows, and with semicolons numbers may have decimal commas.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from clif_core.errors import FormatError

__all__ = ["Table", "find_table", "iterate_lines"]

_SAMPLE_ROWS = 50
_MAX_LINE = 1 << 20  # bytes of one row
_LEAST_CELLS = 3
_LEAST_SHARE = 0.8  # of rows that are as wide as most; of words that are no numbers, as 0.5 is
_SIGNS = {";": "semicolons", ",": "commas"}


@dataclass(frozen=True)
class Table:
    """How its cells are parted, whether its first row names them, and its decimal sign."""

    separator: str
    has_header: bool
    decimal: str

    @property
    def kind(self) -> str:
        """For people."""
        header = ", the first row names its columns" if self.has_header else ""
        comma = ", decimal commas" if self.decimal == "," else ""
        return f"table parted by {_SIGNS[self.separator]}{header}{comma}"


def find_table(sample: bytes, is_whole: bool) -> Table | None:
    """How the table is written that begins so; None where it is no table of words and numbers."""
    lines = [line.decode("latin-1") for line in io.BytesIO(sample)]  # which keeps every byte
    for separator in _SIGNS:
        try:
            rows = list(islice(_cells(lines if is_whole else lines[:-1], separator), _SAMPLE_ROWS))
        except csv.Error:
            continue
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
                has_header = is_wide and not _are_decimals(names, decimal)
                is_vectors = n_words >= _LEAST_SHARE * len(body)
                return Table(separator, has_header, decimal) if is_vectors else None
    return None


def iterate_lines(file: BinaryIO, table: Table, name: str) -> Iterator[bytes]:
    """Its rows as lines of a word and numbers, parted by blanks; FormatError where it is none."""
    pieces = (piece.decode("latin-1") for piece in iter(lambda: file.readline(_MAX_LINE), b""))
    try:
        for row in islice(_cells(pieces, table.separator), int(table.has_header), None):
            cells = [cell.replace("\r", " ").replace("\n", " ").strip(" \t") for cell in row]
            if table.decimal == ",":
                cells = [cells[0], *(cell.replace(",", ".") for cell in cells[1:])]
            yield " ".join(cells).strip(" ").encode("latin-1") + b"\n"
    except csv.Error as error:
        raise FormatError(
            f"{name} is no table that can be read ({error}). Is a quote left open?"
        ) from error


def _cells(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
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
