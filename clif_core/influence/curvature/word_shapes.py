"""The inverse of every word's own block, nearly, from the mean and the spread of its contexts.

For fixed contexts the block of centre i is, with row sum t_i, mean m_i and covariance C_i of the
context vectors under the weights S_ij,

    sum_j S_ij u_j u_j' = t_i (m_i m_i' + C_i)

``KroneckerPreconditioner`` gives every word one shape. Yet the words around a word are not those
around another: the mean is kept here as it is, and of C_i its diagonal in the eigenbasis of the
average covariance. Blocks of the context vectors alike. It costs about one product with the
curvature and holds two vectors of the size of the model.
"""

from __future__ import annotations

import torch
from torch import Tensor

from clif_core.influence.curvature.blocks import word_blocks
from clif_core.influence.curvature.sgns import SkipGramCurvature

__all__ = ["WordShapePreconditioner"]

MOST_EXACT = 256  # centre words whose block is inverted as it is: a probe has some tens
# Of a second moment; a spread below it is rounding, being a difference of two near numbers.
_LEAST_SPREAD = 1e-5


class WordShapePreconditioner:
    """A symmetric positive preconditioner, block by block.

    Parameters
    ----------
    damping : added to every block
    rows : (k,) centre words whose block is inverted as it is, up to ``MOST_EXACT``; of more than
        that, none. A probe's words hold most of its answer.
    """

    def __init__(self, curvature: SkipGramCurvature, damping: float, rows: Tensor) -> None:
        loss, dim = curvature.loss, curvature.loss.v.shape[1]
        one = torch.ones_like(loss.v[:, :1])
        both = curvature.sums(torch.cat([loss.u, one], 1), torch.cat([loss.v, one], 1))
        (centre_first, centre), (context_first, context) = (x.split(dim, 1) for x in both)
        u_basis, centre_scaled = _basis(loss.u, context, centre_first, centre)
        v_basis, context_scaled = _basis(loss.v, centre, context_first, context)
        centre_second, context_second = curvature.sums(
            (loss.u @ u_basis).square_(), (loss.v @ v_basis).square_()
        )
        self.sides = [
            (u_basis, *_inverse(centre_second, centre_scaled, damping)),
            (v_basis, *_inverse(context_second, context_scaled, damping)),
        ]
        self.rows = rows if len(rows) <= MOST_EXACT else rows[:0]
        blocks = word_blocks(loss, self.rows).double()
        blocks.diagonal(dim1=1, dim2=2).add_(damping)
        self.exact = torch.linalg.pinv(blocks, hermitian=True).to(loss.v.dtype)

    def inverse(self, x: Tensor) -> Tensor:
        """The preconditioner times a direction, (2, n_words, dim) -> the same."""
        sides = []
        for side, (basis, inverse, along) in zip(x, self.sides, strict=True):
            turned = side @ basis
            shares = (along * turned).sum(1, keepdim=True)
            sides.append(turned.mul_(inverse).addcmul_(along, shares, value=-1) @ basis.T)
        found = torch.stack(sides)
        found[0, self.rows] = (self.exact @ x[0, self.rows, :, None])[..., 0]
        return found


def _basis(others: Tensor, weights: Tensor, first: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The eigenvectors of the average covariance of a side, and sqrt(t_i) m_i in that basis.

    ``others`` the vectors of the other side and ``weights`` their own row sums; ``first`` t_i m_i.
    """
    scaled = first * torch.where(t > 0, t.rsqrt(), 0.0)  # a word that is no centre has none
    covariance = (others * weights).T @ others - scaled.T @ scaled
    basis = torch.linalg.eigh(covariance.double())[1].to(others.dtype)
    return basis, scaled @ basis


def _inverse(second: Tensor, scaled: Tensor, damping: float) -> tuple[Tensor, Tensor]:
    """p and w so that (diag(spread + damping) + s s')^-1 = diag(p) - w w' (Sherman-Morrison)."""
    spread = torch.maximum(second - scaled.square(), _LEAST_SPREAD * second) + damping
    inverse = torch.where(spread > 0, 1 / spread, 0.0)
    along = scaled * inverse
    size = 1 + (scaled * along).sum(1, keepdim=True)
    return inverse, along.mul_(size.rsqrt_())
