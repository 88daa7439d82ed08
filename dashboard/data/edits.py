"""Edits of the text: which text the selection names, and what editing it is predicted to do.

Counterfactuals that are measured by training again are in ``retraining``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import streamlit as st

from clif_core import phrases
from clif_core.errors import ClifError, ProbeError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import QUICK
from clif_core.influence.result import Influence
from clif_core.interventions.debias import ABOUT, hard_debias
from clif_core.interventions.edit import Edit, EditLevel, token_mask
from clif_core.interventions.predict import (
    Prediction,
    TextPrediction,
    effects_of,
    predict_edit,
    predict_of_text,
    predict_sum,
)
from clif_core.interventions.predicted_curve import predicted_curve
from clif_core.probes import Probe, ResolvedProbe, word_pairs, word_sets
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.text.filters import matching_sentences
from clif_core.workspace.tasks import retrain
from clif_core.workspace.workspace import run_estimator
from dashboard.data import attribution
from dashboard.data.attribution import Answer
from dashboard.selection import Selection

__all__ = [
    "Choice",
    "candidates",
    "choose",
    "curve_by_size",
    "debiased_value",
    "known_probes",
    "other_probes",
    "predict",
    "predict_other",
    "predict_text",
    "side_of",
    "strongest",
]

Ints = npt.NDArray[np.int64]
_N_CURVE = 1_000  # texts
N_CANDIDATES = 100


@dataclass(frozen=True, eq=False)
class Choice:
    """The text to edit, strongest first.

    Parameters
    ----------
    order : (n,) documents or sentences, as ``edit.level`` says, strongest first
    effects : (n,) removal effect of each, by the estimate that put them in order
    """

    edit: Edit
    order: Ints
    effects: npt.NDArray[np.float64]
    n_tokens: int
    n_tokens_text: int


def choose(answer: Answer, selection: Selection) -> Choice | None:
    """The text that the selection names; None where there is none to edit."""
    level, order = _pick(answer, selection)
    if not len(order):
        return None
    edit = Edit(level, tuple(order.tolist()), selection.removal_weight)
    n_tokens = int(token_mask(answer.corpus, edit).sum())
    effects = effects_of(answer.influence, level)[order]
    return Choice(edit, order, effects, n_tokens, answer.corpus.n_tokens)


def _pick(answer: Answer, selection: Selection) -> tuple[EditLevel, Ints]:
    corpus, kind = answer.corpus, selection.removal
    if kind == "sentences" or kind == "documents":
        return kind, strongest(answer, selection, kind, selection.removal_size)
    if kind == "ticked":
        return _ticked(answer, selection)
    if kind == "document":
        return "documents", _existing(selection.document, corpus.n_documents)
    if kind == "sentence":
        return "sentences", _existing(selection.sentence, corpus.n_sentences)
    if not selection.group or not selection.removal_value:
        return "sentences", np.empty(0, np.int64)
    chosen = matching_sentences(corpus, selection.group, selection.removal_value, "")
    assert chosen is not None
    return "sentences", _by_strength(answer.influence, "sentences", np.flatnonzero(chosen))


def side_of(selection: Selection, words: phrases.Voice) -> Literal["lowers", "raises"]:
    """What removing the text does: as was chosen, else as the question of the probe asks."""
    return selection.removal_side or words.asked


def strongest(answer: Answer, selection: Selection, level: str, n: int) -> Ints:
    """The ``n`` strongest texts of the selected side."""
    influence = answer.influence
    side = side_of(selection, phrases.voice(answer.resolved.probe, influence.probe_value))
    if level == "documents":
        return influence.top_documents(n, side)["document"].to_numpy(np.int64)
    return influence.top_sentences(n, side)["sentence"].to_numpy(np.int64)


def _ticked(answer: Answer, selection: Selection) -> tuple[EditLevel, Ints]:
    """The ticked texts; documents ticked together with sentences become their sentences."""
    corpus = answer.corpus
    sentences = _within(selection.ticked, corpus.n_sentences)
    documents = _within(selection.ticked_documents, corpus.n_documents)
    if len(documents) and not len(sentences):
        return "documents", _by_strength(answer.influence, "documents", documents)
    of_documents = [sentences_of(corpus, int(document)) for document in documents]
    both = np.unique(np.concatenate([sentences, *of_documents]))
    return "sentences", _by_strength(answer.influence, "sentences", both)


def sentences_of(corpus: Corpus, document: int) -> Ints:
    """The sentences of one document."""
    first, last = (int(s) for s in corpus.document_offsets[document : document + 2])
    return np.arange(first, last, dtype=np.int64)


def _within(ids: tuple[int, ...], n: int) -> Ints:
    """The ids that the text has; a link may name others."""
    return np.array([i for i in ids if i < n], dtype=np.int64)


def _existing(item: int | None, n: int) -> Ints:
    return _within(() if item is None else (item,), n)


def _by_strength(influence: Influence, level: EditLevel, ids: Ints) -> Ints:
    effects = effects_of(influence, level)[ids]
    return ids[np.argsort(-np.abs(effects), kind="stable")]


def candidates(answer: Answer, selection: Selection, level: str) -> Ints:
    """The texts to offer for ticking: those ticked already, then the strongest of the side.

    A ticked text among the strongest keeps its place, so that the list does not move under the
    pointer.
    """
    is_of_documents = level == "documents"
    n = answer.corpus.n_documents if is_of_documents else answer.corpus.n_sentences
    ticked = selection.ticked_documents if is_of_documents else selection.ticked
    top = strongest(answer, selection, level, N_CANDIDATES)
    return np.concatenate([np.setdiff1d(_within(ticked, n), top), top])


# --- predicted


def predict(answer: Answer, choice: Choice) -> Prediction:
    """All predictions for a choice that cost no wait; some tenths of a second the first time."""
    engine, resolved = answer.engine, answer.resolved
    hashes = (engine.model.content_hash, engine.corpus.content_hash)
    quick = _quick(*hashes, resolved.probe.key, choice.edit.key, engine, resolved, choice.edit)
    derived = attribution.answer(engine, resolved, quick.derivative, None, is_computed=False)
    if derived is None:
        return quick
    return replace(quick, derived=predict_sum(derived.influence, choice.edit))


def predict_text(answer: Answer, edit: Edit) -> TextPrediction | None:
    """What the seed ensemble predicts for any training, where it is at hand."""
    found = attribution.answer(answer.engine, answer.resolved, "ensemble", None, is_computed=False)
    return None if found is None else predict_of_text(found.influence, edit, answer.corpus)


@st.cache_data(show_spinner=False, max_entries=256)
def _quick(
    model_hash: str,
    corpus_hash: str,
    probe_key: str,
    edit_key: str,
    _engine: InfluenceEngine,
    _resolved: ResolvedProbe,
    _edit: Edit,
) -> Prediction:
    quick = attribution.answer(_engine, _resolved, QUICK, None, is_computed=True)
    assert quick is not None
    derivative = run_estimator(_engine.model)
    return predict_edit(_engine, _resolved, _edit, quick.influence, derivative)


def predict_other(engine: InfluenceEngine, probe: Probe, edit: Edit) -> float | None:
    """The sum of quick removal effects on another probe; None where it has no gradient."""
    try:
        resolved = attribution.resolve(probe, engine.model)
        found = attribution.answer(engine, resolved, QUICK, None, is_computed=True)
    except ProbeError:
        return None
    return None if found is None else predict_sum(found.influence, edit)


def curve_by_size(
    answer: Answer, selection: Selection, level: EditLevel
) -> npt.NDArray[np.float64]:
    """(n,) predicted values of the probe with the 1, 2, ..., n strongest texts edited.

    In the trainings that the answer speaks of: this model, or the mean over its ensemble.
    """
    order = strongest(answer, selection, level, _N_CURVE)
    effects = effects_of(answer.influence, level)[order]
    return predicted_curve(answer.influence.trained_value, effects, selection.removal_weight)[1:]


def debiased_value(model: SkipGram, probe: Probe) -> float | None:
    """The probe on a hard-debiased copy (gender; Bolukbasi et al. 2016), as a baseline.

    None where the probe has no word of the pairs that define gender, or no value on the copy.
    """
    return _debiased_value(model.content_hash, probe.key, model, probe)


@st.cache_data(show_spinner=False, max_entries=64)
def _debiased_value(
    model_hash: str, probe_key: str, _model: SkipGram, _probe: Probe
) -> float | None:
    definitional, equalise, specific = ABOUT["gender"]
    pairs, words = word_pairs()[definitional].pairs, word_sets()[specific].words
    if not {word.lower() for word in _probe.words} & {word for pair in pairs for word in pair}:
        return None
    try:
        copy = hard_debias(_model, pairs, words, word_pairs()[equalise].pairs, "gender").model
        return float(attribution.resolve(_probe, _model).value(copy.centre_vectors))
    except ClifError:
        return None


def other_probes(model: SkipGram, probe: Probe) -> tuple[Probe, ...]:
    """As ``tasks.retrain.other_probes``, looked up once a model."""
    return retrain.other_probes(model, probe, known_probes(model))


def known_probes(model: SkipGram) -> tuple[Probe, ...]:
    """As ``tasks.retrain.known_probes``, looked up once a model."""
    return _known_probes(model.content_hash, model)


@st.cache_resource(show_spinner=False, max_entries=16)
def _known_probes(model_hash: str, _model: SkipGram) -> tuple[Probe, ...]:
    return retrain.known_probes(_model)
