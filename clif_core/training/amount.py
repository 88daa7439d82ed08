"""How much work a training is, and how many of them are worth doing at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clif_core.many import room_for
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.windows import keep_probabilities
from clif_core.training import fastest_backend

__all__ = ["contexts_of_training", "processes_for", "units_of_training"]

SHORT = 2e9  # units of a training that is done before another process has started
PROCESS_BYTES = 450e6  # of a process with its imports
PASSES_OF_A_DERIVATIVE = 3


def contexts_of_training(counts: npt.NDArray[np.int64], settings: TrainingSettings) -> float:
    """Contexts that subsampling keeps in all epochs on a text with these counts of words."""
    kept = float((counts * keep_probabilities(counts, settings.subsampling_threshold)).sum())
    return kept * settings.epochs


def units_of_training(counts: npt.NDArray[np.int64], settings: TrainingSettings) -> float:
    """Multiplications of one training on a text with these counts of words."""
    n_window = settings.window + 1 if settings.is_window_reduced else 2 * settings.window
    n_contexts = contexts_of_training(counts, settings)
    return n_contexts * n_window * (1 + settings.n_negatives) * settings.dim


def processes_for(
    counts: npt.NDArray[np.int64],
    settings: TrainingSettings,
    n_tasks: int,
    n_bytes_derivative: int = 0,
) -> int:
    """How many processes at once train with these settings, as far as that is worth their start.

    1 for trainings of some seconds, and on a card, which one process fills.
    ``n_bytes_derivative``: what its derivative holds, where the training is differentiated as well.
    """
    n_passes = PASSES_OF_A_DERIVATIVE if n_bytes_derivative else 1
    is_short = n_passes * units_of_training(counts, settings) < SHORT
    if n_tasks <= 1 or is_short or settings.backend == fastest_backend() == "batched":
        return 1
    of_model = 4 * 4 * len(counts) * settings.dim  # two matrices, and what comes back of them
    of_text = 24 * int(counts.sum())
    return room_for(n_tasks, PROCESS_BYTES + of_model + of_text + n_bytes_derivative)
