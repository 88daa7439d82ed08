"""Named artefacts on disk: whatever is costly is computed once.

A key is a hash of everything that the artefact was computed from, so nothing is ever out of date:
other inputs are another key. Files are written beside their place and moved there in one step, so
a reader sees the old file, the new one or none. Each file carries checksums of what it holds; an
entry that is missing, damaged, or written by another version of this format is a miss, never an
error, since it can always be computed again.

A store may have a limit. What was used least recently goes when it is reached: nothing is lost but
the time to compute it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from clif_core.errors import InputError
from clif_core.storage.files import replace_file

__all__ = ["Store", "make_key"]

FORMAT_VERSION = 1
_ROOM = 0.9  # of its limit: what a store that has reached it shrinks to
_ABANDONED_SECONDS = 3600.0  # a file still being written after this has lost its writer
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}\Z")

Array = npt.NDArray[Any]


def make_key(kind: str, **inputs: Any) -> str:
    """``kind`` and a hash of the inputs; equal exactly when kind, inputs and format version are.

    The inputs must be JSON-able: pass ``settings.to_dict()`` and ``model.content_hash``, not the
    objects. Mappings are compared without regard to their order.
    """
    try:
        text = json.dumps([FORMAT_VERSION, kind, inputs], sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a key of kind {kind!r} cannot be made: {error}. Pass strings, finite numbers, lists"
            " and dicts only."
        ) from error
    key = f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    _check_key(key)
    return key


class Store:
    """A folder of artefacts by key, in two kinds: named arrays, and JSON values.

    ``max_bytes`` None: no limit.
    """

    def __init__(self, root: Path, max_bytes: int | None = None) -> None:
        self.root = Path(root)
        self.max_bytes = max_bytes

    def get_arrays(self, key: str) -> dict[str, Array] | None:
        """The arrays under a key, or None when there are none, or none that are whole."""
        try:
            with safe_open(self._path(key, ".safetensors"), framework="numpy") as file:
                about = json.loads((file.metadata() or {})["clif"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            is_whole = about["checksums"] == _checksums(arrays)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return None
        if not is_whole:
            return None
        self._mark_used(key, ".safetensors")
        return arrays

    def put_arrays(
        self, key: str, arrays: Mapping[str, Array], about: Mapping[str, Any] | None = None
    ) -> None:
        """Keep arrays (bool, integer or float) under a key; ``about`` is for people who look."""
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        header = {"checksums": _checksums(whole), "about": dict(about or {})}
        with replace_file(self._path(key, ".safetensors")) as temporary:
            save_file(whole, temporary, metadata={"clif": json.dumps(header)})
        self._keep_within_limit()

    def get_json(self, key: str) -> Any | None:
        """The JSON value under a key, or None when there is none, or none that is whole."""
        try:
            checksum, text = self._path(key, ".json").read_text("utf-8").split("\n", 1)
            return json.loads(text) if checksum == _checksum(text.encode()) else None
        except (OSError, ValueError):
            return None

    def put_json(self, key: str, value: Any) -> None:
        """Keep a JSON-able value under a key."""
        text = json.dumps(value)
        with replace_file(self._path(key, ".json")) as temporary:
            temporary.write_text(f"{_checksum(text.encode())}\n{text}", "utf-8")
        self._keep_within_limit()

    @property
    def n_bytes(self) -> int:
        """What the store takes on disk."""
        return sum(stat.st_size for _, stat in self._stats())

    def clear(self) -> int:
        """Remove every entry; returns the bytes freed. Other files in the folder stay."""
        freed = 0
        for path, stat in self._stats():
            freed += stat.st_size
            path.unlink(missing_ok=True)
        return freed + self._remove_abandoned()

    def shrink(self, max_bytes: int) -> int:
        """Remove what was used least recently until no more than ``max_bytes`` are left.

        Also what a killed process left half-written. Returns the bytes freed.
        """
        freed = self._remove_abandoned()
        found = [(stat.st_mtime, stat.st_size, path) for path, stat in self._stats()]
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda entry: entry[0]):
            if total <= max_bytes:
                break
            path.unlink(missing_ok=True)
            total, freed = total - size, freed + size
        return freed

    def _keep_within_limit(self) -> None:
        if self.max_bytes is not None and self.n_bytes > self.max_bytes:
            self.shrink(int(_ROOM * self.max_bytes))

    def _remove_abandoned(self) -> int:
        freed = 0
        for path in self.root.glob(".*.part"):
            stat = path.stat()
            if path.is_file() and time.time() - stat.st_mtime > _ABANDONED_SECONDS:
                path.unlink(missing_ok=True)
                freed += stat.st_size
        return freed

    def _mark_used(self, key: str, suffix: str) -> None:
        try:
            os.utime(self._path(key, suffix))
        except OSError:  # a store that may only be read, or an entry just removed
            return

    def _stats(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in self._files():
            try:
                found.append((path, path.stat()))
            except FileNotFoundError:  # removed by another process while we looked
                continue
        return found

    def _files(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [p for p in self.root.iterdir() if p.suffix in (".safetensors", ".json")]

    def _path(self, key: str, suffix: str) -> Path:
        _check_key(key)
        return self.root / f"{key}{suffix}"


def _check_key(key: str) -> None:
    if not _KEY.match(key):
        raise InputError(
            f"{key!r} is not a key of the store: it needs 1 to 100 of a-z, 0-9, - and _,"
            " as store.make_key gives."
        )


def _checksum(content: bytes) -> str:
    return f"{zlib.crc32(content):08x}"


def _checksums(arrays: Mapping[str, Array]) -> dict[str, str]:
    return {
        name: _checksum(f"{a.dtype.str}{a.shape}".encode() + a.tobytes())
        for name, a in arrays.items()
    }
