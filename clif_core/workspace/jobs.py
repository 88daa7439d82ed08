"""Long work in a process of its own, with progress, cancelling and re-attaching.

A job is a folder, so it survives the server that started it; any process that knows the folder can
follow the job:

    root/KEY/request.json    kind, request, ticket: written once, before the process starts
             process.json    pid, and when the system started that process
             progress.json   fraction, message, started, skipped
             cancel          present once the job was asked to stop
             result.json     what the work returned, or
             error.json      why there is no result: message, is_cancelled
             log.txt         everything that the process printed

Files are written atomically. The key is a hash of kind and request: submitting the same work twice
gives the same job. A process that died without writing a result is noticed, because its pid is gone
or belongs to a process with another start time.

The queue needs no server: a job starts its process at once, and the process waits until fewer than
``max_running`` unfinished jobs have an earlier ticket (``job_process``). Submitting locks the root
folder, so that two processes that submit at once get one job; the system releases the lock when its
holder dies.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from clif_core.errors import InputError, JobError
from clif_core.storage.write_errors import explain_write_errors
from clif_core.workspace.job_folder import (
    CHECKPOINTS,
    Reported,
    is_process_alive,
    last_change,
    last_log_line,
    read_error,
    read_progress,
    read_request,
    read_result,
    write_json,
    write_result,
)

__all__ = ["KINDS", "POLL_SECONDS", "JobCancelled", "JobStatus", "Jobs", "job_key"]

#: Kind of job, as it is written on disk -> the function that does the work (``job_process.Work``).
#: Named as text because those modules stand above this one.
KINDS: dict[str, str] = {
    "count": "clif_core.workspace.job_process:count_slowly",
    "evidence": "clif_core.workspace.tasks.evidence:work_evidence",
    "held_out": "clif_core.workspace.tasks.held_out:work_held_out",
    "import": "clif_core.workspace.bring:work_import",
    "map": "clif_core.workspace.tasks.word_map:work_map",
    "repair": "clif_core.workspace.tasks.fine_tune:work_fine_tune",
    "retrain": "clif_core.workspace.tasks.retrain:work_retrain",
    "train": "clif_core.workspace.tasks.train:work_train",
    "unpack": "clif_core.workspace.packs.brought:work_unpack",
    "walk": "clif_core.workspace.tasks.derivative:work_derivative",
}

State = Literal["waiting", "running", "done", "failed", "cancelled"]
POLL_SECONDS = 0.1
_KEEP_SECONDS = 30 * 86_400.0  # a finished job is removed after this
_ABANDONED_SECONDS = 3600.0  # an incomplete folder this old belongs to a process that died
_STOPPED = (
    "Stopped: the process ended without a result. It was killed, or the machine was restarted or"
    " ran out of memory or disk. Ask again: it resumes from what was finished. Last line of its"
    " log: {log}"
)

_DAMAGED = (
    "The file request.json of this job is damaged. Ask again, and it starts anew; 'clif clean'"
    " removes what is left of it."
)
_DAMAGED_RESULT = (
    "The file result.json of this job is damaged, so its content is not shown. Ask again, and it is"
    " computed anew; 'clif clean' removes what is left of it."
)
_FRESH = re.compile(r"\.[a-z0-9_-]+\.\d+\.\d+(\.old)?\Z")  # as ``_make_folder`` names it
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}\Z")


class JobCancelled(JobError):
    """The work was stopped on request."""


@dataclass(frozen=True)
class JobStatus:
    """The state of a job now. ``result`` when done, ``error`` when failed or cancelled.

    ``started`` and ``skipped`` as in ``job_folder.Reported``.
    """

    key: str
    kind: str
    state: State
    fraction: float
    message: str
    submitted: float  # seconds since the epoch
    result: Mapping[str, Any] | None = None
    error: str = ""
    started: float = 0.0
    skipped: float = 0.0

    @property
    def is_finished(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


def job_key(kind: str, request: Mapping[str, Any]) -> str:
    """The job's name: its kind and a hash of kind and request."""
    text = json.dumps([kind, dict(request)], sort_keys=True)
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


