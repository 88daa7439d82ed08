"""The rows of CSV, TSV and Parquet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from clif_core.errors import FormatError
from clif_core.storage.parquet import rows_at_once
from clif_core.text.limits import times_larger
from clif_core.text.readers.dialects import SAYS_SEPARATOR, Dialect, Style

__all__ = ["Row", "iterate_parquet", "iterate_table"]

#: (what it is called in messages, its fields, what is wrong with it or "")
Row = tuple[str, dict[str, Any], str]
_MAX_ROWS = 3_000_000  # of each 200 MB of text
_RULE = re.compile(r"(?::?-+:?)?\Z")
_WHOLE = re.compile(r"-?[1-9]\d{0,14}\Z|0\Z")


def iterate_table(lines: TextIO, dialect: Dialect, name: str, is_cut: bool) -> Iterator[Row]:
    """The rows of a table. ``is_cut``: the text goes on, so the last row is not given.

    Raises FormatError where a quote is opened and never closed: the rest would be one cell.
    """
    quotes, width = _Quotes(lines, dialect.style), len(dialect.columns)
    reader = dialect.reader(quotes)
    held, is_open, first, is_above = None, False, 1, dialect.has_header
    n_below = dialect.n_below
    try:
        for at, cells in enumerate(reader):
            first, last = quotes.begin, reader.line_num
            is_open = quotes.take() and dialect.is_quoted and last > first
            if at == 0:
                cells = [cells[0].lstrip("\ufeff"), *cells[1:]] if cells else cells
            if not any(cell.strip() for cell in cells):
                continue
            if dialect.separator == "|":
                cells = [cell.strip() for cell in cells]
                if all(map(_RULE.match, cells)):  # below the header of a table of Markdown
                    continue
            if at == 0 and SAYS_SEPARATOR.match(quotes.first):
                continue
            is_title = dialect.has_title and 2 * sum(map(bool, map(str.strip, cells))) <= width
            if is_above and (is_title or len(cells) < width - dialect.n_unnamed):
                yield f"line {first:,} of {name}", {}, "stands above the names of the columns"
                continue
            if is_above:
                is_above = False
                continue
            if n_below:
                n_below -= 1
                continue
            if held is not None:
                yield held
            where = f"line {first:,}" if first == last else f"lines {first:,} to {last:,}"
            held = _to_row(f"{where} of {name}", cells, dialect.columns, width)
    except csv.Error as error:
        raise FormatError(
            f"line {quotes.begin:,} of {name} is no row of a table ({error}). Is a quote left"
            " open? If it is no table, say that the format is plain."
        ) from error
    if held is not None and not is_cut:
        if is_open:
            raise FormatError(
                f"a quote is opened in line {first:,} of {name} and never closed. Close it, or"
                " remove it."
            )
        yield held


class _Quotes:
    """Lines, with the number of the quotes in those of the current row."""

    def __init__(self, lines: TextIO, style: Style) -> None:
        self._quote, self._escaped = style.quote, f"{style.escape}{style.quote}"
        self._lines, self._n_quotes, self._n_lines, self.begin = lines, 0, 0, 1
        self.first = ""  # line

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._n_lines += 1
            self.first = self.first or line
            self._n_quotes += line.count(self._quote) - line.count(self._escaped)
            yield line

    def take(self) -> bool:
        """End the row; whether it has an odd number of quotes."""
        is_odd = self._n_quotes % 2 == 1
        self._n_quotes, self.begin = 0, self._n_lines + 1
        return is_odd


def _to_row(where: str, cells: list[str], columns: Sequence[str], width: int) -> Row:
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    fault = f"has {len(cells)} cells, not {width}" if len(cells) > width else ""
    return where, {c: _value(cell) for c, cell in zip(columns, cells, strict=False)}, fault


def _value(cell: str) -> str | int:
    """A cell as metadata: a whole number where it is written as one, else its text."""
    return int(cell) if _WHOLE.match(cell) else cell


def iterate_parquet(
    file: BinaryIO, name: str, max_bytes: int, n_rows: int | None = None
) -> Iterator[Row]:
    """The rows of a Parquet file, the first ``n_rows`` of them."""
    try:
        table = pq.ParquetFile(file)
        size = sum(
            table.metadata.row_group(at).total_byte_size
            for at in range(table.metadata.num_row_groups)
        )
        most = _MAX_ROWS * times_larger(max_bytes)
        if n_rows is None and (size > max_bytes or table.metadata.num_rows > most):
            raise FormatError(
                f"{name} has {size / 1e6:,.0f} MB in {table.metadata.num_rows:,} rows; the limits"
                f" are {max_bytes / 1e6:,.0f} MB and {most:,} rows. Give less of it,"
                " or read it on the command line with a higher limit (--max-gb)."
            )
        n_read = at = 0
        for batch in table.iter_batches(min(n_rows or 1_000, rows_at_once(table.metadata))):
            n_read += batch.nbytes
            if n_read > max_bytes:
                raise FormatError(
                    f"{name} has more than {max_bytes / 1e6:,.0f} MB, the limit here. Give less of"
                    " it, or read it on the command line with a higher limit (--max-gb)."
                )
            for row in batch.to_pylist():
                at += 1
                yield f"row {at:,} of {name}", {str(k): _plain(v) for k, v in row.items()}, ""
                if at == n_rows:
                    return
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise FormatError(
            f"{name} is no Parquet file that can be read ({error!s:.200}). Write it again."
        ) from error


def _plain(value: Any) -> Any:
    """What JSON can hold of a value: dates and decimals become text, bytes UTF-8 text."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(own) for key, own in value.items()}
    if isinstance(value, list):
        return [_plain(own) for own in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
