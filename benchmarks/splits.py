"""What disjoint parts of an ensemble's runs share, and so how far another ensemble would agree."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.measurement.over_runs import HOLDS_RUNS, judge_units

__all__ = [
    "N_SPLITS",
    "N_STRONGEST",
    "Shared",
    "agreement",
    "over_splits",
    "sixteen",
    "spearman_brown",
]

N_SPLITS = 20
N_STRONGEST = 100
FULL_ENSEMBLE = 16
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Shared:
    """Means over random splits of the runs.

    Attributes
    ----------
    two, halves : r of sentence effects, of two runs and of the means of both halves
    strongest : of the ``N_STRONGEST`` sentences either way, how many both halves name
    n_holding : sentences that hold over all runs but the judges
    kept : the share of these whose sign is that of the judges' mean; nan where none holds
    """

    two: float
    halves: float
    strongest: float
    n_holding: float
    kept: float


def agreement(a: Floats, b: Floats) -> tuple[float, float]:
    """Correlation of two (n_sentences,) and how many of their strongest hundreds they share."""
    shared = []
    for sign in (1, -1):
        tops = [set(np.argsort(sign * x)[-N_STRONGEST:].tolist()) for x in (a, b)]
        shared.append(len(tops[0] & tops[1]))
    return float(np.corrcoef(a, b)[0, 1]), float(np.mean(shared))


def spearman_brown(r: float, n_runs: int, wanted: int = FULL_ENSEMBLE) -> float:
    """The r of two means of ``wanted`` runs, from that of two means of ``n_runs``."""
    times = wanted / n_runs
    return times * r / (1 + (times - 1) * r)


def sixteen(found: Shared, n_half: int) -> tuple[float, float]:
    """r, and of the hundred strongest how many are shared, of two means of sixteen runs.

    From halves of ``n_half`` runs: r by Spearman-Brown; of the hundred, those that are not shared
    become fewer as the noise of a mean, with the root of its runs. (Brown, eight probes, from
    halves of four to halves of eight: by .72 on average, .68 to .84, where the root says .71.)
    """
    missed = (N_STRONGEST - found.strongest) * np.sqrt(n_half / FULL_ENSEMBLE)
    return spearman_brown(found.halves, n_half), float(N_STRONGEST - missed)


def over_splits(by_run: Floats, n_judges: int) -> Shared:
    """``by_run`` (n_runs, n_sentences) sentence effects; ``n_judges`` runs judge what holds."""
    runs = by_run.astype(np.float64)
    found = [astuple(_split(runs, n_judges, seed)) for seed in range(N_SPLITS)]
    two, halves, strongest, n_holding, kept = np.array(found).T
    kept = kept[~np.isnan(kept)]
    return Shared(
        two.mean(),
        halves.mean(),
        strongest.mean(),
        n_holding.mean(),
        kept.mean() if len(kept) else np.nan,
    )


def _split(by_run: Floats, n_judges: int, seed: int) -> Shared:
    runs = by_run[np.random.default_rng(seed).permutation(len(by_run))]
    half = len(runs) // 2
    two, _ = agreement(runs[0], runs[1])
    halves, strongest = agreement(runs[:half].mean(0), runs[half : 2 * half].mean(0))
    judged, judge = runs[n_judges:], runs[:n_judges].mean(0)
    if len(judged) < HOLDS_RUNS:
        return Shared(two, halves, strongest, 0, np.nan)
    found = judge_units(judged)
    kept = (np.sign(found.mean) == np.sign(judge))[found.holds]
    return Shared(two, halves, strongest, len(kept), kept.mean() if len(kept) else np.nan)
