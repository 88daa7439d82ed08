"""Where tasks run, and how many at a time.

    CLIF_PROCESSES=4                 at most so many on this machine; unset: one a core
    CLIF_SCHEDULER=tcp://host:8786   on that cluster, Dask's or Ray's (clif_core.many.clusters)

A process gets its share of the cores and no more, so that libraries that start threads of their own
do not get in each other's way. On a cluster every worker's thread runs one task at a time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

import psutil
from joblib.externals.loky.process_executor import ProcessPoolExecutor

from clif_core.errors import InputError
from clif_core.many.clusters import open_cluster
from clif_core.memory import free_bytes

__all__ = ["Place", "Processes", "find_place", "has_cluster", "room_for", "share_of"]

_POOLS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "VECLIB_MAXIMUM")  # ..._NUM_THREADS
_MEMORY_SHARE = 0.8  # of what is free
_WATCH_SECONDS = 1.0


class Place(Protocol):
    """Something that does tasks, ``n_at_once`` of them; it is handed at most ``most_at_once``.

    ``lost``: the errors of a task whose worker was lost. ``is_lost_as_one``: then all tasks are
    lost that were not done. ``most_lost``: how often in a row they are tried again.
    """

    n_at_once: int
    most_at_once: int
    is_cluster: bool
    lost: tuple[type[BaseException], ...]
    is_lost_as_one: bool
    most_lost: int

    def submit(self, function: Callable[..., Any], *given: Any) -> Future[Any]: ...

    def start_again(self) -> None: ...

    def close(self, is_stopped: bool) -> None:
        """``is_stopped``: tasks may be running, and nobody waits for them."""


def has_cluster() -> bool:
    """Whether tasks go to a cluster."""
    return bool(os.environ.get("CLIF_SCHEDULER"))


def room_for(n_tasks: int, n_bytes: float = 0.0) -> int:
    """How many of the tasks this machine does at once: cores, memory, ``CLIF_PROCESSES``.

    ``n_bytes``: memory of one task beyond what it shares with others. Raises InputError where
    CLIF_PROCESSES is no number from 1.
    """
    asked = os.environ.get("CLIF_PROCESSES") or str(os.cpu_count() or 1)
    if not asked.isdecimal() or not int(asked):
        raise InputError(f"CLIF_PROCESSES is a whole number from 1, got {asked!r}.")
    fitting = int(_MEMORY_SHARE * free_bytes() / n_bytes) if n_bytes else 10**6
    return max(1, min(n_tasks, int(asked), fitting))


def share_of(n_processes: int) -> int:
    """The threads of each of so many processes."""
    return max(1, (os.cpu_count() or 1) // n_processes)


def find_place(n_processes: int) -> Place:
    """The cluster of ``CLIF_SCHEDULER``, else processes of this machine."""
    return open_cluster(os.environ["CLIF_SCHEDULER"]) if has_cluster() else Processes(n_processes)


class Processes:
    """Processes of this machine, which end with this one."""

    is_cluster = False
    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    is_lost_as_one = True
    most_lost = 3

    def __init__(self, n: int) -> None:
        self.n_at_once = self.most_at_once = n
        self._executor = self._start()

    def start_again(self) -> None:
        self.close(is_stopped=True)
        self._executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        n_threads = str(share_of(self.n_at_once))
        return ProcessPoolExecutor(
            self.n_at_once,
            initializer=_end_with,
            initargs=(os.getpid(),),
            env={f"{name}_NUM_THREADS": n_threads for name in _POOLS},
        )

    def submit(self, function: Callable[..., Any], *given: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(function, *given)
        return future

    def close(self, is_stopped: bool) -> None:
        self._executor.shutdown(wait=True, kill_workers=is_stopped)


def _end_with(parent: int) -> None:
    """In a worker: end at once when the process that started it is gone, also by a kill."""

    def watch() -> None:
        while psutil.pid_exists(parent) and (os.name == "nt" or os.getppid() == parent):
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
