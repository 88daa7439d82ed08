"""Run benchmarks and write their medians as tables: ``python -m benchmarks [NAME ...]``.

Each ``bench_NAME.py`` is a pytest-benchmark file; its table goes to ``results/NAME.md`` with the
command, the machine and the date. Each file sets its number of threads.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.machine import machine

HERE = Path(__file__).parent
OPTIONS = ["-q", "-p", "no:cacheprovider", "--benchmark-disable-gc", "--benchmark-min-rounds=3"]


def main(names: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; known: {', '.join(known)}", file=sys.stderr)
        return 1
    return max([_run(name) for name in names or known])


def _run(name: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "benchmark.json"
        command = [sys.executable, "-m", "pytest", str(HERE / f"bench_{name}.py"), *OPTIONS]
        status = subprocess.run([*command, f"--benchmark-json={file}"], check=False).returncode
        if file.is_file() and file.stat().st_size:
            table = _table(name, json.loads(file.read_text("utf-8")))
            (HERE / "results" / f"{name}.md").write_text(table, "utf-8")
            print(table)
    return status


def _table(name: str, report: dict) -> str:  # type: ignore[type-arg]
    lines = [
        f"# {name}",
        "",
        f"`python -m benchmarks {name}`, {date.today().isoformat()}, {machine()}. Medians.",
        "",
        "| what | median | fastest | rounds |",
        "|---|---:|---:|---:|",
    ]
    for row in report["benchmarks"]:
        stats = row["stats"]
        what = row["name"].removeprefix("test_").replace("_", " ")
        note = "".join(f"; {key} {value}" for key, value in row["extra_info"].items())
        lines.append(
            f"| {what}{note} | {_time(stats['median'])} | {_time(stats['min'])} |"
            f" {stats['rounds']} |"
        )
    return "\n".join(lines) + "\n"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
