"""What tasks of the tests do: functions that another process imports, soon."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.progress import Progress


def add_up(shared: npt.NDArray[np.float64], given: int, progress: Progress) -> tuple[float, int]:
    """A sum that depends on the order of its terms, and the process that made it."""
    order = np.random.default_rng(given).permutation(len(shared))
    return float(np.add.reduce(shared[order].astype(np.float32))), os.getpid()


def fail_at(shared: int, given: int, progress: Progress) -> int:
    if given == shared:
        raise InputError("the number is not liked.")
    if given > shared:
        time.sleep(0.5)
    return given


def crash_at(shared: int, given: int, progress: Progress) -> int:
    if given == shared:
        raise ZeroDivisionError("nothing")
    return given


def die_once(marks: Path, given: int, progress: Progress) -> int:
    """End the process without a word where the mark of the task is there, and take the mark."""
    mark = marks / str(given)
    if mark.exists():
        mark.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return given


def die(shared: None, given: int, progress: Progress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait(marks: Path, given: int, progress: Progress) -> None:
    """Report until stopped; leaves its process number."""
    (marks / f"{given}.pid").write_text(str(os.getpid()))
    for at in range(6_000):
        progress(at / 6_000, "waiting")
        time.sleep(0.1)


def threads(shared: None, given: int, progress: Progress) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")
