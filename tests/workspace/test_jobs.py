"""Jobs in real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clif_core.errors import InputError, JobError
from clif_core.workspace.job_folder import process_start
from clif_core.workspace.jobs import JobCancelled, Jobs, job_key


def until(jobs: Jobs, key: str, *states: str) -> None:
    deadline = time.monotonic() + 300
    while jobs.status(key).state not in states:
        assert time.monotonic() < deadline, jobs.status(key)
        time.sleep(0.02)


def count(to: int, seconds: float = 0.0, **more: object) -> dict[str, object]:
    return {"to": to, "seconds": seconds, **more}


def test_a_job_that_trains_or_draws_a_map_starts_without_torch() -> None:
    """Which takes most of the time that it takes to start."""
    code = (
        "import sys; from clif_core.workspace import job_process;"
        "from clif_core.workspace.tasks import train, retrain, word_map;"
        "print(sorted({'torch', 'scipy.stats'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_submitting_the_same_work_twice_gives_one_job(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(3))
    assert jobs.wait(key, 300) == {"counted": 3}
    first = jobs.status(key)
    assert (first.state, first.fraction, first.kind) == ("done", 1.0, "count")
    assert jobs.submit("count", count(3)) == key
    assert (
        Jobs(tmp_path).status(key).submitted == first.submitted
    )  # another server finds the same job


def test_progress_shows_and_cancel_stops(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(1000, 0.05))
    until(jobs, key, "running")
    assert jobs.submit("count", count(1000, 0.05)) == key
    jobs.cancel(key)
    with pytest.raises(JobCancelled):
        jobs.wait(key, 300)
    assert jobs.status(key).state == "cancelled"


def test_failed_work_gives_its_message_and_can_be_submitted_again(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(1, fails=True))
    with pytest.raises(JobError, match="asked to fail"):
        jobs.wait(key, 300)
    before = jobs.status(key).submitted
    (tmp_path / key / "kept").mkdir()
    assert jobs.submit("count", count(1, fails=True)) == key
    assert jobs.status(key).submitted > before
    assert (tmp_path / key / "kept").is_dir()
    until(jobs, key, "failed")


def test_a_killed_process_is_noticed(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    key = jobs.submit("count", count(1000, 0.05))
    until(jobs, key, "running")
    os.kill(json.loads((tmp_path / key / "process.json").read_text())["pid"], signal.SIGKILL)
    with pytest.raises(JobError, match="without a result"):
        jobs.wait(key, 300)


@pytest.mark.parametrize("birth", ["long ago", "6123441", None, 0.25])
def test_a_recycled_pid_is_not_taken_for_the_job(tmp_path: Path, birth: object) -> None:
    """A text is the start time that earlier versions wrote; None that of a process already gone."""
    folder = tmp_path / "count-x"
    folder.mkdir()
    asked = {"kind": "count", "request": {}, "ticket": time.time_ns()}
    (folder / "request.json").write_text(json.dumps(asked))
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "birth": birth}))
    assert Jobs(tmp_path).status("count-x").state == "failed"
    (folder / "result.json").write_text(json.dumps({"counted": 3}))
    assert Jobs(tmp_path).wait("count-x", 300) == {"counted": 3}


def test_a_process_is_recognised_by_its_start() -> None:
    start = process_start(os.getpid())
    assert start is not None
    assert start == pytest.approx(process_start(os.getpid()), abs=2)
    assert process_start(2**22 + 1) is None


def test_jobs_run_one_at_a_time_in_order_and_the_queue_is_limited(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, max_running=1, max_waiting=2)
    first = jobs.submit("count", count(1000, 0.05))
    second = jobs.submit("count", count(2))
    until(jobs, first, "running")
    assert jobs.status(second).state == "waiting"
    with pytest.raises(JobError, match="at most 2"):
        jobs.submit("count", count(4))
    jobs.cancel(first)
    assert jobs.wait(second, 300) == {"counted": 2}
    assert [job.key for job in jobs.all()] == [first, second]


def test_waiting_work_can_be_cancelled(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    first = jobs.submit("count", count(1000, 0.05))
    second = jobs.submit("count", count(2))
    jobs.cancel(second)
    with pytest.raises(JobCancelled):
        jobs.wait(second, 300)
    jobs.cancel(first)
    until(jobs, first, "cancelled")


def test_unknown_kinds_and_jobs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="known: count"):
        Jobs(tmp_path).submit("fly", {})
    with pytest.raises(JobError, match="no job"):
        Jobs(tmp_path).status("count-0")
    assert job_key("count", {"a": 1, "b": 2}) == job_key("count", {"b": 2, "a": 1})
