"""How much work each kind of long work is, for ``rates``: what it will take on this machine.

The unit of training is one multiplication of a vector's number in a step: contexts that subsampling
keeps x words of a window x (1 + negatives) x dim x epochs, counted from the vocabulary, so that the
text need not be open. A derivative runs the training again, and then backwards, which is as much
work as ``reverse_passes`` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clif_core.geometry.samples import LARGE
from clif_core.influence.estimators import ENSEMBLE, N_RUNS, find_estimator
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.training.amount import contexts_of_training, processes_for, units_of_training
from clif_core.workspace.rates import Rates, Work, machine_name

if TYPE_CHECKING:
    from clif_core.influence.engine import InfluenceEngine

__all__ = [
    "derivative_work",
    "fine_tuning_work",
    "map_work",
    "measure_derivative",
    "n_laid_out",
    "training_memory",
    "training_work",
]

# Units a second: half of what two cores of 2020 do. A guess that is too long disappoints nobody.
_GUESS_TRAINING = 2.5e8
_GUESS_DERIVATIVE = 2e8
_GUESS_FINE_TUNING = 5e7
_GUESS_MAP = 250.0
_COMPILING = 5_000  # words of a map that take as long as compiling UMAP
# Bytes of memory (benchmarks/growth.py).
_TRAINING_BASE, _TRAINING_PER_TOKEN = 100_000_000, 50
_SAMPLE_OF_MAP = 20_000  # words
_PLACED_PER_UNIT = 10  # words placed in the time that UMAP takes for one
_SLICE = 20_000  # token positions of the short measurement, at first
_SLICE_SECONDS = 0.4  # that it takes at least; 0.1 s of it are the start, whatever the text
_MUCH = 30  # times as much as the first measurement: of a whole training


def training_work(
    counts: npt.NDArray[np.int64], settings: TrainingSettings, n_trainings: int = 1
) -> Work:
    """Trainings of one model, as many at once as there are processes for."""
    rounds = -(-n_trainings // processes_for(counts, settings, n_trainings))
    units = rounds * units_of_training(counts, settings)
    return Work("training", _place(settings.backend), units, _GUESS_TRAINING)


def training_memory(n_tokens: int, n_words: int, dim: int) -> int:
    """Bytes of memory that a training takes at most besides the text, which is open already.

    Both matrices, and what of them is copied; the text as the trainer lays it out.
    """
    return _TRAINING_BASE + _TRAINING_PER_TOKEN * n_tokens + 6 * 4 * n_words * dim


def derivative_work(
    model: SkipGram, estimator: str, n_probes: int = 1, n_runs: int | None = None
) -> Work:
    """The job that differentiates training runs for some probes at once (``RUN_ESTIMATORS``).

    ``n_runs`` of a seed ensemble, ``N_RUNS`` if None; as many at once as there are processes for.
    """
    # Here, since the jobs that only train do without torch.
    from clif_core.influence.ensemble import run_settings
    from clif_core.influence.gathering import passes_of_runs, processes_for_runs
    from clif_core.influence.unrolled.coupled import is_rebuilt

    settings, counts = model.require_settings(), model.vocabulary.counts
    is_ensemble = find_estimator(estimator).name == ENSEMBLE
    backend = run_settings(settings, 0).backend if is_ensemble else settings.backend
    n_runs = (N_RUNS if n_runs is None else n_runs) if is_ensemble else 1
    n_at_once = processes_for_runs(counts, settings, n_runs)
    n_contexts = contexts_of_training(counts, settings)
    is_long = is_rebuilt(n_contexts, len(counts), settings)
    n_passes = sum(passes_of_runs(n_runs, n_probes, n_at_once, is_rebuilt=is_long))
    units = n_passes * units_of_training(counts, settings)
    return Work("derivative", _place(backend), units, _GUESS_DERIVATIVE)


def fine_tuning_work(
    model: SkipGram, n_modes: int, tops: Sequence[int], n_passes: int, tokens_per_text: float
) -> Work:
    """The sweep of fine-tunings: for each mode and number of texts, all passes over them."""
    settings = model.require_settings()
    n_tokens = n_modes * sum(tops) * tokens_per_text
    pairs = (settings.window + 1) * (1 + settings.n_negatives)
    units = n_tokens * n_passes * pairs * settings.dim
    return Work("fine-tuning", _place("coupled"), units, _GUESS_FINE_TUNING)


def map_work(n_words: int) -> Work:
    """The map of a model's words in 2-D and 3-D."""
    n_placed = n_words - n_laid_out(n_words)
    units = n_laid_out(n_words) + n_placed / _PLACED_PER_UNIT + _COMPILING
    return Work("map", machine_name(), units, _GUESS_MAP)


def n_laid_out(n_words: int) -> int:
    """How many words of a model UMAP lays out; the others are placed among them."""
    return n_words if n_words <= LARGE else _SAMPLE_OF_MAP


def _place(backend: str) -> str:
    """The machine, the trainer, its device and its threads."""
    device = ""
    if backend == "batched":
        from clif_core.device import name_device, pick_device

        device = f" {name_device(pick_device())}"
    return f"{machine_name()} {backend}{device}"


def measure_derivative(rates: Rates, engine: InfluenceEngine, probe: ResolvedProbe) -> None:
    """Differentiate a training on the first words of the text, unless a whole one was timed.

    Takes some tenths of a second, after the loops were compiled. A short measurement is made again
    by every caller, since the machine may have been busy with something else.
    """
    from clif_core.influence.unrolled.reverse_pass import reverse_passes

    estimator = "unrolled" if engine.model.is_repeatable else ENSEMBLE
    whole = derivative_work(engine.model, estimator, n_runs=1)
    settings, n_tokens = engine.model.require_settings(), len(engine.text.word_ids)
    training = training_work(engine.model.vocabulary.counts, settings)
    per_token = training.units / n_tokens / settings.epochs
    n_passes = 1 + reverse_passes(1)  # a slice is too short to have segments side by side
    enough = min(_MUCH * _SLICE * per_token, training.units)
    if rates.most_timed(whole) >= 0.9 * min(enough * n_passes, whole.units):
        return
    engine.time_slice(probe, 500)  # compiles, or reads what was compiled
    n_timed = min(_SLICE, n_tokens)
    while engine.time_slice(probe, n_timed)[1] < _SLICE_SECONDS and n_timed < n_tokens:
        n_timed = min(3 * n_timed, n_tokens)
    # The faster of two: the page that asks is still being drawn.
    slices = [engine.time_slice(probe, n_timed) for _ in range(2)]
    forward, seconds = min(slices, key=itemgetter(1))
    units = per_token * n_timed
    rates.note(replace(whole, units=units * n_passes), seconds)
    if settings.is_repeatable and rates.most_timed(training) < 0.9 * enough:
        rates.note(replace(training, units=units), forward)
