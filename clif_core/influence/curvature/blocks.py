"""Per-word blocks: the Hessian of one centre vector with all contexts fixed.

    H_i = sum_j S_ij u_j u_j'        (dim x dim, positive semi-definite)

For fixed U the Hessian in V is exactly block diagonal, so this is the skip-gram counterpart of
the estimator of Brunet et al. 2019 (arXiv:1810.03611) for GloVe. Only the probe's own words need a
block.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor

from clif_core.influence.solvers import Solution
from clif_core.sgns.expected_loss import ExpectedLoss

__all__ = ["solve_blocks", "word_blocks"]


def word_blocks(loss: ExpectedLoss, rows: Tensor) -> Tensor:
    """H_i of the given centre words, (n_rows, dim, dim), without damping."""
    t = loss.noise_scores(rows)
    noise = t * (1 - t) * loss.noise_rates * loss.centre_weights[rows][:, None]
    blocks = (loss.u_noise.T * noise[:, None, :]) @ loss.u_noise
    starts = loss.pairs.offsets  # of the host: a look at those of the device would wait for it
    for block, row in zip(blocks, rows.tolist(), strict=True):
        pairs = slice(int(starts[row]), int(starts[row + 1]))
        u = loss.u[loss.contexts(pairs)]
        s = torch.mv(u, loss.v[row]).sigmoid_()
        curvature = torch.addcmul(s, s, s, value=-1).mul_(loss.weights[pairs])  # w s (1 - s)
        block.addmm_((u * curvature[:, None]).T, u)
    return blocks


def solve_blocks(loss: ExpectedLoss, rows: Tensor, g: Tensor, damping: float) -> Solution:
    """(H_i + damping)^-1 g_i for each row, (n_rows, dim); a direct solve, so always converged."""
    start = time.perf_counter()
    blocks = word_blocks(loss, rows).double()
    blocks.diagonal(dim1=1, dim2=2).add_(damping)
    h = torch.linalg.solve(blocks, g.double())
    residual = torch.einsum("kij,kj->ki", blocks, h) - g
    size = float(g.norm())
    relative = float(residual.norm()) / size if size else 0.0
    seconds = time.perf_counter() - start
    return Solution(h.to(loss.v.dtype), 1, relative, True, seconds)
