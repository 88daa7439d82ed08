"""The exact derivative of a run in batches, in torch: ``clif_core.unrolled`` for a CUDA device.

The formulas are the same, summed over a batch. A batch is cheap to run again, so there is no log of
its steps: the state before it is kept, or rebuilt by running on from one that is, and the batch is
walked back from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.device import name_device, pick_device
from clif_core.jobs import Progress
from clif_core.training.batched import BatchedRun, deterministic
from clif_core.training.coupled import AnyFloatArray, Course
from clif_core.unrolled import (
    FORWARD_SHARE,
    Gradient,
    Unrolled,
    starts_backwards,
    state_spacing,
)

__all__ = ["differentiate_batched"]

_TELL_EVERY = 50  # batches


def differentiate_batched(
    course: Course,
    gradients: Callable[[AnyFloatArray], Sequence[Gradient]],
    weights: AnyFloatArray | None = None,
    dtype: npt.DTypeLike = np.float32,
    device: torch.device | None = None,
    progress: Progress | None = None,
) -> Unrolled:
    """As ``differentiate``, of the run that ``train_batched`` makes, for several probes at once.

    ``device`` None: CUDA where it works, else the CPU. Deterministic on one device. Memory there:
    ``unrolled.STATE_BYTES`` of states and two states a probe; what a batch needs comes on top.
    """
    started = perf_counter()
    report = progress or (lambda fraction, message: None)
    weights = np.ones(len(course.text.word_ids)) if weights is None else weights
    run = BatchedRun.lay(course, weights.astype(dtype), device or pick_device())
    with deterministic():
        batches = run.batches()
        state = run.start()
        spacing = state_spacing(len(batches), 2 * state[0].numel() * state[0].element_size())
        kept = []
        for done, at in enumerate(batches):
            if done % spacing == 0:
                kept.append((state[0].clone(), state[1].clone()))
            run.advance(state, run.steps(*at))
            if done % _TELL_EVERY == 0:
                report(FORWARD_SHARE * done / len(batches), "running the training again")
        final = [part.cpu().numpy() for part in state]
        forward_seconds = perf_counter() - started
        parts = list(gradients(final[0]))
        adjoints = _start_adjoints(state[0], parts)
        shape = (len(course.text.word_ids), len(parts))
        scores = torch.zeros(shape, dtype=torch.float64, device=state[0].device)
        starts = starts_backwards(batches, spacing, kept, run.after)
        for done, (at, before) in enumerate(zip(reversed(batches), starts, strict=True)):
            run.walk_back(before, run.steps(*at), adjoints, scores)
            if done % _TELL_EVERY == 0:
                share = FORWARD_SHARE + (1 - FORWARD_SHARE) * done / len(batches)
                report(share, "walking the training backwards")
    seconds = perf_counter() - started
    return Unrolled(
        scores.cpu().numpy(),
        final[0],
        final[1],
        forward_seconds,
        seconds - forward_seconds,
        name_device(scores.device),
    )


def _start_adjoints(like: Tensor, parts: Sequence[Gradient]) -> tuple[Tensor, Tensor]:
    """d probe / d (vectors at the end of the run), (n_words, n_probes, dim) each."""
    shape = (len(like), len(parts), like.shape[1])
    centre = torch.zeros(shape, dtype=like.dtype, device=like.device)
    for probe, (word_ids, rows) in enumerate(parts):
        at = torch.as_tensor(word_ids, device=like.device)
        centre[at, probe] = torch.as_tensor(rows, dtype=like.dtype, device=like.device)
    return centre, torch.zeros_like(centre)
