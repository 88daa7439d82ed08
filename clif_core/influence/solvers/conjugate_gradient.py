"""Preconditioned conjugate gradient that stops at negative curvature and reports it.

The loop holds its scalars as tensors and decides by masks, so that CUDA is synchronised only to
check the residual every ``check_every`` steps (Hestenes & Stiefel 1952; Nocedal & Wright 2006,
algorithm 5.3).
"""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.influence.solvers.solution import Operator, Solution
from clif_core.progress import Progress

__all__ = ["conjugate_gradient"]


def conjugate_gradient(
    operator: Operator,
    g: Tensor,
    *,
    precondition: Operator | None = None,
    max_iterations: int = 50,
    tolerance: float = 1e-3,
    check_every: int = 5,
    progress: Progress | None = None,
) -> Solution:
    """Solve A h = g for a symmetric A given as a product.

    At the first direction p with p'Ap <= 0 the iterate before it is returned, and the note says so:
    the quadratic has no minimum along p, so further steps have no meaning. ``progress`` receives
    the share done, by the steps or by the residual, whichever is further; raising from it ends the
    solve.
    """
    if max_iterations < 1 or check_every < 1:
        raise InputError(
            f"max_iterations and check_every must be at least 1, got {max_iterations} and "
            f"{check_every}."
        )
    start = time.perf_counter()
    identity: Operator = lambda x: x  # noqa: E731
    precondition = precondition or identity
    h, residual = torch.zeros_like(g), g.clone()
    z = precondition(residual)
    direction, rz = z.clone(), _dot(residual, z)
    size = g.norm()
    goal = tolerance * size
    is_running = size > 0
    first_negative = torch.zeros((), dtype=torch.int64, device=g.device)
    steps, done = torch.zeros_like(first_negative), 0.0
    for step in range(1, max_iterations + 1):
        if (step - 1) % check_every == 0:
            left = float(torch.where(is_running, residual.norm() / size, 0.0))
            if left == 0:
                break
            done = max(done, _share_by_residual(left, tolerance))
        steps = steps + is_running
        product = operator(direction)
        curvature = _dot(direction, product)
        is_negative = is_running & (curvature <= 0)
        first_negative = torch.where(is_negative, step, first_negative)
        is_running = is_running & ~is_negative
        alpha = torch.where(is_running, rz / curvature, 0.0)
        h.addcmul_(direction, alpha)
        residual.addcmul_(product, alpha, value=-1)
        z = precondition(residual)
        rz_next = _dot(residual, z)
        direction.mul_(torch.where(is_running, rz_next / rz, 0.0)).add_(z)
        rz = rz_next
        is_running = is_running & (residual.norm() > goal)
        if progress is not None:
            done = max(done, step / max_iterations)
            progress(done, f"conjugate gradient, step {step}")
    negative_at = int(first_negative)
    relative = float(residual.norm() / size) if float(size) else 0.0
    note = (
        f"negative curvature met at step {negative_at}: this is the last iterate before it"
        if negative_at
        else ""
    )
    seconds = time.perf_counter() - start
    is_solved = relative <= tolerance and not negative_at
    return Solution(h, int(steps), relative, is_solved, seconds, note)


def _share_by_residual(relative: float, tolerance: float) -> float:
    """How far the residual has come from 1 to the tolerance, on the scale of its logarithm."""
    if not 0 < tolerance < 1 or relative >= 1:
        return 0.0
    return min(math.log(relative) / math.log(tolerance), 1.0)


def _dot(x: Tensor, y: Tensor) -> Tensor:
    """The inner product, without a copy of the elementwise products."""
    return torch.dot(x.flatten(), y.flatten())
