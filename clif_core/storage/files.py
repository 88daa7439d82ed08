"""Atomic replacement of files and folders: a reader sees the old one, the new one or none."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clif_core.storage.write_errors import explain_write_errors

__all__ = ["checksum_file", "replace_directory", "replace_file"]


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A temporary path that atomically becomes ``path`` when the block ends without an error.

    Raises StorageError where the disk is full or may not be written to.
    """
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replace_directory(path: Path) -> Iterator[Path]:
    """A temporary folder that becomes ``path`` when the block ends without an error.

    The folder that was at ``path`` stays complete until the new one is. Raises StorageError where
    the disk is full or may not be written to.
    """
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=".", suffix=".part"))
        try:
            new = temporary / "new"
            new.mkdir()
            yield new
            if path.exists():
                path.rename(temporary / "old")
            new.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def checksum_file(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
