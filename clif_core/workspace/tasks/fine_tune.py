"""The job that tries fine-tunings of a model: in which mode, on how much text, in how many passes.

Each (mode, N) runs once for the largest number of passes; the model is read at the smaller numbers
on the way. The best N and K are chosen on the probe itself, so judge that choice on other words
(``benchmarks.studies.mitigation``) before relying on it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.fine_tune import (
    MAX_PASSES,
    FineTuning,
    default_rate,
    fine_tune_steps,
)
from clif_core.interventions.predict import effects_of
from clif_core.interventions.retrain import mean_shift, read_probes, refuse_unrepeatable
from clif_core.probes import from_dict
from clif_core.probes.base import Probe
from clif_core.progress import Progress, part_of
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Work
from clif_core.workspace.tasks.choice import best_influence
from clif_core.workspace.tasks.fine_tuned import choose_fine_tuning, mode_named, n_tokens_of
from clif_core.workspace.tasks.request import name_model, open_named, open_text
from clif_core.workspace.tasks.retrained import read_wordsim
from clif_core.workspace.tasks.work import fine_tuning_work
from clif_core.workspace.workspace import Workspace

__all__ = [
    "FINE_TUNE",
    "FineTuneQuestion",
    "find_fine_tuning",
    "submit_fine_tuning",
    "work_fine_tune",
    "work_of",
]

FINE_TUNE = "repair"  # the kind of job, as it is stored
SWEEP = (5, 10, 100, 1000)
MAX_TOP = 10_000


@dataclass(frozen=True)
class FineTuneQuestion:
    """Which fine-tunings to try and which probes to read after each.

    Parameters
    ----------
    probe : the probe to change; the texts are ranked for it
    others : further probes to read, to see side effects
    modes : see ``fine_tuned``
    tops : N, numbers of texts of each kind; at most as many as there are
    passes : K, the numbers of passes after which to read
    learning_rate : None takes ``default_rate`` of the model
    estimator : ranks the texts; None takes the best at hand
    """

    probe: Probe
    others: tuple[Probe, ...] = ()
    modes: tuple[str, ...] = ("undo", "redo", "both")
    tops: tuple[int, ...] = SWEEP
    passes: tuple[int, ...] = SWEEP
    learning_rate: float | None = None
    level: str = "sentences"
    estimator: str | None = None

    def __post_init__(self) -> None:
        if not self.modes:
            raise InputError("fine-tuning needs at least one mode, got none.")
        object.__setattr__(self, "modes", tuple(mode_named(mode) for mode in self.modes))
        for name, most in (("tops", MAX_TOP), ("passes", MAX_PASSES)):
            values = getattr(self, name)
            if not values or not all(1 <= value <= most for value in values):
                raise InputError(f"{name} are numbers from 1 to {most:,}, got {values!r}.")
            object.__setattr__(self, name, tuple(sorted(set(values))))

    def request(self, workspace: Workspace, model: SkipGram) -> dict[str, Any]:
        return name_model(workspace, model) | {
            "probe": self.probe.to_dict(),
            "others": [probe.to_dict() for probe in self.others],
            "modes": list(self.modes),
            "tops": list(self.tops),
            "passes": list(self.passes),
            "learning_rate": self.learning_rate,
            "level": self.level,
            "estimator": self.estimator,
        }

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> FineTuneQuestion:
        return cls(
            from_dict(request["probe"]),
            tuple(from_dict(described) for described in request["others"]),
            tuple(request["modes"]),
            tuple(request["tops"]),
            tuple(request["passes"]),
            request["learning_rate"],
            request["level"],
            request["estimator"],
        )


def submit_fine_tuning(workspace: Workspace, model: SkipGram, question: FineTuneQuestion) -> str:
    """Start the job that answers the question, or find it; returns its key.

    Raises CapabilityError where the model cannot be trained further, JobError where too many jobs
    are waiting.
    """
    refuse_unrepeatable(model)
    model.require_context_vectors()
    return workspace.jobs.submit(FINE_TUNE, question.request(workspace, model))


def find_fine_tuning(
    workspace: Workspace, model: SkipGram, question: FineTuneQuestion
) -> JobStatus | None:
    """The status of that job; None where it was never submitted."""
    return workspace.jobs.find(FINE_TUNE, question.request(workspace, model))


def work_fine_tune(
    request: Mapping[str, Any], folder: Path, progress: Progress
) -> Mapping[str, Any]:
    """The work behind ``submit_fine_tuning``.

    Result: ``probe`` (key), ``name``, ``before`` and ``wordsim353_before``, and ``rows``, one for
    each (mode, top, passes): ``n_undo``, ``n_redo``, ``n_tokens``, ``predicted`` (to first order),
    ``values`` by probe key, ``change``, ``wordsim353``, ``mean_shift``, ``problem``.
    """
    start = time.monotonic()
    workspace, bundle = open_named(request)
    model, corpus = bundle.model, open_text(workspace, bundle.model)
    question = FineTuneQuestion.from_request(request)
    progress(0.0, "building the windows of the text")
    sweep = _Sweep(workspace, workspace.open_engine(model, corpus), question)
    rows: list[dict[str, Any]] = []
    cells = [(mode, top) for mode in question.modes for top in question.tops]
    with workspace.rates.timing(work_of(question, model, corpus)):
        for at, (mode, top) in enumerate(cells):
            rows += sweep.run(mode, top, part_of(progress, at, len(cells), f"{mode} {top}"))
    return {
        "probe": question.probe.key,
        "name": question.probe.name,
        "estimator": sweep.estimator,
        "learning_rate": sweep.rate,
        "level": question.level,
        "before": sweep.read(model),
        "wordsim353_before": read_wordsim(model),
        "n_tokens_text": corpus.n_tokens,
        "rows": rows,
        "seconds": time.monotonic() - start,
    }


def work_of(question: FineTuneQuestion, model: SkipGram, corpus: Corpus) -> Work:
    """How much the sweep of a question is; the texts are taken to be of average length."""
    n_texts = len(corpus.sentences) if question.level == "sentences" else corpus.n_documents
    tops = [min(top, n_texts) for top in question.tops]
    tokens_per_text = corpus.n_tokens / max(n_texts, 1)
    n_passes = question.passes[-1]
    return fine_tuning_work(model, len(question.modes), tops, n_passes, tokens_per_text)


class _Sweep:
    """The fine-tunings of one question."""

    def __init__(
        self, workspace: Workspace, engine: InfluenceEngine, question: FineTuneQuestion
    ) -> None:
        self.workspace, self.engine, self.question = workspace, engine, question
        vocabulary = engine.model.vocabulary
        self.probes = [p.resolve(vocabulary) for p in (question.probe, *question.others)]
        self.gradient = workspace.results.influence(engine, self.probes[0], "gradient")
        self.estimator = best_influence(
            workspace, engine, self.probes[0], question.estimator
        ).estimator
        self.rate = (
            default_rate(engine.model) if question.learning_rate is None else question.learning_rate
        )

    def read(self, model: SkipGram) -> dict[str, float | None]:
        return read_probes(self.probes, model)

    def run(self, mode: str, top: int, progress: Progress) -> Iterator[dict[str, Any]]:
        """One row for each number of passes, all from one fine-tuning."""
        question, model = self.question, self.engine.model
        fine_tuning, _ = choose_fine_tuning(
            self.workspace, self.engine, question.probe, mode, top, question.level, self.estimator,
            question.passes[-1], self.rate,
        )  # fmt: skip
        before = self.read(model)[question.probe.key]
        problem, n_done = "", 0
        try:
            for passes, changed in fine_tune_steps(
                model, self.engine.corpus, fine_tuning, question.passes, progress
            ):
                values = self.read(changed)
                value = values[question.probe.key]
                yield self._row(mode, top, replace(fine_tuning, passes=passes)) | {
                    "values": values,
                    "change": None if value is None or before is None else value - before,
                    "wordsim353": read_wordsim(changed),
                    "mean_shift": mean_shift(model, changed),
                    "problem": "",
                }
                n_done += 1
        except InputError as error:
            problem = str(error)
        for passes in question.passes[n_done:]:
            yield self._row(mode, top, replace(fine_tuning, passes=passes)) | {
                "values": dict.fromkeys((p.probe.key for p in self.probes), None),
                "change": None,
                "wordsim353": None,
                "mean_shift": None,
                "problem": problem,
            }

    def _row(self, mode: str, top: int, fine_tuning: FineTuning) -> dict[str, Any]:
        return {
            "mode": mode,
            "top": top,
            "passes": fine_tuning.passes,
            "n_undo": len(fine_tuning.unlearn),
            "n_redo": len(fine_tuning.reinforce),
            "n_tokens": n_tokens_of(self.engine.corpus, fine_tuning),
            "predicted": self._predict(fine_tuning),
        }

    def _predict(self, fine_tuning: FineTuning) -> float:
        """passes * rate * (effects of unlearned text - effects of reinforced text), by gradient."""
        effects = effects_of(self.gradient, fine_tuning.level)
        unlearned = effects[list(fine_tuning.unlearn)].sum()
        reinforced = effects[list(fine_tuning.reinforce)].sum()
        return float(fine_tuning.passes * fine_tuning.learning_rate * (unlearned - reinforced))
