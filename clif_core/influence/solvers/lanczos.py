"""(|A| + damping)^-1 g by Lanczos, for an indefinite A.

A model that SGD stopped early sits where the Hessian has negative eigenvalues. Saddle-free Newton
(Dauphin et al. 2014, arXiv:1406.2572) takes the absolute value of each: in the Krylov space of g,
with T = W diag(x) W' the tridiagonal matrix of k steps, h = |g| Q W (|x| + damping)^-1 W' e_1.
With a symmetric preconditioner B ~ A^-1/2 few steps suffice: then A is B A B and g is B g.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.influence.solvers.solution import Operator, Solution
from clif_core.progress import Progress

__all__ = ["absolute_lanczos"]


def absolute_lanczos(
    operator: Operator,
    g: Tensor,
    *,
    damping: float,
    half_precondition: Operator | None = None,
    max_iterations: int = 30,
    tolerance: float = 1e-2,
    check_every: int = 5,
    progress: Progress | None = None,
) -> Solution:
    """(|A| + damping)^-1 g with full re-orthogonalisation.

    ``operator`` is A without damping. Every ``check_every`` steps the solver checks whether the
    Krylov space is exhausted, which waits for the device. Memory: ``max_iterations`` vectors of the
    size of g.
    ``relative_residual`` is |T y - e_1| of the small system extended by one step, the usual Lanczos
    estimate, here with absolute Ritz values.
    """
    if damping <= 0:
        raise InputError(f"the absolute estimator needs a positive damping, got {damping}.")
    start = time.perf_counter()
    identity: Operator = lambda x: x  # noqa: E731
    half = half_precondition or identity
    right = half(g)
    size = right.norm()
    if not bool(size > 0):
        return Solution(torch.zeros_like(g), 0, 0.0, True, time.perf_counter() - start)
    basis = [right / size]
    alphas: list[Tensor] = []
    betas: list[Tensor] = []
    for step in range(max_iterations):
        product = half(operator(half(basis[-1])))
        alphas.append((basis[-1] * product).sum())
        for _ in range(2):  # twice is enough (Parlett)
            for q in basis:
                product = product - (q * product).sum() * q
        betas.append(product.norm())
        if progress is not None:
            progress((step + 1) / max_iterations, f"Lanczos, step {step + 1}")
        is_looked_at = (step + 1) % check_every == 0
        if step + 1 == max_iterations or (is_looked_at and _n_useful(alphas, betas) <= step):
            break
        basis.append(product / betas[-1].clamp_min(torch.finfo(g.dtype).tiny))
    n = _n_useful(alphas, betas)
    alphas, betas, basis = alphas[:n], betas[:n], basis[:n]
    values, vectors = _eigen(alphas, betas[:-1])
    y = vectors @ (vectors[0] / (values.abs() + damping))
    h = sum((c * q for c, q in zip(y, basis, strict=True)), torch.zeros_like(g))
    relative = float(betas[-1] * y[-1].abs())
    n_negative = int((values < 0).sum())
    note = f"{n_negative} of {len(values)} Ritz values are negative" if n_negative else ""
    seconds = time.perf_counter() - start
    return Solution(half(h * size), len(basis), relative, relative <= tolerance, seconds, note)


def _n_useful(alphas: list[Tensor], betas: list[Tensor]) -> int:
    """Steps up to the first that leaves nothing to go on with; a look, which waits."""
    is_spent = torch.stack(betas) < 1e-6 * (alphas[0].abs() + 1e-30)
    return int(is_spent.nonzero()[0]) + 1 if bool(is_spent.any()) else len(betas)


def _eigen(diagonal: list[Tensor], beside: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of the symmetric tridiagonal matrix."""
    matrix = torch.diag(torch.stack(diagonal))
    if beside:
        off = torch.stack(beside)
        matrix = matrix + torch.diag(off, 1) + torch.diag(off, -1)
    values, vectors = torch.linalg.eigh(matrix)
    return values, vectors
