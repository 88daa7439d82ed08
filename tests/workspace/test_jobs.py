"""Jobs in real processes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from clif_core.errors import InputError, JobError
from clif_core.workspace.jobs import JobCancelled, Jobs, job_key


def until(jobs: Jobs, key: str, *states: str) -> None:
    deadline = time.monotonic() + 15
    while jobs.status(key).state not in states:
        assert time.monotonic() < deadline, jobs.status(key)
        time.sleep(0.02)


def count(to: int, seconds: float = 0.0, **more: object) -> dict[str, object]:
    return {"to": to, "seconds": seconds, **more}


def test_work_is_done_once_and_found_again(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(3))
    assert jobs.wait(key, 15) == {"counted": 3}
    first = jobs.status(key)
    assert (first.state, first.fraction, first.kind) == ("done", 1.0, "count")
    assert jobs.submit("count", count(3)) == key
    assert Jobs(tmp_path).status(key).submitted == first.submitted  # another server, same job


def test_progress_shows_and_cancel_stops(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(1000, 0.05))
    until(jobs, key, "running")
    assert jobs.submit("count", count(1000, 0.05)) == key
    jobs.cancel(key)
    with pytest.raises(JobCancelled):
        jobs.wait(key, 15)
    assert jobs.status(key).state == "cancelled"


def test_failure_gives_its_message_and_may_be_tried_again(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(1, fails=True))
    with pytest.raises(JobError, match="asked to fail"):
        jobs.wait(key, 15)
    before = jobs.status(key).submitted
    (tmp_path / key / "kept").mkdir()
    assert jobs.submit("count", count(1, fails=True)) == key
    assert jobs.status(key).submitted > before
    assert (tmp_path / key / "kept").is_dir()
    until(jobs, key, "failed")


def test_a_process_that_was_killed_is_noticed(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(1000, 0.05))
    until(jobs, key, "running")
    os.kill(json.loads((tmp_path / key / "process.json").read_text())["pid"], signal.SIGKILL)
    with pytest.raises(JobError, match="without a result"):
        jobs.wait(key, 15)


def test_a_recycled_pid_is_not_taken_for_the_job(tmp_path: Path) -> None:
    folder = tmp_path / "count-x"
    folder.mkdir()
    asked = {"kind": "count", "request": {}, "ticket": time.time_ns()}
    (folder / "request.json").write_text(json.dumps(asked))
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "birth": "long ago"}))
    assert Jobs(tmp_path).status("count-x").state == "failed"


def test_one_at_a_time_in_order_and_not_too_many(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, max_running=1, max_waiting=2)
    first = jobs.submit("count", count(1000, 0.05))
    second = jobs.submit("count", count(2))
    until(jobs, first, "running")
    assert jobs.status(second).state == "waiting"
    with pytest.raises(JobError, match="at most 2"):
        jobs.submit("count", count(4))
    jobs.cancel(first)
    assert jobs.wait(second, 15) == {"counted": 2}
    assert [job.key for job in jobs.all()] == [first, second]


def test_waiting_work_can_be_cancelled(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    first = jobs.submit("count", count(1000, 0.05))
    second = jobs.submit("count", count(2))
    jobs.cancel(second)
    with pytest.raises(JobCancelled):
        jobs.wait(second, 15)
    jobs.cancel(first)
    until(jobs, first, "cancelled")


def test_what_is_unknown_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="known: count"):
        Jobs(tmp_path).submit("fly", {})
    with pytest.raises(JobError, match="no job"):
        Jobs(tmp_path).status("count-0")
    assert job_key("count", {"a": 1, "b": 2}) == job_key("count", {"b": 2, "a": 1})
