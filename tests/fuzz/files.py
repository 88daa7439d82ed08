"""Files of hostile content: packed, damaged, and written for a reader that takes a path."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.strategies import mostly

__all__ = ["damage", "packed", "read", "to_bytes"]


def to_bytes(text: str) -> bytes:
    """UTF-8 as a damaged program would write it, halves of surrogate pairs included."""
    return text.encode("utf-8", "surrogatepass")


def packed(contents: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """The content as it is, gzipped, or damaged in one place."""
    zipped = contents.map(lambda content: gzip.compress(content, 1))
    where, patches = st.integers(0, 1 << 30), st.binary(max_size=3)
    damaged = st.builds(damage, contents | zipped, where, patches)
    return mostly(contents, zipped | damaged, 3)


def damage(content: bytes, at: int, patch: bytes) -> bytes:
    """One place overwritten; without a patch, the content is cut there."""
    at %= len(content) + 1
    return content[:at] + patch + content[at + len(patch) :] if patch else content[:at]


def read(content: bytes, reader: Callable[[Path], Any], name: str = "file") -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return reader(path)
