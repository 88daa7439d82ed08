"""The figures of the study: mean correlations of the 2 x 2, and cross less matched.

The mean of r is taken over the points first, then over seeds; intervals are 95 % over seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from clif_core.mixture.network import Loss
from clif_core.mixture.study import OneSeed

__all__ = [
    "CELLS",
    "TRUTHS",
    "Interval",
    "by_seed",
    "correlations_of",
    "differences",
    "mean_with_interval",
    "name_of",
    "two_by_two",
]

Interval = tuple[float, float, float]  # mean, low, high
CELLS: tuple[tuple[Loss, Loss], ...] = (
    ("kl", "kl"),
    ("nll", "nll"),
    ("kl", "nll"),
    ("nll", "kl"),
)
COLUMNS = {
    "held ~ left out": ("held", "left_out", "r"),
    "moving ~ left out": ("moving", "left_out", "r"),
    "moving ~ derivative": ("moving", "up_weighted", "r"),
    "derivative ~ left out": ("up_weighted", "left_out", "r"),
    "held ~ left out, others only": ("held", "left_out", "r_others"),
}
#: How the release's estimate is judged: a column of the study -> its description.
TRUTHS = {
    "nll_left_out": "NLL retraining, a fresh optimiser each",
    "nll_one_optimiser": "NLL retraining, one optimiser never reset",
}


def mean_with_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """(mean, low, high) of one figure a seed: Student's t, so it needs at least two."""
    numbers = np.asarray(values, dtype=np.float64)
    half = stats.t.ppf((1 + level) / 2, len(numbers) - 1) * stats.sem(numbers)
    mean = float(numbers.mean())
    return mean, mean - float(half), mean + float(half)


def name_of(trained: str, probe: str) -> str:
    """A cell of the 2 x 2 in words."""
    kind = "matched" if trained == probe else "cross"
    return f"{trained.upper()}, asked about {probe.upper()} ({kind})"


def correlations_of(found: Sequence[OneSeed]) -> pd.DataFrame:
    """All correlations of a regime, a row a probe point and comparison."""
    return pd.concat([one.correlations for one in found], ignore_index=True)


def by_seed(
    table: pd.DataFrame, trained: str, probe: str, estimate: str, truth: str, column: str = "r"
) -> list[float]:
    """The mean over points of each seed, in the seeds' order."""
    chosen = table[
        (table["trained"] == trained)
        & (table["probe"] == probe)
        & (table["estimate"] == estimate)
        & (table["truth"] == truth)
    ]
    return [float(r) for r in chosen.groupby("seed")[column].mean()]


def two_by_two(found: Sequence[OneSeed]) -> dict[str, dict[str, Interval]]:
    """Cell -> comparison -> mean r; each cell is judged by the retraining of its own model."""
    table = correlations_of(found)
    return {
        name_of(*cell): {
            column: mean_with_interval(by_seed(table, *cell, *compared))
            for column, compared in COLUMNS.items()
        }
        for cell in CELLS
    }


def differences(found: Sequence[OneSeed]) -> dict[str, Interval]:
    """Cross less matched mean r, paired by seed: what is compared -> interval."""
    table = correlations_of(found)

    def compare(probe: Loss, estimate: str, truth: str) -> Interval:
        other: Loss = "nll" if probe == "kl" else "kl"
        cross, matched = (
            by_seed(table, trained, probe, estimate, truth) for trained in (other, probe)
        )
        return mean_with_interval([a - b for a, b in zip(cross, matched, strict=True)])

    own = "asked about, each against its own retraining"
    return {
        f"NLL {own}, held": compare("nll", "held", "left_out"),
        f"NLL {own}, moving": compare("nll", "moving", "left_out"),
        **{
            f"as the release judged it ({description})": compare("nll", "released", truth)
            for truth, description in TRUTHS.items()
            if (table["truth"] == truth).any()
        },
        f"KL {own}, held": compare("kl", "held", "left_out"),
    }
