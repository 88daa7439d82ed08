"""Influence results of a workspace: computed once, cached, or shipped with the model; the best.

The answer of a question is looked for in the store, then among the exact derivatives and seed
ensembles that the model brings. Keys hold the hashes of everything that an answer was computed
from, so none is stale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.evaluation import Table, rank_estimators
from clif_core.evaluation import read_card as read_fidelity
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import N_RUNS
from clif_core.influence.estimators import (
    ENSEMBLE,
    QUICK,
    RUN_ESTIMATORS,
    UNROLLED,
    find_estimator,
    run_estimator,
)
from clif_core.influence.result import Influence
from clif_core.influence.stored import influence_key, read_influence, write_influence
from clif_core.influence.stored_runs import StoredRuns, ensemble_at_hand, n_runs_at_hand
from clif_core.measurement.over_runs import HOLDS_RUNS
from clif_core.probes import catalogue as shipped_probes
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store
from clif_core.storage.write_errors import unless_refused
from clif_core.workspace.catalogue import Catalogue
from clif_core.workspace.shipped import load_derivative
from clif_core.workspace.shipped_runs import load_ensemble, n_shipped_runs

__all__ = [
    "QUESTIONS",
    "IsAtHand",
    "Question",
    "Results",
    "best_at_hand",
    "check_question",
    "question_of",
]

IsAtHand = Callable[[str], bool]
#: "text": what any training on the text would do, for claims about the text. "model": what this
#: very training did, for why this model says so.
Question = Literal["text", "model"]
QUESTIONS: tuple[Question, ...] = ("text", "model")


def check_question(name: str | None) -> Question | None:
    """A question by its name; None stays None. InputError for any other name."""
    for question in QUESTIONS:
        if name == question:
            return question
    if name is None:
        return None
    raise InputError(f"unknown question {name!r:.60}; a question is {' or '.join(QUESTIONS)}.")


def question_of(estimator: str) -> Question:
    """The question that an estimator's answer is of."""
    return "text" if find_estimator(estimator).name == ENSEMBLE else "model"


def _require_answers(estimator: str, question: Question | None) -> None:
    """InputError where an estimator answers the other question; closed forms stand in for both."""
    if question is not None and estimator in RUN_ESTIMATORS and question_of(estimator) != question:
        right = next(name for name in RUN_ESTIMATORS if question_of(name) == question)
        raise InputError(
            f"the estimator {estimator!r} answers for the {question_of(estimator)}, not for the"
            f" {question}; leave it out, or choose {right!r}."
        )


def best_at_hand(
    tables: Sequence[Table], is_at_hand: IsAtHand, question: Question | None = None
) -> str:
    """The most faithful estimator whose answer costs no wait. The rule is written here alone.

    For the text, the seed ensemble where it is at hand, else the quick estimate: for another
    training it is better than the exact derivative of this one. For the model, by its fidelity
    ``tables`` the best in them that answers at once (``block``) or is at hand; without tables the
    exact derivative where that is at hand, else the quick estimate (docs/decisions/0003, 0022).
    ``question`` None: the text where its ensemble is at hand, else the model.
    """
    if question != "model" and is_at_hand(ENSEMBLE):
        return ENSEMBLE
    if question == "text":
        return QUICK
    for name in rank_estimators(tables) or RUN_ESTIMATORS:
        if name == QUICK or (name != ENSEMBLE and is_at_hand(name)):
            return name
    return QUICK


