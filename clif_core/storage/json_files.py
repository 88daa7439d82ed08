"""Reading files that a stranger may have placed: regular files only, and JSON of bounded size."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, TypeGuard

__all__ = ["is_number", "open_regular", "read_json"]

MAX_BYTES = 256_000_000
MAX_DEPTH = 100  # of lists and mappings in one another


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading; raises OSError where it is a pipe, a device or a folder.

    Opening a pipe would wait for a writer, and a device may never end.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def is_number(value: object) -> TypeGuard[float]:
    """Whether a JSON value is a finite number of a float's size; ``isfinite`` fails on 10**400."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max  # type: ignore[arg-type]


def read_json(path: Path, max_bytes: int = MAX_BYTES) -> Any:
    """The JSON value in a file.

    Raises OSError where the file cannot be read, ValueError where it is too large, is no JSON, is
    nested deeper than ``MAX_DEPTH`` or holds text that cannot be written as UTF-8.
    """
    with open_regular(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it is larger than {max_bytes:,} bytes")
    try:
        value = json.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}") from error
    for text in _texts(value):
        text.encode()  # a lone surrogate raises UnicodeEncodeError, a ValueError
    return value


def _texts(value: Any) -> Iterator[str]:
    """Every text and key in a JSON value; raises ValueError where it is nested too deeply."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str):
                yield item
            elif isinstance(item, dict):
                yield from item
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner
