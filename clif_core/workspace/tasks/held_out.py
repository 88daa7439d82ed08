"""The job that judges what an answer says of the text, under seeds that it has not seen.

    answers at hand -> fixed lists -> job "held_out" -> trainings, stored one by one -> ListTable

What ``clif_core.evaluation.held_out`` describes, for a model of the user's own. Each training is
stored when it is done, so a job that was stopped goes on with the next one, and more lists or more
seeds train only what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from clif_core.errors import CapabilityError
from clif_core.evaluation import (
    CHOOSERS,
    ListTable,
    Retrainings,
    TextList,
    fixed_lists,
    held_out_seeds,
    judge_lists,
    list_edits,
)
from clif_core.evaluation.held_out import N_SEEDS
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, ESTIMATORS, QUICK, UNROLLED
from clif_core.influence.result import Influence
from clif_core.interventions.retrain import refuse_unrepeatable
from clif_core.probes import from_dict
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected, start_of_job
from clif_core.workspace.tasks.request import name_model, open_named, open_text
from clif_core.workspace.tasks.work import training_work
from clif_core.workspace.workspace import Workspace

__all__ = [
    "HELD_OUT",
    "HeldOutQuestion",
    "answers_at_hand",
    "ask",
    "expect_held_out",
    "find_held_out",
    "submit_held_out",
    "table_of",
    "work_held_out",
]

HELD_OUT = "held_out"  # the kind of job, as it is stored
USUAL_SIZES = (30, 100)


@dataclass(frozen=True)
class HeldOutQuestion:
    """Which lists of which probe to judge, and under how many held-out seeds; ``ask`` makes it.

    ``choosers``: of ``evaluation.held_out.CHOOSERS``, those whose answer is at hand. ``n_runs``: of
    the seed ensemble that is judged; with more runs it is another question.
    """

    probe: Probe
    n_runs: int
    sizes: tuple[int, ...] = USUAL_SIZES
    n_seeds: int = N_SEEDS
    choosers: tuple[str, ...] = CHOOSERS

    def request(self, workspace: Workspace, model: SkipGram) -> dict[str, Any]:
        return name_model(workspace, model) | {
            "probe": self.probe.to_dict(),
            "n_runs": self.n_runs,
            "sizes": list(self.sizes),
            "n_seeds": self.n_seeds,
            "choosers": list(self.choosers),
        }

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> HeldOutQuestion:
        return cls(
            from_dict(request["probe"]),
            int(request["n_runs"]),
            tuple(int(size) for size in request["sizes"]),
            int(request["n_seeds"]),
            tuple(str(name) for name in request["choosers"]),
        )

    def lists(
        self, engine: InfluenceEngine, probe: ResolvedProbe, answers: Mapping[str, Influence]
    ) -> tuple[TextList, ...]:
        return fixed_lists(engine, probe, answers, self.sizes, self.choosers)

    def seeds(self, model: SkipGram) -> tuple[int, ...]:
        return held_out_seeds((model.require_settings().seed, *model.other_seeds), self.n_seeds)


def answers_at_hand(
    workspace: Workspace, engine: InfluenceEngine, probe: ResolvedProbe
) -> dict[str, Influence]:
    """The seed ensemble, this model's exact derivative where it is stored, the quick estimate.

    CapabilityError without a seed ensemble: it is the answer that is to be judged.
    """
    found = {}
    for estimator in (ENSEMBLE, UNROLLED):
        answer = workspace.results.cached(engine, probe, estimator)
        if answer is not None:
            found[estimator] = answer
    if ENSEMBLE not in found or found[ENSEMBLE].runs is None:
        raise CapabilityError(
            f"There is no answer of the text to judge: no seed ensemble of {probe.probe.name!r} is"
            f" stored for model {engine.model.name!r}. Make one first: under Influence, or by"
            " 'clif influence MODEL PROBE --runs 8'."
        )
    found[QUICK] = workspace.results.influence(engine, probe, QUICK)
    return found


def ask(
    probe: ResolvedProbe,
    answers: Mapping[str, Influence],
    sizes: Sequence[int] = USUAL_SIZES,
    n_seeds: int = N_SEEDS,
    choosers: Sequence[str] = CHOOSERS,
) -> HeldOutQuestion:
    """The question of the ``answers_at_hand``, of the choosers that they allow."""
    runs = answers[ENSEMBLE].runs
    assert runs is not None  # as ``answers_at_hand`` gives it
    allowed = tuple(name for name in choosers if name in answers or name not in ESTIMATORS)
    return HeldOutQuestion(probe.probe, runs.n_runs, tuple(sizes), n_seeds, allowed)


def expect_held_out(
    workspace: Workspace,
    engine: InfluenceEngine,
    asked: HeldOutQuestion,
    answers: Mapping[str, Influence],
) -> tuple[int, Expected]:
    """How many trainings are missing, and what the job takes on this machine."""
    model = engine.model
    lists = asked.lists(engine, asked.probe.resolve(model.vocabulary), answers)
    seeds = asked.seeds(model)
    kept = Retrainings(workspace.store, model, engine.corpus)
    n_missing = sum(not kept.has(edit, seed) for edit in list_edits(lists) for seed in seeds)
    n_missing += sum(not kept.has_base(seed) for seed in seeds)
    work = training_work(model.vocabulary.counts, model.require_settings(), n_missing)
    return n_missing, workspace.rates.expect(start_of_job(), work)


def submit_held_out(workspace: Workspace, model: SkipGram, asked: HeldOutQuestion) -> str:
    """Start the job that answers the question, or find it; returns its key.

    Raises CapabilityError where the model cannot be trained again, JobError where too many jobs
    are waiting.
    """
    refuse_unrepeatable(model)
    return workspace.jobs.submit(HELD_OUT, asked.request(workspace, model))


def find_held_out(
    workspace: Workspace, model: SkipGram, asked: HeldOutQuestion
) -> JobStatus | None:
    """The status of that job; None where it was never submitted."""
    return workspace.jobs.find(HELD_OUT, asked.request(workspace, model))


def table_of(result: Mapping[str, Any]) -> ListTable:
    """What a finished job found."""
    return ListTable.from_dict(result["table"])


def work_held_out(
    request: Mapping[str, Any], folder: Path, progress: Progress
) -> Mapping[str, Any]:
    """The work behind ``submit_held_out``: ``table`` (``ListTable.to_dict``) and ``date``."""
    workspace, bundle = open_named(request)
    model = bundle.model
    asked = HeldOutQuestion.from_request(request)
    engine = workspace.open_engine(model, open_text(workspace, model))
    probe = asked.probe.resolve(model.vocabulary)
    answers = answers_at_hand(workspace, engine, probe)
    lists, seeds = asked.lists(engine, probe, answers), asked.seeds(model)
    retrainings = Retrainings(workspace.store, model, engine.corpus)
    _train(workspace, retrainings, lists, seeds, progress)
    table = judge_lists(retrainings, probe, lists, answers, seeds)
    return {"table": table.to_dict(), "date": date.today().isoformat()}


def _train(
    workspace: Workspace,
    retrainings: Retrainings,
    lists: Sequence[TextList],
    seeds: Sequence[int],
    progress: Progress,
) -> None:
    """Every training that is missing, each timed for what the next ones will take."""
    model = retrainings.model
    work = training_work(model.vocabulary.counts, model.require_settings())
    retrainings.train_all(
        list_edits(lists),
        seeds,
        progress=progress,
        note=lambda seconds: workspace.rates.note(work, seconds),
    )
