"""How many rows of a stranger's Parquet table fit into memory at once.

A text that many rows share stands once in the file: a thousand rows of one text of 100 MB are a
file of some KB, and 100 GB once they are written out.
"""

from __future__ import annotations

from typing import Any

__all__ = ["rows_at_once"]

_MAX_BYTES = 256_000_000
_LEAST, _MOST = 8, 1_000  # rows; single ones would be slow


def rows_at_once(metadata: Any, most: int = _MOST) -> int:
    """For ``ParquetFile.metadata``: no value is larger than the group of rows it stands in.

    The columns of a group are not asked: pyarrow ends the process where their metadata are damaged.
    """
    sizes = (metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    largest: int = max([1, *sizes])
    return min(most, max(_LEAST, _MAX_BYTES // largest))