class Jobs:
    """The jobs under one folder.

    At most ``max_running`` run at once; with ``max_waiting`` unfinished jobs, a further one is
    refused.
    """

    def __init__(self, root: Path, max_running: int = 1, max_waiting: int = 16) -> None:
        self.root = root
        self.max_running = max_running
        self.max_waiting = max_waiting
        self._children: list[subprocess.Popen[bytes]] = []

    # --- asking for work

    def submit(self, kind: str, request: Mapping[str, Any], *, is_done_again: bool = False) -> str:
        """Start the work unless it is already waiting, running or done; returns its key.

        Work that failed, died or was cancelled starts again in a new folder, with its checkpoints.
        ``is_done_again``: so does work that is done, for a caller who lacks its side effects.
        Raises JobError where ``max_waiting`` jobs are unfinished.
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
        with FileLock(self.root / ".lock"):
            yield

    def _start(self, key: str, kind: str, request: Mapping[str, Any], is_done_again: bool) -> None:
        """Begin the work unless it has begun; the caller holds the lock."""
        folder = self.root / key
        startable = {"failed", "cancelled", *(["done"] if is_done_again else [])}
        if key in self and self.status(key).state not in startable:
            return
        self.clean()
        n_unfinished = len(self.unfinished())
        if n_unfinished >= self.max_waiting:
            raise JobError(
                f"{n_unfinished} jobs are waiting or running, at most {self.max_waiting} may; "
                "wait for one to finish, or cancel one."
            )
        self._make_folder(folder, kind, request)
        module = "clif_core.workspace.job_process"
        with (folder / "log.txt").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", module, str(folder), str(self.max_running)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._children = [c for c in self._children if c.poll() is None] + [child]

    def keep(
        self, kind: str, request: Mapping[str, Any], submitted: float, result: Mapping[str, Any]
    ) -> bool:
        """Keep work that was done elsewhere as if it had been done here.

        ``submitted``: in seconds since the epoch. False where the work waits, runs or is done here.
        """
        key = job_key(kind, request)
        with explain_write_errors(self.root / key), self._lock():
            if key in self and self.status(key).state not in ("failed", "cancelled"):
                return False
            self._make_folder(self.root / key, kind, request, result, int(submitted * 1e9))
        return True

    def _make_folder(
        self,
        folder: Path,
        kind: str,
        request: Mapping[str, Any],
        result: Mapping[str, Any] | None = None,
        ticket: int | None = None,
    ) -> None:
        """Create the job's folder in one move; the checkpoints of an older one stay."""
        fresh = self.root / f".{folder.name}.{os.getpid()}.{time.time_ns()}"
        old = fresh.with_name(fresh.name + ".old")
        try:
            fresh.mkdir()
            asked = {"kind": kind, "request": dict(request), "ticket": ticket or time.time_ns()}
            write_json(fresh / "request.json", asked)
            if result is not None:
                write_result(fresh, result)
            if folder.exists():
                folder.rename(old)
                if (old / CHECKPOINTS).exists():
                    (old / CHECKPOINTS).rename(fresh / CHECKPOINTS)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)

    def cancel(self, key: str) -> None:
        """Ask a job to stop; it does so at its next progress report."""
        if not self.status(key).is_finished:
            with explain_write_errors(self.root / key), suppress(FileNotFoundError):
                (self.root / key / "cancel").touch()

    def end(self) -> None:
        """End the processes that this object started, at once; finished work stays."""
        for child in self._children:
            if child.poll() is None:
                child.terminate()
                child.wait()
        self._children = []

    # --- following it

    def __contains__(self, key: str) -> bool:
        return _KEY.match(key) is not None and (self.root / key / "request.json").is_file()

    def find(self, kind: str, request: Mapping[str, Any]) -> JobStatus | None:
        """The status of this work; None where it was never submitted."""
        key = job_key(kind, request)
        return self.status(key) if key in self else None

    def status(self, key: str) -> JobStatus:
        """The state of a job now; raises JobError where there is no such job."""
        folder = self.root / key
        request = self._read_request(key)
        if request is None:
            return self._damaged(key)
        progress = read_progress(folder)
        result, error = read_result(folder), read_error(folder)
        state: State = "waiting" if progress is None else "running"
        if result is not None:
            state, error = "done", None
        elif error is not None:
            state = "cancelled" if error[1] else "failed"
        elif (folder / "result.json").exists():
            # Either it was written after it was looked for, or it is damaged.
            result = read_result(folder)
            state = "done" if result is not None else "failed"
            error = None if result is not None else (_DAMAGED_RESULT, False)
        elif not is_process_alive(folder, request["ticket"]):
            # It may have finished after the result was looked for.
            result = read_result(folder)
            state = "done" if result is not None else "failed"
            log = last_log_line(folder / "log.txt")
            error = None if state == "done" else (_STOPPED.format(log=log), False)
        reported = progress or Reported(0.0, "waiting for its turn")
        return JobStatus(
            key=key,
            kind=request["kind"],
            state=state,
            fraction=1.0 if state == "done" else reported.fraction,
            message=reported.message,
            submitted=request["ticket"] / 1e9,
            result=result,
            error="" if error is None else error[0],
            started=reported.started,
            skipped=reported.skipped,
        )

    def _damaged(self, key: str) -> JobStatus:
        """A job whose request cannot be read: failed, so that it can be cleaned or asked again."""
        submitted = last_change(self.root / key)
        kind = key.partition("-")[0]
        return JobStatus(key, kind, "failed", 0.0, "damaged", submitted, error=_DAMAGED)

    def request(self, key: str) -> Mapping[str, Any]:
        """The request of a job; raises JobError where there is no such job, or a damaged one."""
        found = self._read_request(key)
        if found is None:
            raise JobError(_DAMAGED)
        request: Mapping[str, Any] = found["request"]
        return request

    def _read_request(self, key: str) -> dict[str, Any] | None:
        """What was asked, or None where that is damaged; JobError where there is no such job."""
        if key not in self:
            raise JobError(f"There is no job {key!r}; known: {len(self._keys())} jobs. Submit it.")
        return read_request(self.root / key)

    def all(self) -> list[JobStatus]:
        """Every job, in the order of submission."""
        found = []
        for key in self._keys():
            try:
                found.append(self.status(key))
            except JobError:  # removed meanwhile
                continue
        return sorted(found, key=lambda job: job.submitted)

    def unfinished(self) -> list[JobStatus]:
        """Those of ``all`` that wait or run; what finished is told by its files and not read."""
        ends = ("result.json", "error.json")
        found = []
        for key in self._keys():
            if any((self.root / key / end).exists() for end in ends):
                continue
            try:
                found.append(self.status(key))
            except JobError:  # removed meanwhile
                continue
        return sorted((j for j in found if not j.is_finished), key=lambda job: job.submitted)

    def wait(self, key: str, timeout: float | None = None) -> Mapping[str, Any]:
        """The job's result; raises JobCancelled, JobError, or TimeoutError after ``timeout`` s."""
        deadline = time.monotonic() + timeout if timeout is not None else float("inf")
        while not (status := self.status(key)).is_finished:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Job {key} is still {status.state} after {timeout} s.")
            time.sleep(POLL_SECONDS)
        if status.state == "cancelled":
            raise JobCancelled(status.error)
        if status.result is None:
            raise JobError(status.error)
        return status.result

    def _keys(self) -> list[str]:
        if not self.root.exists():
            return []
        return [p.name for p in self.root.iterdir() if p.is_dir() and not p.name.startswith(".")]

    # --- freeing room

    def clean(self, max_age_seconds: float = _KEEP_SECONDS) -> int:
        """Remove jobs that finished, failed or died longer ago than that; returns how many.

        Removes incomplete folders that killed processes left, too. Unfinished work stays.
        """
        removed = 0
        for job in self.all():
            folder = self.root / job.key
            if job.is_finished and time.time() - last_change(folder) > max_age_seconds:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        for path in self.root.glob(".*.*"):
            if (
                _FRESH.match(path.name)
                and path.is_dir()
                and time.time() - last_change(path) > _ABANDONED_SECONDS
            ):
                shutil.rmtree(path, ignore_errors=True)
        return removed
