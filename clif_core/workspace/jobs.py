"""Long work in a process of its own, with progress, cancel and re-attach.

A job is a folder; whoever knows the folder knows the job, so it survives the server that began it:

    root/KEY/request.json    kind, request, ticket: written once, before the process starts
             process.json    pid and the time at which the system started it
             progress.json   fraction, message
             cancel          there when somebody asked to stop
             result.json     what the work returned, or
             error.json      why there is no result: message, is_cancelled
             log.txt         everything that the process printed

Files are written beside their place and moved there, so that a reader sees all of one or nothing.
The key is a hash of kind and request: asking twice for the same work gives the same job. A process
that died without a word is noticed, because its pid is gone or belongs to a younger process.

The queue needs no server either: a job starts its process at once, and the process waits until
fewer than ``max_running`` unfinished jobs hold an earlier ticket. Asking holds a lock on the root
folder, so that two who ask at once get one job; the system frees it when its holder dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from clif_core.errors import ClifError, InputError, JobError
from clif_core.progress import Progress
from clif_core.storage.write_errors import explain_write_errors

__all__ = ["KINDS", "JobCancelled", "JobStatus", "Jobs", "Work", "job_key"]

#: The work itself: request, the job's folder (for its own files), progress -> JSON-able result.
Work = Callable[[Mapping[str, Any], Path, Progress], Mapping[str, Any]]

#: The work that may be asked for, by name. Written as text because the floors above import us.
KINDS: dict[str, str] = {
    "count": "clif_core.workspace.jobs:count_slowly",
    "map": "clif_core.workspace.tasks.word_map:work_map",
    "repair": "clif_core.workspace.tasks:work_repair",
    "retrain": "clif_core.workspace.tasks:work_retrain",
    "train": "clif_core.workspace.tasks.train:work_train",
    "walk": "clif_core.workspace.tasks.derivative:work_derivative",
}

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_POLL_SECONDS = 0.1
_KEPT_SECONDS = 30 * 86_400.0  # a finished job is forgotten after this
_ABANDONED_SECONDS = 3600.0  # a folder still being made after this has lost its maker
_STOPPED = (
    "Stopped: the process ended without a result. It was killed, or the machine was restarted or"
    " ran out of memory or disk. Ask again: what was finished is kept. Its last words: {log}"
)
_GRACE_SECONDS = 20.0  # for a process to appear after its folder did


class JobCancelled(JobError):
    """The work was stopped because somebody asked for it."""


@dataclass(frozen=True)
class JobStatus:
    """What is known of a job now. ``result`` when done, ``error`` when failed or cancelled."""

    key: str
    kind: str
    state: State
    fraction: float
    message: str
    submitted: float  # seconds since the epoch
    result: Mapping[str, Any] | None = None
    error: str = ""

    @property
    def is_finished(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


def job_key(kind: str, request: Mapping[str, Any]) -> str:
    """The job's name: a hash of what it is asked to do."""
    text = json.dumps([kind, dict(request)], sort_keys=True)
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


