"""Run every fuzz target on many inputs:  python -m benchmarks.fuzz  (``make fuzz``).

Writes benchmarks/results/fuzz.md. A target passes when each of its inputs was accepted or refused
with an error of ours; any other exception ends it, and the run then fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.machine import machine

RESULT = Path(__file__).parent / "results" / "fuzz.md"
TARGETS = Path(__file__).parents[1] / "tests" / "fuzz"


def page(rows: list[dict[str, object]], command: str) -> str:
    lines = [
        "# Fuzz targets",
        "",
        f"`{command}`, {date.today().isoformat()}, {machine()}. Refused: with an error of ours, as"
        " it should be. No input ended in another exception, or the target is not in this table.",
        "",
        "| target | inputs | refused | slowest input (s) | growth of peak memory (MB) |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['target']} | {row['inputs']:,} | {row['refused']:,} |"
        f" {row['slowest_seconds']:.3f} | {row['peak_growth_mb']:.0f} |"
        for row in sorted(rows, key=lambda row: str(row["target"]))
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="inputs for each target")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.jsonl"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", str(options.workers), str(TARGETS)],
            env={**os.environ, "FUZZ_INPUTS": str(options.inputs), "FUZZ_TABLE": str(table)},
            check=False,
        )
        rows = [json.loads(line) for line in table.read_text("utf-8").splitlines()]
    command = f"python -m benchmarks.fuzz --inputs {options.inputs}"
    RESULT.write_text(page(rows, command), encoding="utf-8")
    print(RESULT.read_text("utf-8"))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
