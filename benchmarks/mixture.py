"""The mixture of Gaussians of the paper as a page with figures.

    python -m benchmarks.mixture [--seeds 6] [--regime two_steps] [--follow]

Writes ``results/mixture.md`` and its figures. About a minute of one core for a seed and both
regimes; ``clif lab`` prints the main figures without writing anything.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.studies.mixture.figures import write_classes, write_scatter
from benchmarks.studies.mixture.page import page
from clif_core.mixture.study import OneSeed, run_study
from clif_core.mixture.training import REGIMES, RegimeName
from clif_core.progress import Progress, part_of, silent

__all__ = ["write_study"]

RESULTS = Path(__file__).parent / "results"


def write_study(
    folder: Path,
    n_seeds: int,
    regimes: Sequence[RegimeName] = tuple(REGIMES),
    progress: Progress | None = None,
    anew: bool = True,
) -> Path:
    """Run the study with seeds 1 to ``n_seeds``; write mixture.md and figures, return its path."""
    begun = time.process_time()
    study: dict[str, list[OneSeed]] = {}
    for at, regime in enumerate(regimes):
        part = part_of(progress or silent, at, len(regimes))
        study[regime] = run_study(regime, range(1, n_seeds + 1), part, anew=anew)
    minutes = (time.process_time() - begun) / 60
    folder.mkdir(parents=True, exist_ok=True)
    for regime, found in study.items():
        write_scatter(folder / f"mixture-{regime}.svg", found[0])
        write_classes(folder / f"mixture-{regime}-classes.svg", found)
    command = f"python -m benchmarks.mixture --seeds {n_seeds}"
    if len(regimes) == 1:
        command += f" --regime {regimes[0]}"
    if not anew:
        command += " --follow"
    path = folder / "mixture.md"
    path.write_text(page(study, f"`{command}`, {_when_and_where(minutes)}"), "utf-8")
    return path


def _when_and_where(minutes: float) -> str:
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return (
        f"{date.today().isoformat()}, {minutes:.1f} minutes of one {platform.machine()} core{load}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--regime", choices=REGIMES, help="both where it is not given")
    parser.add_argument("--follow", action="store_true", help="at rest, go on from the model")
    options = parser.parse_args()
    path = write_study(
        RESULTS,
        options.seeds,
        tuple(REGIMES) if options.regime is None else (options.regime,),
        progress=lambda done, message: print(f"{done:4.0%} {message}", file=sys.stderr),
        anew=not options.follow,
    )
    print(path.read_text("utf-8"))


if __name__ == "__main__":
    main()
