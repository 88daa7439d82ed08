"""What the Probe and Influence views ask of the engine, cached.

A neighbour of ``services`` on the same floor, with the same rules: heavy objects live once per
server, results are keyed by content hashes. An ``Answer`` is an influence with everything that a
screen of it reads repeatedly; it is immutable, so every session may share it.

Quick estimators answer within the run; ``background`` computes the slower ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ESTIMATORS as REGISTRY
from clif_core.influence.explain import explain_sentence, pair_effects, top_pairs
from clif_core.influence.result import Influence, roll_up
from clif_core.measurement.probe_report import ProbeReport, measure
from clif_core.probes import Probe, Quantity, ResolvedProbe, Weat, from_dict
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from dashboard.data import services

__all__ = [
    "BEST",
    "ESTIMATORS",
    "QUICK",
    "Answer",
    "Bools",
    "answer",
    "answer_key",
    "group_columns",
    "group_values",
    "matches",
    "probe_report",
    "read_probe",
    "resolve",
]

Bools = npt.NDArray[np.bool_]
#: The best at hand (``Workspace.best_estimator``).
BEST = "best"
#: The estimators that the views offer, in the order of the registry.
ESTIMATORS = (BEST, *(name for name, entry in REGISTRY.items() if entry.is_offered))
#: Those that answer within a run of the script.
QUICK = frozenset({BEST, *(name for name in ESTIMATORS[1:] if REGISTRY[name].cost == "instant")})
_HIDDEN_COLUMNS = frozenset({"title", "text", "document", "start", "end"})
_MAX_GROUPS = 5_000
_MAX_ANSWERS = 24


# --- probes


def read_probe(description: Mapping[str, Any]) -> Probe:
    """The probe of the selection; raises InputError for what a link made up."""
    return from_dict(description)


def resolve(probe: Probe, model: SkipGram) -> ResolvedProbe:
    """The probe on the model's words; raises ProbeError when too few are known."""
    return probe.resolve(model.vocabulary)


def probe_report(probe: Probe, model: SkipGram) -> tuple[ProbeReport, ProbeReport | None]:
    """The report of a probe, and for WEAT also that of its effect size, for the interval."""
    return _probe_report(model.content_hash, probe.key, probe, model)


@st.cache_resource(show_spinner=False, max_entries=128)
def _probe_report(
    model_hash: str, probe_key: str, _probe: Probe, _model: SkipGram
) -> tuple[ProbeReport, ProbeReport | None]:
    report = measure(_probe, _model)
    if not isinstance(_probe, Weat) or not np.isfinite(report.quantities["effect_size"]):
        return report, None
    other: Quantity = "difference" if _probe.quantity == "effect_size" else "effect_size"
    return report, measure(replace(_probe, quantity=other), _model, n_permutations=1, n_nulls=1)


# --- answers


@dataclass(frozen=True, eq=False)
class Answer:
    """An influence on its corpus, with what the cards and charts read from it."""

    engine: InfluenceEngine
    influence: Influence
    resolved: ResolvedProbe
    key: tuple[str, ...]

    @property
    def corpus(self) -> Corpus:
        return self.engine.corpus

    @cached_property
    def _pair_effects(self) -> npt.NDArray[np.float32] | None:
        return pair_effects(self.engine, self.influence) if self.has_pairs else None

    @property
    def has_pairs(self) -> bool:
        """Whether the estimator says which word pairs carry the probe."""
        return self.influence.has_pairs

    def explain(self, sentence: int) -> pd.DataFrame:
        """``explain_sentence``, with the pair effects computed once."""
        return explain_sentence(self.engine, self.influence, sentence, self._pair_effects)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The word pairs that carry most of the probe."""
        return top_pairs(self.engine, self.influence, 60, self._pair_effects)

    @cached_property
    def word_effects(self) -> npt.NDArray[np.float64]:
        """(n_words,) removal effects summed over the contexts of each centre word."""
        text, effects = self.engine.text, self.influence.context_effects
        sums = np.bincount(text.word_ids, effects[text.tokens], minlength=self.engine.model.n_words)
        return np.asarray(sums, dtype=np.float64)

    def roll_up(self, column: str) -> pd.DataFrame:
        """``influence.roll_up`` on this answer."""
        return roll_up(self.corpus, self.influence, column)

    @cached_property
    def documents(self) -> pd.DataFrame:
        """One row a document: ``document``, ``title``, metadata, ``n_tokens``, effects."""
        table = self.corpus.documents.drop(columns="text").reset_index(names="document")
        n_tokens = np.diff(self.corpus.document_token_offsets)
        effect = self.influence.document_effects
        return table.assign(
            n_tokens=n_tokens,
            effect=effect,
            effect_per_1000=1000 * effect / np.maximum(n_tokens, 1),
        )

    def sentences(
        self, direction: Literal["raises", "lowers"], k: int, among: Bools | None
    ) -> pd.DataFrame:
        """The top sentences as a table to download: effect, text, document, metadata."""
        top = self.influence.top_sentences(k, direction, among=among)
        corpus = self.corpus
        top["text"] = [corpus.sentence_text(int(s)) for s in top["sentence"]]
        meta = corpus.sentences.iloc[top["sentence"]].drop(columns=["document", "start", "end"])
        about = corpus.documents.iloc[top["document"]].drop(columns="text")
        about = about.rename(columns={c: f"document_{c}" for c in about if c in meta})
        parts = [top, about.reset_index(drop=True), meta.reset_index(drop=True)]
        return pd.concat(parts, axis=1)

    def both_ways(self, k: int, among: Bools | None) -> pd.DataFrame:
        """The top sentences of both directions, lowest effect first."""
        parts = [self.sentences("lowers", k, among), self.sentences("raises", k, among)[::-1]]
        return pd.concat(parts, ignore_index=True)


class _Shelf:
    """The last answers of this server, shared by all sessions."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, ...], Answer] = {}
        self.lock = Lock()

    def keep(self, found: Answer) -> Answer:
        with self.lock:
            self.answers.pop(found.key, None)
            self.answers[found.key] = found
            while len(self.answers) > _MAX_ANSWERS:
                self.answers.pop(next(iter(self.answers)))
        return found


