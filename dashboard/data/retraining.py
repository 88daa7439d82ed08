"""Counterfactuals by retraining: the question, the jobs that answer it, and what they measured.

Answers are read from the jobs' folders, so that a reload, another tab or another server finds them.
The retrained vectors are in the workspace's store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd

from clif_core.errors import CapabilityError, InputError
from clif_core.geometry.movement import Movement, move
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit, EditLevel
from clif_core.interventions.retrain import refuse_unrepeatable
from clif_core.probes import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.shipped_removals import Chosen, Removal, load_removal
from clif_core.workspace.tasks import retrain, retrained
from clif_core.workspace.tasks.retrain import RetrainQuestion, Stage
from dashboard.data import edits, models
from dashboard.data.attribution import Answer
from dashboard.data.kept import by_bytes
from dashboard.data.places import MAX_PLACES, Place, take_place
from dashboard.selection import REMOVAL_SIZES, Selection

__all__ = [
    "Retraining",
    "cancel",
    "look_up",
    "measured_points",
    "movement",
    "others_table",
    "question",
    "retrainings_by_size",
    "save_retrained",
    "shipped_removal",
    "submit",
    "submit_series",
    "why_not_retrained",
]


@dataclass(frozen=True)
class Retraining:
    """A question and the state of its jobs by stage (``RetrainQuestion.parts``).

    None for a job that was not submitted.
    """

    question: RetrainQuestion
    stages: Mapping[Stage, JobStatus | None]

    @property
    def edited(self) -> JobStatus | None:
        return self.stages["edited"]

    @property
    def jobs(self) -> list[JobStatus | None]:
        return list(self.stages.values())

    @property
    def is_running(self) -> bool:
        return any(job is not None and not job.is_finished for job in self.jobs)

    @property
    def is_done(self) -> bool:
        return all(job is not None and job.state == "done" for job in self.jobs)

    @property
    def result(self) -> Mapping[str, Any] | None:
        """What the edited text gave."""
        return None if self.edited is None else self.edited.result

    @property
    def seeds_result(self) -> Mapping[str, Any] | None:
        """What the edited text gave under several seeds."""
        return self._result_of("seeds")

    @property
    def random_result(self) -> Mapping[str, Any] | None:
        """What the random sets gave."""
        return self._result_of("random")

    def _result_of(self, stage: Stage) -> Mapping[str, Any] | None:
        job = self.stages.get(stage)
        return None if job is None else job.result


def question(
    model: SkipGram, probe: Probe, edit: Edit, n_random: int = 0, n_seeds: int = 1
) -> RetrainQuestion:
    """The question to retraining: this probe first, then the others.

    ``n_seeds`` counts the model's own seed; the further ones are those that follow it.
    """
    known = edits.known_probes(model)
    return retrain.retrain_question(model, probe, edit, n_random, n_seeds, known)


def look_up(model: SkipGram, asked: RetrainQuestion) -> Retraining:
    """The state of a question's jobs now."""
    workspace = models.workspace()
    found = {
        stage: retrain.find_retraining(workspace, model, part)
        for stage, part in asked.parts().items()
    }
    return Retraining(asked, found)


def shipped_removal(probe: Probe, edit: Edit) -> Removal | None:
    """The measurement of that very edit that came with the selected model, or None."""
    bundle = models.selected_bundle()
    found = (load_removal(bundle.card, bundle.model, probe.key, c) for c in get_args(Chosen))
    return next((each for each in found if each is not None and each.edit == edit), None)


def why_not_retrained(model: SkipGram, edit: Edit | None = None) -> str:
    """Why a model cannot be trained again on an edited text, in words; empty where it can."""
    try:
        refuse_unrepeatable(model, edit)
    except CapabilityError as error:
        return str(error)
    return ""


def submit(model: SkipGram, asked: RetrainQuestion) -> None:
    """Submit the job, and after it those with further seeds and with random sets."""
    with take_place() as place:
        _submit(model, asked, place)


