"""Agreement of predictions with the changes that retraining gave; sets lie along the last axis.

    pearson         correlation of predicted with actual change
    lds             the linear datamodelling score (Park et al. 2023, arXiv:2303.14186): Spearman
    slope           actual on predicted through the origin: above 1, predictions are too small
    r2              share of the actual variance that a straight line in the predictions explains
    sign_agreement  share of sets whose change has the predicted sign
    ceiling         the agreement that noise of the retraining allows, from halves of the seeds

A constant prediction has no correlation: NaN, never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clif_core.late import late_import

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = late_import("scipy.stats")  # the start of every job and of the app does without it

__all__ = [
    "ceiling",
    "interval",
    "lds",
    "pearson",
    "r2",
    "resampled_lds",
    "sign_agreement",
    "slope",
]

Floats = npt.NDArray[np.float64]

N_RESAMPLES = 2000
N_SPLITS = 50


def pearson(predicted: Floats, actual: Floats) -> Floats:
    """(..., n_sets), (..., n_sets) -> (...)."""
    p = predicted - predicted.mean(-1, keepdims=True)
    a = actual - actual.mean(-1, keepdims=True)
    size = np.sqrt((p * p).sum(-1) * (a * a).sum(-1))
    # A prediction that is constant but for rounding would correlate by its rounding errors.
    scale = np.abs(predicted).max(-1) * np.abs(actual).max(-1) * predicted.shape[-1]
    is_known = size > 1e-12 * scale
    found = (p * a).sum(-1) / np.where(is_known, size, 1.0)
    return np.where(is_known, found, np.nan)


def lds(predicted: Floats, actual: Floats) -> Floats:
    """Spearman correlation, ties at their mean rank."""
    return pearson(stats.rankdata(predicted, axis=-1), stats.rankdata(actual, axis=-1))


def slope(predicted: Floats, actual: Floats) -> Floats:
    """Least squares through the origin, because nothing removed changes nothing."""
    size = (predicted * predicted).sum(-1)
    found = (predicted * actual).sum(-1) / np.where(size > 0, size, 1.0)
    return np.where(size > 0, found, np.nan)


def r2(predicted: Floats, actual: Floats) -> Floats:
    return np.square(pearson(predicted, actual))


def sign_agreement(predicted: Floats, actual: Floats) -> Floats:
    """(...,) share; a change of 0, predicted or actual, agrees with 0 only."""
    return np.asarray((np.sign(predicted) == np.sign(actual)).mean(-1), dtype=np.float64)


def resampled_lds(predicted: Floats, actual: Floats, n: int = N_RESAMPLES, seed: int = 0) -> Floats:
    """Bootstrap of the LDS over sets: (n_probes, n_sets) -> (n, n_probes).

    All probes share the drawn sets, so that the mean over probes has an interval too.
    """
    n_sets = predicted.shape[-1]
    drawn = np.random.default_rng(seed).integers(0, n_sets, (n, n_sets))
    return lds(np.moveaxis(predicted[:, drawn], 0, 1), np.moveaxis(actual[:, drawn], 0, 1))


def interval(draws: Floats, level: float = 0.95) -> tuple[float, float]:
    """The middle ``level`` of the finite draws; NaN where there are none."""
    known = draws[np.isfinite(draws)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def ceiling(actual: Floats, is_definite: bool, seed: int = 0) -> float | None:
    """(n_seeds, n_probes, n_sets) actual changes -> the correlation of a perfect prediction.

    One seed of a coupled trainer has a definite answer (``is_definite``): 1. One seed of any other:
    unknown. Several seeds: mean over probes and over random halves of the seeds of the Pearson
    correlation of the halves' means, stepped up to the full number (Spearman-Brown, 2 r / (1 + r)).
    """
    n_seeds = len(actual)
    if n_seeds == 1:
        return 1.0 if is_definite else None
    generator = np.random.default_rng(seed)
    halves = []
    for _ in range(N_SPLITS):
        order = generator.permutation(n_seeds)
        first, second = order[: n_seeds // 2], order[n_seeds // 2 : 2 * (n_seeds // 2)]
        halves.append(pearson(actual[first].mean(0), actual[second].mean(0)))
    r = float(np.nanmean(halves))
    return 2 * r / (1 + r)
