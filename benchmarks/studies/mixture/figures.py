"""Two figures of the study: estimated against leave-one-out effects, and r by class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.figures import figure
from clif_core.mixture.study import OneSeed
from clif_core.mixture.summary import CELLS, correlations_of, name_of

__all__ = ["write_classes", "write_scatter"]

COLOURS = ("#CC6677", "#332288", "#117733")  # as on the screen
MARKERS = ("o", "s", "^")


def _held_against_left_out(table: pd.DataFrame, trained: str, probe: str) -> pd.DataFrame:
    return table[
        (table["trained"] == trained)
        & (table["probe"] == probe)
        & (table["estimate"] == "held")
        & (table["truth"] == "left_out")
    ]


def write_scatter(path: Path, one: OneSeed) -> None:
    """Each cell of the 2 x 2: the 150 effects on the probe point with the median r."""
    title = "Estimated against leave-one-out effects on one point"
    with figure(path, (7, 7.4), title) as drawn:
        drawn.suptitle(title)
        for axes, (trained, probe) in zip(drawn.subplots(2, 2).flat, CELLS, strict=True):
            found = next(j for j in one.judged if (j.trained, j.probe) == (trained, probe))
            ranked = _held_against_left_out(one.correlations, trained, probe).sort_values("r")
            median = ranked.iloc[len(ranked) // 2]
            point = int(median["point"])
            x, y = found.left_out[point].numpy(), found.held[point].numpy()
            for label, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
                own = one.points.labels == label
                axes.scatter(x[own], y[own], 14, colour, marker=marker, alpha=0.75, linewidths=0)
            axes.axhline(0, color="#5C626A", linewidth=0.6, linestyle=":")
            axes.axvline(0, color="#5C626A", linewidth=0.6, linestyle=":")
            axes.set(
                title=f"{name_of(trained, probe)}\npoint {point}, r = {median['r']:.2f}",
                xlabel="left out", ylabel="estimated",
                xlim=_around_zero(x), ylim=_around_zero(y),
            )  # fmt: skip


def _around_zero(values: np.ndarray) -> tuple[float, float]:
    reach = max(float(np.abs(values).max()), 1e-12) * 1.05
    return -reach, reach


def write_classes(path: Path, found: Sequence[OneSeed]) -> None:
    """r of every probe point of every seed, a strip for each cell and class; a bar at the mean."""
    title = "Pearson's r of estimated and leave-one-out effects, a mark for each point"
    table, rows, least = correlations_of(found), [], -0.2
    with figure(path, (8, 4.6), title) as drawn:
        axes = drawn.subplots()
        for trained, probe in CELLS:
            for label, strip in _held_against_left_out(table, trained, probe).groupby("class"):
                at, of_class = len(rows), int(str(label))
                jitter = np.random.default_rng(of_class).uniform(-0.28, 0.28, len(strip))
                axes.scatter(
                    strip["r"], at + jitter, 6, COLOURS[of_class], marker=MARKERS[of_class],
                    alpha=0.75, linewidths=0,
                )  # fmt: skip
                axes.vlines(strip["r"].mean(), at - 0.45, at + 0.45, "#1E242B", linewidth=2)
                least = min(least, float(strip["r"].min()))
                rows.append(f"{name_of(trained, probe)}, class {of_class}")
        axes.grid(axis="x", color="#DDD8CC")
        drawn.suptitle(title)
        axes.set(yticks=range(len(rows)), yticklabels=rows)
        axes.set_xlim(least - 0.02, 1.02)
        axes.invert_yaxis()
