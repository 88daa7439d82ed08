"""Two groups of word values compared: difference of means, effect size, difference of sums.

All take x (..., n_x) and y (..., n_y) and give (...). The effect size is the difference of means
divided by the standard deviation (ddof 0) of both groups together; NaN where that is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from clif_core.late import late_import

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = ["CONTRASTS", "difference_of_means", "difference_of_sums", "effect_size"]

SMALLEST_SPREAD = 1e-12  # a smaller standard deviation is rounding error


def difference_of_means(x: Tensor, y: Tensor) -> Tensor:
    return x.mean(dim=-1) - y.mean(dim=-1)


def difference_of_sums(x: Tensor, y: Tensor) -> Tensor:
    return x.sum(dim=-1) - y.sum(dim=-1)


def effect_size(x: Tensor, y: Tensor) -> Tensor:
    spread = _join(x, y).std(dim=-1, correction=0)
    return torch.where(spread > SMALLEST_SPREAD, difference_of_means(x, y) / spread, torch.nan)


def _join(x: Tensor, y: Tensor) -> Tensor:
    """(..., n_x), (..., n_y) -> (..., n_x + n_y), where either may lack the leading axes."""
    batch = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    return torch.cat([x.expand(*batch, -1), y.expand(*batch, -1)], dim=-1)


CONTRASTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "difference": difference_of_means,
    "effect_size": effect_size,
    "statistic": difference_of_sums,
}
