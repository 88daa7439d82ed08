"""The Parquet tables of a stranger: a small file may hold many rows, all of one long text."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet as pq

from clif_core.errors import FormatError

__all__ = ["require_bounded"]

MAX_BYTES = 2_000_000_000  # of a table in memory


def require_bounded(file: Path, max_bytes: int = MAX_BYTES) -> None:
    """Raise FormatError where a table has more than ``max_bytes`` in memory, or is none.

    Text is counted without being written out: a text that many rows share is in memory once here.
    """
    try:
        with pq.ParquetFile(file) as table:
            about, schema = table.metadata, table.schema_arrow
            groups = [about.row_group(i) for i in range(about.num_row_groups)]
        n_rows = max(about.num_rows, sum(group.num_rows for group in groups))
        n_bytes = max(8 * n_rows * len(schema), sum(group.total_byte_size for group in groups))
        texts = [field.name for field in schema if not pa.types.is_primitive(field.type)]
        if not all(_is_text(schema.field(name).type) for name in texts):
            raise ValueError("it has columns that are neither numbers nor text")
        if n_bytes <= max_bytes and texts:
            n_bytes += _count_texts(file, texts, max_bytes)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise FormatError(f"{file.name} in the pack is no table ({error!r:.200}).") from error
    if n_bytes > max_bytes:
        raise FormatError(
            f"{file.name} in the pack takes more than {max_bytes / 1e6:,.0f} MB in memory, the"
            " limit here. Nothing was changed."
        )


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_one = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)
    return any(check(kind) for check in is_one)


def _count_texts(file: Path, names: list[str], max_bytes: int) -> int:
    """Bytes of the text of some columns; stops counting above ``max_bytes``."""
    n_bytes = 0
    with pq.ParquetFile(file, read_dictionary=names) as table:
        for batch in table.iter_batches(columns=names):
            for column in batch.columns:
                if not pa.types.is_dictionary(column.type):
                    n_bytes += column.nbytes
                    continue
                lengths = pc.binary_length(column.dictionary).take(column.indices)
                n_bytes += pc.sum(lengths).as_py() or 0
            if n_bytes > max_bytes:
                break
    return n_bytes
