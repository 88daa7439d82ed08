"""The seed ensemble: what other trainings of the same text say, run by run and together.

A run is one training on the model's text, words and settings; only the seed differs, and it is
never the model's own. So an ensemble speaks of the text, not of this training of it, and serves
every model whose settings are known. With d_r the removal effects by run r, its exact derivative,
and q the quick estimate, the effects are

    share mean_r d_r + (1 - share) factor q

The mean over few runs holds noise of their seeds, which the next training does not share. q is
poorer but has no such noise, so what the runs say beyond ``factor`` times q counts only as far as
they agree: ``share`` and ``factor`` come from ``measurement.statistics.shrinkage``, measured on
sums by document.

All questions are put to the same seeds, so a run that was differentiated for several probes serves
each of them, and an ensemble grows by further runs without repeating any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.influence.ensemble_runs import EnsembleRuns
from clif_core.influence.estimators import N_RUNS
from clif_core.influence.result import sums
from clif_core.measurement.statistics import shrinkage
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.training import fastest_backend

__all__ = [
    "ENSEMBLE_START_RANGE",
    "MOST_RUNS",
    "N_RUNS",
    "KeptRuns",
    "RunsInMemory",
    "SeedRun",
    "combine",
    "run_settings",
    "seeds_of",
]

MOST_RUNS = 64
FIRST_SEED = 1_000_003  # far from the seeds that people choose
#: The runs' ``start_range``; None takes the model's own.
ENSEMBLE_START_RANGE: float | None = 1.0
MIN_DOCUMENTS = 30  # runs are compared by document; with fewer, by sentence

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeedRun:
    """One run's answer to one probe.

    Attributes
    ----------
    effects : (n_positions,) floating removal effect of each token position of the training text
    sentence_effects : (n_sentences,) float32, their sums
    value : the probe after this run
    seconds : of the run and its derivative, all probes that were asked together
    """

    seed: int
    effects: npt.NDArray[np.floating]
    sentence_effects: npt.NDArray[np.float32]
    value: float
    seconds: float
    device: str


class KeptRuns(Protocol):
    """Where finished runs are kept, for one text, its words and settings."""

    def find(self, probe: ResolvedProbe, seed: int) -> SeedRun | None: ...

    def keep(self, probe: ResolvedProbe, run: SeedRun) -> None: ...


class RunsInMemory(dict[tuple[str, int], SeedRun]):
    """``KeptRuns`` for as long as the process lives."""

    def find(self, probe: ResolvedProbe, seed: int) -> SeedRun | None:
        return self.get((probe.probe.key, seed))

    def keep(self, probe: ResolvedProbe, run: SeedRun) -> None:
        self[probe.probe.key, run.seed] = run


def seeds_of(own: int, n_runs: int) -> tuple[int, ...]:
    """The seeds of an ensemble: ``FIRST_SEED`` and up, without the model's ``own``.

    An ensemble of fewer runs has the first of them. Raises InputError for a number of runs that is
    not 1 to ``MOST_RUNS``.
    """
    if not 1 <= n_runs <= MOST_RUNS:
        raise InputError(f"n_runs must be from 1 to {MOST_RUNS}, got {n_runs}.")
    others: Iterator[int] = (seed for seed in count(FIRST_SEED) if seed != own)
    return tuple(islice(others, n_runs))


def run_settings(own: TrainingSettings, seed: int) -> TrainingSettings:
    """The settings of an ensemble's run: the model's, with what the ensemble decides itself.

    Runs are trained as the model was: in batches, probes and effects come out larger than pair by
    pair (decision 35). A model whose training cannot be repeated gets the fastest trainer instead.
    """
    start = own.start_range if ENSEMBLE_START_RANGE is None else ENSEMBLE_START_RANGE
    backend = own.backend if own.is_repeatable else fastest_backend()
    return replace(own, seed=seed, start_range=start, backend=backend)


def combine(
    runs: Sequence[SeedRun],
    quick: npt.NDArray[np.floating],
    corpus: Corpus,
    tokens: npt.NDArray[np.integer],
) -> tuple[Floats, EnsembleRuns, str]:
    """The removal effects (n_positions,) of one probe by an ensemble, what it says, and a note.

    Parameters
    ----------
    quick : (n_tokens,) removal effects by the quick estimate
    tokens : (n_positions,) the token at each position of the training text
    """
    if not runs:
        raise InputError(
            "an ensemble needs a run, got none: the cache could not hold one. Give it more room"
            " (CLIF_CACHE_GB) and ask again."
        )
    by_run = np.stack([run.sentence_effects for run in runs])
    quick_sums = sums(corpus.sentence_offsets, quick)
    is_by_sentence = corpus.n_documents < MIN_DOCUMENTS
    compared = np.stack([*by_run, quick_sums]) if is_by_sentence else np.stack(
        [sums(corpus.document_offsets, row) for row in (*by_run, quick_sums)]
    )  # fmt: skip
    factors, shares = shrinkage(compared[:-1, None], compared[-1:])
    factor, share = float(factors[0]), float(shares[0])
    mean = np.zeros(len(tokens), dtype=np.float32)
    for run in runs:
        mean += run.effects.astype(np.float32, copy=False)
    effects = share / len(runs) * mean + (1 - share) * factor * quick[tokens]
    values = np.array([run.value for run in runs])
    found = EnsembleRuns(
        seeds=tuple(run.seed for run in runs),
        values=values,
        by_run=by_run,
        known=factor * quick_sums,
        share=share,
    )
    return effects, found, _note(values, factor, share)


def _note(values: Floats, factor: float, share: float) -> str:
    """The probe after each run, (n_runs,), and how much the runs count, in words."""
    return (
        f"mean over {len(values)} trainings of the same text and settings, on which the probe is"
        f" {values.mean():+.3f} ({values.min():+.3f} to {values.max():+.3f}). It counts"
        f" {share:.2f}, as far as they agree; the quick estimate, times {factor:.2f}, the rest"
        + ("" if share + factor > 0 else ". They agree on nothing, so no text is named")
    )
