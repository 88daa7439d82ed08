"""The result of a solver: the vector and a certificate of its accuracy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

__all__ = ["Operator", "Solution"]

Operator = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Solution:
    """An inverse-curvature product with its certificate.

    Attributes
    ----------
    value : h, of the shape of g
    iterations : products that the value depends on
    relative_residual : |A h - g| / |g|; for ``absolute_lanczos`` the size of the last correction
    converged : whether the residual met the tolerance
    seconds : wall-clock time of the solve
    note : for the reader, as "negative curvature met at step 4", or empty
    """

    value: Tensor
    iterations: int
    relative_residual: float
    converged: bool
    seconds: float
    note: str = ""
