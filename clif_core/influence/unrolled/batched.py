"""The exact derivative of a batched run, on any device: the counterpart of ``coupled``.

The formulas are the same, summed over a batch. The reverse pass goes through the segments of the
run, last first, each from the state before it, which is held or rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.device import clear_when_full, pick_device
from clif_core.errors import CapabilityError
from clif_core.influence.unrolled.reverse_pass import (
    Checkpoint,
    Float64Array,
    Gradient,
    RunDerivative,
    forward_share,
    starts_backwards,
    state_spacing,
)
from clif_core.progress import Progress, scaled, silent
from clif_core.training.batched import build_run
from clif_core.training.batches import Batches, BatchRun, State
from clif_core.training.coupled import AnyFloatArray, Schedule

__all__ = ["differentiate_batched"]

TELL_SECONDS = 0.1
MOST_GROWTH = 1000.0  # of an adjoint along the run; on both samples it is 1 to 4


def differentiate_batched(
    schedule: Schedule,
    gradients: Callable[[AnyFloatArray], Sequence[Gradient]],
    weights: AnyFloatArray | None = None,
    dtype: npt.DTypeLike = np.float32,
    device: torch.device | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
    n_probes: int = 1,
) -> RunDerivative:
    """As ``coupled.differentiate``, for the run of ``train_batched``.

    ``device`` None: CUDA where it works, else the CPU, on ``n_threads`` (all cores if None).
    Deterministic on one device. Memory there: ``reverse_pass.STATE_BYTES`` of states, one more for
    each probe, and what the run needs.
    CapabilityError where it has too little, and where the run is chaotic.
    """
    weights = np.ones(len(schedule.text.word_ids)) if weights is None else weights
    device = device or pick_device()
    weights = weights.astype(dtype)
    with clear_when_full(device):
        run = build_run(schedule, weights, device, n_threads)
        tell = _Throttle(progress or silent)
        return _differentiate(run, schedule, gradients, weights, tell, folder, n_probes)


def _differentiate(
    run: BatchRun,
    schedule: Schedule,
    gradients: Callable[[AnyFloatArray], Sequence[Gradient]],
    weights: AnyFloatArray,
    report: Progress,
    folder: Path | None,
    n_probes: int,
) -> RunDerivative:
    started = perf_counter()
    segments, start = run.segments(), run.start()
    share = forward_share(n_probes, is_rebuilt=_spacing(segments, start) > 1)
    held, state = _forward(run, segments, start, scaled(report, 0.0, share))
    dim = schedule.settings.dim
    final = [part[:, :dim].cpu().numpy() for part in state]
    forward_seconds = perf_counter() - started
    parts = list(gradients(final[0]))
    results = _Results.start(run, state[0], len(schedule.text.word_ids), parts)
    checkpoint = Checkpoint.of(folder, schedule, weights, parts, run.device)
    n_done = results.restore(checkpoint)
    _reverse_pass(run, segments, n_done, held, results, checkpoint, scaled(report, share, 1.0))
    _refuse_chaos(results, schedule)
    return RunDerivative(
        results.scores.cpu().numpy() * [_scale(rows) for _, rows in parts],
        final[0],
        final[1],
        forward_seconds,
        perf_counter() - started - forward_seconds,
        run.device,
    )


def _forward(
    run: BatchRun, segments: Sequence[Batches], state: State, report: Progress
) -> tuple[list[State], State]:
    """The states before every k-th segment (``_spacing``), and the state at the end of the run."""
    held, spacing = [], _spacing(segments, state)
    for done, segment in enumerate(segments):
        if done % spacing == 0:
            held.append(_copy(state))
        run.advance(state, segment)
        report(done / len(segments), "running the training again")
    return held, state


def _reverse_pass(
    run: BatchRun,
    segments: Sequence[Batches],
    n_done: int,
    held: list[State],
    results: _Results,
    checkpoint: Checkpoint,
    report: Progress,
) -> None:
    """Go through the segments before the last ``n_done``, last first; ``held`` is emptied."""

    def run_on(state: State, segment: Batches) -> State:
        after = _copy(state)
        run.advance(after, segment)
        return after

    spacing = _spacing(segments, held[0])
    left = segments[: len(segments) - n_done]
    del held[-(-len(left) // spacing) :]
    starts = starts_backwards(left, spacing, held, run_on)
    for done, (segment, before) in enumerate(zip(reversed(left), starts, strict=True), n_done):
        if checkpoint.is_due:
            checkpoint.save(done, results.fetched())
        report(done / len(segments), "reverse pass through the training")
        run.reverse(before, segment, (results.centre, results.context), results.scores)
    checkpoint.clear()


def _refuse_chaos(results: _Results, schedule: Schedule) -> None:
    """CapabilityError where small changes of the text grow without bound along the run.

    Seen where batches were too long for their learning rate: the vectors end as well as any, yet
    their derivative is of a chaotic map and predicts nothing.
    """
    growth = max(float(part.abs().max()) for part in (results.centre, results.context))
    if not growth <= MOST_GROWTH:
        raise CapabilityError(
            f"This training is too sensitive to differentiate: a change of its first vectors grows"
            f" {growth:.1g}-fold (at most {MOST_GROWTH:g}). Train with a learning rate below"
            f" {schedule.settings.learning_rate:g}, or with the backend 'coupled'."
        )


def _scale(gradient: Float64Array) -> float:
    """The power of two below the largest entry: adjoints of about 1 lose least by rounding."""
    largest = np.abs(gradient).max(initial=0.0)
    return float(2.0 ** np.floor(np.log2(largest))) if 0 < largest < np.inf else 1.0


def _spacing(segments: Sequence[Batches], state: State) -> int:
    return state_spacing(len(segments), 2 * state[0].numel() * state[0].element_size())


def _copy(state: State) -> State:
    return state[0].clone(), state[1].clone()


@dataclass(eq=False)
class _Throttle:
    """Reports progress at most every ``TELL_SECONDS``: a segment may take less than a report."""

    report: Progress
    told: float = 0.0

    def __call__(self, share: float, message: str) -> None:
        if perf_counter() - self.told >= TELL_SECONDS:
            self.report(share, message)
            self.told = perf_counter()


@dataclass(frozen=True, eq=False)
class _Results:
    """The results of a reverse pass so far, in units of ``_scale`` of each probe's gradient.

    ``centre``, ``context`` (n_words, n_probes, width), d probe / d vectors; ``scores``
    (n_positions, n_probes) float64.
    """

    centre: Tensor
    context: Tensor
    scores: Tensor

    @classmethod
    def start(
        cls, run: BatchRun, like: Tensor, n_positions: int, parts: Sequence[Gradient]
    ) -> _Results:
        """At the end of the run, where the probes are evaluated."""
        centre, context = run.start_adjoints(len(parts))
        for probe, (word_ids, rows) in enumerate(parts):
            at = torch.as_tensor(word_ids, device=like.device)
            scaled = torch.as_tensor(rows / _scale(rows), dtype=like.dtype, device=like.device)
            centre[at, probe, : rows.shape[1]] = scaled
        scores = torch.zeros((n_positions, len(parts)), dtype=torch.float64, device=like.device)
        return cls(centre, context, scores)

    def fetched(self) -> dict[str, AnyFloatArray]:
        return {f.name: getattr(self, f.name).cpu().numpy() for f in fields(self)}

    def restore(self, checkpoint: Checkpoint) -> int:
        """Resume from a checkpoint; returns how many batches are done."""
        saved = {
            f.name: torch.empty_like(getattr(self, f.name), device="cpu") for f in fields(self)
        }
        n_done = checkpoint.restore({name: tensor.numpy() for name, tensor in saved.items()})
        if n_done:
            for name, tensor in saved.items():
                getattr(self, name).copy_(tensor)
        return n_done
