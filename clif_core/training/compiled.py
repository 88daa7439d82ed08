"""The batched run compiled for the CPU, on any number of cores.

Same batches, draws, learning rates and step as every form of it (``batches.BatchRun``); the same
bits for any number of threads. What the threads do is in ``clif_core.training.batch_kernels``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.sgns.settings import TrainingSettings
from clif_core.training.batch_kernels import (
    BatchLog,
    Room,
    Scratch,
    count_pairs,
    noise_table,
    play,
    play_back,
)
from clif_core.training.batches import Adjoints, Batches, State, batch_length
from clif_core.training.coupled import AnyFloatArray, Schedule, Segment, start_vectors
from clif_core.training.line_loops import AHEAD, n_merged
from clif_core.training.steps import LINE, SegmentInputs

__all__ = ["LOG_BYTES", "CompiledRun"]

LOG_BYTES = 256 * 2**20
LINE_BYTES = 64


@dataclass(frozen=True, eq=False)
class CompiledRun:
    """A run on the CPU; its methods are those of ``BatchRun``.

    Parameters
    ----------
    weights : (n_positions,), w_p; a position of weight 0 does not train
    length : contexts a batch
    table : the alias table of the noise distribution, ``batch_kernels.noise_table``
    """

    schedule: Schedule
    weights: AnyFloatArray
    n_threads: int
    length: int
    table: npt.NDArray[np.uint64]
    _epochs: dict[int, Segment] = field(default_factory=dict, repr=False)
    _logs: dict[int, BatchLog] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, schedule: Schedule, weights: AnyFloatArray, n_threads: int) -> CompiledRun:
        """A run on at most ``n_threads`` threads: each holds the same number of whole lines."""
        n_lines = -(-schedule.settings.dim // LINE)
        of_thread = -(-n_lines // n_threads)
        table = noise_table(schedule.limits, schedule.others)
        return cls(schedule, weights, -(-n_lines // of_thread), batch_length(schedule), table)

    @property
    def settings(self) -> TrainingSettings:
        return self.schedule.settings

    @property
    def width(self) -> int:
        """The dim of the vectors, rounded up so that each thread has as many whole lines."""
        of_line = self.n_threads * LINE
        return -(-self.settings.dim // of_line) * of_line

    @property
    def device(self) -> str:
        return "CPU"

    def start(self) -> State:
        drawn, _ = start_vectors(self.schedule.n_words, self.settings, np.float64)
        dtype = torch.from_numpy(self.weights[:0]).dtype
        centre = torch.zeros((self.schedule.n_words, self.width), dtype=dtype)
        centre[:, : self.settings.dim] = torch.from_numpy(drawn)
        return centre, torch.zeros_like(centre)

    def start_adjoints(self, n_probes: int) -> Adjoints:
        dtype = torch.from_numpy(self.weights[:0]).dtype
        centre = torch.zeros((self.schedule.n_words, n_probes, self.width), dtype=dtype)
        return centre, torch.zeros_like(centre)

    def segments(self) -> list[Batches]:
        """In pieces whose log fits in LOG_BYTES."""
        found = []
        for epoch in range(self.settings.epochs):
            n = -(-self._epoch(epoch).last // self.length)
            step = self._batches_a_segment
            found += [Batches(epoch, b, min(b + step, n)) for b in range(0, n, step)]
        return found

    def advance(self, state: State, batches: Batches) -> None:
        inputs = self._inputs(batches)
        cut = [self._cut(part) for part in state]
        self._train(cut[0], cut[1], inputs, _pairs_before(inputs), self._log(1), is_logged=False)
        for part, pieces in zip(state, cut, strict=True):
            self._join(pieces, part)

    def reverse(self, before: State, batches: Batches, adjoints: Adjoints, scores: Tensor) -> None:
        """The batches run again with a log of their steps, which are undone one by one."""
        inputs, log = self._inputs(batches), self._log(batches.last - batches.first)
        pairs_before = _pairs_before(inputs)
        centre, context = (self._cut(part) for part in before)
        self._train(centre, context, inputs, pairs_before, log, is_logged=True)
        cut = [self._cut(part) for part in adjoints]
        n_probes = scores.shape[1]
        scratch, rooms = self._scratch(n_probes), self._rooms(n_probes)

        def reverse(thread: int) -> None:
            play_back(
                self._lines,
                thread,
                self.n_threads,
                self.length,
                context,
                cut[0],
                cut[1],
                scores.numpy(),
                inputs,
                pairs_before,
                log,
                scratch,
                rooms[thread],
            )

        at_once(reverse, self.n_threads)
        for part, pieces in zip(adjoints, cut, strict=True):
            self._join(pieces, part)

    def _train(
        self,
        centre: AnyFloatArray,
        context: AnyFloatArray,
        inputs: SegmentInputs,
        pairs_before: npt.NDArray[np.int64],
        log: BatchLog,
        is_logged: bool,
    ) -> None:
        scratch, rooms = self._scratch(1), self._rooms(1)

        def train(thread: int) -> None:
            play(
                self._lines,
                thread,
                self.n_threads,
                self.length,
                is_logged,
                centre[:, :, None],
                context,
                inputs,
                pairs_before,
                self.table,
                log,
                scratch,
                rooms[thread],
            )

        at_once(train, self.n_threads)

    # --- what the compiled loops take

    def _epoch(self, epoch: int) -> Segment:
        """Drawn once for its consecutive segments; at most two epochs are kept."""
        if epoch not in self._epochs:
            while len(self._epochs) > 1:
                del self._epochs[next(iter(self._epochs))]
            self._epochs[epoch] = self.schedule.epoch(epoch)
        return self._epochs[epoch]

    def _inputs(self, batches: Batches) -> SegmentInputs:
        whole = self._epoch(batches.epoch)
        first, last = batches.first * self.length, min(batches.last * self.length, whole.last)
        return self.schedule.inputs(replace(whole, first=first, last=last), self.weights)

    @property
    def _lines(self) -> tuple[int, ...]:
        """One entry for each line of a row that a thread holds."""
        return (0,) * (self.width // LINE // self.n_threads)

    def _cut(self, part: Tensor) -> AnyFloatArray:
        """A copy of vectors (..., width), where each thread has its lines of all: (n_threads, ...,
        width / n_threads)."""
        pieces = part.view(*part.shape[:-1], self.n_threads, -1).movedim(-2, 0)
        cut: AnyFloatArray = pieces.clone(memory_format=torch.contiguous_format).numpy()
        return cut

    def _join(self, pieces: AnyFloatArray, part: Tensor) -> None:
        part.view(*part.shape[:-1], self.n_threads, -1).movedim(-2, 0).copy_(
            torch.from_numpy(pieces)
        )

    @property
    def _n_parts(self) -> int:
        return self.width // LINE // n_merged(len(self._lines))

    @property
    def _draws_of_context(self) -> int:
        """At most."""
        return 2 * self.settings.window * (self.settings.n_negatives + 1)

    @property
    def _batches_a_segment(self) -> int:
        itemsize = self.weights.itemsize
        of_context = self._draws_of_context * (4 + itemsize) + self.width * itemsize
        return max(1, LOG_BYTES // (self.length * of_context))

    def _log(self, n_batches: int) -> BatchLog:
        """An empty log, built once for each size; memory is committed only where it is written."""
        n_batches = 1 if n_batches == 1 else max(n_batches, self._batches_a_segment)
        if n_batches not in self._logs:
            dtype, n_contexts = self.weights.dtype, n_batches * self.length
            n_draws = n_contexts * self._draws_of_context
            shape = (self.n_threads, n_contexts, self.width // self.n_threads)
            self._logs[n_batches] = BatchLog(
                _room_for((self.n_threads, n_draws + AHEAD), np.int32),
                _room_for(n_draws, dtype),
                _room_for(shape, dtype),
            )
        return self._logs[n_batches]

    def _scratch(self, n_probes: int) -> Scratch:
        dtype, n_draws = self.weights.dtype, self.length * self._draws_of_context * n_probes
        olds = (self.n_threads, self.length, n_probes, self.width // self.n_threads)
        counters = _room_for(2 * LINE, np.int64)
        counters[:] = 0
        return Scratch(
            _room_for((self._n_parts, n_draws), dtype),
            _room_for(n_draws, dtype),
            _room_for(olds, dtype),
            counters,
        )

    def _rooms(self, n_probes: int) -> list[Room]:
        """Made before the threads start: one that failed inside would keep the others waiting."""
        dtype, n_draws = self.weights.dtype, self._draws_of_context
        n_bits = n_draws + self.settings.n_negatives
        sums = (self._n_parts, self.length * n_draws * n_probes)
        return [
            Room(
                _room_for(n_bits, np.int64).view(np.uint64),
                _room_for(n_probes, dtype),
                _room_for(sums, dtype),
            )
            for _ in range(self.n_threads)
        ]


def _pairs_before(inputs: SegmentInputs) -> npt.NDArray[np.int64]:
    """(n_contexts + 1,) pairs in the contexts before each one."""
    before = np.empty(inputs.last - inputs.first + 1, np.int64)
    count_pairs(inputs, before)
    return before


def _room_for(shape: int | tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array of whole cache lines of its own: threads that write beside each other are slow."""
    n_bytes = math.prod(np.atleast_1d(shape)) * np.dtype(dtype).itemsize
    n_whole = -(-n_bytes // LINE_BYTES) * LINE_BYTES
    raw = torch.empty(int(n_whole), dtype=torch.uint8).numpy()  # torch begins at a cache line
    return raw[:n_bytes].view(dtype).reshape(shape)


def at_once(call: Callable[[int], None], n_threads: int) -> None:
    """call(thread) in n threads, none before all are there: they wait for each other."""
    if n_threads == 1:
        call(0)
        return
    gate = threading.Barrier(n_threads)

    def enter(thread: int) -> None:
        gate.wait()
        call(thread)

    with ThreadPoolExecutor(n_threads) as pool:
        try:
            running = [pool.submit(enter, thread) for thread in range(n_threads)]
        except BaseException:  # no more threads: those that wait must not wait for ever
            gate.abort()
            raise
        for one in running:
            one.result()
