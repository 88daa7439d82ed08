"""How a batched run is divided, and what each form of it can do.

All contexts of a batch step at once, from the vectors before the batch, and every row moves by the
sum of its updates. A batch must not be so large that a frequent row overshoots: the learning rates
of all updates of the most frequent row within a batch add up to ``MOST_PULL`` on average. At 6 the
vectors are as good, but the run on Shakespeare is chaotic: its derivative grows to 1e10, where at 2
it stays below 4 (decision 28). At 40 to 60 the vectors diverge.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from clif_core.training.coupled import Schedule

__all__ = ["MOST_PULL", "Adjoints", "BatchRun", "Batches", "State", "batch_length", "noise_shares"]

MOST_PULL = 2.0
State = tuple[Tensor, Tensor]  # centre and context vectors, (n_words, width) each
Adjoints = tuple[Tensor, Tensor]  # d probe / d of each, (n_words, n_probes, width)


class Batches(NamedTuple):
    """The batches ``first <= b < last`` of an epoch."""

    epoch: int
    first: int
    last: int


class BatchRun(Protocol):
    """A batched run on a device. Its forms differ in rounding and speed only.

    Rows may be padded: ``width`` of the states and the adjoints is at least dim, the rest 0.
    """

    @property
    def device(self) -> str:
        """Where it runs, to show and to tell its checkpoints apart."""

    def segments(self) -> list[Batches]:
        """The whole run in order, in the pieces that the reverse pass goes through."""

    def start(self) -> State:
        """The state before the first batch."""

    def advance(self, state: State, batches: Batches) -> None:
        """Train over some batches, in place."""

    def start_adjoints(self, n_probes: int) -> Adjoints:
        """Zeros."""

    def reverse(self, before: State, batches: Batches, adjoints: Adjoints, scores: Tensor) -> None:
        """The reverse pass through some batches, in place; uses up the state ``before`` them.

        ``adjoints``, made by ``start_adjoints``, are d probe / d (vectors after the batches) and
        become those before them; ``scores``
        (n_positions, n_probes) float64, d probe / d w_p, are added to. The formulas are those of
        ``clif_core.influence.unrolled.coupled``, summed over a batch.
        """


def batch_length(schedule: Schedule) -> int:
    """Contexts a batch, such that the bound MOST_PULL holds at the initial learning rate."""
    settings = schedule.settings
    counts = np.bincount(schedule.text.word_ids, minlength=schedule.n_words) * schedule.keep
    n_neighbours = settings.window + 1 if settings.is_window_reduced else 2 * settings.window
    n_updates = n_neighbours * (
        settings.n_negatives * noise_shares(schedule) + counts / counts.sum()
    )
    return max(1, int(MOST_PULL / (settings.learning_rate * n_updates.max())))


def noise_shares(schedule: Schedule) -> npt.NDArray[np.float64]:
    """The chance of each word to be drawn as a negative, from the alias table, (n_words,)."""
    from_other_slots = np.bincount(
        schedule.others, weights=1 - schedule.limits, minlength=schedule.n_words
    )
    return np.asarray((schedule.limits + from_other_slots) / schedule.n_words)
