"""The exact solve for small models: the matrix column by column, then factored."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from clif_core.influence.solvers.solution import Operator, Solution

__all__ = ["dense_matrix", "solve_dense"]


def dense_matrix(operator: Operator, like: Tensor) -> Tensor:
    """The matrix of a linear operator on tensors shaped like ``like``; numel^2 memory."""
    identity = torch.eye(like.numel(), dtype=like.dtype, device=like.device)
    columns = [operator(column.view_as(like)).flatten() for column in identity]
    return torch.stack(columns, 1)


def solve_dense(operator: Operator, g: Tensor) -> Solution:
    """Solve A h = g by LU; for tests and for models of a few thousand parameters."""
    start = time.perf_counter()
    matrix = dense_matrix(operator, g)
    h = torch.linalg.solve(matrix, g.flatten()).view_as(g)
    residual = float((operator(h) - g).norm() / g.norm()) if float(g.norm()) else 0.0
    seconds = time.perf_counter() - start
    return Solution(h, g.numel(), residual, residual < 1e-6, seconds)