@dataclass(frozen=True, eq=False)
class Results:
    """The influence results of a workspace."""

    store: Store
    catalogue: Catalogue

    def influence(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str = QUICK,
        damping: float | None = None,
        progress: Progress | None = None,
        n_runs: int | None = None,
    ) -> Influence:
        """Removal effects of every context on a probe, from the cache where they are there.

        ``n_runs``: of the seed ensemble at least, as far as the cache lacks them; None: enough.
        """
        if find_estimator(estimator).name == ENSEMBLE:
            return self._ensemble(engine, probe, n_runs, progress)
        if n_runs is not None:
            raise InputError(
                f"n_runs is of the estimator {ENSEMBLE!r}; {estimator!r} has no number of runs."
            )
        cached = self.cached(engine, probe, estimator, damping)
        if cached is not None:
            return cached
        influence = engine.influence(probe, estimator, damping=damping, progress=progress)
        with unless_refused():
            self.write(engine, probe, influence)
        return influence

    def cached(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str,
        damping: float | None = None,
    ) -> Influence | None:
        """The result that was computed before or came with the model, else None.

        Differentiates and solves nothing new. Of the seed ensemble: of however many runs are there
        now, at least two (``ensemble_at_hand``). Raises InputError for an unknown estimator.
        """
        name = find_estimator(estimator).name
        if name == ENSEMBLE:
            return self.ensemble_at_hand(engine, probe)
        found = read_influence(self.store, influence_key(engine, probe, estimator, damping), engine)
        if found is None and name == UNROLLED:
            return self._shipped_derivative(engine, probe)
        return found

    def ensemble_at_hand(self, engine: InfluenceEngine, probe: ResolvedProbe) -> Influence | None:
        """The seed ensemble of the most runs: of those in the store now, or the shipped one.

        None where there are fewer than two. Costs some tenths of a second; ``n_runs_at_hand`` says
        whether a job has added runs since. Stored and shipped ones are not mixed: a shipped run has
        no effects by token, and its settings may be of another machine.
        """

        def stored() -> Influence | None:
            quick = partial(self.influence, engine, probe)
            return ensemble_at_hand(self.store, engine, probe, quick)

        n_stored = n_runs_at_hand(self.store, engine, probe)
        if n_stored > self._n_shipped_runs(engine, probe):
            return stored() or self._shipped_ensemble(engine, probe)
        return self._shipped_ensemble(engine, probe) or stored()

    def n_runs_at_hand(self, engine: InfluenceEngine, probe: ResolvedProbe) -> int:
        """How many runs ``ensemble_at_hand`` has; reads none of them."""
        n_stored = n_runs_at_hand(self.store, engine, probe)
        return max(n_stored, self._n_shipped_runs(engine, probe))

    def n_runs_missing(
        self, engine: InfluenceEngine, probe: ResolvedProbe, n_runs: int | None = None
    ) -> int:
        """How many trainings the ensemble's answer takes (``influence``, ``n_runs`` as there)."""
        if self._enough_runs(engine, probe, n_runs) is not None:
            return 0
        # A shipped ensemble cannot be added to: only the store's own runs count.
        return (n_runs or N_RUNS) - n_runs_at_hand(self.store, engine, probe)

    def _enough_runs(
        self, engine: InfluenceEngine, probe: ResolvedProbe, n_runs: int | None
    ) -> Influence | None:
        """The ensemble at hand if it has ``n_runs`` runs; None: as many as claims need."""
        found = self.ensemble_at_hand(engine, probe)
        if found is None or not found.has_enough_runs:
            return None
        at_hand = 0 if found.runs is None else found.runs.n_runs
        return found if n_runs is None or at_hand >= n_runs else None

    def gather_runs(
        self,
        engine: InfluenceEngine,
        probes: Sequence[ResolvedProbe],
        n_runs: int = N_RUNS,
        n_threads: int = 1,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> int:
        """Compute what is missing of an ensemble's first ``n_runs`` runs; how many were run.

        Each run is stored when it is done.
        """
        return engine.gather_runs(
            probes,
            StoredRuns(self.store, engine),
            n_runs=n_runs,
            n_threads=n_threads,
            progress=progress,
            folder=folder,
        )

    def write(self, engine: InfluenceEngine, probe: ResolvedProbe, influence: Influence) -> None:
        """Put a result where ``cached`` finds it."""
        key = influence_key(engine, probe, influence.estimator, influence.damping)
        write_influence(self.store, key, influence)

    def best_estimator(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        is_at_hand: IsAtHand | None = None,
        question: Question | None = None,
    ) -> str:
        """The most faithful estimator whose answer costs no wait (``best_at_hand``).

        ``is_at_hand`` says of an estimator's name whether its answer is; None: looks at what is
        cached or was shipped. ``question``: "text" or "model"; None: the text where its ensemble is
        at hand, else the model.
        """

        def is_cached(name: str) -> bool:
            if name == ENSEMBLE and self.n_runs_at_hand(engine, probe) >= HOLDS_RUNS:
                return True  # without reading them
            found = self.cached(engine, probe, name)
            return found is not None and found.has_enough_runs

        return best_at_hand(self.fidelity(engine.model), is_at_hand or is_cached, question)

    def choose(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str | None = None,
        damping: float | None = None,
        question: Question | None = None,
        n_runs: int | None = None,
    ) -> str:
        """The estimator that was asked for; where none was, the best at hand for a question.

        A damping without an estimator is meant for the quick estimate, a number of runs for the
        seed ensemble. InputError where question, estimator and runs contradict each other.
        """
        if estimator is not None:
            name = find_estimator(estimator).name
            _require_answers(name, question)
            return name
        if n_runs is not None:
            _require_answers(ENSEMBLE, question)
            return ENSEMBLE
        if damping is not None:
            return QUICK
        return self.best_estimator(engine, probe, question=question)

    def for_report(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str | None = None,
        damping: float | None = None,
        progress: Progress | None = None,
        question: Question | None = None,
    ) -> dict[str, Any]:
        """What ``make_report`` takes: the ``influence`` to report, and ``others`` to compare.

        Compared are the derivative of training runs, where it is cached, and the quick estimate.
        """
        chosen = self.choose(engine, probe, estimator, damping, question)
        found = self.influence(engine, probe, chosen, damping, progress)
        if chosen in RUN_ESTIMATORS:
            return {"influence": found, "others": [self.influence(engine, probe)]}
        exact = self.cached(engine, probe, run_estimator(engine.model))
        return {"influence": found, "others": [] if exact is None else [exact]}

    def fidelity(self, model: SkipGram) -> tuple[Table, ...]:
        """How far each estimator was right on this model, from its card; () where never judged."""
        entry = self.catalogue.find(model.name)
        return () if entry is None else read_fidelity(entry.card, model.content_hash)

    def _ensemble(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        n_runs: int | None,
        progress: Progress | None,
    ) -> Influence:
        """The seed ensemble of at least ``n_runs`` runs; None: what is at hand, where enough."""
        found = self._enough_runs(engine, probe, n_runs)
        if found is not None:
            return found
        kept = StoredRuns(self.store, engine)
        n_wanted = N_RUNS if n_runs is None else n_runs
        return engine.ensemble([probe], n_runs=n_wanted, progress=progress, kept=kept)[0]

    def _shipped_derivative(
        self, engine: InfluenceEngine, probe: ResolvedProbe
    ) -> Influence | None:
        """The exact derivative that came with the model, if it has one of this probe."""
        model, entry = engine.model, self.catalogue.find(engine.model.name)
        if entry is None:
            return None
        key = _shipped_key(probe, entry.card.get("derivatives"), model)
        found = load_derivative(entry.path, entry.card, model.content_hash, key)
        if found is None or len(found[1]) != engine.corpus.n_tokens:
            return None
        about, effects = found
        arrays: dict[str, npt.NDArray[Any]] = {
            "context_effects": effects,
            "direction_rows": np.empty(0, np.int64),
            "direction": np.empty(0, np.float32),
        }
        return Influence.from_parts(about | {"probe_key": probe.probe.key}, arrays, engine.corpus)

    def _shipped_ensemble(self, engine: InfluenceEngine, probe: ResolvedProbe) -> Influence | None:
        """The seed ensemble that came with the model, if it has one of this probe."""
        model, entry = engine.model, self.catalogue.find(engine.model.name)
        if entry is None:
            return None
        key = _shipped_key(probe, entry.card.get("ensembles"), model)
        found = load_ensemble(entry.path, entry.card, model.content_hash, key, engine.corpus)
        return None if found is None else replace(found, probe_key=probe.probe.key)

    def _n_shipped_runs(self, engine: InfluenceEngine, probe: ResolvedProbe) -> int:
        """How many runs ``_shipped_ensemble`` has; reads none of them."""
        model, entry = engine.model, self.catalogue.find(engine.model.name)
        if entry is None:
            return 0
        key = _shipped_key(probe, entry.card.get("ensembles"), model)
        return n_shipped_runs(entry.path, entry.card, model.content_hash, key)


def _shipped_key(probe: ResolvedProbe, shipped: Any, model: SkipGram) -> str:
    """The key under which a card has the answer to a probe, or to one that is spelt otherwise.

    ``shipped``: what the card says of answers of one kind, or None. A derivative depends on the
    words that are read and the gradient there, not on how the question is spelt: "John" and "john"
    are one word to a model of lower case.
    """
    probes = shipped.get("probes") if isinstance(shipped, Mapping) else None
    own, on_card = probe.probe.key, probes if isinstance(probes, Mapping) else {}
    is_settled = own in on_card or not on_card or not probe.probe.is_differentiable
    for entry in () if is_settled else shipped_probes():
        if entry.probe.key in on_card:
            other = entry.probe.resolve(model.vocabulary)
            if np.array_equal(probe.word_ids, other.word_ids) and np.allclose(
                probe.gradient(model.centre_vectors), other.gradient(model.centre_vectors)
            ):
                return other.probe.key
    return own
