"""LiSSA: the inverse as a truncated Neumann series (Agarwal, Bullins & Hazan 2017, JMLR 18:116).

    h_0 = g,   h_{t+1} = g + (I - A / scale) h_t        h_depth / scale  ->  A^-1 g

It converges when ``scale`` exceeds half the largest eigenvalue of a positive definite A, as
1 - smallest / scale to the power of ``depth``: slower than conjugate gradient on the same products,
and here for comparison with work that uses it. What users of other packages meet as NaN is caught:
h_{t+1} - h_t is the residual g - A h_t / scale, so it costs nothing to watch, and it grows exactly
when the series diverges.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.influence.solvers.solution import Operator, Solution
from clif_core.progress import Progress

__all__ = ["largest_eigenvalue", "lissa"]

_GROWTH = 10.0  # of the residual over |g|, after which the series is given up
_MARGIN = 1.1  # of an estimated scale over the largest eigenvalue, which is approached from below


def lissa(
    operator: Operator,
    g: Tensor,
    *,
    scale: float | None = None,
    depth: int = 1000,
    tolerance: float = 1e-3,
    check_every: int = 10,
    progress: Progress | None = None,
) -> Solution:
    """Solve A h = g for a positive definite A given as a product, damping included.

    Parameters
    ----------
    scale : above the largest eigenvalue of A; None estimates it by power iteration, whose products
        count among the iterations
    depth : the most terms of the series
    check_every : terms between looks at the residual (a look waits for the device)

    The result is divided by the scale, as the inverse must be. A series that diverges ends with
    the best iterate seen, and a note that says which scale would do.
    """
    if depth < 1 or check_every < 1 or (scale is not None and scale <= 0):
        raise InputError(
            f"lissa needs depth and check_every of at least 1 and a positive scale, got {depth}, "
            f"{check_every} and {scale}."
        )
    start = time.perf_counter()
    size = float(g.norm())
    if size == 0:
        return Solution(torch.zeros_like(g), 0, 0.0, True, time.perf_counter() - start)
    n_products = 0
    if scale is None:
        n_products = 20
        scale = _MARGIN * largest_eigenvalue(operator, g, n_products)
    h = g
    best, best_relative = torch.zeros_like(g), 1.0  # the residual of h = 0 is g
    note = ""
    for term in range(1, depth + 1):
        residual = g - operator(h) / scale
        if term % check_every == 0 or term == depth:
            relative = float(residual.norm()) / size
            if relative < best_relative:
                best, best_relative = h, relative
            if not relative < _GROWTH:  # also NaN
                note = _diverged(operator, term, scale, residual)
                break
            if relative <= tolerance:
                break
        h = h + residual
        if progress is not None:
            progress(term / depth, f"LiSSA, term {term}")
    seconds = time.perf_counter() - start
    converged = best_relative <= tolerance
    return Solution(best / scale, n_products + term, best_relative, converged, seconds, note)


def _diverged(operator: Operator, term: int, scale: float, residual: Tensor) -> str:
    """The note; a residual that grew is nearly the eigenvector that made it grow."""
    direction = residual / residual.norm()
    eigenvalue = float((direction * operator(direction)).sum())
    why = (
        f"scale {scale:.3g} must exceed half the largest eigenvalue, about {eigenvalue:.3g}"
        if eigenvalue > 0
        else "the curvature is not positive; add damping"
    )
    return f"diverged by term {term}: {why}; this is the best iterate before it"


def largest_eigenvalue(operator: Operator, like: Tensor, n_products: int = 20) -> float:
    """The largest absolute eigenvalue by power iteration, from below; seeded."""
    generator = torch.Generator().manual_seed(0)  # on the CPU: the same start for every device
    x = torch.randn(like.shape, dtype=like.dtype, generator=generator).to(like.device)
    for _ in range(n_products):
        product = operator(x / x.norm())
        x = product
    return float(x.norm())
