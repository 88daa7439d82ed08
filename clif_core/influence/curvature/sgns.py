"""The curvature of the expected skip-gram loss, as a product in closed form.

A direction is a tensor (2, n_words, dim): A for the centre vectors, B for the context vectors. With
the residual G and curvature S of ``expected_loss`` and D_ij = S_ij (a_i . u_j + v_i . b_j),

    exact          HV = D U + G B      HU = D' V + G' A
    Gauss-Newton   the same without the two G terms (positive semi-definite)

both plus damping times the direction. The unit of damping is the Hessian of the loss summed over
one pass.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from clif_core.sgns.expected_loss import ExpectedLoss, as_array
from clif_core.sgns.pair_kernels import DoubleRows, curvature_product, double_rows

__all__ = ["KroneckerPreconditioner", "SkipGramCurvature"]


class SkipGramCurvature:
    """Exact Hessian or Gauss-Newton matrix of an ExpectedLoss at its vectors.

    Memory: one value per pair (twice for ``exact``), and the noise part within
    ``expected_loss.NOISE_TABLE_BYTES`` a table: where n_words x n_noise is larger, every product
    computes its scores again, in blocks of centres.
    """

    def __init__(
        self,
        loss: ExpectedLoss,
        kind: Literal["exact", "gauss_newton"] = "gauss_newton",
        damping: float = 0.0,
    ) -> None:
        self.loss, self.kind, self.damping = loss, kind, damping
        self.s_pairs = loss.curvature()
        self.g_pairs = loss.residual() if kind == "exact" else None
        self._rows: DoubleRows | None = None  # work space that every compiled product overwrites

    def s_noise(self, rows: slice) -> Tensor:
        """S of some centres on the noise words, (n_rows, n_noise)."""
        return self._s_noise[rows] if self.loss.keeps_noise else self.loss.noise_curvature(rows)

    def g_noise(self, rows: slice) -> Tensor:
        """G of some centres on the noise words, (n_rows, n_noise)."""
        return self._g_noise[rows] if self.loss.keeps_noise else self.loss.noise_residual(rows)

    @cached_property
    def _s_noise(self) -> Tensor:
        return self.loss.noise_curvature(slice(None))

    @cached_property
    def _g_noise(self) -> Tensor:
        return self.loss.noise_residual(slice(None))

    def __call__(self, direction: Tensor) -> Tensor:
        """(curvature + damping) times a direction, (2, n_words, dim) -> the same."""
        a, b = direction
        product = self._observed(a, b) if self.loss.is_compiled else self._observed_by_torch(a, b)
        self._add_noise(a, b, product[0], product[1])
        return product.add_(direction, alpha=self.damping)

    def sums(self, of_contexts: Tensor, of_centres: Tensor) -> tuple[Tensor, Tensor]:
        """S X and S' Y: (n_words, k) each of what contexts and centres have, summed with S."""
        loss = self.loss
        centre = loss.sparse(self.s_pairs) @ of_contexts
        context = loss.sparse(self.s_pairs[loss.transposition()]) @ of_centres
        on_contexts = of_contexts[loss.noise_words]
        on_noise = torch.zeros_like(on_contexts)
        for rows in loss.noise_blocks():
            s_noise = self.s_noise(rows)
            centre[rows].addmm_(s_noise, on_contexts)
            on_noise.addmm_(s_noise.T, of_centres[rows])
        return centre, context.index_add_(0, loss.noise_words, on_noise)

    def _observed(self, a: Tensor, b: Tensor) -> Tensor:
        """The part of the observed pairs."""
        loss = self.loss
        v, u, left, right, s = (as_array(x) for x in (loss.v, loss.u, a, b, self.s_pairs))
        g = None if self.g_pairs is None else as_array(self.g_pairs)
        self._rows = self._rows or double_rows(v, u)
        n_threads = torch.get_num_threads()
        product = curvature_product(loss.pairs, v, u, left, right, s, g, n_threads, self._rows)
        return torch.from_numpy(product)

    def _observed_by_torch(self, a: Tensor, b: Tensor) -> Tensor:
        loss, transposition = self.loss, self.loss.transposition()
        d = self.s_pairs * loss.along(a, b)
        hv = loss.sparse(d) @ loss.u
        hu = loss.sparse(d[transposition]) @ loss.v
        if self.g_pairs is not None:
            hv = hv + loss.sparse(self.g_pairs) @ b
            hu = hu + loss.sparse(self.g_pairs[transposition]) @ a
        return torch.stack([hv, hu])

    def _add_noise(self, a: Tensor, b: Tensor, hv: Tensor, hu: Tensor) -> None:
        """Add the part of the noise words in blocks of rows, so that D stays in the CPU cache."""
        loss, words = self.loss, self.loss.noise_words
        b_noise = b[words]
        on_noise = torch.zeros_like(b_noise)
        for rows in loss.noise_blocks():
            d = (a[rows] @ loss.u_noise.T).addmm_(loss.v[rows], b_noise.T).mul_(self.s_noise(rows))
            hv[rows].addmm_(d, loss.u_noise)
            on_noise.addmm_(d.T, loss.v[rows])
            if self.kind == "exact":
                g = self.g_noise(rows)
                hv[rows].addmm_(g, b_noise)
                on_noise.addmm_(g.T, a[rows])
        hu.index_add_(0, words, on_noise)


class KroneckerPreconditioner:
    """A cheap inverse: the blocks of each side as (weight of the word) x (one dim x dim matrix).

    For fixed contexts the block of centre i is sum_j S_ij u_j u_j'. Its trace differs between words
    by orders of magnitude, its shape hardly; so it is replaced by t_i C with C the average shape
    and t_i the row sum of S. One eigendecomposition per side, no matrix per word.
    """

    def __init__(self, curvature: SkipGramCurvature, damping: float) -> None:
        loss = curvature.loss
        one = torch.ones_like(loss.v[:, :1])
        centre, context = (side[:, 0] for side in curvature.sums(one, one))
        # The average shape of a side weights the words of the other side by their row sums.
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
