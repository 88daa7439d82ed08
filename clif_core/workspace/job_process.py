"""What runs inside a job's own process: wait for its turn, do the work, write the outcome.

python -m clif_core.workspace.job_process FOLDER MAX_RUNNING
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from clif_core.errors import ClifError, InputError, JobError
from clif_core.progress import Progress
from clif_core.workspace.job_folder import process_start, read_request, write_json, write_result
from clif_core.workspace.jobs import KINDS, POLL_SECONDS, JobCancelled, Jobs
from clif_core.workspace.names import shared_home
from clif_core.workspace.rates import Rates, start_of_job

__all__ = ["Work", "count_slowly", "run_job"]

_LEAST_SKIPPED = 0.05
_SKIPPED_SECONDS = 0.2

#: The work of a kind: request, the job's folder (for checkpoints), progress -> JSON-able result.
Work = Callable[[Mapping[str, Any], Path, Progress], Mapping[str, Any]]


def run_job(folder: Path, max_running: int = 1) -> None:
    """Do the work of one folder in this process and write its result or its error there."""
    pid = os.getpid()
    before = max(time.time() - psutil.Process(pid).create_time(), 0.0)
    write_json(folder / "process.json", {"pid": pid, "birth": process_start(pid)})
    request = read_request(folder)
    try:
        if request is None:
            raise JobError("the file request.json of this job is damaged; ask again.")
        _wait_for_turn(folder, max_running)
        report = _reporter(folder)
        report(0.0, "starting")
        work = _load_work(request, before)
        write_result(folder, work(request["request"], folder, report))
    except ClifError as error:
        is_cancelled = isinstance(error, JobCancelled)
        write_json(folder / "error.json", {"message": str(error), "is_cancelled": is_cancelled})
    except BaseException as error:
        traceback.print_exc()
        name = type(error).__name__
        message = f"The work stopped on an unexpected {name}; see log.txt of the job."
        write_json(folder / "error.json", {"message": message, "is_cancelled": False})
        raise


def _load_work(request: Mapping[str, Any], before: float) -> Work:
    """The function that does the work; notes how long this process took to start and import it.

    ``before``: seconds that it had taken when its turn came, less the waiting.
    """
    began = time.perf_counter()
    module, _, function = KINDS[request["kind"]].partition(":")
    work: Work = getattr(importlib.import_module(module), function)
    home = request["request"].get("home")
    if isinstance(home, str):
        Rates(shared_home(Path(home))).note(start_of_job(), before + time.perf_counter() - began)
    return work


def count_slowly(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """The work of kind ``count``, which tests the machinery: counts to ``to``, ``seconds`` a step.

    Raises InputError at the end where ``fails`` is set.
    """
    for i in range(int(request["to"])):
        progress(i / request["to"], f"counted to {i}")
        time.sleep(request["seconds"])
    if request.get("fails"):
        raise InputError("It was asked to fail.")
    return {"counted": request["to"]}


def _wait_for_turn(folder: Path, max_running: int) -> None:
    """Return when fewer than ``max_running`` unfinished jobs have an earlier ticket."""
    jobs = Jobs(folder.parent)
    mine = jobs.status(folder.name).submitted
    while sum(j.submitted < mine and not j.is_finished for j in jobs.all()) >= max_running:
        _stop_if_cancelled(folder)
        time.sleep(POLL_SECONDS)


def _stop_if_cancelled(folder: Path) -> None:
    if (folder / "cancel").exists():
        raise JobCancelled("Cancelled on request.")


def _reporter(folder: Path) -> Progress:
    """Writes progress at most ten times a second; raises JobCancelled once the job is cancelled."""
    last, started, share, told, skipped = 0.0, time.time(), 0.0, 0.0, 0.0

    def report(fraction: float, message: str) -> None:
        nonlocal last, share, told, skipped
        _stop_if_cancelled(folder)
        before, share = share, min(max(fraction, 0.0), 1.0)
        since, told = time.monotonic() - told, time.monotonic()
        if share - before >= _LEAST_SKIPPED and since < _SKIPPED_SECONDS:
            skipped += share - before  # found finished: nothing is done that fast
        if time.monotonic() - last >= POLL_SECONDS or fraction >= 1:
            last = time.monotonic()
            reported = {
                "fraction": share,
                "message": message,
                "started": started,
                "skipped": skipped,
            }
            # Not synced: it is written ten times a second, and a lost one harms nobody.
            write_json(folder / "progress.json", reported, is_synced=False)

    return report


if __name__ == "__main__":
    run_job(Path(sys.argv[1]), int(sys.argv[2]))
