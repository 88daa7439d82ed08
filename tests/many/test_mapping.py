"""One map over tasks, in processes of this machine: order, faults, stops, workers that are lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from clif_core.errors import CapabilityError, InputError, UnknownWordError
from clif_core.many import Task, room_for, run_each, share_of
from clif_core.many.mapping import _named
from tests.many import workers

ROOT = Path(__file__).parents[2]
NUMBERS = np.random.default_rng(0).normal(size=10_000)


def tasks(n: int) -> list[Task[int]]:
    return [Task(at, f"sum {at + 1} of {n}", f"sum {at + 1} of {n} (seed {at})") for at in range(n)]


def collect(work, shared, n=4, n_processes=2, progress=None):
    found = {}
    run_each(work, shared, tasks(n), found.__setitem__, n_processes=n_processes, progress=progress)
    return found


def test_processes_give_the_bits_of_one_and_none_of_them_is_this_one():
    here = collect(workers.add_up, NUMBERS, n_processes=1)
    there = collect(workers.add_up, NUMBERS, n_processes=2)
    assert {at: value for at, (value, _) in there.items()} == {
        at: value for at, (value, _) in here.items()
    }
    assert {pid for _, pid in here.values()} == {os.getpid()}
    assert os.getpid() not in {pid for _, pid in there.values()}


def test_progress_says_what_is_done_and_counts_what_was_done_before():
    told = []
    run_each(
        workers.add_up, NUMBERS, tasks(3), lambda at, found: None, n_processes=2,
        progress=lambda *at: told.append(at), what="sums", n_before=5,
    )  # fmt: skip
    assert told[-1] == (1.0, "8 of 8 sums done, 0 at work")
    assert all("of 8 sums done" in message for _, message in told)


def test_one_task_runs_here_and_need_not_be_pickled():
    found = {}
    here = object()  # equal to itself alone
    run_each(
        lambda shared, given, progress: shared is here, here, tasks(1), found.__setitem__,
        n_processes=8,
    )  # fmt: skip
    assert found == {0: True}


@pytest.mark.parametrize("n_processes", [1, 2])
def test_a_fault_names_its_task_and_what_was_done_is_kept(n_processes):
    found = {}
    with pytest.raises(InputError, match=r"^sum 2 of 40 \(seed 1\): the number is not liked\.$"):
        run_each(workers.fail_at, 1, tasks(40), found.__setitem__, n_processes=n_processes)
    assert found[0] == 0
    assert len(found) < 5  # no further one began
    with pytest.raises(ZeroDivisionError) as crash:
        collect(workers.crash_at, 0, n_processes=n_processes)
    assert crash.value.__notes__ == ["This happened in sum 1 of 4 (seed 0)."]


def test_a_killed_process_costs_no_task(tmp_path):
    for at in (1, 4):
        (tmp_path / str(at)).touch()
    assert collect(workers.die_once, tmp_path, n=6) == {at: at for at in range(6)}
    assert not list(tmp_path.iterdir())


def test_processes_that_die_again_and_again_are_given_up_with_advice():
    with pytest.raises(CapabilityError, match=r"^sum 1 of 2 \(seed 0\): .*CLIF_PROCESSES=1"):
        collect(workers.die, None, n=2)


def test_a_stop_ends_the_processes_at_once(tmp_path):
    class Stop(Exception):
        pass

    told = []

    def stop(fraction: float, message: str) -> None:
        told.append(fraction)
        if len(list(tmp_path.glob("*.pid"))) == 2 and fraction > 0:
            raise Stop

    started = time.monotonic()
    with pytest.raises(Stop):
        collect(workers.wait, tmp_path, progress=stop)
    assert time.monotonic() - started < 500  # a task takes 600 s
    pids = [int(file.read_text()) for file in tmp_path.glob("*.pid") if file.stat().st_size]
    _gone, alive = psutil.wait_procs([p for p in map(_process, pids) if p], timeout=120)
    assert not alive
    assert 0 < told[-1] < 0.5  # what the running tasks told


def test_workers_end_with_a_process_that_is_killed(tmp_path):
    script = """if True:
        import sys
        from pathlib import Path
        from clif_core.many import Task, run_each
        from tests.many.workers import wait
        tasks = [Task(at, "", "") for at in range(2)]
        run_each(wait, Path(sys.argv[1]), tasks, print, n_processes=2)
    """
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT)
    deadline = time.monotonic() + 240
    while len(files := [f for f in tmp_path.glob("*.pid") if f.stat().st_size]) < 2:
        assert time.monotonic() < deadline and parent.poll() is None
        time.sleep(0.1)
    workers_of_it = [_process(int(file.read_text())) for file in files]
    parent.kill()
    parent.wait()
    _gone, alive = psutil.wait_procs([p for p in workers_of_it if p], timeout=120)
    assert not alive  # a task takes 600 s


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def test_a_stop_by_the_listener_is_no_fault_of_the_task():
    def stop(fraction: float, message: str) -> None:
        raise InputError("enough.")

    def work(shared: None, given: int, progress) -> None:
        progress(0.5, "half")

    with pytest.raises(InputError, match=r"^enough\.$"):
        run_each(work, None, tasks(2), lambda at, found: None, progress=stop)


def test_processes_share_the_cores(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert set(collect(workers.threads, None).values()) == {"4"}
    assert (share_of(3), share_of(16)) == (2, 1)
    assert (room_for(3), room_for(100)) == (3, 8)
    monkeypatch.setenv("CLIF_PROCESSES", "2")
    assert room_for(100) == 2
    assert room_for(100, psutil.virtual_memory().available) == 1
    for wrong in ("0", "-1", "many"):
        monkeypatch.setenv("CLIF_PROCESSES", wrong)
        with pytest.raises(InputError, match=f"CLIF_PROCESSES.*{wrong}"):
            room_for(2)


def test_what_is_shared_is_removed_also_after_a_kill(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "clif-tasks-999999999-left"
    left.mkdir()
    other = tmp_path / f"clif-tasks-{os.getpid()}-other"
    other.mkdir()
    collect(workers.add_up, NUMBERS, n=2)
    assert [path for path in Path(tmp_path).iterdir() if path.name.startswith("clif")] == [other]


def test_an_error_with_a_form_of_its_own_stays_as_it_is():
    error = UnknownWordError("kign", 10, ["king"])
    assert _named(error, tasks(1)[0]) is error