class Jobs:
    """The jobs under one folder.

    ``max_running`` at once; a job beyond ``max_waiting`` unfinished ones is refused.
    """

    def __init__(self, root: Path, max_running: int = 1, max_waiting: int = 16) -> None:
        self.root = root
        self.max_running = max_running
        self.max_waiting = max_waiting
        self._children: list[subprocess.Popen[bytes]] = []

    def submit(self, kind: str, request: Mapping[str, Any], *, is_done_again: bool = False) -> str:
        """Start the work, or find it where it already waits, runs or is done; returns its key.

        Work that failed, died or was cancelled starts afresh in a new folder, except for files
        under ``kept/``, in which it may resume. ``is_done_again``: so does work that is done, for
        callers who lack what it was to leave elsewhere.
        """
        if kind not in KINDS:
            raise InputError(f"Unknown kind of job {kind!r}; known: {', '.join(sorted(KINDS))}.")
        key = job_key(kind, request)
        with explain_write_errors(self.root / key), self._lock():
            self._start(key, kind, request, is_done_again)
        return key

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _start(self, key: str, kind: str, request: Mapping[str, Any], is_done_again: bool) -> None:
        """Begin the work unless it is there already; only with the lock."""
        folder = self.root / key
        startable = {"failed", "cancelled", *(["done"] if is_done_again else [])}
        if folder.exists() and self.status(key).state not in startable:
            return
        self.clean()
        n_unfinished = sum(not job.is_finished for job in self.all())
        if n_unfinished >= self.max_waiting:
            raise JobError(
                f"{n_unfinished} jobs are waiting or running, at most {self.max_waiting} may; "
                "wait for one to finish, or cancel one."
            )
        self._make_folder(folder, kind, request)
        with (folder / "log.txt").open("ab") as log:
            child = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "clif_core.workspace.jobs",
                    str(folder),
                    str(self.max_running),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._children = [c for c in self._children if c.poll() is None] + [child]

    def _make_folder(self, folder: Path, kind: str, request: Mapping[str, Any]) -> None:
        """Put the request in place, in one move; files under ``kept/`` of an old one stay."""
        fresh = self.root / f".{folder.name}.{os.getpid()}.{time.time_ns()}"
        old = fresh.with_name(fresh.name + ".old")
        try:
            fresh.mkdir()
            ticket = {"kind": kind, "request": dict(request), "ticket": time.time_ns()}
            _write_json(fresh / "request.json", ticket)
            if folder.exists():
                folder.rename(old)
                if (old / "kept").exists():
                    (old / "kept").rename(fresh / "kept")
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)

    def clean(self, max_age_seconds: float = _KEPT_SECONDS) -> int:
        """Remove jobs that finished, failed or died longer ago than that; returns how many.

        Also what a killed process left of a folder half-made. Work that still waits or runs stays.
        """
        removed = 0
        for job in self.all():
            folder = self.root / job.key
            if job.is_finished and time.time() - _last_change(folder) > max_age_seconds:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        for path in self.root.glob(".*.*"):
            if path.is_dir() and time.time() - _last_change(path) > _ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
        return removed

    def __contains__(self, key: str) -> bool:
        return (self.root / key / "request.json").is_file()

    def status(self, key: str) -> JobStatus:
        """What is known of a job now; raises JobError when there is no such job."""
        folder = self.root / key
        request = _read_json(folder / "request.json")
        if request is None:
            raise JobError(f"There is no job {key!r}; known: {len(self._keys())} jobs. Submit it.")
        progress = _read_json(folder / "progress.json")
        result, error = _read_json(folder / "result.json"), _read_json(folder / "error.json")
        state: State = "waiting" if progress is None else "running"
        if result is not None:
            state = "done"
        elif error is not None:
            state = "cancelled" if error["is_cancelled"] else "failed"
        elif not _is_alive(folder, request["ticket"]):
            # It may have finished between the two looks.
            result = _read_json(folder / "result.json")
            state = "done" if result is not None else "failed"
            error = {"message": _STOPPED.format(log=_last_words(folder / "log.txt"))}
        return JobStatus(
            key=key,
            kind=request["kind"],
            state=state,
            fraction=1.0 if state == "done" else (progress or {}).get("fraction", 0.0),
            message=(progress or {}).get("message", "waiting for its turn"),
            submitted=request["ticket"] / 1e9,
            result=result,
            error="" if state == "done" or error is None else error["message"],
        )

    def request(self, key: str) -> Mapping[str, Any]:
        """What a job was asked to do; raises JobError when there is no such job."""
        kept = _read_json(self.root / key / "request.json")
        if kept is None:
            raise JobError(f"There is no job {key!r}; known: {len(self._keys())} jobs. Submit it.")
        request: Mapping[str, Any] = kept["request"]
        return request

    def all(self) -> list[JobStatus]:
        """Every job, first submitted first."""
        found = []
        for key in self._keys():
            try:
                found.append(self.status(key))
            except JobError:  # removed while we looked
                continue
        return sorted(found, key=lambda job: job.submitted)

    def cancel(self, key: str) -> None:
        """Ask a job to stop; it does so at its next progress report."""
        if not self.status(key).is_finished:
            (self.root / key / "cancel").touch()

    def wait(self, key: str, timeout: float | None = None) -> Mapping[str, Any]:
        """The job's result; raises JobCancelled, JobError, or TimeoutError after ``timeout`` s."""
        deadline = time.monotonic() + timeout if timeout is not None else float("inf")
        while not (status := self.status(key)).is_finished:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Job {key} is still {status.state} after {timeout} s.")
            time.sleep(_POLL_SECONDS)
        if status.state == "cancelled":
            raise JobCancelled(status.error)
        if status.result is None:
            raise JobError(status.error)
        return status.result

    def _keys(self) -> list[str]:
        if not self.root.exists():
            return []
        return [p.name for p in self.root.iterdir() if p.is_dir() and not p.name.startswith(".")]


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with explain_write_errors(path):
        try:
            beside.write_text(json.dumps(value, indent=1))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _last_change(folder: Path) -> float:
    """When something was last put into a folder, in seconds since the epoch."""
    try:
        return max(p.stat().st_mtime for p in (folder, *folder.iterdir()))
    except OSError:  # removed, or changed, while we looked
        return time.time()


