"""The batched trainer: hundreds of contexts at once, by the fastest form that the device can run.

The forms compute the same run to rounding: fused kernels on CUDA (``fused``), compiled loops on the
CPU (``compiled``), torch operations where neither can be (``torch_run``).
"""

from __future__ import annotations

import functools
import logging
import os

import numpy as np
import torch

from clif_core.device import pick_device
from clif_core.errors import InputError
from clif_core.progress import Progress, silent
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.training.batches import BatchRun
from clif_core.training.compiled import CompiledRun
from clif_core.training.coupled import AnyFloatArray, FloatArray, Schedule, build_schedule
from clif_core.training.torch_run import TorchRun

__all__ = ["build_run", "play", "train_batched"]


def build_run(
    schedule: Schedule,
    weights: AnyFloatArray,
    device: torch.device,
    n_threads: int | None = None,
) -> BatchRun:
    """The run in the dtype of ``weights`` (n_positions,), w_p, on a device.

    ``n_threads`` of the CPU, all its cores if None; the result does not depend on it.
    """
    if device.type == "cpu":
        return CompiledRun.build(schedule, weights, n_threads or os.cpu_count() or 1)
    if weights.dtype == np.float32 and device.type == "cuda" and _can_fuse(device):
        from clif_core.training.fused import FusedRun

        return FusedRun(schedule, weights, device)
    return TorchRun.build(schedule, weights, device)


@functools.cache
def _can_fuse(device: torch.device) -> bool:
    """Whether Triton is there and compiles for the device; if not, a warning says why."""
    if torch.version.cuda is None:
        return False
    try:
        from clif_core.training.fused_layout import agrees_with_cpu

        if agrees_with_cpu(device):
            return True
        reason = "its kernels' results differ from the CPU's"
    except Exception as error:  # of Triton, its compiler or the driver: it has no common type
        reason = f"it fails: {error}"
    logging.getLogger(__name__).warning(
        "Triton cannot be used on %s: %s. The slower torch operations are used.", device, reason
    )
    return False


def play(
    run: BatchRun, settings: TrainingSettings, progress: Progress | None = None
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Centre and context vectors (n_words, dim) at the end of a run."""
    state, segments = run.start(), run.segments()
    report = progress or silent
    for done, batches in enumerate(segments, 1):
        run.advance(state, batches)
        report(done / len(segments), f"epoch {batches.epoch + 1} of {settings.epochs}")
    centre, context = (part[:, : settings.dim].cpu().numpy() for part in state)
    return centre, context


def train_batched(
    corpus: Corpus,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    weights: FloatArray | None = None,
    progress: Progress | None = None,
    device: torch.device | None = None,
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Centre and context vectors (n_words, dim), as ``train_coupled`` but on a device.

    ``device`` None: CUDA where it works, else the CPU.

    Raises
    ------
    InputError : the run diverges
    CapabilityError : the device has too little memory
    """
    schedule, present = build_schedule(corpus, vocabulary, settings, weights)
    centre, context = play(
        build_run(schedule, present, device or pick_device()), settings, progress
    )
    if not (np.isfinite(centre).all() and np.isfinite(context).all()):
        raise InputError(
            f"the training diverged: its vectors are no longer finite. Use a learning rate below"
            f" {settings.learning_rate:g}, or the backend 'coupled'."
        )
    return centre, context
