"""Vectors of the probe's words after an edit: Newton steps to convergence, contexts fixed.

``plug_in`` takes one Newton step a word; this module repeats the step until the word converges.
Training does not end at the minimum of a word's loss, so the solution is not the minimum without
the text but the point where the gradient without the text equals the gradient that training left,

    dL_without(v') / dv_i + damping (v_i' - v_i) = dL(v) / dv_i

with L the expected loss, **summed** over one pass. The loss of one centre vector with its contexts
fixed is convex, so there is one such point; the first step is the plug-in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from clif_core.interventions.plug_in import taken_weights
from clif_core.sgns.expected_loss import ExpectedLoss
from clif_core.sgns.windows import Windows

__all__ = ["resolve_words"]

_MAX_STEPS = 20
_CONVERGED = 1e-5  # as a share of the first step's length: a shorter step ends the iteration


def resolve_words(
    loss: ExpectedLoss,
    windows: Windows,
    weights: npt.NDArray[np.floating],
    word_ids: npt.NDArray[np.int64],
    damping: float,
) -> npt.NDArray[np.float64]:
    """(k, dim) centre vectors of the words ``word_ids``, converged on the edited text.

    ``weights`` (n_positions,): 1 for contexts that stay, 0 for removed ones. A step that does not
    reduce the residual is halved.
    """
    taken = taken_weights(loss.pairs, windows, weights, word_ids)
    moved = loss.v[torch.as_tensor(word_ids, device=loss.v.device)].double()
    for at, row in enumerate(word_ids):
        word = _WordLoss.of(loss, int(row), taken)
        moved[at] = _solve(word, moved[at], max(damping, 1e-6))
    return np.asarray(moved.cpu().numpy())


@dataclass(frozen=True, eq=False)
class _WordLoss:
    """The loss of one centre vector, contexts fixed, with and without the removed text, in float64.

    Parameters
    ----------
    u : (n, dim) context vectors: those of its pairs, then the noise words
    positive, negative : (n,) weights as positives and as negatives in the whole text
    positive_left, negative_left : (n,) the same without the removed text
    """

    u: torch.Tensor
    positive: torch.Tensor
    negative: torch.Tensor
    positive_left: torch.Tensor
    negative_left: torch.Tensor

    @classmethod
    def of(cls, loss: ExpectedLoss, row: int, taken: npt.NDArray[np.float64]) -> _WordLoss:
        pairs = slice(int(loss.offsets[row]), int(loss.offsets[row + 1]))
        full = loss.weights[pairs].double()
        removed = torch.as_tensor(taken[pairs], dtype=torch.float64, device=full.device)
        left = (full - removed).clamp_min(0)
        rates = loss.noise_rates.double()  # K P_j
        no_pairs, no_noise = torch.zeros_like(full), torch.zeros_like(rates)
        return cls(
            torch.cat([loss.u[loss.contexts(pairs)], loss.u[loss.noise_words]]).double(),
            torch.cat([full, no_noise]),
            torch.cat([no_pairs, rates * full.sum()]),
            torch.cat([left, no_noise]),
            torch.cat([no_pairs, rates * left.sum()]),
        )

    def gradient(self, v: torch.Tensor) -> torch.Tensor:
        """dL / dv on the whole text, (dim,)."""
        s = torch.sigmoid(self.u @ v)
        return (self.positive * (s - 1) + self.negative * s) @ self.u

    def gradient_left(self, v: torch.Tensor) -> torch.Tensor:
        """dL / dv without the removed text, (dim,)."""
        s = torch.sigmoid(self.u @ v)
        return (self.positive_left * (s - 1) + self.negative_left * s) @ self.u

    def hessian_left(self, v: torch.Tensor) -> torch.Tensor:
        """The Hessian without the removed text, (dim, dim)."""
        s = torch.sigmoid(self.u @ v)
        share = (self.positive_left + self.negative_left) * s * (1 - s)
        return (self.u * share[:, None]).T @ self.u


def _solve(word: _WordLoss, start: torch.Tensor, damping: float) -> torch.Tensor:
    wanted = word.gradient(start)
    damped = damping * torch.eye(len(start), dtype=start.dtype, device=start.device)

    def residual(v: torch.Tensor) -> torch.Tensor:
        return word.gradient_left(v) + damping * (v - start) - wanted

    v, gap = start, residual(start)
    shortest = 0.0
    for _ in range(_MAX_STEPS):
        step = torch.linalg.solve(word.hessian_left(v) + damped, gap)
        shortest = shortest or _CONVERGED * float(step.norm())
        while (after := residual(v - step)).norm() > gap.norm() and step.norm() > shortest:
            step = step / 2
        if step.norm() <= shortest:
            break
        v, gap = v - step, after
    return v
