"""Run every fuzz target on many inputs:  python -m benchmarks.fuzz  (``make fuzz``).

    python -m benchmarks.fuzz [--inputs 100000] [--workers 2] [--only TARGET ...] [--again]

Writes benchmarks/results/fuzz.md. A target passes when each of its inputs was accepted or refused
with an error of ours; any other exception ends it, and the run then fails. A target runs in rounds
of 5,000 inputs, each with a seed of its own and in a process of its own, first the first round of
each target. Rounds that are over are kept in results/fuzz.jsonl, so that a run can be stopped and
goes on from there, on another day too; ``--again`` begins anew.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.machine import machine
from tests.fuzz.harness import TARGETS

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "fuzz.md"
ROUNDS = RESULT.with_suffix(".jsonl")
N_A_ROUND, N_VARIANTS = 5_000, 19
_MEMORY = Path("/dev/shm")  # where there is such a folder, files of inputs need no disk

for _path in sorted((ROOT / "tests" / "fuzz").glob("test_*.py")):
    importlib.import_module(f"tests.fuzz.{_path.stem}")  # registers its targets


def run(name: str, number: int, n_inputs: int) -> str:
    """Run one round of a target and keep what it gave; returns the fault that ended it, or ""."""
    started = process_time()
    try:
        fed = TARGETS[name].feed(n_inputs // (N_VARIANTS + 1), N_VARIANTS, seed=number)
    except AssertionError as error:
        return str(error)
    row = {"target": name, "round": number, "seconds": process_time() - started, **asdict(fed)}
    with ROUNDS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    return ""


def read_rounds() -> dict[str, dict[int, dict[str, Any]]]:
    """What the rounds gave that are over, by target and number."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    if ROUNDS.exists():
        for line in ROUNDS.read_text("utf-8").splitlines():
            row = json.loads(line)
            found.setdefault(row["target"], {})[row["round"]] = row
    return found


def page(found: dict[str, dict[int, dict[str, Any]]], n_inputs: int) -> str:
    lines = [
        "# Fuzz targets",
        "",
        f"`python -m benchmarks.fuzz --inputs {n_inputs}`, {date.today().isoformat()}, {machine()}."
        f" One input in {N_VARIANTS + 1} is drawn by hypothesis, the others are variants of it"
        " (`tests/fuzz/variants.py`). Refused: with an error of ours, as it should be. No input"
        " ended in another exception, or the target is not in this table. Inputs are those of the"
        " rounds that are over. Seconds are of processor time.",
        "",
        "| target | inputs | refused | slowest input (s) | growth of peak memory (MB) | all (s) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name in sorted(found):
        rows = list(found[name].values())
        inputs, refused = (sum(row[key] for row in rows) for key in ("n_inputs", "n_refused"))
        slowest = max(row["slowest_seconds"] for row in rows)
        peak, seconds = max(r["peak_mb"] for r in rows), sum(r["seconds"] for r in rows)
        lines.append(
            f"| {name} | {inputs:,} | {refused:,} | {slowest:.2f} | {peak:,.0f} | {seconds:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="inputs for each target")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=sorted(TARGETS), default=sorted(TARGETS))
    parser.add_argument("--again", action="store_true", help="also rounds that are over")
    options = parser.parse_args()
    if options.again:
        ROUNDS.unlink(missing_ok=True)
    if _MEMORY.is_dir():
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)
    n_rounds = -(-options.inputs // N_A_ROUND)
    over, faults = read_rounds(), dict[str, str]()
    context = get_context("forkserver")  # its children share the imports
    context.set_forkserver_preload(["benchmarks.fuzz"])
    with ProcessPoolExecutor(options.workers, context, max_tasks_per_child=1) as pool:
        asked = {
            pool.submit(run, name, number, min(options.inputs, N_A_ROUND)): (name, number)
            for number in range(n_rounds)
            for name in options.only
            if number not in over.get(name, {})
        }
        for done in as_completed(asked):
            name, number = asked[done]
            if fault := done.result():
                faults[name] = fault
            print(f"{name}, round {number}: {fault or 'no fault'}", flush=True)
            whole = {name: rows for name, rows in read_rounds().items() if name not in faults}
            RESULT.write_text(page(whole, options.inputs), encoding="utf-8")
    print(RESULT.read_text("utf-8"))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
