"""What the What if view asks of the engine at once: which text, and what editing it would do.

A neighbour of ``services`` and ``attribution``, with the same rules. What was measured is asked of
``retraining``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import streamlit as st

from clif_core.errors import ClifError, ProbeError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.interventions.debias import ABOUT, hard_debias
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.predict import (
    Prediction,
    at_weight,
    effects_of,
    predict_edit,
    predict_sum,
)
from clif_core.probes import Probe, ResolvedProbe, catalogue, word_pairs, word_sets
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import run_estimator
from dashboard.data import attribution
from dashboard.data.attribution import Answer
from dashboard.state import Selection

__all__ = [
    "Choice",
    "candidates",
    "choose",
    "course",
    "debiased_value",
    "known_probes",
    "other_probes",
    "predict",
    "predict_other",
    "strongest",
]

Ints = npt.NDArray[np.int64]
_N_OTHERS = 6
_N_COURSE = 1_000
N_CANDIDATES = 100


@dataclass(frozen=True, eq=False)
class Choice:
    """The text to edit, strongest first.

    Parameters
    ----------
    order : (n,) documents or sentences, as ``edit.level`` says, strongest first
    effects : (n,) removal effect of each, by the estimate that chose
    """

    edit: Edit
    order: Ints
    effects: npt.NDArray[np.float64]
    n_tokens: int
    n_tokens_text: int


def choose(answer: Answer, selection: Selection) -> Choice | None:
    """The text that the selection names; None where nothing is picked or nothing has that sign."""
    level, order = _pick(answer, selection)
    if not len(order):
        return None
    edit = Edit(level, tuple(order.tolist()), selection.removal_weight)  # type: ignore[arg-type]
    n_tokens = int(token_mask(answer.corpus, edit).sum())
    effects = effects_of(answer.influence, level)[order]  # type: ignore[arg-type]
    return Choice(edit, order, effects, n_tokens, answer.corpus.n_tokens)


def _pick(answer: Answer, selection: Selection) -> tuple[str, Ints]:
    corpus, kind = answer.corpus, selection.removal
    if kind in ("sentences", "documents"):
        return kind, strongest(answer, selection, kind, selection.removal_size)
    if kind == "ticked":
        return _ticked(answer, selection)
    if kind == "group":
        if not selection.group or not selection.removal_value:
            return "sentences", np.empty(0, np.int64)
        chosen = attribution.matches(corpus, selection.group, selection.removal_value, "")
        assert chosen is not None
        return "sentences", _by_strength(answer.influence, "sentences", np.flatnonzero(chosen))
    place = selection.document if kind == "document" else selection.sentence
    n_places = corpus.n_documents if kind == "document" else corpus.n_sentences
    if place is None or place >= n_places:
        return f"{kind}s", np.empty(0, np.int64)
    return f"{kind}s", np.array([place], dtype=np.int64)


def strongest(answer: Answer, selection: Selection, level: str, n: int) -> Ints:
    """The ``n`` strongest texts of the side in hand."""
    influence, side = answer.influence, selection.removal_side
    if level == "documents":
        return influence.top_documents(n, side)["document"].to_numpy(np.int64)
    return influence.top_sentences(n, side)["sentence"].to_numpy(np.int64)


def _ticked(answer: Answer, selection: Selection) -> tuple[str, Ints]:
    """What is ticked: documents alone stay documents, beside sentences they become theirs."""
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


def _within(places: tuple[int, ...], n: int) -> Ints:
    """Places of a link that the text has."""
    return np.array([place for place in places if place < n], dtype=np.int64)


def _by_strength(influence: Influence, level: str, places: Ints) -> Ints:
    effects = effects_of(influence, level)[places]  # type: ignore[arg-type]
    return places[np.argsort(-np.abs(effects), kind="stable")]


def candidates(answer: Answer, selection: Selection, level: str) -> Ints:
    """What may be ticked: whatever is ticked beyond the strongest of the side in hand, then those.

    Ticking one of the strongest does not change the order, so that a list of them stays still.
    """
    is_of_documents = level == "documents"
    n = answer.corpus.n_documents if is_of_documents else answer.corpus.n_sentences
    ticked = selection.ticked_documents if is_of_documents else selection.ticked
    top = strongest(answer, selection, level, N_CANDIDATES)
    return np.concatenate([np.setdiff1d(_within(ticked, n), top), top])


# --- predicted


def predict(answer: Answer, choice: Choice) -> Prediction:
    """All predictions that are at hand for a choice; some tenths of a second at first."""
    engine, resolved = answer.engine, answer.resolved
    hashes = (engine.model.content_hash, engine.corpus.content_hash)
    quick = _quick(*hashes, resolved.probe.key, choice.edit.key, engine, resolved, choice.edit)
    derived = attribution.answer(engine, resolved, quick.derivative, None, is_computed=False)
    if derived is None:
        return quick
    return replace(quick, derived=predict_sum(derived.influence, choice.edit))


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
    quick = attribution.answer(_engine, _resolved, "block", None, is_computed=True)
    assert quick is not None
    derivative = run_estimator(_engine.model)
    return predict_edit(_engine, _resolved, _edit, quick.influence, derivative)


def predict_other(engine: InfluenceEngine, probe: Probe, edit: Edit) -> float | None:
    """The quick estimate for another probe, added up; None where it has none."""
    try:
        resolved = attribution.resolve(probe, engine.model)
        found = attribution.answer(engine, resolved, "block", None, is_computed=True)
    except ProbeError:
        return None
    return None if found is None else predict_sum(found.influence, edit)


def course(answer: Answer, selection: Selection) -> npt.NDArray[np.float64]:
    """(n,) predicted values of the probe with the 1, 2, ... strongest texts edited."""
    order = strongest(answer, selection, selection.removal, _N_COURSE)
    effects = effects_of(answer.influence, selection.removal)[order]  # type: ignore[arg-type]
    changes = at_weight(np.cumsum(effects), selection.removal_weight)
    return np.asarray(answer.influence.probe_value + changes)


def debiased_value(model: SkipGram, probe: Probe) -> float | None:
    """The probe on a hard-debiased copy (gender; Bolukbasi et al. 2016), to compare with.

    None where the probe names none of the words that such debiasing moves apart, or has no value.
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
    """A few shipped probes to see what else moves: those that this model knows the words of."""
    known = known_probes(model.content_hash, model)
    return tuple(other for other in known if other.key != probe.key)[:_N_OTHERS]


@st.cache_resource(show_spinner=False, max_entries=16)
def known_probes(model_hash: str, _model: SkipGram) -> tuple[Probe, ...]:
    """Shipped probes with at least half their words known, the most complete first."""
    found = []
    for entry in catalogue():
        try:
            resolved = entry.probe.resolve(_model.vocabulary)
            resolved.value(_model.centre_vectors)
        except ProbeError:
            continue
        lost = len(resolved.out_of_vocabulary) / len(entry.probe.words)
        if entry.probe.is_differentiable and lost <= 0.5:
            found.append((lost, entry.probe))
    return tuple(probe for _, probe in sorted(found, key=lambda pair: pair[0]))
