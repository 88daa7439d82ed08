"""Where the probe's words settle without a text: Newton steps from the trained vectors, to the end.

``plug_in`` takes one Newton step a word; here the steps go on until the word stands still, with
contexts fixed. A trained word is not where its loss is least but where training left it, so what is
sought is the point at which the loss without the text pulls as the loss with it pulled before,

    dL_without(v') / dv_i + damping (v_i' - v_i) = dL(v) / dv_i

L the expected loss, **summed** over one pass (METHOD.md, 3: ``resolve``). The loss of one centre
vector with its contexts fixed is convex, so there is one such point; the first step is the plug-in.
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
_SETTLED = 1e-5  # of the first step's length: a step this short ends the search


def resolve_words(
    loss: ExpectedLoss,
    windows: Windows,
    weights: npt.NDArray[np.floating],
    word_ids: npt.NDArray[np.int64],
    damping: float,
) -> npt.NDArray[np.float64]:
    """(k, dim) centre vectors of some words, settled without the text that ``weights`` takes away.

    ``weights`` (n_positions,): 1 for contexts that stay as they are, 0 for removed ones. A step
    that does not bring the pull nearer to what it was is halved.
    """
    taken = taken_weights(loss.pairs, windows, weights, word_ids)
    moved = loss.v[torch.as_tensor(word_ids, device=loss.v.device)].double()
    for at, row in enumerate(word_ids):
        word = _WordLoss.of(loss, int(row), taken)
        moved[at] = _settle(word, moved[at], max(damping, 1e-6))
    return np.asarray(moved.cpu().numpy())


@dataclass(frozen=True, eq=False)
class _WordLoss:
    """The loss of one centre vector, contexts fixed, with and without the text, in float64.

    Parameters
    ----------
    u : (n, dim) context vectors: those it is seen with, then the noise words
    positive, negative : (n,) weights as positives and as negatives in the whole text
    positive_left, negative_left : (n,) the same without the text
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
        gone = torch.as_tensor(taken[pairs], dtype=torch.float64, device=full.device)
        left = (full - gone).clamp_min(0)
        rates = loss.noise_rates.double()  # K P_j
        unseen, unheard = torch.zeros_like(full), torch.zeros_like(rates)
        return cls(
            torch.cat([loss.u[loss.columns[pairs]], loss.u[loss.noise_words]]).double(),
            torch.cat([full, unheard]),
            torch.cat([unseen, rates * full.sum()]),
            torch.cat([left, unheard]),
            torch.cat([unseen, rates * left.sum()]),
        )

    def pull(self, v: torch.Tensor) -> torch.Tensor:
        """dL / dv with the text, (dim,)."""
        s = torch.sigmoid(self.u @ v)
        return (self.positive * (s - 1) + self.negative * s) @ self.u

    def pull_left(self, v: torch.Tensor) -> torch.Tensor:
        """dL / dv without the text, (dim,)."""
        s = torch.sigmoid(self.u @ v)
        return (self.positive_left * (s - 1) + self.negative_left * s) @ self.u

    def curvature_left(self, v: torch.Tensor) -> torch.Tensor:
        """The Hessian without the text, (dim, dim)."""
        s = torch.sigmoid(self.u @ v)
        share = (self.positive_left + self.negative_left) * s * (1 - s)
        return (self.u * share[:, None]).T @ self.u


def _settle(word: _WordLoss, start: torch.Tensor, damping: float) -> torch.Tensor:
    wanted = word.pull(start)
    damped = damping * torch.eye(len(start), dtype=start.dtype, device=start.device)

    def excess(v: torch.Tensor) -> torch.Tensor:
        return word.pull_left(v) + damping * (v - start) - wanted

    v, gap = start, excess(start)
    shortest = 0.0
    for _ in range(_MAX_STEPS):
        step = torch.linalg.solve(word.curvature_left(v) + damped, gap)
        shortest = shortest or _SETTLED * float(step.norm())
        while (after := excess(v - step)).norm() > gap.norm() and step.norm() > shortest:
            step = step / 2
        if step.norm() <= shortest:
            break
        v, gap = v - step, after
    return v
