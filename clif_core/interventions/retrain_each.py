"""Many retrainings of one model, each a task of its own (``clif_core.many``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import refuse_unrepeatable, retrain
from clif_core.many import Task, run_each
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.training.amount import processes_for

__all__ = ["Retraining", "retrain_each"]


@dataclass(frozen=True)
class Retraining:
    """Without which text (None: on all of it) and under which seed."""

    edit: Edit | None
    seed: int


def retrain_each(
    model: SkipGram,
    corpus: Corpus,
    wanted: Sequence[Retraining],
    keep: Callable[[int, SkipGram, float], None],
    *,
    n_processes: int | None = None,
    progress: Progress | None = None,
) -> None:
    """``keep(number, trained model, its seconds)`` for each, as soon as it is trained.

    ``n_processes`` None: as many at once as are worth their start. Stops, faults and lost workers:
    as ``clif_core.many.run_each`` has them. Raises CapabilityError
    where the model cannot be trained again.
    """
    if n_processes is None:
        counts, settings = model.vocabulary.counts, model.require_settings()
        n_processes = processes_for(counts, settings, len(wanted))
    tasks = []
    for at, one in enumerate(wanted, 1):
        refuse_unrepeatable(model, one.edit)
        label = f"training {at} of {len(wanted)}"
        tasks.append(Task(one, label, f"{label} (seed {one.seed}, {_text_of(one.edit)})"))

    def keep_timed(at: int, found: _Trained) -> None:
        keep(at, found.on(model), found.seconds)

    shared = (model, _bare(corpus))
    run_each(
        _train,
        shared,
        tasks,
        keep_timed,
        n_processes=n_processes,
        progress=progress,
        what="trainings",
    )


@dataclass(frozen=True, eq=False)
class _Trained:
    """What differs from the model before, so that its words need not travel."""

    centre_vectors: npt.NDArray[np.float32]
    context_vectors: npt.NDArray[np.float32]
    settings: TrainingSettings
    corpus_hash: str | None
    seconds: float

    def on(self, model: SkipGram) -> SkipGram:
        return replace(
            model,
            centre_vectors=self.centre_vectors,
            context_vectors=self.context_vectors,
            settings=self.settings,
            corpus_hash=self.corpus_hash,
            other_seeds={},
        )


def _train(shared: tuple[SkipGram, Corpus], one: Retraining, progress: Progress) -> _Trained:
    started = time.perf_counter()
    model, corpus = shared
    trained = retrain(model, corpus, one.edit, one.seed, progress)
    return _Trained(
        trained.centre_vectors,
        trained.require_context_vectors(),
        trained.require_settings(),
        trained.corpus_hash,
        time.perf_counter() - started,
    )


def _bare(corpus: Corpus) -> Corpus:
    """The corpus without its original text and metadata, which no trainer reads."""
    none: list[str] = []
    return replace(corpus, documents=corpus.documents[none], sentences=corpus.sentences[none])


def _text_of(edit: Edit | None) -> str:
    if edit is None:
        return "all text"
    weight = "without" if edit.weight == 0 else f"with weight {edit.weight:g} for"
    return f"{weight} {len(edit.items):,} {edit.level}"
