"""One command for the whole experiment: study, tables and figures into a folder."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from clif_core.mixture.figures import classes_svg, scatter_svg
from clif_core.mixture.study import OneSeed, run_study
from clif_core.mixture.training import REGIMES
from clif_core.mixture.written import page
from clif_core.progress import Progress, part_of, silent

__all__ = ["write_study"]


def write_study(
    folder: Path,
    n_seeds: int,
    regimes: Sequence[str] = tuple(REGIMES),
    progress: Progress | None = None,
    anew: bool = True,
) -> Path:
    """Run the study with seeds 1 to ``n_seeds`` and write mixture.md and its figures.

    About a minute of one core for a seed and both regimes.
    """
    begun = time.process_time()
    study: dict[str, list[OneSeed]] = {}
    for at, regime in enumerate(regimes):
        share = part_of(progress or silent, at, len(regimes))
        study[regime] = run_study(regime, range(1, n_seeds + 1), share, anew=anew)
    minutes = (time.process_time() - begun) / 60
    folder.mkdir(parents=True, exist_ok=True)
    for regime, found in study.items():
        (folder / f"mixture-{regime}.svg").write_text(scatter_svg(found[0]), "utf-8")
        (folder / f"mixture-{regime}-classes.svg").write_text(classes_svg(found), "utf-8")
    command = f"clif lab --seeds {n_seeds}"
    if len(regimes) == 1:
        command += f" --regime {regimes[0]}"
    if not anew:
        command += " --follow"
    text = page(study, command).replace("`\n", f"`, {_when_and_where(minutes)}\n", 1)
    path = folder / "mixture.md"
    path.write_text(text, "utf-8")
    return path


def _when_and_where(minutes: float) -> str:
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return (
        f"{date.today().isoformat()}, {minutes:.1f} minutes of one {platform.machine()} core{load}."
    )
