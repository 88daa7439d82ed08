"""The batched run as fused Triton kernels: what ``TorchRun`` computes, on CUDA, in seconds.

A batch is two kernels forward and two back (``fused_kernels``), launched by CUDA graphs over pairs
that are laid out beforehand (``fused_layout``), so nothing waits for the host. Back, a stretch runs
again with a log of the rows that each batch moves, from which they are restored batch by batch.
The answer is the same bit for bit on one kind of device, for any length of the stretches and any
number of probes. float32 only.

Memory: for the state and for each probe 12 bytes a number (with its sums),
``STRETCH_BYTES`` of pairs, ``LOG_BYTES`` of logs, and 17 bytes a token; states that a caller holds
come on top.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import triton
from torch import Tensor

from clif_core.device import name_device
from clif_core.training import fused_kernels as kernels
from clif_core.training.batches import MOST_PULL, Adjoints, Batches, State
from clif_core.training.coupled import AnyFloatArray, Schedule, start_vectors
from clif_core.training.fused_layout import GROUP, Stretch

__all__ = ["FusedRun"]

#: Numbers that one warp holds of each of its matrices; with 2,048 they no longer fit its registers.
NUMBERS_A_WARP, MOST_WARPS = 1024, 16
MOST_ROWS_A_PROGRAM = 4
MOST_AHEAD = 2  # stretches that the host may be ahead of the device
#: Beyond these a sum is no longer the same bit for bit: what a row moves by within a batch, and
#: what its adjoint does, in units of the largest entry of the gradient.
LARGEST_MOVE, LARGEST_ADJOINT = 2.0**8, 2.0**12


class FusedRun:
    """A batched run on a CUDA device; its methods are those of ``BatchRun``."""

    def __init__(self, schedule: Schedule, weights: AnyFloatArray, device: torch.device) -> None:
        self.stretch, self._on = Stretch(schedule, weights, device), device
        self.settings, self.n_words = schedule.settings, schedule.n_words
        dim = self.settings.dim
        self._of_pairs, self._of_rows = _tiles(dim, self.stretch.n_columns)
        self._pair_programs = max(1, self.stretch.expected_pairs)
        expected_rows = int(1.2 * self.stretch.expected_touched)
        self._row_programs = max(1, expected_rows // self._of_rows["R"])
        zeros = partial(torch.zeros, device=device)
        self._x, self._dx = zeros(2 * self.n_words, dim), zeros(2, 2 * self.n_words, dim)
        self._a, self._da = zeros(0, 0, dim), zeros(2, 0, 0, dim)
        n_addends = 3 * MOST_PULL / self.settings.learning_rate  # of the most frequent row
        self._move_quanta = kernels.quanta(LARGEST_MOVE, n_addends)
        self._adjoint_quanta = kernels.quanta(LARGEST_ADJOINT, n_addends)
        self._pair_scores, self._log = zeros(0, 0), zeros(0, dim)
        self._log_starts = torch.zeros_like(self.stretch.n_touched, dtype=torch.int64)
        self._base = torch.zeros(1, dtype=torch.int32, device=device)
        self._graphs: dict[str, torch.cuda.CUDAGraph] = {}
        self._under_way: deque[torch.cuda.Event] = deque()

    @property
    def device(self) -> str:
        return f"{name_device(self._on)} (fused)"

    def segments(self) -> list[Batches]:
        longest, found = self.stretch.n_batches, []
        for epoch in range(self.settings.epochs):
            n = self.stretch.count_batches(epoch)
            firsts = range(0, n, longest)
            found += [Batches(epoch, first, min(first + longest, n)) for first in firsts]
        return found

    def start(self) -> State:
        drawn, _ = start_vectors(self.n_words, self.settings, np.float32)
        centre = torch.as_tensor(drawn, device=self._on)
        return centre, torch.zeros_like(centre)

    def start_adjoints(self, n_probes: int) -> Adjoints:
        """The graphs hold the addresses, so these are the run's own."""
        if self._a.shape[1] != n_probes:
            shape = (2 * self.n_words, n_probes, self.settings.dim)
            self._a = torch.zeros(shape, device=self._on)
            self._da = torch.zeros(2, *shape, device=self._on)
            self._pair_scores = self._a.new_zeros(len(self.stretch.centres), n_probes)
            self._graphs.pop("back", None)
        self._a.zero_()
        return self._a[: self.n_words], self._a[self.n_words :]

    def advance(self, state: State, batches: Batches) -> None:
        self.stretch.lay_out(batches)
        torch.cat(state, out=self._x)
        self._play("forward", partial(self._forward, False), batches, 1)
        state[0].copy_(self._x[: self.n_words])
        state[1].copy_(self._x[self.n_words :])
        self._wait()

    def reverse(self, before: State, batches: Batches, adjoints: Adjoints, scores: Tensor) -> None:
        self.stretch.lay_out(batches)
        torch.cat(before, out=self._x)
        n_pairs = self._prepare_log()
        self._play("logged", partial(self._forward, True), batches, 1)
        self._base.fill_(self._last_group(batches))
        self._settle_back(0)  # X before the last batch; no adjoint moves
        self._play("back", self._back, batches, -1)
        stretch = self.stretch
        sums = torch.segment_reduce(
            self._pair_scores[:n_pairs].double(), "sum", lengths=stretch.pairs_of.long(), axis=0
        )
        weights = stretch.weights[stretch.positions]
        sums /= torch.where(weights == 0, 1, weights)[:, None]  # no pairs there
        scores[stretch.positions] += sums

    def _prepare_log(self) -> int:
        """Make room for the rows that the stretch touches; returns how many pairs it has."""
        through = self.stretch.n_touched.cumsum(0)
        self._log_starts.copy_(through - self.stretch.n_touched)
        n_rows, n_pairs = torch.stack([through[-1], self.stretch.bounds[-1]]).tolist()
        if n_rows > len(self._log):
            self._log = self._log.new_empty(0)  # frees it first
            self._log = torch.empty(int(1.1 * n_rows), self.settings.dim, device=self._on)
            for name in ("logged", "back"):
                self._graphs.pop(name, None)
        return int(n_pairs)

    # --- launches; batches are counted from the one in ``_base``

    def _forward(self, is_logged: bool, i: int) -> None:
        s = self.stretch
        kernels.moves[(self._pair_programs,)](
            self._base, i, s.bounds, s.centres, s.contexts, s.rates, self._x, self._dx,
            self.n_words, *self._move_quanta, **self._of_pairs,
        )  # fmt: skip
        kernels.settle[(self._row_programs,)](
            self._base, i, s.touched, s.n_touched, s.touched.shape[1], self._x, self._dx,
            self.n_words, self._log_starts, self._log, LOG=is_logged, **self._of_rows,
        )  # fmt: skip

    def _back(self, i: int) -> None:
        s, n_probes = self.stretch, self._a.shape[1]
        kernels.back_moves[(self._pair_programs, n_probes)](
            self._base, i, s.bounds, s.centres, s.contexts, s.rates, self._x, self._a, self._da,
            self.n_words, *self._adjoint_quanta, self._pair_scores, P=n_probes, **self._of_pairs,
        )  # fmt: skip
        self._settle_back(i)

    def _settle_back(self, i: int) -> None:
        s, n_probes = self.stretch, self._a.shape[1]
        kernels.settle_back[(self._row_programs, n_probes)](
            self._base, i, s.touched, s.n_touched, s.touched.shape[1], self._x, self._a, self._da,
            self.n_words, self._log_starts, self._log, P=n_probes, **self._of_rows,
        )  # fmt: skip

    def _play(self, name: str, launch: Callable[[int], None], batches: Batches, sign: int) -> None:
        """All batches of the stretch, in order (sign 1) or backwards (sign -1), group by group."""
        end = self._last_group(batches)
        first = 0 if sign > 0 else end - 1
        if self._on.type != "cuda":  # the interpreter
            self._base.fill_(first)
            for i in range(end):
                launch(i)
            return
        if name not in self._graphs:
            self._graphs[name] = self._capture(launch, sign)
        self._base.fill_(first)
        for _ in range(0, end, GROUP):
            self._graphs[name].replay()

    def _last_group(self, batches: Batches) -> int:
        """The number of batches, rounded up to whole groups: those beyond the last are empty."""
        return -(-(batches.last - batches.first) // GROUP) * GROUP

    def _capture(self, launch: Callable[[int], None], sign: int) -> torch.cuda.CUDAGraph:
        """A graph of a group of launches, which moves ``_base`` to the next group."""
        self._base.fill_(self.stretch.n_batches if sign > 0 else -1)  # no batch
        launch(0)  # compiles the kernels
        graph, usual = torch.cuda.CUDAGraph(), torch.cuda.current_stream(self._on)
        usual.synchronize()
        # Not torch.cuda.graph: it stops the whole device, and other threads' work with it.
        with torch.cuda.stream(torch.cuda.Stream(self._on)):  # type: ignore[no-untyped-call]
            graph.capture_begin(capture_error_mode="relaxed")
            for i in range(GROUP):
                launch(i)
            self._base.add_(sign * GROUP)
            graph.capture_end()
        return graph

    def _wait(self) -> None:
        """Not further ahead than ``MOST_AHEAD``, so that progress is true and can cancel."""
        if self._on.type != "cuda":
            return
        self._under_way.append(torch.cuda.Event())  # type: ignore[no-untyped-call]
        self._under_way[-1].record()
        if len(self._under_way) > MOST_AHEAD:
            self._under_way.popleft().synchronize()


def _tiles(dim: int, n_columns: int) -> tuple[dict[str, int], dict[str, int]]:
    """Shapes and warps of the kernels that take a pair a program, and of those that take rows.

    So that no program needs more registers than there are: wider vectors and more negatives take
    more warps for a pair, and fewer rows a program.
    """
    width, height = triton.next_power_of_2(dim), triton.next_power_of_2(n_columns)
    vector = {"D": dim, "BD": width, **kernels.UNFUSED}
    n_warps = min(max(1, width * height // NUMBERS_A_WARP), MOST_WARPS)
    n_rows = min(max(1, NUMBERS_A_WARP // width), MOST_ROWS_A_PROGRAM)
    of_pairs = {"NC": n_columns, "NCP": height, **vector, "num_warps": n_warps}
    return of_pairs, {"R": n_rows, **vector, "num_warps": 1}
