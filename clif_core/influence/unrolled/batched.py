"""The exact derivative of a run in batches, in torch: the counterpart of ``coupled`` for CUDA.

The formulas are the same, summed over a batch. A batch is cheap to run again, so its steps are not
logged: the reverse pass goes through each batch from the state before it, which is held or rebuilt.
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

from clif_core.device import name_device, pick_device
from clif_core.influence.unrolled.reverse_pass import (
    FORWARD_SHARE,
    Checkpoint,
    Gradient,
    RunDerivative,
    starts_backwards,
    state_spacing,
)
from clif_core.progress import Progress, silent
from clif_core.training.batched import BatchedRun, deterministic
from clif_core.training.coupled import AnyFloatArray, Schedule

__all__ = ["differentiate_batched"]

_TELL_EVERY = 50  # batches


def differentiate_batched(
    schedule: Schedule,
    gradients: Callable[[AnyFloatArray], Sequence[Gradient]],
    weights: AnyFloatArray | None = None,
    dtype: npt.DTypeLike = np.float32,
    device: torch.device | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> RunDerivative:
    """As ``coupled.differentiate``, for the run of ``train_batched``.

    ``device`` None: CUDA where it works, else the CPU. Deterministic on one device. Memory on the
    device: ``reverse_pass.STATE_BYTES`` of states, two states for each probe, and what a batch
    needs.
    """
    started = perf_counter()
    report = progress or silent
    weights = np.ones(len(schedule.text.word_ids)) if weights is None else weights
    weights = weights.astype(dtype)
    run = BatchedRun.build(schedule, weights, device or pick_device())
    with deterministic():
        batches = run.batches()
        state = run.start()
        spacing = state_spacing(len(batches), 2 * state[0].numel() * state[0].element_size())
        held = []
        for done, at in enumerate(batches):
            if done % spacing == 0:
                held.append((state[0].clone(), state[1].clone()))
            run.advance(state, run.steps(*at))
            if done % _TELL_EVERY == 0:
                report(FORWARD_SHARE * done / len(batches), "running the training again")
        final = [part.cpu().numpy() for part in state]
        forward_seconds = perf_counter() - started
        parts = list(gradients(final[0]))
        adjoints = _Adjoints.start(state[0], len(schedule.text.word_ids), parts)
        checkpoint = Checkpoint.of(
            folder, schedule, weights, parts, name_device(adjoints.scores.device)
        )
        n_done = adjoints.restore(checkpoint)
        left = batches[: len(batches) - n_done]
        del held[-(-len(left) // spacing) :]
        starts = starts_backwards(left, spacing, held, run.after)
        for done, (at, before) in enumerate(zip(reversed(left), starts, strict=True), n_done):
            if done % _TELL_EVERY == 0:
                if checkpoint.is_due:
                    checkpoint.save(done, adjoints.fetched())
                share = FORWARD_SHARE + (1 - FORWARD_SHARE) * done / len(batches)
                report(share, "reverse pass through the training")
            run.reverse(
                before, run.steps(*at), (adjoints.centre, adjoints.context), adjoints.scores
            )
        checkpoint.clear()
    seconds = perf_counter() - started
    return RunDerivative(
        adjoints.scores.cpu().numpy(),
        final[0],
        final[1],
        forward_seconds,
        seconds - forward_seconds,
        name_device(adjoints.scores.device),
    )


@dataclass(frozen=True, eq=False)
class _Adjoints:
    """The results of a reverse pass so far.

    ``centre``, ``context`` (n_words, n_probes, dim), d probe / d vectors; ``scores`` (n_positions,
    n_probes) float64.
    """

    centre: Tensor
    context: Tensor
    scores: Tensor

    @classmethod
    def start(cls, like: Tensor, n_positions: int, parts: Sequence[Gradient]) -> _Adjoints:
        """At the end of the run, where the probes are evaluated."""
        shape, device = (len(like), len(parts), like.shape[1]), like.device
        centre = torch.zeros(shape, dtype=like.dtype, device=device)
        for probe, (word_ids, rows) in enumerate(parts):
            at = torch.as_tensor(word_ids, device=device)
            centre[at, probe] = torch.as_tensor(rows, dtype=like.dtype, device=device)
        scores = torch.zeros((n_positions, len(parts)), dtype=torch.float64, device=device)
        return cls(centre, torch.zeros_like(centre), scores)

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
