"""The batched run in torch operations: for float64, and for devices where nothing faster runs.

Draws, learning rates and the step are those of ``clif_core.training.coupled``, but all contexts of
a batch step at once, from the vectors before the batch (``clif_core.training.batches``). This is a
different run from the coupled one, with vectors as good; it too can be repeated exactly without
some text, and differentiated (docs/decisions/0025). It is deterministic on one device; another
device rounds differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from clif_core.device import name_device
from clif_core.sgns.settings import TrainingSettings
from clif_core.training.batches import Adjoints, Batches, State, batch_length
from clif_core.training.coupled import (
    NEGATIVES,
    WINDOWS,
    AnyFloatArray,
    Schedule,
    start_vectors,
)
from clif_core.training.steps import GOLDEN, MIX_1, MIX_2, key_of

__all__ = ["BatchSteps", "TorchRun"]


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


@dataclass(frozen=True, eq=False)
class TorchRun:
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
    def build(cls, schedule: Schedule, weights: AnyFloatArray, device: torch.device) -> TorchRun:
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

    @property
    def device(self) -> str:
        return name_device(self.weights.device)

    def start(self) -> State:
        drawn, _ = start_vectors(self.schedule.n_words, self.settings, np.float64)
        centre = torch.as_tensor(drawn).to(self.weights)  # its dtype, its device
        return centre, torch.zeros_like(centre)

    def start_adjoints(self, n_probes: int) -> Adjoints:
        shape = (self.schedule.n_words, n_probes, self.settings.dim)
        centre = torch.zeros(shape, dtype=self.weights.dtype, device=self.weights.device)
        return centre, torch.zeros_like(centre)

    def segments(self) -> list[Batches]:
        """Single batches: a batch is cheap to run again, so its steps are not logged."""
        n_kept = [self.schedule.epoch(epoch).last for epoch in range(self.settings.epochs)]
        return [
            Batches(epoch, b, b + 1)
            for epoch, n in enumerate(n_kept)
            for b in range(-(-n // self.length))
        ]

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

    def advance(self, state: State, batches: Batches) -> None:
        with _deterministic():
            for batch in range(batches.first, batches.last):
                self._step(state, self.steps(batches.epoch, batch))

    def _step(self, state: State, steps: BatchSteps) -> None:
        centre, context = state
        v, u = centre[steps.centres], context[steps.contexts]
        f, _ = self._moves(v, u, steps)
        centre.index_add_(0, steps.centres, (f[:, :, None] * u).sum(1))
        context.index_add_(0, steps.contexts.flatten(), (f[:, :, None] * v[:, None]).flatten(0, 1))

    def reverse(self, before: State, batches: Batches, adjoints: Adjoints, scores: Tensor) -> None:
        """A state is held for each batch."""
        with _deterministic():
            states = [before]
            for batch in range(batches.first, batches.last - 1):
                states.append((states[-1][0].clone(), states[-1][1].clone()))
                self._step(states[-1], self.steps(batches.epoch, batch))
            for batch in reversed(range(batches.first, batches.last)):
                self._reverse_step(states.pop(), self.steps(batches.epoch, batch), adjoints, scores)

    def _reverse_step(
        self, state: State, steps: BatchSteps, adjoints: Adjoints, scores: Tensor
    ) -> None:
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


def _build_epoch(run: TorchRun, epoch: int) -> _Epoch:
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
def _deterministic() -> Iterator[None]:
    """Inside, sums over repeated rows have a fixed order, also on CUDA."""
    was = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was)
