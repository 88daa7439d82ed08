"""What the What if view asks of the engine: which text goes, what is predicted, what was measured.

A neighbour of ``services`` and ``attribution``, with the same rules. Predictions are computed at
once; retraining is a job, and every question about it is answered from the job's folder, so that a
reload, another tab or another server finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clif_core import what_if
from clif_core.counterfactual import Edit, refuse_unrepeatable, token_mask, token_weights
from clif_core.errors import CapabilityError, InputError, ProbeError
from clif_core.influence import UNROLLED, InfluenceEngine
from clif_core.jobs import JobStatus
from clif_core.probes import Probe, ResolvedProbe, catalogue
from clif_core.skipgram import SkipGram
from clif_core.what_if import Question
from dashboard import attribution, services
from dashboard.attribution import Answer
from dashboard.state import REMOVAL_SIZES, Selection

__all__ = [
    "Choice",
    "Prediction",
    "cancel",
    "choose",
    "course",
    "keep",
    "measured_points",
    "other_probes",
    "others_table",
    "predict",
    "predict_other",
    "question",
    "status",
    "submit",
    "why_not_retrained",
]

_N_OTHERS = 6
_N_COURSE = 1_000


@dataclass(frozen=True, eq=False)
class Choice:
    """The text to take away, strongest first.

    Parameters
    ----------
    order : (n,) documents or sentences, as ``edit.level`` says, strongest first
    effects : (n,) removal effect of each, by the estimate that chose
    """

    edit: Edit
    order: npt.NDArray[np.int64]
    effects: npt.NDArray[np.float64]
    n_tokens: int
    n_tokens_text: int


@dataclass(frozen=True)
class Prediction:
    """Predicted changes of the probe: quick and added up, quick and moved, exact if computed."""

    quick: float
    moved: float
    exact: float | None


def choose(answer: Answer, selection: Selection) -> Choice | None:
    """The text that the selection names; None where nothing is picked or nothing has that sign."""
    level, order = _pick(answer, selection)
    if not len(order):
        return None
    influence = answer.influence
    of_level = influence.document_effects if level == "documents" else influence.sentence_effects
    edit = Edit(level, tuple(order.tolist()))  # type: ignore[arg-type]
    n_tokens = int(token_mask(answer.corpus, edit).sum())
    return Choice(edit, order, of_level[order], n_tokens, answer.corpus.n_tokens)


def _pick(answer: Answer, selection: Selection) -> tuple[str, npt.NDArray[np.int64]]:
    corpus, kind = answer.corpus, selection.removal
    if kind == "documents":
        top = answer.influence.top_documents(selection.removal_size, selection.removal_side)
        return "documents", top["document"].to_numpy(np.int64)
    if kind == "sentences":
        top = answer.influence.top_sentences(selection.removal_size, selection.removal_side)
        return "sentences", top["sentence"].to_numpy(np.int64)
    if kind == "group":
        if not selection.group or not selection.removal_value:
            return "sentences", np.empty(0, np.int64)
        chosen = attribution.matches(corpus, selection.group, selection.removal_value, "")
        assert chosen is not None
        effects = answer.influence.sentence_effects
        found = np.flatnonzero(chosen)
        return "sentences", found[np.argsort(-np.abs(effects[found]), kind="stable")]
    place = selection.document if kind == "document" else selection.sentence
    n_places = corpus.n_documents if kind == "document" else corpus.n_sentences
    if place is None or place >= n_places:
        return f"{kind}s", np.empty(0, np.int64)
    return f"{kind}s", np.array([place], dtype=np.int64)


# --- predicted


def predict(answer: Answer, choice: Choice) -> Prediction:
    """All predictions that are at hand for a choice; some tenths of a second at first."""
    engine, resolved = answer.engine, answer.resolved
    hashes = (engine.model.content_hash, engine.corpus.content_hash)
    quick, moved = _quick(*hashes, resolved.probe.key, choice.edit.key, engine, resolved, choice)
    exact = attribution.answer(engine, resolved, UNROLLED, None, is_computed=False)
    return Prediction(quick, moved, None if exact is None else _total(exact, choice.edit))


@st.cache_data(show_spinner=False, max_entries=256)
def _quick(
    model_hash: str,
    corpus_hash: str,
    probe_key: str,
    edit_key: str,
    _engine: InfluenceEngine,
    _resolved: ResolvedProbe,
    _choice: Choice,
) -> tuple[float, float]:
    quick = attribution.answer(_engine, _resolved, "block", None, is_computed=True)
    assert quick is not None
    weights = token_weights(_engine.corpus, _choice.edit)
    return _total(quick, _choice.edit), _engine.plug_in(_resolved, weights)


def _total(answer: Answer, edit: Edit) -> float:
    influence = answer.influence
    of_level = (
        influence.document_effects if edit.level == "documents" else influence.sentence_effects
    )
    return float(of_level[list(edit.items)].sum())


def predict_other(engine: InfluenceEngine, probe: Probe, edit: Edit) -> float | None:
    """The quick estimate for another probe, added up; None where it has none."""
    try:
        resolved = attribution.resolve(probe, engine.model)
        found = attribution.answer(engine, resolved, "block", None, is_computed=True)
    except ProbeError:
        return None
    return None if found is None else _total(found, edit)


def course(answer: Answer, selection: Selection) -> npt.NDArray[np.float64]:
    """(n,) predicted values of the probe without the 1, 2, ... strongest texts."""
    influence = answer.influence
    top = (
        influence.top_documents(_N_COURSE, selection.removal_side)
        if selection.removal == "documents"
        else influence.top_sentences(_N_COURSE, selection.removal_side)
    )
    return np.asarray(influence.probe_value + np.cumsum(top["effect"].to_numpy(np.float64)))


def other_probes(model: SkipGram, probe: Probe) -> tuple[Probe, ...]:
    """A few shipped probes to see what else moves: those that this model knows the words of."""
    known = _known_probes(model.content_hash, model)
    return tuple(other for other in known if other.key != probe.key)[:_N_OTHERS]


@st.cache_resource(show_spinner=False, max_entries=16)
def _known_probes(model_hash: str, _model: SkipGram) -> tuple[Probe, ...]:
    """Shipped probes with at least half their words known, the most complete first."""
    found = []
    for entry in catalogue():
        try:
            resolved = entry.probe.resolve(_model.vocabulary)
            resolved.value(_model.centre_vectors)
        except ProbeError:
            continue
        lost = len(resolved.lost) / len(entry.probe.words)
        if entry.probe.is_differentiable and lost <= 0.5:
            found.append((lost, entry.probe))
    return tuple(probe for _, probe in sorted(found, key=lambda pair: pair[0]))


# --- measured


def question(model: SkipGram, probe: Probe, edit: Edit, n_random: int = 0) -> Question:
    """What retraining is asked: this probe first, then the others."""
    return Question(edit, (probe, *other_probes(model, probe)), (), n_random)


def why_not_retrained(model: SkipGram) -> str:
    """Why a model cannot be trained again, in words; empty where it can."""
    try:
        refuse_unrepeatable(model)
    except CapabilityError as error:
        return str(error)
    return ""


def submit(model: SkipGram, asked: Question) -> None:
    """Begin the job, and the one with the random sets after it."""
    workspace = services.workspace()
    what_if.submit(workspace, model, Question(asked.edit, asked.probes))
    if asked.n_random:
        what_if.submit(workspace, model, asked)


def status(model: SkipGram, asked: Question) -> JobStatus | None:
    """What became of a question, if it was ever asked."""
    return what_if.find(services.workspace(), model, asked)


def cancel(model: SkipGram, asked: Question) -> None:
    """Stop both jobs at their next step."""
    for each in (asked, Question(asked.edit, asked.probes)):
        found = status(model, each)
        if found is not None:
            services.workspace().jobs.cancel(found.key)


def measured_points(
    answer: Answer, selection: Selection, n_random: int
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """(number taken away, value) of the sizes that were trained again, and of random sets."""
    model, probe = answer.engine.model, answer.resolved.probe
    measured, random = [], []
    top = (
        answer.influence.top_documents(max(REMOVAL_SIZES), selection.removal_side)["document"]
        if selection.removal == "documents"
        else answer.influence.top_sentences(max(REMOVAL_SIZES), selection.removal_side)["sentence"]
    )
    level = selection.removal
    for size in sorted({min(n, len(top)) for n in REMOVAL_SIZES} - {0}):
        edit = Edit(level, tuple(top.head(size)))  # type: ignore[arg-type]
        found = status(model, question(model, probe, edit))
        if found is None or found.result is None:
            continue
        after = found.result["runs"][0]["after"][probe.key]
        if after is not None:
            measured.append((size, after))
        compared = status(model, question(model, probe, edit, n_random)) if n_random else None
        if compared is not None and compared.result is not None:
            values = (run[probe.key] for run in compared.result["runs"][0]["random"])
            random += [(size, value) for value in values if value is not None]
    return measured, random


def keep(model_name: str, edit: Mapping[str, Any], described: str) -> str:
    """Keep the retrained model as one of the user's own; its name."""
    if not model_name:
        raise InputError("there is no model to keep.")
    workspace = services.workspace()
    bundle = what_if.keep_retrained(workspace, model_name, Edit.from_dict(edit), described)
    return bundle.model.name


def others_table(engine: InfluenceEngine, result: Mapping[str, Any]) -> pd.DataFrame:
    """One row a probe: ``name``, ``before``, ``predicted``, ``after``, ``change``."""
    edit = Edit.from_dict(result["edit"])
    run = result["runs"][0]
    rows = []
    for named in result["probes"]:
        before, after = run["before"][named["key"]], run["after"][named["key"]]
        probe = _by_key(engine, named["key"])
        predicted = None if probe is None else predict_other(engine, probe, edit)
        change = None if before is None or after is None else after - before
        rows.append((named["name"], before, predicted, after, change))
    columns = ["name", "before", "predicted", "after", "change"]
    return pd.DataFrame(rows, columns=columns)


def _by_key(engine: InfluenceEngine, key: str) -> Probe | None:
    known = _known_probes(engine.model.content_hash, engine.model)
    return next((probe for probe in known if probe.key == key), None)
