"""The coupled trainer in batches, in torch: made for CUDA, runs on any device.

Draws, learning rates and the step are those of ``clif_core.training.coupled``, but all contexts of
a batch step at once, from the vectors before the batch, and every row moves by the sum of its
updates. This is a different run from the coupled one, with vectors as good; it too can be repeated
exactly without some text, and differentiated (docs/decisions/0025). It is deterministic on one
device; another device rounds differently.

A batch must not be so large that a frequent row overshoots. The learning rates of all updates of
the most frequent row within a batch add up to ``MOST_PULL`` on average; runs diverge at four times
the largest value that does no harm (measured on both samples).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.device import pick_device
from clif_core.errors import InputError
from clif_core.progress import Progress, silent
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.training.coupled import (
    NEGATIVES,
    WINDOWS,
    AnyFloatArray,
    FloatArray,
    Schedule,
    build_schedule,
    start_vectors,
)
from clif_core.training.steps import GOLDEN, MIX_1, MIX_2, key_of

__all__ = ["BatchSteps", "BatchedRun", "State", "batch_length", "deterministic", "train_batched"]

MOST_PULL = 6.0
State = tuple[Tensor, Tensor]  # centre and context vectors, (n_words, dim) each


class BatchSteps(NamedTuple):
    """The n steps of a batch, one a pair: everything about them that is fixed before the run.

    ``centres`` (n,) word ids; ``positions`` (n,) of the centres in the training text; ``contexts``
    (n, 1 + K) word ids, the positive first; ``rates`` (n, 1) without the weights of the positions.
    """

    centres: Tensor
    positions: Tensor
    contexts: Tensor
    rates: Tensor


class _Epoch(NamedTuple):
    """All pairs of an epoch; ``bounds[b]`` to ``bounds[b + 1]`` are those of its batch b."""

    centres: Tensor
    positions: Tensor
    positives: Tensor
    counters: Tensor  # of the draws of each pair
    rates: Tensor
    bounds: list[int]


def batch_length(schedule: Schedule) -> int:
    """Contexts a batch, such that the bound MOST_PULL holds at the initial learning rate."""
    settings = schedule.settings
    counts = np.bincount(schedule.text.word_ids, minlength=schedule.n_words) * schedule.keep
    as_noise = (schedule.limits + _from_other_slots(schedule)) / schedule.n_words
    n_neighbours = settings.window + 1 if settings.is_window_reduced else 2 * settings.window
    n_updates = n_neighbours * (settings.n_negatives * as_noise + counts / counts.sum())
    return max(1, int(MOST_PULL / (settings.learning_rate * n_updates.max())))


def _from_other_slots(schedule: Schedule) -> npt.NDArray[np.float64]:
    """n_words times the chance that other slots of the alias table add to each word, (n_words,)."""
    return np.asarray(
        np.bincount(schedule.others, weights=1 - schedule.limits, minlength=schedule.n_words),
        dtype=np.float64,
    )


@dataclass(frozen=True, eq=False)
class BatchedRun:
    """A run on a device: its batches in order, the step over a batch, and its reverse.

    Parameters
    ----------
    weights : (n_positions,), w_p; a position of weight 0 does not train
    length : contexts a batch
    limits, others : the alias table of the noise distribution, (n_words,) each
    """

    schedule: Schedule
    weights: Tensor
    length: int
    limits: Tensor
    others: Tensor
    _epochs: dict[int, _Epoch] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, schedule: Schedule, weights: AnyFloatArray, device: torch.device) -> BatchedRun:
        return cls(
            schedule,
            torch.as_tensor(weights, device=device),
            batch_length(schedule),
            torch.as_tensor(schedule.limits, device=device),
            torch.as_tensor(schedule.others, dtype=torch.int64, device=device),
        )

    @property
    def settings(self) -> TrainingSettings:
        return self.schedule.settings

    def start(self) -> State:
        """The state before the first batch."""
        drawn, _ = start_vectors(self.schedule.n_words, self.settings, np.float64)
        centre = torch.as_tensor(drawn).to(self.weights)  # its dtype, its device
        return centre, torch.zeros_like(centre)

    def batches(self) -> list[tuple[int, int]]:
        """(epoch, batch of the epoch), in order."""
        n_kept = [self.schedule.epoch(epoch).last for epoch in range(self.settings.epochs)]
        return [(e, b) for e, n in enumerate(n_kept) for b in range(-(-n // self.length))]

    # --- the steps of a batch

    def steps(self, epoch: int, batch: int) -> BatchSteps:
        whole = self._epoch(epoch)
        of = slice(whole.bounds[batch], whole.bounds[batch + 1])
        negatives = self._negatives(epoch, whole.counters[of])
        contexts = torch.cat([whole.positives[of, None], negatives], 1)
        return BatchSteps(whole.centres[of], whole.positions[of], contexts, whole.rates[of, None])

    def _negatives(self, epoch: int, counters: Tensor) -> Tensor:
        """(n, K) word ids, drawn as ``steps._draw_rows`` draws them."""
        draws = torch.arange(self.settings.n_negatives, device=counters.device)
        key = key_of(self.settings.seed, NEGATIVES, epoch)
        bits = _hash(key, counters[:, None] * self.settings.n_negatives + draws)
        slots = _shifted(_shifted(bits, 32) * len(self.limits), 32)
        is_own = (bits & 0xFFFFFFFF).double() * 2.0**-32 < self.limits[slots]
        return torch.where(is_own, slots, self.others[slots])

    def _epoch(self, epoch: int) -> _Epoch:
        """Built once for its consecutive batches; at most two epochs are cached."""
        if epoch not in self._epochs:
            while len(self._epochs) > 1:
                del self._epochs[next(iter(self._epochs))]
            self._epochs[epoch] = _build_epoch(self, epoch)
        return self._epochs[epoch]

    # --- forward and reverse

    def advance(self, state: State, steps: BatchSteps) -> None:
        """Train over one batch, in place."""
        centre, context = state
        v, u = centre[steps.centres], context[steps.contexts]
        f, _ = self._moves(v, u, steps)
        centre.index_add_(0, steps.centres, (f[:, :, None] * u).sum(1))
        context.index_add_(0, steps.contexts.flatten(), (f[:, :, None] * v[:, None]).flatten(0, 1))

    def after(self, state: State, at: tuple[int, int]) -> State:
        """The state after a batch; ``state`` is not changed."""
        moved = (state[0].clone(), state[1].clone())
        self.advance(moved, self.steps(*at))
        return moved

    def reverse(
        self, state: State, steps: BatchSteps, adjoints: tuple[Tensor, Tensor], scores: Tensor
    ) -> None:
        """The reverse pass through one batch, in place; ``state`` is that before the batch.

        ``adjoints``, two of (n_words, n_probes, dim), are d probe / d (vectors after the batch) and
        become those before it; ``scores`` (n_positions, n_probes), d probe / d w_p, are added to.
        The formulas are those of ``clif_core.influence.unrolled.coupled``, summed over the batch.
        """
        v, u = state[0][steps.centres], state[1][steps.contexts]
        f, h = self._moves(v, u, steps)
        a_v = adjoints[0][steps.centres]  # (n, n_probes, dim)
        a_u = adjoints[1][steps.contexts]  # (n, 1 + K, n_probes, dim)
        e = (a_v[:, None] * u[:, :, None]).sum(-1) + (a_u * v[:, None, None]).sum(-1)
        weights = self.weights[steps.positions, None]
        scores.index_add_(0, steps.positions, (e * f[:, :, None]).sum(1).div_(weights).double())
        f, eh = f[:, :, None, None], (e * h[:, :, None])[..., None]
        gained_v = (f * a_u).sub_(eh * u[:, :, None]).sum(1)
        gained_u = (f * a_v[:, None]).sub_(eh * v[:, None, None])
        adjoints[0].index_add_(0, steps.centres, gained_v)
        adjoints[1].index_add_(0, steps.contexts.flatten(), gained_u.flatten(0, 1))

    def _moves(self, v: Tensor, u: Tensor, steps: BatchSteps) -> tuple[Tensor, Tensor]:
        """f (n, 1 + K), by which a row moves along the other, and h, - d f / d (v.u)."""
        s = torch.sigmoid((v[:, None] * u).sum(-1))
        rates = steps.rates * self.weights[steps.positions, None]
        f = -rates * s
        f[:, :1] += rates
        return f, rates * s * (1 - s)


def _build_epoch(run: BatchedRun, epoch: int) -> _Epoch:
    settings, device = run.settings, run.weights.device
    whole = run.schedule.epoch(epoch)
    positions, starts, ends = (
        torch.as_tensor(a, dtype=torch.int64, device=device)
        for a in (whole.positions, whole.starts, whole.ends)
    )
    kept = torch.arange(len(positions), device=device)
    reach: Tensor | int = settings.window
    if settings.is_window_reduced:
        bits = _hash(key_of(settings.seed, WINDOWS, epoch), positions)
        reach = 1 + _shifted(_shifted(bits, 32) * settings.window, 32)
    first, last = torch.maximum(starts, kept - reach), torch.minimum(ends, kept + reach + 1)
    n_pairs = (last - first - 1) * (run.weights[positions] != 0)
    before = n_pairs.cumsum(0) - n_pairs
    k = torch.repeat_interleave(kept, n_pairs)
    j = first[k] + torch.arange(len(k), device=device) - before[k]
    j += j >= k
    words = torch.as_tensor(run.schedule.text.word_ids, dtype=torch.int64, device=device)
    rates = torch.as_tensor(run.schedule.rates(epoch, whole.positions), device=device)
    return _Epoch(
        words[positions[k]],
        positions[k],
        words[positions[j]],
        positions[k] * (2 * settings.window + 1) + j - k + settings.window,
        rates.to(run.weights.dtype)[k],
        [*before[:: run.length].tolist(), len(k)],
    )


def _hash(key: np.uint64, counters: Tensor) -> Tensor:
    """As ``steps._hash``, in the bits of signed 64-bit numbers: torch has no unsigned ones."""
    z = counters * _signed(GOLDEN) + _signed(key)
    z = (z ^ _shifted(z, 30)) * _signed(MIX_1)
    z = (z ^ _shifted(z, 27)) * _signed(MIX_2)
    return z ^ _shifted(z, 31)


def _signed(number: np.uint64) -> int:
    return int(number.astype(np.int64))


def _shifted(bits: Tensor, by: int) -> Tensor:
    """Shift to the right, with zeros for the sign bit."""
    return (bits >> by) & ((1 << (64 - by)) - 1)


@contextmanager
def deterministic() -> Iterator[None]:
    """Inside, sums over repeated rows have a fixed order, also on CUDA."""
    was = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was)


def train_batched(
    corpus: Corpus,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    weights: FloatArray | None = None,
    progress: Progress | None = None,
    device: torch.device | None = None,
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Centre and context vectors (n_words, dim), as ``train_coupled`` but on a device.

    ``device`` None: CUDA where it works, else the CPU. Raises InputError where the run diverges.
    """
    schedule, present = build_schedule(corpus, vocabulary, settings, weights)
    run = BatchedRun.build(schedule, present, device or pick_device())
    state = run.start()
    batches = run.batches()
    report = progress or silent
    with deterministic():
        for done, at in enumerate(batches, 1):
            run.advance(state, run.steps(*at))
            if done % 100 == 0 or done == len(batches):
                report(done / len(batches), f"epoch {at[0] + 1} of {settings.epochs}")
    centre, context = (part.cpu().numpy() for part in state)
    if not (np.isfinite(centre).all() and np.isfinite(context).all()):
        raise InputError(
            f"the training diverged: its vectors are no longer finite. Use a learning rate below"
            f" {settings.learning_rate:g}, or the backend 'coupled'."
        )
    return centre, context
