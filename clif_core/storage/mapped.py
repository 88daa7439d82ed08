"""Arrays of a safetensors file where they lie: a page comes into memory when it is read.

The system takes such pages back when it needs room, so that memory does not follow the file. The
format is a length of 8 bytes, a JSON header, then the arrays one after another.
"""

from __future__ import annotations

import json
import math
import mmap
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

__all__ = ["forget_pages", "map_arrays"]

_TYPES = {
    "BOOL": np.bool_, "U8": np.uint8, "I8": np.int8, "U16": np.uint16, "I16": np.int16,
    "U32": np.uint32, "I32": np.int32, "U64": np.uint64, "I64": np.int64,
    "F16": np.float16, "F32": np.float32, "F64": np.float64,
}  # fmt: skip
_MAX_HEADER = 100_000_000  # as of the library that writes them

Array = npt.NDArray[Any]


def map_arrays(path: Path) -> tuple[dict[str, Array], dict[str, str], mmap.mmap]:
    """(the arrays of a file by name, its metadata, what is mapped).

    What is written into an array stays in memory. Raises OSError, ValueError, KeyError or TypeError
    for a file of another form.
    """
    with path.open("rb") as file:
        header, start = _read_header(file)
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        dtype, (first, last) = np.dtype(_TYPES[entry["dtype"]]), entry["data_offsets"]
        n = math.prod(entry["shape"])
        if not 0 <= first <= last <= len(whole) - start or last - first != n * dtype.itemsize:
            raise ValueError(f"the array {name!r:.80} is not where the header says")
        found = np.frombuffer(whole, dtype, n, start + first) if n else np.empty(0, dtype)
        arrays[name] = found.reshape(entry["shape"])
    return arrays, metadata, whole


def forget_pages(whole: mmap.mmap) -> None:
    """Give back the memory of pages that were read; they are read again when they are wanted."""
    if hasattr(whole, "madvise"):  # not on Windows
        whole.madvise(mmap.MADV_DONTNEED)


def _read_header(file: BinaryIO) -> tuple[dict[str, Any], int]:
    n = int.from_bytes(file.read(8), "little")
    if n > _MAX_HEADER:
        raise ValueError(f"a header of {n:,} bytes")
    header = json.loads(file.read(n))
    if not isinstance(header, dict):
        raise ValueError("a header that is no object")
    return header, 8 + n
