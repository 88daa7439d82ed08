"""A cache of computed values on disk: each is a file under a key.

A key is a hash of everything that the value was computed from, the version of the algorithm
included (``make_key``), so an entry is never out of date: other inputs give another key. Files are
written atomically. Each carries its key and checksums of its content; an entry that is missing,
damaged, renamed, or written by another version of this format is a miss, never an error, since it
can be computed again. Entries of earlier releases, which do not carry their key, are still read.

A store may have a size limit. When it is reached, the entries used least recently are removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from clif_core.errors import InputError
from clif_core.storage.files import remove_abandoned, replace_file
from clif_core.storage.json_files import open_regular
from clif_core.storage.mapped import forget_pages, map_arrays

__all__ = ["Store", "make_key"]

FORMAT_VERSION = 1
_SHRINK_TO = 0.9  # of its limit: the size that a store over its limit shrinks to
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}\Z")
_MADE = re.compile(r"[a-z0-9][a-z0-9_-]*-[0-9a-f]{24}\.(?:json|safetensors)\Z")  # by make_key

_UNREADABLE = (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError,
               AttributeError, MemoryError)  # fmt: skip

Array = npt.NDArray[Any]


def make_key(kind: str, *, version: int = 1, **inputs: Any) -> str:
    """``kind`` and a hash of the inputs; equal exactly when kind, version and inputs are equal.

    ``version`` is that of the algorithm that computes the value. Raise it by 1 where the key is
    made, in the commit that makes the algorithm give other values for the same inputs: entries of
    earlier versions are then misses, and the value is computed again. Version 1 leaves no trace in
    the key, so keys made without a version stay valid. Do not raise it for a change that leaves the
    values as they were.

    The inputs must be JSON-able: pass ``settings.to_dict()`` and ``model.content_hash``, not the
    objects. The order of mappings does not matter. Raises InputError otherwise.
    """
    if version < 1:
        raise InputError(f"the version of a key counts from 1, got {version}.")
    versioned = [] if version == 1 else [version]
    parts = [FORMAT_VERSION, kind, inputs, *versioned]
    try:
        text = json.dumps(parts, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a key of kind {kind!r} cannot be made: {error}. Pass strings, finite numbers, lists"
            " and dicts only."
        ) from error
    key = f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    _check_key(key)
    return key


class Store:
    """A folder of cached values by key, of two kinds: named arrays, and JSON values.

    ``max_bytes`` None: no limit.
    """

    def __init__(self, root: Path, max_bytes: int | None = None) -> None:
        self.root = Path(root)
        self.max_bytes = max_bytes

    def get_arrays(self, key: str, *, is_mapped: bool = False) -> dict[str, Array] | None:
        """The arrays under a key; None when the entry is missing or damaged.

        ``is_mapped``: they stay on the disk, and come into memory as far as they are read.
        """
        path = self._path(key, ".safetensors")
        try:
            open_regular(path).close()
            arrays, metadata, whole = map_arrays(path)
            about = json.loads(metadata["clif"])
            is_whole = about["checksums"] == _checksums(arrays) and about.get("key", key) == key
        except _UNREADABLE:
            return None
        if not is_whole:
            return None
        self._mark_used(key, ".safetensors")
        if not is_mapped:
            return {name: array.copy() for name, array in arrays.items()}
        forget_pages(whole)  # which the checksums read
        return arrays

    def keys(self, kind: str) -> list[str]:
        """The keys of a kind, as ``make_key`` makes them, sorted; the entries may be damaged."""
        found = {path.stem for path in self._files()}
        return sorted(key for key in found if key.rpartition("-")[0] == kind)

    def about_arrays(self, key: str) -> dict[str, Any] | None:
        """The ``about`` of arrays, which are not read; None when missing or damaged."""
        path = self._path(key, ".safetensors")
        try:
            open_regular(path).close()
            with safe_open(path, framework="numpy") as file:
                return dict(json.loads((file.metadata() or {})["clif"])["about"])
        except _UNREADABLE:
            return None

    def paths(self, key: str) -> list[Path]:
        """The files of a key that are there."""
        paths = (self._path(key, suffix) for suffix in (".json", ".safetensors"))
        return [path for path in paths if path.is_file()]

    def has_arrays(self, key: str) -> bool:
        """Whether arrays are under a key; they are not read, so they may be damaged.

        Asked for every seed that an ensemble may have, so without a Path object.
        """
        _check_key(key)
        return os.path.isfile(f"{self.root}{os.sep}{key}.safetensors")  # noqa: PTH113

    def put_arrays(
        self, key: str, arrays: Mapping[str, Array], about: Mapping[str, Any] | None = None
    ) -> None:
        """Store arrays (bool, integer or float) under a key.

        ``about`` is written into the file for people who inspect it; the store does not read it.
        """
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        header = {"key": key, "checksums": _checksums(whole), "about": dict(about or {})}
        with replace_file(self._path(key, ".safetensors")) as temporary:
            save_file(whole, temporary, metadata={"clif": json.dumps(header)})
        self._keep_within_limit()

    def get_json(self, key: str) -> Any | None:
        """The JSON value under a key; None when the entry is missing or damaged."""
        try:
            with open_regular(self._path(key, ".json")) as file:
                head, text = file.read().decode("utf-8").split("\n", 1)
            is_whole = head in (_head(key, text), _checksum(text.encode()))  # the second: of old
            return json.loads(text) if is_whole else None
        except _UNREADABLE:
            return None

    def put_json(self, key: str, value: Any) -> None:
        """Store a JSON-able value under a key."""
        text = json.dumps(value)
        with replace_file(self._path(key, ".json")) as temporary:
            temporary.write_text(f"{_head(key, text)}\n{text}", "utf-8")
        self._keep_within_limit()

    @property
    def n_bytes(self) -> int:
        """The size of all entries on disk."""
        return sum(about.st_size for _, about in self._stats())

    def clear(self) -> int:
        """Remove every entry, but no other file of the folder; returns the bytes freed."""
        freed = 0
        for path, about in self._stats():
            freed += about.st_size if _is_removed(path) else 0
        return freed + remove_abandoned(self.root)

    def shrink(self, max_bytes: int) -> int:
        """Remove the entries used least recently until at most ``max_bytes`` are left.

        Also removes files that a killed process left incomplete. Returns the bytes freed.
        """
        freed = remove_abandoned(self.root)
        found = [(about.st_mtime, about.st_size, path) for path, about in self._stats()]
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda entry: entry[0]):
            if total <= max_bytes:
                break
            if _is_removed(path):
                total, freed = total - size, freed + size
        return freed

    def _keep_within_limit(self) -> None:
        if self.max_bytes is not None and self.n_bytes > self.max_bytes:
            self.shrink(int(_SHRINK_TO * self.max_bytes))

    def _mark_used(self, key: str, suffix: str) -> None:
        try:
            os.utime(self._path(key, suffix))
        except OSError:  # a read-only store, or an entry just removed
            return

    def _stats(self) -> list[tuple[Path, os.stat_result]]:
        """The entries: regular files whose names are keys; no other file is the store's."""
        found = []
        for path in self._files():
            try:
                about = path.lstat()
            except OSError:  # removed by another process meanwhile
                continue
            if stat.S_ISREG(about.st_mode):
                found.append((path, about))
        return found

    def _files(self) -> list[Path]:
        try:
            paths = list(self.root.iterdir())
        except OSError:
            return []
        return [path for path in paths if _MADE.match(path.name)]

    def _path(self, key: str, suffix: str) -> Path:
        _check_key(key)
        return self.root / f"{key}{suffix}"


def _check_key(key: str) -> None:
    if not _KEY.match(key):
        raise InputError(
            f"{key!r} is not a key of the store: it needs 1 to 100 of a-z, 0-9, - and _,"
            " as make_key gives."
        )


def _is_removed(path: Path) -> bool:
    """Whether an entry could be removed, or another process did it meanwhile."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _head(key: str, text: str) -> str:
    """The first line of a JSON entry: a checksum of key and text, and the key."""
    checksum = _checksum(f"{key}\n{text}".encode())
    return f"{checksum} {key}"


def _checksum(content: bytes) -> str:
    return f"{zlib.crc32(content):08x}"


def _checksums(arrays: Mapping[str, Array]) -> dict[str, str]:
    heads = {name: f"{a.dtype.str}{a.shape}".encode() for name, a in arrays.items()}
    return {
        name: f"{zlib.crc32(a.reshape(-1).view(np.uint8).data, zlib.crc32(heads[name])):08x}"
        for name, a in arrays.items()
    }
