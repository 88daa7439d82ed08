"""Estimators of h = M grad probe, cheapest first, all behind one function.

    gradient      M = identity: TracIn with one checkpoint (Pruthi et al. 2020), a baseline whose
                  size has no meaning, only its order
    block         per-word inverse with contexts fixed; reads the probe's own words alone
    gauss_newton  (Gauss-Newton + damping)^-1 by preconditioned conjugate gradient
    exact         (Hessian + damping)^-1, stopped at the first negative curvature, which it reports
    absolute      (|Hessian| + damping)^-1 by preconditioned Lanczos, for models SGD stopped early

Damping has one unit everywhere: the Hessian of the expected loss summed over one pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from clif_core.curvature import KroneckerPreconditioner, SkipGramCurvature, solve_blocks
from clif_core.errors import InputError
from clif_core.expected_loss import ExpectedLoss
from clif_core.jobs import Progress
from clif_core.solvers import Solution, absolute_lanczos, conjugate_gradient

__all__ = ["DEFAULT_DAMPING", "ESTIMATORS", "Direction", "estimate"]

DEFAULT_DAMPING = {
    "gradient": 0.0,
    "block": 10.0,
    "gauss_newton": 10.0,
    "exact": 10.0,
    "absolute": 10.0,
}
ESTIMATORS = tuple(DEFAULT_DAMPING)


@dataclass(frozen=True, eq=False)
class Direction:
    """h, along which the gradient of a text is its removal effect.

    Either it moves a few centre vectors only: ``rows`` (k,) and ``solution.value`` (k, dim); or
    everything: ``rows`` is None and ``solution.value`` is (2, n_words, dim), centres then contexts.
    """

    rows: Tensor | None
    solution: Solution


def estimate(
    loss: ExpectedLoss,
    rows: Tensor,
    gradient: Tensor,
    estimator: str = "block",
    *,
    damping: float | None = None,
    max_iterations: int = 30,
    tolerance: float = 1e-2,
    progress: Progress | None = None,
) -> Direction:
    """h for a probe whose gradient is zero but for the centre vectors ``rows``.

    Parameters
    ----------
    rows : (k,) distinct word ids
    gradient : (k, dim) d probe / d centre vectors
    damping : None takes the estimator's default
    """
    if estimator not in ESTIMATORS:
        raise InputError(f"unknown estimator {estimator!r}; known: {', '.join(ESTIMATORS)}.")
    damping = DEFAULT_DAMPING[estimator] if damping is None else damping
    if damping < 0:
        raise InputError(f"damping must not be negative, got {damping}.")
    if estimator == "gradient":
        return Direction(rows, Solution(gradient, 0, 0.0, True, 0.0))
    if estimator == "block":
        return Direction(rows, solve_blocks(loss, rows, gradient, damping))
    g = torch.zeros(2, *loss.v.shape, dtype=loss.v.dtype, device=loss.v.device)
    g[0, rows] = gradient
    if estimator == "absolute":
        solution = _absolute(loss, g, damping, max_iterations, progress)
        return Direction(None, solution)
    curvature = SkipGramCurvature(
        loss, "exact" if estimator == "exact" else "gauss_newton", damping
    )
    solution = conjugate_gradient(
        curvature,
        g,
        precondition=KroneckerPreconditioner(curvature, damping).inverse,
        max_iterations=max_iterations,
        tolerance=tolerance,
        progress=progress,
    )
    return Direction(None, solution)


def _absolute(
    loss: ExpectedLoss, g: Tensor, damping: float, max_iterations: int, progress: Progress | None
) -> Solution:
    """With a preconditioner B ~ (|A| + damping)^-1/2, |B A B| has its spectrum near 1.

    The damping is inside B; what Lanczos adds is a floor for Ritz values near zero.
    """
    curvature = SkipGramCurvature(loss, "exact", 0.0)
    half = KroneckerPreconditioner(curvature, damping).inverse_root
    return absolute_lanczos(
        curvature,
        g,
        damping=0.1,
        half_precondition=half,
        max_iterations=max_iterations,
        progress=progress,
    )
