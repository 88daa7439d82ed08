"""Estimators of h = M grad probe, one function each; the gradient of a text along h is its effect.

    gradient      M = identity: TracIn with one checkpoint (Pruthi et al. 2020), a baseline whose
                  size has no meaning, only its order
    published     what the authors of CLIF released (Silva, Chopra & Gombolay 2020), with its
                  departures from the question: a baseline to beat, see ``published``
    block         per-word inverse with contexts fixed; reads the probe's own words alone
    gauss_newton  (Gauss-Newton + damping)^-1 by preconditioned conjugate gradient
    exact         (Hessian + damping)^-1, stopped at the first negative curvature, which it reports
    absolute      (|Hessian| + damping)^-1 by preconditioned Lanczos, for models SGD stopped early

Damping has one unit everywhere, the Hessian of the expected loss summed over one pass, but for
``published``, which keeps its authors': the Hessian averaged over the pairs of a pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from clif_core.device import free_memory
from clif_core.errors import InputError
from clif_core.influence.curvature import (
    KroneckerPreconditioner,
    NullSpace,
    SkipGramCurvature,
    WordShapePreconditioner,
    beside_null_space,
    solve_blocks,
)
from clif_core.influence.estimators import CLOSED_FORM, QUICK, find_estimator
from clif_core.influence.solvers import Operator, Solution, absolute_lanczos, conjugate_gradient
from clif_core.memory import require_memory
from clif_core.progress import Progress
from clif_core.sgns.expected_loss import NOISE_TABLE_BYTES, ExpectedLoss

__all__ = [
    "Direction",
    "Effort",
    "absolute",
    "block",
    "estimate",
    "exact",
    "gauss_newton",
    "gradient",
    "memory_of_all_vectors",
    "published",
]

# Relative residual at which conjugate gradient stops. On Brown the scores of segments of 17 tokens
# then correlate 0.9997 with those at 1e-4, for a fifth of the steps; the noise sample errs by more.
TOLERANCE = 0.03
# Far above what a solve needs: an answer that stops here did not converge, and says so.
MAX_STEPS = 300
MAX_LANCZOS_STEPS = 30  # each is a vector of the size of the model in memory
# What a solve for all vectors holds at once (benchmarks/growth.py): directions, tables of the noise
# words, and bytes of each pair.
_VECTORS_HELD, _TABLES_HELD, _BYTES_PER_PAIR = 18, 4, 60

Kind = Literal["exact", "gauss_newton"]


@dataclass(frozen=True, eq=False)
class Direction:
    """h, along which the gradient of a text is its removal effect.

    Either it moves a few centre vectors only: ``rows`` (k,) and ``solution.value`` (k, dim); or
    everything: ``rows`` is None and ``solution.value`` is (2, n_words, dim), centres then contexts.
    ``loss`` is the one whose gradient scores a text: the model's, or its positive part alone.
    """

    rows: Tensor | None
    solution: Solution
    loss: ExpectedLoss


@dataclass(frozen=True)
class Effort:
    """When an iterative solver stops, and whom it tells of its progress.

    ``max_iterations`` None: ``MAX_STEPS``, of Lanczos ``MAX_LANCZOS_STEPS``.
    """

    max_iterations: int | None = None
    tolerance: float = TOLERANCE
    progress: Progress | None = None


def estimate(
    loss: ExpectedLoss,
    rows: Tensor,
    gradient: Tensor,
    estimator: str = QUICK,
    *,
    damping: float | None = None,
    max_iterations: int | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> Direction:
    """h for a probe whose gradient is zero but for the centre vectors ``rows``.

    Parameters
    ----------
    rows : (k,) distinct word ids
    gradient : (k, dim) d probe / d centre vectors
    damping : None takes the estimator's default
    max_iterations : None takes the estimator's own

    Raises InputError for an unknown estimator, one that is no closed form, or negative damping.
    """
    entry = find_estimator(estimator)
    if entry.is_of_runs:
        raise InputError(
            f"{entry.name!r} differentiates training runs and solves for no direction; closed"
            f" forms are {', '.join(CLOSED_FORM)}."
        )
    damping = entry.default_damping if damping is None else damping
    if damping < 0:
        raise InputError(f"damping must not be negative, got {damping}.")
    effort = Effort(max_iterations, tolerance, progress)
    found: Direction = entry.load()(loss, rows, gradient, damping, effort)
    return found


def gradient(
    loss: ExpectedLoss, rows: Tensor, gradient: Tensor, damping: float, effort: Effort
) -> Direction:
    """The gradient itself: no curvature, so no damping."""
    return Direction(rows, Solution(gradient, 0, 0.0, True, 0.0), loss)


def block(
    loss: ExpectedLoss, rows: Tensor, gradient: Tensor, damping: float, effort: Effort
) -> Direction:
    """(H_ww + damping)^-1 gradient for each word w of the probe, solved directly."""
    return Direction(rows, solve_blocks(loss, rows, gradient, damping), loss)


def gauss_newton(
    loss: ExpectedLoss, rows: Tensor, gradient: Tensor, damping: float, effort: Effort
) -> Direction:
    """(Gauss-Newton + damping)^-1 gradient over all vectors, by conjugate gradient."""
    g = _of_all_vectors(loss, rows, gradient)
    return Direction(None, _by_conjugate_gradient(loss, g, "gauss_newton", damping, effort), loss)


def exact(
    loss: ExpectedLoss, rows: Tensor, gradient: Tensor, damping: float, effort: Effort
) -> Direction:
    """(Hessian + damping)^-1 gradient over all vectors, by conjugate gradient."""
    g = _of_all_vectors(loss, rows, gradient)
    return Direction(None, _by_conjugate_gradient(loss, g, "exact", damping, effort), loss)


def absolute(
    loss: ExpectedLoss, rows: Tensor, gradient: Tensor, damping: float, effort: Effort
) -> Direction:
    """(|Hessian| + damping)^-1 gradient over all vectors, by Lanczos.

    With a preconditioner B ~ (|A| + damping)^-1/2, |B A B| has its spectrum near 1. The damping is
    inside B; what Lanczos adds is a floor for Ritz values near zero.
    """
    curvature = SkipGramCurvature(loss, "exact", 0.0)
    half = KroneckerPreconditioner(curvature, damping).inverse_root
    solution = absolute_lanczos(
        curvature,
        _of_all_vectors(loss, rows, gradient, _VECTORS_HELD + MAX_LANCZOS_STEPS),
        damping=0.1,
        half_precondition=half,
        max_iterations=effort.max_iterations or MAX_LANCZOS_STEPS,
        progress=effort.progress,
    )
    return Direction(None, solution, loss)


def published(
    loss: ExpectedLoss,
    rows: Tensor,
    gradient: Tensor,
    damping: float = 0.25,
    effort: Effort = Effort(),
    *,
    has_negatives: bool = False,
    moves_contexts: bool = False,
    is_divided: bool = False,
    scale: float = 25.0,
) -> Direction:
    """The estimator of the CLIF release: scale (H / n + damping)^-1 g with n pairs in a pass.

    Its LiSSA (damping 0.01, scale 25, depth 5,000) is the series h <- g + (1 - 0.01) h - H h / 25,
    whose limit this is, undivided; it is taken directly. Each departure from the question can be
    undone:

    has_negatives : count the negatives in the curvature and in the gradient of a text
    moves_contexts : let the context vectors move too (conjugate gradient, exact Hessian); under so
        large a damping they move too little for the usual tolerance, so give a smaller one
    is_divided : divide by the scale, and by n, so that the size of an effect has a meaning
    """
    seen = loss if has_negatives else loss.without_negatives()
    n = float(loss.centre_weights.sum())
    if moves_contexts:
        g = _of_all_vectors(loss, rows, gradient)
        solution = _by_conjugate_gradient(seen, g, "exact", damping * n, effort)
    else:
        solution = solve_blocks(seen, rows, gradient, damping * n)
    factor = 1.0 if is_divided else scale * n
    moved = replace(solution, value=factor * solution.value)
    return Direction(None if moves_contexts else rows, moved, seen)


def memory_of_all_vectors(loss: ExpectedLoss, n_vectors: int = _VECTORS_HELD) -> int:
    """Bytes that a solve for a direction of all vectors takes at most, besides the open engine.

    ``n_vectors``: how many directions the solver and its preconditioner hold at once.
    """
    size = loss.v.element_size()
    table = min(loss.v.shape[0] * len(loss.noise_words) * size, NOISE_TABLE_BYTES)
    directions = n_vectors * 2 * loss.v.numel() * size
    return directions + _TABLES_HELD * table + _BYTES_PER_PAIR * loss.pairs.n_pairs


def _of_all_vectors(
    loss: ExpectedLoss, rows: Tensor, gradient: Tensor, n_vectors: int = _VECTORS_HELD
) -> Tensor:
    """The gradient (2, n_words, dim) by centre and context vectors; zero outside ``rows``.

    Raises CapabilityError where the memory cannot hold a solve that moves all vectors.
    """
    require_memory(
        f"An estimate that moves all {len(loss.v):,} words",
        memory_of_all_vectors(loss, n_vectors),
        "Take the quick estimate (block), which moves the probe's words alone; or import the model"
        " with its most frequent words only, for example with --limit 200000.",
        free_memory(loss.v.device),
    )
    g = torch.zeros(2, *loss.v.shape, dtype=loss.v.dtype, device=loss.v.device)
    g[0, rows] = gradient
    return g


def _by_conjugate_gradient(
    loss: ExpectedLoss, g: Tensor, kind: Kind, damping: float, effort: Effort
) -> Solution:
    curvature = SkipGramCurvature(loss, kind, damping)
    precondition: Operator
    if kind == "gauss_newton":
        rows = g[0].any(1).nonzero()[:, 0]
        precondition = WordShapePreconditioner(curvature, damping, rows).inverse
        precondition = beside_null_space(precondition, NullSpace(loss.v, loss.u), damping)
    else:  # the exact Hessian has no such null space, nor blocks that are always positive
        precondition = KroneckerPreconditioner(curvature, damping).inverse
    return conjugate_gradient(
        curvature,
        g,
        precondition=precondition,
        max_iterations=effort.max_iterations or MAX_STEPS,
        tolerance=effort.tolerance,
        check_every=1 if loss.v.device.type == "cpu" else 5,  # elsewhere a look waits
        progress=effort.progress,
    )
