"""How much of a mean over runs other runs would repeat, and how to shrink it accordingly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["reliability", "shrinkage"]

Floats = npt.NDArray[np.float64]


def reliability(by_run: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of a mean over runs that other runs would give again, (n_probes,), 0 to 1.

    ``by_run`` (n_runs, n_probes, n_items): the effect of each item in each run. A mean over K runs
    is what all runs share plus luck, whose mean square is the runs' variance / K; the share is what
    that leaves of the mean's own mean square (Spearman 1910; shrinking by it minimises the expected
    squared error, James & Stein 1961). One run cannot tell: 1.
    """
    n_runs = len(by_run)
    if n_runs == 1:
        return np.ones(by_run.shape[1])
    total = np.square(by_run.mean(0)).mean(-1)
    luck = by_run.var(0, ddof=1).mean(-1) / n_runs
    return np.asarray(np.clip(1 - luck / np.maximum(total, np.finfo(float).tiny), 0.0, 1.0))


def shrinkage(by_run: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """How a mean over runs is best drawn towards another estimate: (factor, share), (n_probes,).

    ``by_run`` (n_runs, n_probes, n_items) and ``prior`` (n_probes, n_items), of the same items. The
    estimate is ``factor * prior + share * (mean - factor * prior)``: the least-squares multiple of
    the prior, not below 0, and of what the runs add to it the share that is not their luck
    (``reliability``). Empirical Bayes towards a regression (Fay & Herriot 1979).
    """
    mean, size = by_run.mean(0), np.square(prior).sum(-1)
    factor = np.maximum((mean * prior).sum(-1) / np.where(size > 0, size, 1.0), 0.0)
    return factor, reliability(by_run - factor[:, None] * prior)
