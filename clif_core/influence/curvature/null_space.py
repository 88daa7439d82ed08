"""The directions that change no score of a skip-gram model, and a preconditioner without them.

For any dim x dim matrix A the direction (V A, -U A') leaves every x_ij = v_i . u_j as it is,

    (v_i A) . u_j - v_i . (u_j A') = 0,

so the Gauss-Newton matrix is exactly zero on these dim^2 directions, and (Gauss-Newton + damping)
is the damping alone. A preconditioner made of word blocks takes them for as steep as the rest;
conjugate gradient then spends most of its steps on them. Here they are solved directly.
"""

from __future__ import annotations

import torch
from torch import Tensor

from clif_core.influence.solvers import Operator

__all__ = ["NullSpace", "beside_null_space"]


class NullSpace:
    """The orthogonal projection on the directions (V A, -U A').

    Parameters
    ----------
    v, u : (n_words, dim) centre and context vectors
    """

    def __init__(self, v: Tensor, u: Tensor) -> None:
        self.v, self.u = v, u
        centre, self.left = torch.linalg.eigh((v.T @ v).double())
        context, self.right = torch.linalg.eigh((u.T @ u).double())
        sizes = centre[:, None] + context
        is_there = sizes > 1e-6 * sizes.max()  # vectors of lower rank span fewer directions
        self.inverse_sizes = torch.where(is_there, 1 / sizes, 0.0)

    def project(self, x: Tensor) -> Tensor:
        """The part of a direction (2, n_words, dim) in the null space.

        The nearest A solves V'V A + A U'U = V' x_0 - x_1' U, a Sylvester equation that the
        eigenvectors of V'V and U'U make diagonal.
        """
        seen = (self.v.T @ x[0] - x[1].T @ self.u).double()
        a = self.left @ (self.left.T @ seen @ self.right * self.inverse_sizes) @ self.right.T
        a = a.to(x.dtype)
        return torch.stack([self.v @ a, -(self.u @ a.T)])


def beside_null_space(precondition: Operator, space: NullSpace, damping: float) -> Operator:
    """A symmetric positive preconditioner: 1 / damping on the null space, the given one beside it.

    Where the damping is 0 no inverse exists on the null space, and it is left out.
    """
    on_space = 1 / damping if damping else 0.0

    def apply(x: Tensor) -> Tensor:
        within = space.project(x)
        beside = precondition(x - within)
        return beside.sub_(space.project(beside)).add_(within, alpha=on_space)

    return apply