def _last_words(log: Path) -> str:
    """The last line that a process wrote, or that it wrote none."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1][:300] if lines else "none."


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return value


def _birth(pid: int) -> str | None:
    """When the system started a process, in its own words; None if there is none or it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
    told = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or None


def _is_alive(folder: Path, ticket: int) -> bool:
    """Does the process that was started for this job still run? A new one gets time to appear."""
    process = _read_json(folder / "process.json")
    if process is None:
        return time.time() - ticket / 1e9 < _GRACE_SECONDS
    birth = _birth(process["pid"])
    return birth is not None and birth == process["birth"]


# --- inside the job's own process ---------------------------------------------------------------


def _wait_for_turn(folder: Path, max_running: int) -> None:
    jobs = Jobs(folder.parent)
    mine = jobs.status(folder.name).submitted
    while sum(j.submitted < mine and not j.is_finished for j in jobs.all()) >= max_running:
        _stop_if_asked(folder)
        time.sleep(_POLL_SECONDS)


def _stop_if_asked(folder: Path) -> None:
    if (folder / "cancel").exists():
        raise JobCancelled("Cancelled on request.")


def _reporter(folder: Path) -> Progress:
    """Writes progress at most ten times a second and stops the work when it was cancelled."""
    last = 0.0

    def report(fraction: float, message: str) -> None:
        nonlocal last
        _stop_if_asked(folder)
        if time.monotonic() - last >= _POLL_SECONDS or fraction >= 1:
            last = time.monotonic()
            share = min(max(fraction, 0.0), 1.0)
            _write_json(folder / "progress.json", {"fraction": share, "message": message})

    return report


def run_job(folder: Path, max_running: int = 1) -> None:
    """Do the work of one folder in this process and leave its result or its error there."""
    _write_json(folder / "process.json", {"pid": os.getpid(), "birth": _birth(os.getpid())})
    request = json.loads((folder / "request.json").read_text())
    try:
        _wait_for_turn(folder, max_running)
        report = _reporter(folder)
        report(0.0, "starting")
        module, _, function = KINDS[request["kind"]].partition(":")
        work: Work = getattr(importlib.import_module(module), function)
        _write_json(folder / "result.json", work(request["request"], folder, report))
    except ClifError as error:
        is_cancelled = isinstance(error, JobCancelled)
        _write_json(folder / "error.json", {"message": str(error), "is_cancelled": is_cancelled})
    except BaseException as error:
        traceback.print_exc()
        told = f"The work stopped on an unexpected {type(error).__name__}; see log.txt of the job."
        _write_json(folder / "error.json", {"message": told, "is_cancelled": False})
        raise


def count_slowly(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """The smallest possible work, to try the machinery: counts to ``to``, ``seconds`` a step."""
    for i in range(int(request["to"])):
        progress(i / request["to"], f"counted to {i}")
        time.sleep(request["seconds"])
    if request.get("fails"):
        raise InputError("It was asked to fail.")
    return {"counted": request["to"]}


if __name__ == "__main__":
    # The module that others import, not this copy called __main__, must define the classes.
    from clif_core.workspace import jobs

    jobs.run_job(Path(sys.argv[1]), int(sys.argv[2]))
