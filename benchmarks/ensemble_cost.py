"""From a question to the runs of its seed ensemble, by the job that the page submits.

    python -m benchmarks.ensemble_cost [brown] [--runs 8]

A home of its own, where no run is stored; the clock begins when the job is submitted and stops for
each number of runs when they are at hand. Beside it the processor time of the job and its
processes, and what that would be on idle cores: the clock of a machine that others use says little.
Writes ``results/ensemble-cost.md``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import psutil

from benchmarks.fidelity import NAMED, PAIRS
from benchmarks.machine import machine
from clif_core.influence.estimators import ENSEMBLE
from clif_core.probes import Similarity
from clif_core.workspace.workspace import Workspace
from tests.browser.served import borrow_texts

RESULT = Path(__file__).parent / "results" / "ensemble-cost.md"
POLL_SECONDS = 0.2
Row = tuple[int, float, float]  # runs at hand, seconds, processor seconds


def measure(name: str, n_runs: int) -> list[Row]:
    """A row each time that further runs are at hand."""
    with tempfile.TemporaryDirectory() as folder:
        borrow_texts(Path(folder))
        workspace = Workspace(Path(folder))
        model = workspace.open_model(name).model
        corpus = workspace.open_corpus(model)
        assert corpus is not None, f"clif fetch {name}"
        engine = workspace.open_engine(model, corpus)
        probe = Similarity(*PAIRS[0]).resolve(model.vocabulary)  # no runs of it are shipped
        rows: list[Row] = []
        started, n_there, used = time.perf_counter(), 0, 0.0
        key = workspace.submit_derivative(model, [probe.probe], ENSEMBLE, n_runs)
        while not workspace.jobs.status(key).is_finished or n_there < n_runs:
            used = max(used, _used())
            found = workspace.results.n_runs_at_hand(engine, probe)
            if found > n_there:
                n_there = found
                rows.append((n_there, time.perf_counter() - started, used))
                print(rows[-1], flush=True)
            assert workspace.jobs.status(key).state not in ("failed", "cancelled")
            time.sleep(POLL_SECONDS)
        return rows


def _used() -> float:
    """Processor seconds of all processes below this one, those that ended included."""
    seconds = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            seconds += sum(process.cpu_times()[:4])  # user, system, and both of ended children
    return seconds


def page(name: str, rows: list[Row], command: str) -> str:
    cores = os.cpu_count() or 1
    lines = [
        f"# Cost of a seed ensemble: {name}",
        "",
        f"`{command}`, {date.today().isoformat()}, {machine()}. From the question (the job is"
        " submitted, nothing stored) to so many runs, one probe.",
        "",
        f"| runs at hand | seconds | processor seconds | of idle {cores} cores at least, seconds |",
        "|---:|---:|---:|---:|",
    ]
    lines += [f"| {n} | {s:.0f} | {used:.0f} | {used / cores:.0f} |" for n, s, used in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", nargs="?", default="brown", choices=NAMED)
    parser.add_argument("--runs", type=int, default=8)
    options = parser.parse_args()
    rows = measure(options.name, options.runs)
    command = f"python -m benchmarks.ensemble_cost {options.name} --runs {options.runs}"
    RESULT.write_text(page(options.name, rows, command), "utf-8")
    print(RESULT.read_text("utf-8"))


if __name__ == "__main__":
    main()
