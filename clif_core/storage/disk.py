"""A full or read-only disk said in words, wherever something is written."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from clif_core.errors import StorageError

__all__ = ["explain_full_disk"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BARRED = {errno.EACCES, errno.EPERM, errno.EROFS}
_NUMBER = re.compile(r"(?:os error|code:|[Ee]rrno) (\d+)")  # how libraries below quote the system


@contextmanager
def explain_full_disk(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write at ``path`` into StorageError; other errors pass."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        code = _code_of(error)
        if code in _FULL:
            raise StorageError(
                f"There is no room left to write {path.name} in {path.parent}: the disk, a quota or"
                " a limit is full. Nothing half-written was kept. Free some space, with 'clif"
                " clean' for one, and try again."
            ) from error
        if code in _BARRED:
            raise StorageError(
                f"{path.parent} cannot be written to ({error}). Give a folder of your own as"
                " CLIF_HOME, or mend its permissions."
            ) from error
        raise


def _code_of(error: Exception) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _NUMBER.search(str(error))
    return int(found[1]) if found else None
