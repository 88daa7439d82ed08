"""A cluster of Dask's for the tests, and what its runs are compared with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import RunsInMemory
from clif_core.probes.base import ResolvedProbe

__all__ = [
    "N_RUNS",
    "check_against_serial",
    "dask_cluster",
    "ended",
    "of_first_seeds",
    "same_bits",
]

N_RUNS = 8
ROOT = Path(__file__).parents[2]  # whose modules the workers import
START_SECONDS = 120


@contextmanager
def ended(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends the processes at the end, the last one first."""
    try:
        yield
    finally:
        for process in reversed(processes):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def dask_cluster(folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of a cluster of two worker processes, with one thread each.

    Started by the commands that people start theirs with, not from this process: its main module
    may be a script of Streamlit's by now, left by a test of the dashboard, and multiprocessing
    runs the main module again in every process that it starts.
    """
    import distributed

    file = str(folder / "scheduler.json")
    scheduler = ("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    worker = ("dask_worker", "--nworkers", "2", "--nthreads", "1", "--no-dashboard")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *options, "--scheduler-file", file],
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env=os.environ | settings,
        )
        for name, *options in (scheduler, worker)
    ]
    with ended(*running):
        with distributed.Client(scheduler_file=file, timeout=START_SECONDS) as client:
            client.wait_for_workers(2, timeout=START_SECONDS)
            address = str(client.scheduler.address)
        yield address


def of_first_seeds(runs: RunsInMemory, n: int) -> RunsInMemory:
    seeds = sorted({seed for _, seed in runs})[:n]
    return RunsInMemory({key: run for key, run in runs.items() if key[1] in seeds})


def same_bits(found: RunsInMemory, expected: RunsInMemory) -> bool:
    return found.keys() == expected.keys() and all(
        run.effects.tobytes() == expected[key].effects.tobytes()
        and run.sentence_effects.tobytes() == expected[key].sentence_effects.tobytes()
        and run.value == expected[key].value
        for key, run in found.items()
    )


def check_against_serial(
    engine: InfluenceEngine,
    probes: list[ResolvedProbe],
    serial: RunsInMemory,
    n_runs: int,
    kill: Path,
) -> None:
    """Gather runs where tasks go now: the bits of one process; ``kill`` was heeded, if it was."""
    found = RunsInMemory()
    assert engine.gather_runs(probes, found, n_runs=n_runs) == n_runs
    assert not kill.exists()  # a worker was killed
    assert same_bits(found, of_first_seeds(serial, n_runs))
