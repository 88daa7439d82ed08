"""What the What if view asks of retraining: a question, the job that answers it, what it measured.

Every question is answered from the job's folder, so that a reload, another tab or another server
finds it again. The retrained vectors lie in the workspace's store and show where words went.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from clif_core.errors import CapabilityError, InputError
from clif_core.geometry.movement import Movement, move
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import refuse_unrepeatable
from clif_core.probes import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace import tasks
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks import RetrainQuestion
from dashboard.data import edits, services
from dashboard.data.attribution import Answer
from dashboard.state import REMOVAL_SIZES, Selection

__all__ = [
    "cancel",
    "course_questions",
    "keep",
    "measured_points",
    "movement",
    "others_table",
    "question",
    "status",
    "submit",
    "why_not_retrained",
]


def question(model: SkipGram, probe: Probe, edit: Edit, n_random: int = 0) -> RetrainQuestion:
    """What retraining is asked: this probe first, then the others."""
    return RetrainQuestion(edit, (probe, *edits.other_probes(model, probe)), (), n_random)


def why_not_retrained(model: SkipGram, edit: Edit | None = None) -> str:
    """Why a model cannot be trained again on an edited text, in words; empty where it can."""
    try:
        refuse_unrepeatable(model, edit)
    except CapabilityError as error:
        return str(error)
    return ""


def submit(model: SkipGram, asked: RetrainQuestion) -> None:
    """Begin the job, and the one with the random sets after it."""
    workspace = services.workspace()
    tasks.submit_retraining(workspace, model, RetrainQuestion(asked.edit, asked.probes))
    if asked.n_random:
        tasks.submit_retraining(workspace, model, asked)


def status(model: SkipGram, asked: RetrainQuestion) -> JobStatus | None:
    """What became of a question, if it was ever asked."""
    return tasks.find_retraining(services.workspace(), model, asked)


def cancel(model: SkipGram, asked: RetrainQuestion) -> None:
    """Stop both jobs at their next step."""
    for each in (asked, RetrainQuestion(asked.edit, asked.probes)):
        found = status(model, each)
        if found is not None:
            services.workspace().jobs.cancel(found.key)


def course_questions(answer: Answer, selection: Selection) -> list[tuple[int, RetrainQuestion]]:
    """The question to retraining at every size of a series: (number of texts, question)."""
    model, probe = answer.engine.model, answer.resolved.probe
    order = edits.strongest(answer, selection, selection.removal, max(REMOVAL_SIZES))
    asked = []
    for size in sorted({min(n, len(order)) for n in REMOVAL_SIZES} - {0}):
        items = tuple(order[:size].tolist())
        edit = Edit(selection.removal, items, selection.removal_weight)  # type: ignore[arg-type]
        asked.append((size, question(model, probe, edit, selection.n_random)))
    return asked


def measured_points(
    answer: Answer, selection: Selection
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """(number edited, value) of the sizes that were trained again, and of random sets."""
    model, key = answer.engine.model, answer.resolved.probe.key
    measured, random = [], []
    for size, asked in course_questions(answer, selection):
        found = status(model, RetrainQuestion(asked.edit, asked.probes))
        if found is None or found.result is None:
            continue
        after = found.result["runs"][0]["after"][key]
        if after is not None:
            measured.append((size, after))
        compared = status(model, asked) if asked.n_random else None
        if compared is not None and compared.result is not None:
            values = (run[key] for run in compared.result["runs"][0]["random"])
            random += [(size, value) for value in values if value is not None]
    return measured, random


def movement(model: SkipGram, edit: Edit, is_coupled: bool) -> Movement | None:
    """Where words went when the model was trained again; None where the store lost a training."""
    return _movement(model.content_hash, edit.key, model, edit, is_coupled)


@st.cache_resource(show_spinner=False, max_entries=8)
def _movement(
    model_hash: str, edit_key: str, _model: SkipGram, _edit: Edit, is_coupled: bool
) -> Movement | None:
    workspace = services.workspace()
    before = tasks.cached_retraining(workspace, _model, None)
    after = tasks.cached_retraining(workspace, _model, _edit)
    return None if before is None or after is None else move(before, after, is_coupled)


def keep(
    model_name: str, edit: Mapping[str, Any], described: str, chosen_by: Mapping[str, Any]
) -> str:
    """Keep the retrained model as one of the user's own; its name.

    ``chosen_by``: the probe and the estimate that chose the text, for the card's history.
    """
    if not model_name:
        raise InputError("there is no model to keep.")
    bundle = tasks.keep_retrained(
        services.workspace(), model_name, Edit.from_dict(edit), described, chosen_by
    )
    return bundle.model.name


def others_table(engine: InfluenceEngine, result: Mapping[str, Any]) -> pd.DataFrame:
    """One row a probe: ``name``, ``before``, ``predicted``, ``after``, ``change``."""
    edit = Edit.from_dict(result["edit"])
    run = result["runs"][0]
    rows = []
    for named in result["probes"]:
        before, after = run["before"][named["key"]], run["after"][named["key"]]
        probe = _by_key(engine, named["key"])
        predicted = None if probe is None else edits.predict_other(engine, probe, edit)
        change = None if before is None or after is None else after - before
        rows.append((named["name"], before, predicted, after, change))
    columns = ["name", "before", "predicted", "after", "change"]
    return pd.DataFrame(rows, columns=columns)


def _by_key(engine: InfluenceEngine, key: str) -> Probe | None:
    known = edits.known_probes(engine.model.content_hash, engine.model)
    return next((probe for probe in known if probe.key == key), None)
