"""The curvature of the expected skip-gram loss, as a product in closed form.

A direction is a tensor (2, n_words, dim): A for the centre vectors, B for the context vectors. With
the residual G and curvature S of ``expected_loss`` and D_ij = S_ij (a_i . u_j + v_i . b_j),

    exact          HV = D U + G B      HU = D' V + G' A
    Gauss-Newton   the same without the two G terms (positive semi-definite)

both plus damping times the direction. The unit of damping is the Hessian of the loss summed over
one pass.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from clif_core.expected_loss import ExpectedLoss

__all__ = ["KroneckerPreconditioner", "SkipGramCurvature"]


class SkipGramCurvature:
    """Exact Hessian or Gauss-Newton matrix of an ExpectedLoss at its vectors.

    Memory: one value a pair, and n_words x n_noise for the noise part (twice for ``exact``).
    """

    def __init__(
        self,
        loss: ExpectedLoss,
        kind: Literal["exact", "gauss_newton"] = "gauss_newton",
        damping: float = 0.0,
    ) -> None:
        self.loss, self.kind, self.damping = loss, kind, damping
        self.u_noise = loss.u[loss.noise_words]
        self.s_pairs, self.s_noise = loss.curvature()
        self.transposition = loss.transposition()
        if kind == "exact":
            g_pairs, self.g_noise = loss.residual()
            self.g = loss.sparse(g_pairs)
            self.g_transposed = loss.sparse(g_pairs[self.transposition])

    def __call__(self, direction: Tensor) -> Tensor:
        """(curvature + damping) times a direction, (2, n_words, dim) -> the same."""
        a, b = direction
        loss, words = self.loss, self.loss.noise_words
        left = torch.cat([a, loss.v], 1)
        right = torch.cat([loss.u, b], 1)
        d_pairs = self.s_pairs * loss.on_pairs(left, right)
        d_noise = self.s_noise * (left @ right[words].T)
        hv = loss.sparse(d_pairs) @ loss.u + d_noise @ self.u_noise
        hu = loss.sparse(d_pairs[self.transposition]) @ loss.v
        on_noise = d_noise.T @ loss.v
        if self.kind == "exact":
            hv = hv + self.g @ b + self.g_noise @ b[words]
            hu = hu + self.g_transposed @ a
            on_noise = on_noise + self.g_noise.T @ a
        hu = hu.index_add(0, words, on_noise)
        return torch.stack([hv, hu]) + self.damping * direction


class KroneckerPreconditioner:
    """A cheap inverse: each side's blocks as (weight of the word) x (one shared dim x dim matrix).

    For fixed contexts the block of centre i is sum_j S_ij u_j u_j'. Its trace differs from word to
    word by orders of magnitude, its shape hardly; so it is replaced by t_i C with C the average
    shape and t_i the row sum of S. One eigendecomposition a side, no per-word matrix.
    """

    def __init__(self, curvature: SkipGramCurvature, damping: float) -> None:
        loss = curvature.loss
        s = loss.sparse(curvature.s_pairs)
        s_transposed = loss.sparse(curvature.s_pairs[curvature.transposition])
        one = torch.ones(len(loss.v), 1, dtype=loss.v.dtype, device=loss.v.device)
        centre = (s @ one)[:, 0] + curvature.s_noise.sum(1)
        context = (s_transposed @ one)[:, 0]
        context = context.index_add(0, loss.noise_words, curvature.s_noise.sum(0))
        # The average shape of each side weighs the other side's words by their own row sums.
        self.sides = [
            (centre, *_shape(loss.u, context)),
            (context, *_shape(loss.v, centre)),
        ]
        self.damping = damping

    def inverse(self, x: Tensor) -> Tensor:
        return self._power(x, -1.0)

    def inverse_root(self, x: Tensor) -> Tensor:
        """The symmetric square root of ``inverse``."""
        return self._power(x, -0.5)

    def _power(self, x: Tensor, power: float) -> Tensor:
        sides = []
        for side, (weights, values, vectors) in zip(x, self.sides, strict=True):
            scale = (weights[:, None] * values[None, :] + self.damping) ** power
            sides.append(((side @ vectors) * scale) @ vectors.T)
        return torch.stack(sides)


def _shape(vectors: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of sum_j w_j x_j x_j' / sum_j w_j."""
    matrix = (vectors * weights[:, None]).T @ vectors / weights.sum()
    values, eigenvectors = torch.linalg.eigh(matrix)
    return values.clamp_min(0), eigenvectors
