"""Files and folders replaced in one step: a reader sees the old one, the new one or none."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clif_core.storage.disk import explain_full_disk

__all__ = ["checksum_file", "replace_directory", "replace_file"]


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A temporary path that becomes ``path`` in one step when the block ends without an error.

    Raises StorageError where the disk is full.
    """
    with explain_full_disk(path):
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

    What was at ``path`` before is there, whole, until the new folder is complete. Raises
    StorageError where the disk is full.
    """
    with explain_full_disk(path):
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
