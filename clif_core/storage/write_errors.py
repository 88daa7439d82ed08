"""Explains why the system refuses to write: a full disk, or no permission."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from clif_core.errors import StorageError

__all__ = ["explain_write_errors", "unless_refused"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
#: The path is a folder, leads through a file, is too long, or goes round in links.
_UNUSABLE = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO}
_NUMBER = re.compile(r"(?:os error|code:|[Ee]rrno) (\d+)")  # as libraries quote it


@contextmanager
def explain_write_errors(path: Path) -> Iterator[None]:
    """Raise StorageError where the system refuses to write at ``path``; other errors pass."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        code = _code_of(error)
        if code in _FULL:
            raise StorageError(
                f"There is no room left to write {path.name} in {path.parent}: the disk, a quota or"
                " a limit is full. The incomplete file was removed. Free some space, for example"
                " with 'clif clean', and try again."
            ) from error
        if code in _FORBIDDEN:
            raise StorageError(
                f"{path.parent} cannot be written to ({error}). Set CLIF_HOME to a folder of your"
                " own, or correct its permissions."
            ) from error
        if code in _UNUSABLE:
            raise StorageError(
                f"{path} cannot be written ({error}). Give the path of a file or folder that can be"
                " made there."
            ) from error
        raise


@contextmanager
def unless_refused() -> Iterator[None]:
    """Write what can be computed again; where the system refuses it, log that and go on."""
    try:
        yield
    except (StorageError, OSError) as error:
        logging.getLogger(__name__).warning("What was computed is not cached. %s", error)


def _code_of(error: Exception) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _NUMBER.search(str(error))
    return int(found[1]) if found else None