def submit_series(model: SkipGram, series: Sequence[RetrainQuestion]) -> None:
    """Submit the jobs of several questions, one after another."""
    with take_place(MAX_PLACES) as place:
        for asked in series:
            _submit(model, asked, place)


def _submit(model: SkipGram, asked: RetrainQuestion, place: Place) -> None:
    workspace = models.workspace()
    for part in asked.parts().values():
        place.jobs.append(retrain.submit_retraining(workspace, model, part))


def cancel(model: SkipGram, asked: RetrainQuestion) -> None:
    """Stop the jobs at their next step."""
    for job in look_up(model, asked).jobs[::-1]:
        if job is not None:
            models.workspace().jobs.cancel(job.key)


# --- a series of sizes


def retrainings_by_size(
    answer: Answer, selection: Selection, level: EditLevel
) -> list[tuple[int, Retraining]]:
    """(number of texts, retraining) at every size that the view offers."""
    model, probe = answer.engine.model, answer.resolved.probe
    order = edits.strongest(answer, selection, level, max(REMOVAL_SIZES))
    found = []
    for size in sorted({min(n, len(order)) for n in REMOVAL_SIZES} - {0}):
        edit = Edit(level, tuple(order[:size].tolist()), selection.removal_weight)
        asked = question(model, probe, edit, selection.n_random)
        found.append((size, look_up(model, asked)))
    return found


def measured_points(
    retrainings: Sequence[tuple[int, Retraining]], probe_key: str
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """(number edited, value) of the sizes that were trained again, and of random sets."""
    measured, random = [], []
    for size, retraining in retrainings:
        if retraining.result is None:
            continue
        after = retraining.result["runs"][0]["after"][probe_key]
        if after is not None:
            measured.append((size, after))
        if retraining.random_result is not None:
            values = (run[probe_key] for run in retraining.random_result["runs"][0]["random"])
            random += [(size, value) for value in values if value is not None]
    return measured, random


# --- what else the retraining changed


def movement(model: SkipGram, edit: Edit, is_coupled: bool) -> Movement | None:
    """How words moved between the two trainings; None where the store evicted one of them."""
    return _movement(model.content_hash, edit.key, model, edit, is_coupled)


@by_bytes
def _movement(
    model_hash: str, edit_key: str, _model: SkipGram, _edit: Edit, is_coupled: bool
) -> Movement | None:
    workspace = models.workspace()
    before = retrained.cached_retraining(workspace, _model, None)
    after = retrained.cached_retraining(workspace, _model, _edit)
    return None if before is None or after is None else move(before, after, is_coupled)


def save_retrained(
    model_name: str, edit: Mapping[str, Any], described: str, chosen_by: Mapping[str, Any]
) -> str:
    """Save the retrained model as one of the user's own; returns its name.

    ``chosen_by``: the probe and the estimate that chose the text, for the card's history.
    """
    if not model_name:
        raise InputError("No model is selected, so none can be saved. Pick one under Start.")
    bundle = retrained.keep_retrained(
        models.workspace(), model_name, Edit.from_dict(edit), described, chosen_by
    )
    return bundle.model.name


def others_table(engine: InfluenceEngine, result: Mapping[str, Any]) -> pd.DataFrame:
    """One row a probe: ``name``, ``before``, ``predicted``, ``after``, ``change``."""
    edit = Edit.from_dict(result["edit"])
    known = {probe.key: probe for probe in edits.known_probes(engine.model)}
    run, rows = result["runs"][0], []
    for named in result["probes"]:
        before, after = run["before"][named["key"]], run["after"][named["key"]]
        probe = known.get(named["key"])
        predicted = None if probe is None else edits.predict_other(engine, probe, edit)
        change = None if before is None or after is None else after - before
        rows.append((named["name"], before, predicted, after, change))
    columns = ["name", "before", "predicted", "after", "change"]
    return pd.DataFrame(rows, columns=columns)
