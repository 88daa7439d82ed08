"""Data attribution for a probe: its measured figures, and the influence of the text on it.

An ``Answer`` is an influence together with the tables that a screen shows of it. It is immutable,
so all sessions share it, keyed by content hashes. Quick estimators answer within a script run;
``background`` computes the slower ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, canonical_name
from clif_core.influence.estimators import ESTIMATORS as REGISTRY
from clif_core.influence.explain import explain_sentence, pair_effects, top_pairs
from clif_core.influence.result import Influence, roll_up
from clif_core.influence.tables import document_table, pair_table, sentence_metadata, sure_part
from clif_core.measurement.probe_report import ProbeReport, measure
from clif_core.probes import Probe, Quantity, ResolvedProbe, Weat, from_dict, question_key
from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.results import Question, question_of
from clif_core.workspace.shipped import shipped_verdict
from dashboard.data import kept, models
from dashboard.selection import Selection

__all__ = [
    "BEST",
    "ESTIMATORS",
    "QUICK",
    "Answer",
    "Bools",
    "answer",
    "answer_key",
    "asked",
    "beside",
    "known_question",
    "probe_report",
    "read_probe",
    "resolve",
]

Bools = npt.NDArray[np.bool_]
#: The best that costs no wait (``Results.best_estimator``).
BEST = "best"
#: The estimators that the views offer, in the order of the registry.
ESTIMATORS = (BEST, *(name for name, entry in REGISTRY.items() if entry.is_offered))
#: Those that answer within a script run.
QUICK = frozenset({BEST, *(name for name in ESTIMATORS[1:] if REGISTRY[name].cost == "instant")})


# --- probes


def read_probe(description: Mapping[str, Any]) -> Probe:
    """The probe of the selection; raises InputError for a description that is no probe."""
    return from_dict(description)


def resolve(probe: Probe, model: SkipGram) -> ResolvedProbe:
    """The probe on the model's words; raises ProbeError when too few are known."""
    return probe.resolve(model.vocabulary)


def probe_report(probe: Probe, model: SkipGram) -> tuple[ProbeReport, ProbeReport | None]:
    """The report of a probe; for WEAT also that of its other figure, which has the interval.

    Enters the probe in the model's list of probes tried: whoever sees a value has tried it.
    """
    found = _probe_report(model.content_hash, tuple(model.other_seeds), probe.key, probe, model)
    models.workspace().enter_probe(model, found[0])
    return found


def known_question(resolved: ResolvedProbe, bundle: Bundle) -> str:
    """The probe's question, as far as a verdict that is known already allows it; tests nothing.

    Known is what was tried on the model before, or what its card says.
    """
    probe, model = resolved.probe, bundle.model
    asked = question_key(resolved)
    tried = models.workspace().probes_tried(model).entries
    verdict = next((e.verdict for e in tried if e.question == asked), None)
    verdict = verdict or shipped_verdict(bundle.card, probe.name)
    return phrases.question_of(probe, resolved.value(model.centre_vectors), verdict)


@st.cache_resource(show_spinner=False, max_entries=128)
def _probe_report(
    model_hash: str, seeds: tuple[int, ...], probe_key: str, _probe: Probe, _model: SkipGram
) -> tuple[ProbeReport, ProbeReport | None]:
    report = measure(_probe, _model)
    if not isinstance(_probe, Weat) or not np.isfinite(report.quantities["effect_size"]):
        return report, None
    other: Quantity = "difference" if _probe.quantity == "effect_size" else "effect_size"
    return report, measure(replace(_probe, quantity=other), _model, n_permutations=1, n_nulls=1)


# --- answers


