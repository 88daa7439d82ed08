"""The pairs of a stretch of batches, laid out on the device before the run goes through it.

A *stretch* is some consecutive batches of an epoch; its batches, contexts and pairs count from 0.
Its arrays are allocated once, as large as the largest stretch needs, because CUDA graphs hold their
addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import triton
from torch import Tensor

from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText
from clif_core.training import fused_kernels as kernels
from clif_core.training.batches import Batches, batch_length, noise_shares
from clif_core.training.coupled import KEEPS, NEGATIVES, WINDOWS, AnyFloatArray, Schedule
from clif_core.training.steps import key_of
from clif_core.training.torch_run import BatchSteps, TorchRun

__all__ = ["GROUP", "Stretch", "agrees_with_cpu"]

GROUP = 64  # a stretch is whole groups of batches, but the last of an epoch
MOST_GROUPS = 8
STRETCH_BYTES, LOG_BYTES = 2**28, 2**30
_TOKENS_A_PROGRAM, _PAIRS_A_PROGRAM = 1024, 128


@dataclass(frozen=True, eq=False)
class _Kept:
    """What subsampling keeps in an epoch, as ``Segment``, on the device; int32."""

    epoch: int
    positions: Tensor
    starts: Tensor
    ends: Tensor


class Stretch:
    """The stretch that is laid out at present.

    Attributes
    ----------
    n_batches : of the longest stretch
    expected_touched : distinct rows that a batch touches on average, by the chances of its draws
    bounds : int32, ``bounds[b]`` to ``bounds[b + 1]`` are the pairs of batch b; batches beyond the
        last are empty
    centres, contexts, rates : of each pair; (n_pairs,), (n_pairs, 1 + K) rows of the fused run's
        matrix X (the positive first), and (n_pairs,) with the weight of the position
    touched, n_touched : (n_batches, room) int32, the distinct rows of each batch in no fixed order,
        and how many they are
    positions, pairs_of : (n_contexts,), the token position of each context, and how many pairs it
        trains
    """

    def __init__(self, schedule: Schedule, weights: AnyFloatArray, device: torch.device) -> None:
        self.schedule, self.length = schedule, batch_length(schedule)
        settings = schedule.settings
        on_device = partial(torch.as_tensor, device=device)
        self.weights = on_device(weights.astype(np.float32))
        self._words, self._others = on_device(schedule.text.word_ids), on_device(schedule.others)
        self._offsets = on_device(schedule.text.unit_offsets, dtype=torch.int64)
        self._keep, self._limits = on_device(schedule.keep), on_device(schedule.limits)
        self._kept_now: _Kept | None = None
        self._n_kept: dict[int, int] = {}
        self.n_columns = settings.n_negatives + 1
        self.expected_touched = self._expect_touched()
        self.n_batches = self._choose_n_batches()
        zeros = partial(torch.zeros, dtype=torch.int32, device=device)
        n_pairs = self.n_batches * self._most_pairs
        self._keys = zeros(3, dtype=torch.int64)
        self.bounds = zeros(self.n_batches + 2)
        self.centres, self.contexts = zeros(n_pairs), zeros(n_pairs, self.n_columns)
        self.rates = zeros(n_pairs, dtype=torch.float32)
        self._seen = zeros(self.n_batches, -(-2 * schedule.n_words // 32))
        self.touched = zeros(self.n_batches, self._most_touched)
        self.n_touched = zeros(self.n_batches + 1)  # the last stays 0: no batch
        self.positions = self.pairs_of = zeros(0)

    # --- sizes

    @property
    def _reach(self) -> int:
        """Neighbours of a context on average, but for the ends of its unit."""
        settings = self.schedule.settings
        return settings.window + 1 if settings.is_window_reduced else 2 * settings.window

    @property
    def expected_pairs(self) -> int:
        """Of a batch."""
        return self.length * self._reach

    def _expect_touched(self) -> float:
        words, n_words = self.schedule.text.word_ids, self.schedule.n_words
        share = np.bincount(words, minlength=n_words) * self.schedule.keep
        share /= share.sum()
        as_noise = self.schedule.settings.n_negatives * noise_shares(self.schedule)
        missed = np.exp(-self.length * share) + np.exp(-self.expected_pairs * (share + as_noise))
        return float((2 - missed).sum())

    @property
    def _most_pairs(self) -> int:
        return self.length * 2 * self.schedule.settings.window

    @property
    def _most_touched(self) -> int:
        return min(2 * self.schedule.n_words, self._most_pairs * self.n_columns + self.length)

    def _choose_n_batches(self) -> int:
        """As many groups as the budgets of pairs and logs allow, at least one."""
        of_pairs = 4 * self._most_pairs * (2 + self.n_columns)
        of_batch = of_pairs + 4 * self._most_touched + self.schedule.n_words // 4
        of_log = 4 * self.schedule.settings.dim * self.expected_touched
        n_batches = min(STRETCH_BYTES / of_batch, LOG_BYTES / of_log)
        return GROUP * max(1, min(int(n_batches) // GROUP, MOST_GROUPS))

    # --- what subsampling keeps

    def count_batches(self, epoch: int) -> int:
        if epoch not in self._n_kept:
            self._n_kept[epoch] = int(self._is_kept(epoch).sum())
        return -(-self._n_kept[epoch] // self.length)

    def _is_kept(self, epoch: int) -> Tensor:
        """(n_positions,) int8."""
        is_kept = torch.empty(len(self._words), dtype=torch.int8, device=self._words.device)
        self._set_key(0, KEEPS, epoch)
        kernels.keep_tokens[(triton.cdiv(len(is_kept), _TOKENS_A_PROGRAM),)](
            self._keys, self._words, self._keep, is_kept, len(is_kept), BLOCK=_TOKENS_A_PROGRAM,
            **kernels.UNFUSED,
        )  # fmt: skip
        return is_kept

    def _kept(self, epoch: int) -> _Kept:
        if self._kept_now is None or self._kept_now.epoch != epoch:
            self._kept_now = None  # frees its memory
            is_kept = self._is_kept(epoch)
            before = is_kept.new_zeros(len(is_kept) + 1, dtype=torch.int32)
            torch.cumsum(is_kept, 0, dtype=torch.int32, out=before[1:])
            bounds = before[self._offsets]
            positions = self._positions_of(epoch, is_kept, before)
            starts, ends = (
                torch.repeat_interleave(b, bounds.diff(), output_size=len(positions))
                for b in (bounds[:-1], bounds[1:])
            )
            self._kept_now = _Kept(epoch, positions, starts, ends)
        return self._kept_now

    def _positions_of(self, epoch: int, is_kept: Tensor, before: Tensor) -> Tensor:
        """Where ``is_kept``; ``Tensor.nonzero`` would wait for the device."""
        self.count_batches(epoch)
        n = self._n_kept[epoch]
        to = torch.where(is_kept.bool(), before[:-1], n).long()  # the others go to a spare place
        at = torch.arange(len(is_kept), dtype=torch.int32, device=is_kept.device)
        return at.new_empty(n + 1).scatter_(0, to, at)[:n]

    def _set_key(self, at: int, stream: int, epoch: int) -> None:
        key = key_of(self.schedule.settings.seed, stream, epoch)
        self._keys[at].fill_(int(key.astype(np.int64)))  # an assignment would wait for the device

    # --- pairs

    def lay_out(self, batches: Batches) -> None:
        settings, kept = self.schedule.settings, self._kept(batches.epoch)
        first = batches.first * self.length
        last = min(batches.last * self.length, len(kept.positions))
        n = last - first
        self._set_key(1, WINDOWS, batches.epoch)
        self._set_key(2, NEGATIVES, batches.epoch)
        self.positions = kept.positions[first:last]
        self.pairs_of = torch.empty_like(self.positions)
        tokens = (kept.positions, kept.starts, kept.ends)
        window = {"WINDOW": settings.window, "IS_REDUCED": settings.is_window_reduced}
        kernels.count_pairs[(triton.cdiv(n, _TOKENS_A_PROGRAM),)](
            first, n, *tokens, self.weights, self._keys[1:], self.pairs_of,
            BLOCK=_TOKENS_A_PROGRAM, **window, **kernels.UNFUSED,
        )  # fmt: skip
        through = self.pairs_of.cumsum(0)
        ends = torch.arange(1, self.n_batches + 2, device=through.device) * self.length
        self.bounds[1:] = through[ends.clamp(max=n) - 1]
        self._seen.zero_()
        self.n_touched.zero_()
        width = triton.next_power_of_2(2 * settings.window)
        n_contexts = max(1, _PAIRS_A_PROGRAM // width)
        kernels.lay_pairs[(triton.cdiv(n, n_contexts),)](
            first, n, self.length, *tokens, self._words, self._rates_at(batches.epoch),
            through - self.pairs_of, self.pairs_of, self._keys[1:], self._keys[2:],
            self._limits, self._others, self.schedule.n_words,
            self.centres, self.contexts, self.rates,
            self._seen, self._seen.shape[1], self.touched, self.n_touched, self.touched.shape[1],
            WIDTH=width, NC=self.n_columns, BLOCK=n_contexts, **window, **kernels.UNFUSED,
            num_warps=1,  # with more, atomics of a tile may return another row's value (3.6)
        )  # fmt: skip

    def _rates_at(self, epoch: int) -> Tensor:
        """``Schedule.rates`` of the contexts, times the weights of their positions."""
        settings, n = self.schedule.settings, len(self._words)
        done = (epoch * n + self.positions.double()) / (settings.epochs * n)
        high, low = settings.learning_rate, settings.min_learning_rate
        return (high - (high - low) * done).float() * self.weights[self.positions]


def agrees_with_cpu(device: torch.device) -> bool:
    """Whether kernels compile for the device, and a small stretch is laid out as on the CPU."""
    settings = TrainingSettings(window=2, subsampling_threshold=0.5, n_negatives=3)
    words = np.arange(300, dtype=np.int32) ** 2 % 40
    text = TrainingText(words, np.arange(len(words)), np.array([0, 120, len(words)]))
    counts = np.bincount(words, minlength=40).astype(np.int64)
    schedule = Schedule.build(text, counts, settings)
    weights = np.ones(len(words), np.float32)
    stretch = Stretch(schedule, weights, device)
    stretch.lay_out(Batches(0, 0, stretch.count_batches(0)))
    expected = TorchRun.build(schedule, weights, torch.device("cpu"))
    return all(
        _is_laid_out(stretch, b, expected.steps(0, b)) for b in range(stretch.count_batches(0))
    )


def _is_laid_out(stretch: Stretch, batch: int, expected: BatchSteps) -> bool:
    first, last = stretch.bounds[batch : batch + 2].tolist()
    centres, contexts = (x[first:last].cpu() for x in (stretch.centres, stretch.contexts))
    touched = stretch.touched[batch, : int(stretch.n_touched[batch])].cpu()
    rows = torch.from_numpy(np.unique(torch.cat([centres, contexts.flatten()]).numpy()))
    return (
        torch.equal(centres.long(), expected.centres)
        and torch.equal(contexts.long() - stretch.schedule.n_words, expected.contexts)
        and torch.equal(touched.sort().values, rows)
    )