@st.cache_resource(show_spinner=False)
def _shelf() -> _Shelf:
    return _Shelf()


def answer(
    engine: InfluenceEngine,
    resolved: ResolvedProbe,
    estimator: str,
    damping: float | None,
    *,
    is_computed: bool,
) -> Answer | None:
    """The answer from memory or disk; computed now where ``is_computed``, else None.

    Raises ProbeError for a probe without gradient, InputError for an unknown estimator.
    """
    workspace = services.workspace()
    if estimator == BEST:

        def is_at_hand(name: str) -> bool:
            return answer(engine, resolved, name, None, is_computed=False) is not None

        estimator, damping = workspace.best_estimator(engine, resolved, is_at_hand), None
    key = answer_key(engine, resolved, estimator, damping)
    found = _shelf().answers.get(key)
    if found is not None:
        return found
    look_up = workspace.influence if is_computed else workspace.cached_influence
    influence = look_up(engine, resolved, estimator, damping)
    if influence is None:
        return None
    return _shelf().keep(Answer(engine, influence, resolved, key))


def answer_key(
    engine: InfluenceEngine, resolved: ResolvedProbe, estimator: str, damping: float | None
) -> tuple[str, ...]:
    """What an answer is made of; equal for equal questions in every session."""
    hashes = (engine.model.content_hash, engine.corpus.content_hash, resolved.probe.key)
    return (*hashes, estimator, str(damping))


# --- choosing among the text


def group_columns(corpus: Corpus) -> list[str]:
    """The metadata columns worth summing up by: more than one value, and not one a sentence."""
    found = []
    for table in (corpus.documents, corpus.sentences):
        for column in table.columns:
            if column in _HIDDEN_COLUMNS or column in found:
                continue
            if 1 < table[column].nunique(dropna=False) <= min(_MAX_GROUPS, len(table) // 2 + 2):
                found.append(str(column))
    return found


def group_values(corpus: Corpus, column: str) -> list[str]:
    """The values of a metadata column, as text, sorted."""
    table = corpus.sentences if column in corpus.sentences.columns else corpus.documents
    if column not in table.columns or column in _HIDDEN_COLUMNS:
        raise InputError(f"This text has no metadata {column!r}.")
    values = table[column].dropna().unique()
    return [str(value) for value in sorted(values, key=lambda v: (str(type(v)), v))]


def matches(corpus: Corpus, column: str, value: str, search: str) -> Bools | None:
    """(n_sentences,) the sentences that a filter and a search leave; None when nothing is asked.

    Every word of the search must stand in the sentence, as a whole word, capitals ignored.
    """
    chosen: Bools | None = None
    if column:
        table = corpus.sentences if column in corpus.sentences.columns else corpus.documents
        if column not in table.columns:
            raise InputError(f"This text has no metadata {column!r}; remove that filter.")
        hits = (table[column].astype(str) == value).to_numpy()
        by_sentence = table is corpus.sentences
        chosen = hits if by_sentence else hits[corpus.sentences["document"].to_numpy()]
    for word in search.lower().split():
        found = _sentences_with(corpus, word.strip(".,;:!?\"'()"))
        chosen = found if chosen is None else chosen & found
    return chosen


def _sentences_with(corpus: Corpus, word: str) -> Bools:
    found = np.zeros(corpus.n_sentences, dtype=bool)
    place = _word_places(corpus.content_hash, corpus).get(word)
    if place is not None:
        tokens = np.flatnonzero(corpus.token_words == place)
        found[np.searchsorted(corpus.sentence_offsets, tokens, side="right") - 1] = True
    return found


@st.cache_resource(show_spinner=False, max_entries=4)
def _word_places(corpus_hash: str, _corpus: Corpus) -> dict[str, int]:
    return {word: place for place, word in enumerate(_corpus.words)}
