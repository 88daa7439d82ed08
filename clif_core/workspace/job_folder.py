"""The files of one job: JSON written atomically, and whether the job's process still runs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from clif_core.storage.write_errors import explain_write_errors

__all__ = [
    "CHECKPOINTS",
    "is_process_alive",
    "last_change",
    "last_log_line",
    "process_start",
    "read_json",
    "write_json",
]

#: Subfolder that survives a failed job; work that is submitted again resumes from its files.
CHECKPOINTS = "kept"
_STARTUP_SECONDS = 20.0  # a new process has this long to write process.json
_SAME_START_SECONDS = 2.0  # two readings of one process's start differ by less


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a file atomically; raises StorageError where the disk is full."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explain_write_errors(path):
        try:
            temporary.write_text(json.dumps(value, indent=1))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any] | None:
    """The content of a file, or None where it is absent or damaged."""
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return value


def last_change(folder: Path) -> float:
    """When the folder or a file in it last changed, in seconds since the epoch."""
    try:
        return max(p.stat().st_mtime for p in (folder, *folder.iterdir()))
    except OSError:  # a file disappeared meanwhile
        return time.time()


def last_log_line(log: Path) -> str:
    """The last line that a process printed, at most 300 characters; ``none.`` without any."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
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
    except psutil.Error:
        return None


def is_process_alive(folder: Path, ticket: int) -> bool:
    """Whether the process that was started for a job still runs.

    A pid alone does not tell, because the system gives it to another process later. ``ticket``:
    when the job was submitted, in nanoseconds since the epoch.
    """
    process = read_json(folder / "process.json")
    if process is None:
        return time.time() - ticket / 1e9 < _STARTUP_SECONDS
    recorded = process.get("birth")
    if not isinstance(recorded, int | float):  # earlier versions wrote a text here
        return False
    start = process_start(int(process["pid"]))
    return start is not None and abs(start - recorded) < _SAME_START_SECONDS
