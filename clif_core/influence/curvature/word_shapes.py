"""The inverse of every word's own block, nearly, from the mean and the spread of its contexts.

For fixed contexts the block of centre i is, with row sum t_i, mean m_i and covariance C_i of the
context vectors under the weights S_ij,

    sum_j S_ij u_j u_j' = t_i (m_i m_i' + C_i)

``KroneckerPreconditioner`` gives every word one shape. Yet the words around a word are not those
around another: the mean is kept here as it is, and of C_i its diagonal in the eigenbasis of the
average covariance. Blocks of the context vectors alike. That costs about one product with the
curvature, once for a loss, and keeps two vectors of the size of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from clif_core.influence.curvature.blocks import word_blocks
from clif_core.influence.curvature.sgns import SkipGramCurvature
from clif_core.sgns.expected_loss import ExpectedLoss

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
        loss = curvature.loss
        shapes = _KEPT.get(loss) or _KEPT.setdefault(loss, _shapes(curvature))
        self.sides = [(side.basis, *side.inverse(damping)) for side in shapes]
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


@dataclass(frozen=True, eq=False)
class _Shapes:
    """The words of one side: sqrt(t_i) m_i and the diagonal of their blocks, in one basis."""

    basis: Tensor
    scaled: Tensor
    diagonal: Tensor

    def inverse(self, damping: float) -> tuple[Tensor, Tensor]:
        """p and w so that (diag(spread + damping) + s s')^-1 = diag(p) - w w', with s ``scaled``
        (Sherman-Morrison)."""
        squared = self.scaled.square()
        spread = torch.maximum(self.diagonal - squared, _LEAST_SPREAD * self.diagonal) + damping
        inverse = torch.where(spread > 0, 1 / spread, 0.0)
        size = 1 + (squared * inverse).sum(1, keepdim=True)
        return inverse, self.scaled * inverse * size.rsqrt_()


#: Of the losses in memory: they depend on no probe and no damping.
_KEPT: WeakKeyDictionary[ExpectedLoss, tuple[_Shapes, _Shapes]] = WeakKeyDictionary()


def _shapes(curvature: SkipGramCurvature) -> tuple[_Shapes, _Shapes]:
    loss, dim = curvature.loss, curvature.loss.v.shape[1]
    one = torch.ones_like(loss.v[:, :1])
    both = curvature.sums(torch.cat([loss.u, one], 1), torch.cat([loss.v, one], 1))
    (centre_first, centre), (context_first, context) = ((x[:, :dim], x[:, dim:]) for x in both)
    u_basis, centre_scaled = _basis(loss.u, context, centre_first, centre)
    v_basis, context_scaled = _basis(loss.v, centre, context_first, context)
    centre_diagonal, context_diagonal = curvature.sums(
        (loss.u @ u_basis).square_(), (loss.v @ v_basis).square_()
    )
    return (
        _Shapes(u_basis, centre_scaled, centre_diagonal),
        _Shapes(v_basis, context_scaled, context_diagonal),
    )


def _basis(others: Tensor, weights: Tensor, first: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """The eigenvectors of the average covariance of a side, and sqrt(t_i) m_i in that basis.

    ``others`` the vectors of the other side and ``weights`` their own row sums; ``first`` t_i m_i.
    """
    scaled = first * torch.where(t > 0, t.rsqrt(), 0.0)  # a word that is no centre has none
    covariance = (others * weights).T @ others - scaled.T @ scaled
    basis = torch.linalg.eigh(covariance.double())[1].to(others.dtype)
    return basis, scaled @ basis
