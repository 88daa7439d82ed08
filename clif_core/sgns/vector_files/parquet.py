"""A Parquet table: a column of words, and a column a number or one column of lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet as pq
from pyarrow import types

from clif_core.errors import FormatError
from clif_core.sgns.vector_files.found import Faults, Found, ReadOptions, VectorFile
from clif_core.sgns.vector_files.rows import Rows, require_size
from clif_core.storage.parquet import rows_at_once

__all__ = ["read_parquet"]

_COUNTS = ("count", "counts", "frequency", "freq")
_BATCH = 16_384  # rows


def read_parquet(name: str, path: Path, options: ReadOptions, wrapping: str) -> VectorFile:
    """Read a plain Parquet file; raises FormatError where it is no table of vectors."""
    faults = Faults(name, options.is_strict)
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            word, numbers, count = _find_columns(name, schema)
            dim = _dim_of(file, numbers) if len(numbers) == 1 else len(numbers)
            n_all = file.metadata.num_rows
            n_wanted = options.n_rows(dim)
            n = n_all if n_wanted is None else min(n_all, n_wanted)
            require_size(name, n, dim, options.max_bytes)
            rows, counts = Rows(dim, faults, options), list[int]()
            chosen = [word, *numbers, *([count] if count else [])]
            batch_rows = min(n + 1, rows_at_once(file.metadata, _BATCH))
            for batch in file.iter_batches(batch_rows, columns=chosen):
                words = batch.column(word).cast(pa.string()).to_pylist()
                places = [f"row {rows.n_seen + i + 1}" for i in range(len(words))]
                rows.add([w or "" for w in words], _matrix(name, batch, numbers, dim), places)
                if count:
                    counts += pc.fill_null(batch.column(count), 0).to_pylist()
                if rows.is_full:
                    break
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError(f"{name} is a Parquet file that cannot be read ({error}).") from error
    read, vectors = rows.finish()
    kept = np.array(counts, dtype=np.int64)[rows.picked] if count else None
    if kept is not None and (kept < 0).any():
        kept = None
    found = Found(
        "Parquet table", len(read), dim, wrapping, faults.n, faults.lines,
        n_in_file=n_all if rows.is_full else None,
    )  # fmt: skip
    return VectorFile(read, vectors, found, kept)


def _find_columns(name: str, schema: pa.Schema) -> tuple[str, list[str], str | None]:
    """(column of words, columns of numbers, column of counts)."""
    texts = [f.name for f in schema if types.is_string(f.type) or types.is_large_string(f.type)]
    lists = [f.name for f in schema if _is_list(f.type) and types.is_floating(f.type.value_type)]
    numbers = [f.name for f in schema if types.is_floating(f.type)]
    counts = [f.name for f in schema if types.is_integer(f.type) and f.name.lower() in _COUNTS]
    numbers = lists[:1] or numbers
    if not texts or not numbers:
        shown = ", ".join(f"{f.name} ({f.type})" for f in schema)
        raise FormatError(
            f"{name} is a Parquet table without vectors: its columns are {shown:.300}. Vectors have"
            " one column of words, and a column of numbers a dimension or one of lists. As a"
            " training text it goes into the field for texts."
        )
    return texts[0], numbers, counts[0] if counts else None


def _is_list(kind: pa.DataType) -> bool:
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _dim_of(file: pq.ParquetFile, columns: list[str]) -> int:
    """The width of the first row of a column of lists; 1 for one column of numbers."""
    if not _is_list(file.schema_arrow.field(columns[0]).type):
        return 1
    first = next(file.iter_batches(1, columns=columns), None)
    return 0 if first is None else len(first.column(0)[0].as_py() or ())


def _matrix(
    name: str, batch: pa.RecordBatch, columns: list[str], dim: int
) -> npt.NDArray[np.floating]:
    first = batch.column(columns[0])
    if not _is_list(first.type):
        read = [batch.column(c).to_numpy(zero_copy_only=False) for c in columns]
        return np.column_stack(read)
    flat = first.flatten().to_numpy(zero_copy_only=False)
    if len(flat) != len(first) * dim or first.null_count:
        raise FormatError(f"{name} has lists of more than one length; all must hold {dim} numbers.")
    return np.asarray(flat).reshape(len(first), dim)
