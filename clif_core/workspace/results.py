"""Influence results of a workspace: computed once, cached, or shipped with the model; the best.

The answer of a question is looked for in the store, then among the exact derivatives that the model
brings. Keys hold the hashes of everything that an answer was computed from, so none is stale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.evaluation import Table, rank_estimators
from clif_core.evaluation import read_card as read_fidelity
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import (
    QUICK,
    RUN_ESTIMATORS,
    UNROLLED,
    find_estimator,
    run_estimator,
)
from clif_core.influence.result import Influence
from clif_core.influence.stored import influence_key, read_influence, write_influence
from clif_core.probes import catalogue as shipped_probes
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store
from clif_core.workspace.catalogue import Catalogue
from clif_core.workspace.shipped import load_derivative

__all__ = ["IsAtHand", "Results", "best_at_hand"]

IsAtHand = Callable[[str], bool]


def best_at_hand(tables: Sequence[Table], is_at_hand: IsAtHand) -> str:
    """The most faithful estimator whose answer costs no wait. The rule is written here alone.

    By the model's fidelity ``tables``, the best in them that answers at once (``block``) or is at
    hand. Without tables the exact derivative where that is at hand, else the seed ensemble, else
    the quick estimate (docs/decisions/0003, 0022).
    """
    for name in rank_estimators(tables) or RUN_ESTIMATORS:
        if name == QUICK or is_at_hand(name):
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
    ) -> Influence:
        """Removal effects of every context on a probe, from the cache where they are there."""
        cached = self.cached(engine, probe, estimator, damping)
        if cached is not None:
            return cached
        influence = engine.influence(probe, estimator, damping=damping, progress=progress)
        self.write(engine, probe, influence)
        return influence

    def cached(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str,
        damping: float | None = None,
    ) -> Influence | None:
        """The result that was computed before or came with the model, else None."""
        found = read_influence(self.store, influence_key(engine, probe, estimator, damping), engine)
        if found is None and find_estimator(estimator).name == UNROLLED:
            return self._shipped_derivative(engine, probe)
        return found

    def write(self, engine: InfluenceEngine, probe: ResolvedProbe, influence: Influence) -> None:
        """Put a result where ``cached`` finds it."""
        key = influence_key(engine, probe, influence.estimator, influence.damping)
        write_influence(self.store, key, influence)

    def best_estimator(
        self, engine: InfluenceEngine, probe: ResolvedProbe, is_at_hand: IsAtHand | None = None
    ) -> str:
        """``best_at_hand`` for a probe; ``is_at_hand`` None: what is cached or was shipped."""
        return best_at_hand(
            self.fidelity(engine.model),
            is_at_hand or (lambda name: self.cached(engine, probe, name) is not None),
        )

    def choose(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str | None,
        damping: float | None,
    ) -> str:
        """The estimator that was asked for; where none was, the best at hand.

        A damping without an estimator is meant for the quick estimate.
        """
        if estimator is not None:
            return find_estimator(estimator).name
        return QUICK if damping is not None else self.best_estimator(engine, probe)

    def for_report(
        self,
        engine: InfluenceEngine,
        probe: ResolvedProbe,
        estimator: str | None = None,
        damping: float | None = None,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """What ``make_report`` takes: the ``influence`` to report, and ``others`` to compare.

        Compared are the derivative of training runs, where it is cached, and the quick estimate.
        """
        chosen = self.choose(engine, probe, estimator, damping)
        found = self.influence(engine, probe, chosen, damping, progress)
        if chosen in RUN_ESTIMATORS:
            return {"influence": found, "others": [self.influence(engine, probe)]}
        exact = self.cached(engine, probe, run_estimator(engine.model))
        return {"influence": found, "others": [] if exact is None else [exact]}

    def fidelity(self, model: SkipGram) -> tuple[Table, ...]:
        """How far each estimator was right on this model, from its card; () where never judged."""
        entry = self.catalogue.find(model.name)
        return () if entry is None else read_fidelity(entry.card, model.content_hash)

    def _shipped_derivative(
        self, engine: InfluenceEngine, probe: ResolvedProbe
    ) -> Influence | None:
        """The exact derivative that came with the model, if it has one of this probe."""
        model, entry = engine.model, self.catalogue.find(engine.model.name)
        if entry is None:
            return None
        key = _shipped_key(probe, entry.card, model)
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


def _shipped_key(probe: ResolvedProbe, card: Mapping[str, Any], model: SkipGram) -> str:
    """The key under which a card has the derivative of a probe, or of one that is spelt otherwise.

    A derivative depends on the words that are read and the gradient there, not on how the question
    is spelt: "John" and "john" are one word to a model of lower case.
    """
    own, on_card = probe.probe.key, card.get("derivatives", {}).get("probes", {})
    is_settled = own in on_card or not probe.probe.is_differentiable
    for entry in () if is_settled else shipped_probes():
        if entry.probe.key in on_card:
            other = entry.probe.resolve(model.vocabulary)
            if np.array_equal(probe.word_ids, other.word_ids) and np.allclose(
                probe.gradient(model.centre_vectors), other.gradient(model.centre_vectors)
            ):
                return other.probe.key
    return own
