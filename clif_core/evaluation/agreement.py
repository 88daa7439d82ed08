"""Do two estimates of the same effects agree? Needs no retraining, and so is no proof of either.

Estimates may share an error; only retraining tells which is right (``clif_core.evaluation``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["N_TOP", "Agreement", "agreement", "chance_overlap"]

Floats = npt.NDArray[np.float64]
N_TOP = 100  # strongest texts of either sign
_FEWEST = 3  # effects to correlate


class Agreement(NamedTuple):
    """Spearman's rank correlation over ``n`` texts (NaN for too few); ``shared`` of N_TOP."""

    rank_correlation: float
    shared: int
    n: int


def agreement(first: Floats, second: Floats) -> Agreement:
    """How far two (n_texts,) arrays of effects agree, over the texts with an effect in either."""
    either = (first != 0) | (second != 0)
    n = int(either.sum())
    if n < _FEWEST:
        return Agreement(float("nan"), 0, n)
    rank = float(stats.spearmanr(first[either], second[either]).statistic)
    return Agreement(rank, len(np.intersect1d(_strongest(first), _strongest(second))), n)


def chance_overlap(n_texts: int) -> float:
    """Expected number of texts shared by two random choices of N_TOP."""
    return min(N_TOP, n_texts) ** 2 / max(n_texts, 1)


def _strongest(effects: Floats) -> npt.NDArray[np.int64]:
    order: npt.NDArray[np.int64] = np.argsort(-np.abs(effects), kind="stable")[:N_TOP]
    strongest: npt.NDArray[np.int64] = order[effects[order] != 0]
    return strongest
