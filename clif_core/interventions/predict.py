"""What an edit of the text is predicted to do to a probe, without training again.

Three kinds of prediction, cheapest first:

    sum        removal effects of the edited text, added up (first order in the weight)
    plug-in    the probe at vectors that one Newton step moved (``plug_in``)
    resolved   the probe at vectors that Newton steps moved until they converged (``resolve``)

Each is the predicted **probe(edited text) - probe(text)**.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from clif_core.influence.estimators import QUICK, find_estimator
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit, EditLevel, token_weights
from clif_core.late import late_import
from clif_core.probes.base import ResolvedProbe
from clif_core.text.corpus import Corpus

if TYPE_CHECKING:
    from clif_core.influence.engine import InfluenceEngine
    from clif_core.interventions import plug_in, resolve
else:  # which bring torch
    plug_in = late_import("clif_core.interventions.plug_in")
    resolve = late_import("clif_core.interventions.resolve")

__all__ = [
    "Prediction",
    "TextPrediction",
    "at_weight",
    "effects_of",
    "predict_edit",
    "predict_of_text",
    "predict_plug_in",
    "predict_resolved",
    "predict_sum",
]

#: Standard error of a predicted change of 1 beyond the luck of the ensemble's seeds: what a sum of
#: first-order effects and runs of another start leave out. Root mean square over lists of a hundred
#: sentences of Brown, retrained under held-out seeds (decision 35).
FIRST_ORDER_ERROR = 0.08

Effect = TypeVar("Effect", float, npt.NDArray[np.float64])


@dataclass(frozen=True)
class Prediction:
    """The predicted changes of one probe by one edit.

    Parameters
    ----------
    quick : sum of the removal effects by the ``block`` estimator
    plug_in, resolved : see the head of this module
    derived : sum of the removal effects by ``derivative``; None where they are not computed
    derivative : the estimator of training runs that the model allows (exact, or a seed ensemble)
    """

    quick: float
    plug_in: float
    resolved: float
    derived: float | None
    derivative: str

    @property
    def best(self) -> float:
        """The most faithful of them."""
        return self.resolved if self.derived is None else self.derived

    def to_dict(self) -> dict[str, float | None]:
        """The changes by the name of what predicted them."""
        return {
            "block": self.quick,
            "plug_in": self.plug_in,
            "resolved": self.resolved,
            self.derivative: self.derived,
        }


def predict_edit(
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    edit: Edit,
    quick: Influence,
    derivative: str,
    derived: Influence | None = None,
) -> Prediction:
    """Every prediction of an edit; ``quick`` and ``derived`` are the influences to add up."""
    weights = token_weights(engine.corpus, edit)
    return Prediction(
        predict_sum(quick, edit),
        predict_plug_in(engine, probe, weights),
        predict_resolved(engine, probe, weights),
        None if derived is None else predict_sum(derived, edit),
        derivative,
    )


def at_weight(removal_effect: Effect, weight: float) -> Effect:
    """The effect, to first order, of giving text that weight instead of removing it.

    Weight 0 gives the removal effect itself, 0.5 half of it, 1 none, 2 its opposite.
    """
    return (1 - weight) * removal_effect


def effects_of(influence: Influence, level: EditLevel) -> npt.NDArray[np.float64]:
    """Removal effects of all documents, sentences or contexts, in the order of the text."""
    if level == "documents":
        return influence.document_effects
    if level == "sentences":
        return influence.sentence_effects
    return influence.context_effects.astype(np.float64)


def predict_sum(influence: Influence, edit: Edit) -> float:
    """The removal effects of an edit's text added up, at the edit's weight."""
    effects = effects_of(influence, edit.level)[list(edit.items)]
    return at_weight(float(effects.sum()), edit.weight)


@dataclass(frozen=True)
class TextPrediction:
    """The change that a seed ensemble predicts for any training on the text, with its interval.

    ``low`` and ``high`` bound the 95 % interval of the mean change in trainings under any seed: of
    the error of ``n_runs`` trainings and of ``FIRST_ORDER_ERROR``, as a root of squares. The change
    is one of ``before``, the mean value of the probe in those trainings, and not of the value in
    one model: another training starts elsewhere.
    """

    change: float
    low: float
    high: float
    n_runs: int
    before: float

    @property
    def after(self) -> float:
        """The predicted mean value."""
        return self.before + self.change


def predict_of_text(influence: Influence, edit: Edit, corpus: Corpus) -> TextPrediction | None:
    """The sum of a seed ensemble's effects of an edit with its interval, at the edit's weight.

    None for another estimator, for too few runs, and for single contexts, of which the runs keep
    no effects.
    """
    if edit.level == "contexts" or not influence.has_enough_runs:
        return None
    items = np.asarray(edit.items, dtype=np.int64)
    of_sentence = np.arange(corpus.n_sentences)
    if edit.level == "documents":
        of_sentence = corpus.sentences["document"].to_numpy()
    group = np.where(np.isin(of_sentence, items), 0, -1)
    found = influence.group_statistics(group, 1)
    if found is None:
        return None
    change, low, high = (
        at_weight(float(figure[0]), edit.weight) for figure in (found.effect, found.low, found.high)
    )
    half = math.hypot((high - low) / 2, 1.96 * FIRST_ORDER_ERROR * change)
    before = influence.trained_value
    return TextPrediction(change, change - half, change + half, found.n_runs, before)


def predict_plug_in(
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    weights: npt.NDArray[np.float32],
    damping: float | None = None,
) -> float:
    """The change of the probe when one Newton step moves its words.

    ``weights`` (n_tokens,): 0 where a context is removed, 1 where it stays. Unlike a sum of
    ``block`` effects it includes the curvature of the probe, and that words with fewer contexts
    left move more easily.
    """
    return _read_moved(plug_in.move_words, engine, probe, weights, damping)


def predict_resolved(
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    weights: npt.NDArray[np.float32],
    damping: float | None = None,
) -> float:
    """As ``predict_plug_in``, with Newton steps until the words of the probe converge."""
    return _read_moved(resolve.resolve_words, engine, probe, weights, damping)


def _read_moved(
    move: Callable[..., npt.NDArray[np.float64]],
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    weights: npt.NDArray[np.float32],
    damping: float | None,
) -> float:
    vectors = engine.model.centre_vectors
    word_ids, _ = probe.active_gradient(vectors)
    damping = find_estimator(QUICK).default_damping if damping is None else damping
    moved = vectors.astype(np.float64)
    weights = weights[engine.text.tokens]
    moved[word_ids] = move(engine.loss, engine.windows, weights, word_ids, damping)
    return probe.value(moved) - probe.value(vectors)
