"""Atomic replacement of files and folders: a reader sees the old one, the new one or none."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clif_core.errors import InputError, StorageError
from clif_core.storage.json_files import open_regular
from clif_core.storage.write_errors import explain_write_errors

__all__ = [
    "checksum_file",
    "folder_bytes",
    "remove_abandoned",
    "remove_directory",
    "replace_directory",
    "replace_file",
    "restore_interrupted",
    "sync_file",
    "temporary_folder",
]

_PART = ".part"  # the ending of what is being written
_INTERRUPTED_SECONDS = 60.0  # a replacement that has not ended after this has lost its process
_ABANDONED_SECONDS = 3600.0  # and its new, incomplete files are not needed any more
_PARTS = re.compile(r"\.(?:(?P<name>.+)\.)?[^.]+\.part\Z")  # by mkdtemp and mkstemp
_HARMLESS = {".DS_Store", "Thumbs.db", "desktop.ini"}  # made by file managers


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A temporary path that atomically becomes ``path`` when the block ends without an error.

    Raises StorageError where the disk is full or may not be written to, InputError where the path
    is a pipe or a device, which would be gone.
    """
    with explain_write_errors(path):
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise InputError(
                f"{path} is a pipe or a device, and would be replaced by a file. Name a file."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_PART)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            sync_file(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replace_directory(path: Path, own: Collection[str] | None = None) -> Iterator[Path]:
    """A temporary folder that becomes ``path`` when the block ends without an error.

    The folder that was at ``path`` stays complete until the new one is. ``own``: the names of the
    files that it may hold; InputError where it holds others, which would be lost. Raises
    StorageError where the disk is full or may not be written to.
    """
    with explain_write_errors(path):
        _refuse_foreign(path, own)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(
            tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=_PART)
        )
        new, old = temporary / "new", temporary / "old"
        try:
            new.mkdir()
            yield new
            for file in new.iterdir():
                sync_file(file)
            _refuse_foreign(path, own)
            _swap(new, path, old)
        finally:
            if os.path.lexists(old) and not os.path.lexists(path):
                with suppress(OSError):  # another process was quicker
                    old.rename(path)
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder among the system's temporary files, removed after the block.

    Raises StorageError where no file can be written there, in the block too.
    """
    try:
        parent = Path(tempfile.gettempdir())
    except FileNotFoundError as error:  # it tries to write a file in each
        raise StorageError(
            f"No folder for temporary files can be written to ({error.strerror}). Free some space"
            " there, or set TMPDIR to a folder that has some."
        ) from error
    with (
        explain_write_errors(parent / "temporary files"),
        tempfile.TemporaryDirectory(prefix="clif-", ignore_cleanup_errors=True) as name,
    ):
        yield Path(name)


def _swap(new: Path, path: Path, old: Path) -> None:
    """Rename ``path``, where it is there, to ``old``, and ``new`` to ``path``.

    Another process may do the same at the same time: the last one stays.
    """
    while True:
        shutil.rmtree(old, ignore_errors=True)
        with suppress(FileNotFoundError):
            path.rename(old)
        try:
            new.rename(path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return


def remove_directory(path: Path, own: Collection[str]) -> None:
    """Delete a folder that holds no files but those named in ``own``.

    Raises InputError where it holds others, StorageError where it may not be deleted. A link to a
    folder is removed, the folder that it points to stays.
    """
    with explain_write_errors(path):
        if path.is_symlink():
            path.unlink()
            return
        _refuse_foreign(path, own)
        shutil.rmtree(path)


def _refuse_foreign(path: Path, own: Collection[str] | None) -> None:
    """Raise InputError where a path is taken by something that this program did not make."""
    if own is None or path.is_symlink() or not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"{path} is a file, not a folder of this program; move it away first.")
    try:
        names = {entry.name for entry in path.iterdir()}
    except FileNotFoundError:  # another process is replacing it
        return
    others = sorted(names - {*own} - _HARMLESS)
    if others:
        raise InputError(
            f"{path} holds {', '.join(map(repr, others[:3]))}{' ...' if others[3:] else ''}, which"
            f" this program did not write; it may hold {', '.join(sorted(own))}. Nothing was"
            " changed. Move the other files away first, or choose another name."
        )


def restore_interrupted(parent: Path) -> None:
    """Put back each folder whose replacement was killed between its two renames."""
    for part, name in _parts_in(parent):
        old = part / "old"
        if name and os.path.lexists(old) and not os.path.lexists(parent / name):
            with suppress(OSError):
                # Also from the future: the clock was set back since.
                if abs(time.time() - part.stat().st_mtime) > _INTERRUPTED_SECONDS:
                    old.rename(parent / name)


def remove_abandoned(parent: Path) -> int:
    """Delete what killed processes left incomplete in a folder; returns the bytes freed."""
    restore_interrupted(parent)
    freed = 0
    for part, _ in _parts_in(parent):
        with suppress(OSError):  # finished or removed by another process meanwhile
            if time.time() - part.lstat().st_mtime <= _ABANDONED_SECONDS:
                continue
            if part.is_symlink() or not part.is_dir():
                freed += part.lstat().st_size
                part.unlink()
            elif not os.path.lexists(part / "old"):
                freed += sum(file.lstat().st_size for file in part.rglob("*"))
                shutil.rmtree(part)
    return freed


def _parts_in(parent: Path) -> list[tuple[Path, str]]:
    """The unfinished files and folders in a folder, each with the name that it was to have."""
    try:
        entries = list(parent.iterdir())
    except OSError:
        return []
    found = ((entry, _PARTS.match(entry.name)) for entry in entries)
    return [(entry, match["name"] or "") for entry, match in found if match]


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk, so that it survives a loss of power."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def checksum_file(path: Path) -> str:
    """The sha256 of a regular file's bytes, in hexadecimal."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_bytes(folder: Path) -> int:
    """The size of every file below a folder; 0 where there is none."""
    n_bytes = 0
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(OSError):  # removed meanwhile
                n_bytes += (Path(parent) / name).lstat().st_size
    return n_bytes