@dataclass(frozen=True, eq=False)
class Answer:
    """An influence on its corpus, with the tables that cards and charts read."""

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

    @property
    def question(self) -> Question | None:
        """The question that it answers; None for a closed form, which stands in for both."""
        name = self.influence.estimator
        return question_of(name) if REGISTRY[name].is_of_runs else None

    @property
    def n_runs(self) -> int:
        """Trainings of the ensemble that it is of; 0 where it is of none."""
        return 0 if self.influence.runs is None else self.influence.runs.n_runs

    @property
    def holding(self) -> Bools | None:
        """(n_sentences,) whose effect holds over the runs; None where the runs are too few."""
        statistics = self.influence.sentence_statistics
        if statistics is None or not self.influence.has_enough_runs:
            return None
        return statistics.holds

    def explain(self, sentence: int) -> pd.DataFrame:
        """``explain_sentence``, with the pair effects computed once."""
        return explain_sentence(self.engine, self.influence, sentence, self._pair_effects)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The word pairs that carry most of the probe."""
        return top_pairs(self.engine, self.influence, 60, self._pair_effects)

    def pairs_over_runs(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """``tables.pair_table`` on this answer, for pairs that another estimate chose."""
        return pair_table(self.corpus, self.influence, pairs)

    @cached_property
    def context_word_effects(self) -> npt.NDArray[np.float32]:
        """(n_words,) removal effects summed over the pairs of each context word.

        For an estimator that scores no pairs, ``word_effects``.
        """
        if self._pair_effects is None:
            return self.word_effects.astype(np.float32)
        pairs, n_words = self.engine.pairs, self.engine.model.n_words
        totals = pairs.weights * self._pair_effects
        sums = np.bincount(pairs.context_words, totals, minlength=n_words)
        return sums.astype(np.float32)

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
        return document_table(self.corpus, self.influence)

    def bars(self, table: pd.DataFrame, names: str) -> pd.DataFrame:
        """What bars show of ``documents`` or a ``roll_up``, in columns that no metadata can take.

        ``row`` (its place in ``table``), ``name`` (of the column ``names``), ``n_tokens``,
        ``effect``, ``effect_per_1000``, and where there are runs the columns that say how sure.
        """
        shown = table[["n_tokens", "effect", "effect_per_1000"]].assign(
            name=table[names].astype(str), row=np.arange(len(table))
        )
        sure = sure_part(table, self.influence)
        return shown if sure is None else pd.concat([shown, sure], axis=1)

    def sentences(
        self, direction: Literal["raises", "lowers"], k: int, among: Bools | None
    ) -> pd.DataFrame:
        """The top sentences as a table to download: effect, text, document, metadata."""
        top = self.influence.top_sentences(k, direction, among=among, by="sure")
        corpus, statistics = self.corpus, self.influence.sentence_statistics
        if statistics is not None:
            top = top.join(statistics.table(top["sentence"]))
        top["text"] = [corpus.sentence_text(int(s)) for s in top["sentence"]]
        return pd.concat([top, sentence_metadata(corpus, top["sentence"])], axis=1)

    def both_ways(self, k: int, among: Bools | None) -> pd.DataFrame:
        """The top sentences of both directions, those that surely lower most first."""
        parts = [self.sentences("lowers", k, among), self.sentences("raises", k, among)[::-1]]
        return pd.concat(parts, ignore_index=True)


def answer(
    engine: InfluenceEngine,
    resolved: ResolvedProbe,
    estimator: str,
    damping: float | None,
    *,
    is_computed: bool,
    question: Question | None = None,
    progress: Progress | None = None,
) -> Answer | None:
    """The answer from memory or disk; where there is none, computed if ``is_computed``, else None.

    ``question``: that the best estimate is of; None: the text where its ensemble has enough runs,
    else the model. Who asks for the text gets an ensemble of few runs, too: it sharpens as it goes.
    Raises ProbeError for a probe without gradient, InputError for an unknown estimator.
    """
    workspace = models.workspace()
    if estimator == BEST:

        def is_cached(name: str) -> bool:
            found = answer(engine, resolved, name, None, is_computed=False)
            return found is not None and (question == "text" or found.influence.has_enough_runs)

        estimator = workspace.results.best_estimator(engine, resolved, is_cached, question)
        damping = None
    key = answer_key(engine, resolved, estimator, damping)
    found: Answer | None = kept.everything().find(key)
    if found is not None:
        return found
    asked = (engine, resolved, estimator, damping)
    if is_computed:
        influence: Influence | None = workspace.results.influence(*asked, progress)
    else:
        influence = workspace.results.cached(*asked)
    if influence is None:
        return None
    return kept.everything().add(key, Answer(engine, influence, resolved, key))


def answer_key(
    engine: InfluenceEngine, resolved: ResolvedProbe, estimator: str, damping: float | None
) -> tuple[str, ...]:
    """The cache key of an answer; equal for equal questions in every session.

    The answer of a seed ensemble changes with every run that is added, so their number is in it.
    """
    hashes = (engine.model.content_hash, engine.corpus.content_hash, resolved.probe.key)
    key = (*hashes, estimator, str(damping))
    if canonical_name(estimator) != ENSEMBLE:
        return key
    return (*key, f"{models.workspace().results.n_runs_at_hand(engine, resolved)} runs")


def asked(selection: Selection) -> Question | None:
    """The question of a selection; None: whichever is at hand, the text first."""
    return selection.question or None


def beside(found: Answer) -> Answer | None:
    """What other trainings say of the same probe, for an answer that is not of them.

    Itself for an ensemble; None where no ensemble with enough runs is at hand.
    """
    if found.question == "text":
        return found
    other = answer(found.engine, found.resolved, ENSEMBLE, None, is_computed=False)
    return other if other is not None and other.holding is not None else None
