"""Vectors of the probe's words after an edit: one Newton step a word, contexts fixed.

A sum of removal effects is linear in the amount of text removed. A probe is not linear in the
vectors, and a word that loses half its contexts moves twice as easily. Moving the vectors and
reading the probe there accounts for both:

    v_i' = v_i + (H_i without S + damping)^-1 g_S,i

with g_S,i the gradient of the loss of the text S in centre vector i, **summed**, negatives
included, and H_i the block of the Hessian for that word (``curvature.blocks``). To first order the
probe at v' changes by the sum of the ``block`` estimator's removal effects over S.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch

from clif_core.influence.curvature import word_blocks
from clif_core.sgns.expected_loss import ExpectedLoss
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.windows import Windows

__all__ = ["move_words", "taken_weights"]


def move_words(
    loss: ExpectedLoss,
    windows: Windows,
    weights: npt.NDArray[np.floating],
    word_ids: npt.NDArray[np.int64],
    damping: float,
) -> npt.NDArray[np.float64]:
    """(k, dim) centre vectors of the words ``word_ids`` after the edit that ``weights`` describes.

    ``weights`` (n_positions,): 1 for contexts that stay, 0 for removed ones. Time is linear in the
    edited occurrences of those words.
    """
    taken = taken_weights(loss.pairs, windows, weights, word_ids)
    pairs = loss.pairs
    left = Pairs(
        pairs.offsets, pairs.context_words, np.maximum(pairs.weights - taken, 0).astype(np.float32)
    )
    without = ExpectedLoss(loss.v, loss.u, left, loss.noise, loss.n_negatives)
    rows = torch.as_tensor(word_ids, device=loss.v.device)
    blocks = word_blocks(without, rows).double()
    blocks.diagonal(dim1=1, dim2=2).add_(max(damping, 1e-6))
    gradient = torch.stack([_gradient(loss, int(row), taken) for row in word_ids]).double()
    moved = loss.v[rows].double() + torch.linalg.solve(blocks, gradient)
    return np.asarray(moved.cpu().numpy())


def taken_weights(
    pairs: Pairs,
    windows: Windows,
    weights: npt.NDArray[np.floating],
    word_ids: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """(n_pairs,) expected weight that an edit removes from the pairs of the given centre words.

    ``weights`` as in ``move_words``.
    """
    taken = np.zeros(pairs.n_pairs)
    positions = windows.positions_of(word_ids)
    for position in _edited(positions, weights):
        others, shares = windows.neighbours(position)
        at = pairs.find(windows.words[position], windows.words[others])
        np.add.at(taken, at, (1.0 - float(weights[position])) * shares)
    return taken


def _edited(positions: npt.NDArray[np.int64], weights: npt.NDArray[np.floating]) -> Iterable[int]:
    return (int(p) for p in positions[weights[positions] != 1])


def _gradient(loss: ExpectedLoss, row: int, taken: npt.NDArray[np.float64]) -> torch.Tensor:
    """Gradient of the loss of the removed pairs in one centre vector, (dim,)."""
    pairs = slice(int(loss.offsets[row]), int(loss.offsets[row + 1]))
    weights = torch.as_tensor(taken[pairs], dtype=loss.v.dtype, device=loss.v.device)
    u = loss.u[loss.contexts(pairs)]
    positive = (weights * (torch.sigmoid(u @ loss.v[row]) - 1)) @ u
    u_noise = loss.u[loss.noise_words]
    noise = (torch.sigmoid(u_noise @ loss.v[row]) * loss.noise_rates) @ u_noise
    return positive + weights.sum() * noise
