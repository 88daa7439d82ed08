"""The files of one job: JSON written atomically, and whether the job's process still runs.

A file of a wrong form is read as one that is absent, or as damaged where it cannot be done without:
a power cut, a full disk or a stranger may have left anything there.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import psutil

from clif_core.storage import json_files
from clif_core.storage.write_errors import explain_write_errors

__all__ = [
    "CHECKPOINTS",
    "Reported",
    "is_process_alive",
    "last_change",
    "last_log_line",
    "process_start",
    "read_error",
    "read_progress",
    "read_request",
    "read_result",
    "write_json",
    "write_result",
]

#: Subfolder that survives a failed job; work that is submitted again resumes from its files.
CHECKPOINTS = "kept"
_STARTUP_SECONDS = 20.0  # a new process has this long to write process.json
_CHECKSUM = "checksum"  # its name among the values of a result
_SAME_START_SECONDS = 2.0  # two readings of one process's start differ by less


def write_json(path: Path, value: Mapping[str, Any], *, is_synced: bool = True) -> None:
    """Write a file atomically; ``is_synced``: its content is on the disk before it has its name.

    Raises StorageError where the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explain_write_errors(path):
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(json.dumps(value, indent=1))
                file.flush()
                if is_synced:
                    os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file, or None where the file is absent or holds none."""
    try:
        value = json_files.read_json(path)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def read_request(folder: Path) -> dict[str, Any] | None:
    """What a job was asked: ``kind``, ``request``, ``ticket``; None where that is damaged."""
    found = read_json(folder / "request.json") or {}
    is_whole = (
        isinstance(found.get("kind"), str)
        and isinstance(found.get("request"), dict)
        and _is_number(found.get("ticket"))
    )
    return found if is_whole else None


class Reported(NamedTuple):
    """What a job reported last.

    Attributes
    ----------
    fraction : 0 to 1
    started : when its turn came, in seconds since the epoch; 0 where that is not known
    skipped : the part of the work that an earlier run had finished, 0 to 1
    """

    fraction: float
    message: str
    started: float = 0.0
    skipped: float = 0.0


def read_progress(folder: Path) -> Reported | None:
    """What a job reported last; None without any. Earlier versions wrote no ``started``."""
    found = read_json(folder / "progress.json") or {}
    fraction, message = found.get("fraction"), found.get("message")
    if not _is_number(fraction) or not isinstance(message, str):
        return None
    started, skipped = found.get("started"), found.get("skipped")
    return Reported(
        _share(fraction),
        message,
        float(started) if _is_number(started) else 0.0,
        _share(skipped) if _is_number(skipped) else 0.0,
    )


def _share(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)


def write_result(folder: Path, result: Mapping[str, Any]) -> None:
    """Write a job's result with a checksum of it."""
    write_json(folder / "result.json", {**result, _CHECKSUM: _checksum(result)})


def read_result(folder: Path) -> dict[str, Any] | None:
    """A job's result; None where there is none, or one whose checksum is wrong.

    Results of earlier versions have no checksum and are read as they are.
    """
    found = read_json(folder / "result.json")
    if found is None:
        return None
    checksum = found.pop(_CHECKSUM, None)
    return found if checksum in (None, _checksum(found)) else None


def read_error(folder: Path) -> tuple[str, bool] | None:
    """Why a job has no result, and whether it was cancelled; None without an error."""
    found = read_json(folder / "error.json")
    if found is None:
        return None
    return str(found.get("message") or "no reason is recorded"), found.get("is_cancelled") is True


def _checksum(value: Mapping[str, Any]) -> str:
    return f"{zlib.crc32(json.dumps(value, sort_keys=True).encode()):08x}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def last_change(folder: Path) -> float:
    """When the folder or a file in it last changed, in seconds since the epoch."""
    try:
        return max(p.stat().st_mtime for p in (folder, *folder.iterdir()))
    except OSError:  # a file disappeared meanwhile
        return time.time()


def last_log_line(log: Path) -> str:
    """The last line that a process printed, at most 300 characters; ``none.`` without any."""
    try:
        with json_files.open_regular(log) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1][:300] if lines else "none."


def process_start(pid: int) -> float | None:
    """Seconds from the machine's boot to the start of a process; None where it does not run.

    Counted from the boot because the time since the epoch moves when the system's clock is set.
    """
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return float(process.create_time() - psutil.boot_time())
    except (psutil.Error, OverflowError, ValueError):
        return None


def is_process_alive(folder: Path, ticket: int) -> bool:
    """Whether the process that was started for a job still runs.

    A pid alone does not tell, because the system gives it to another process later. ``ticket``:
    when the job was submitted, in nanoseconds since the epoch.
    """
    process = read_json(folder / "process.json")
    if process is None:
        # Either way: a clock that was set back would let a dead job wait until that time comes.
        return abs(time.time() - ticket / 1e9) < _STARTUP_SECONDS
    recorded = process.get("birth")
    pid = process.get("pid")
    if not _is_number(recorded) or not isinstance(pid, int):  # earlier versions wrote a text here
        return False
    start = process_start(pid)
    return start is not None and abs(start - recorded) < _SAME_START_SECONDS
