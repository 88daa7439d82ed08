"""What an edit of the text is predicted to do to a probe, without training again.

Three predictions, cheapest first:

    added up   the removal effects of the edited text, summed (first order in the weight)
    plug-in    the probe read where one Newton step moves its words (``plug_in``)
    resolved   the probe read where its words settle without the text (``resolve``)

Every one is the predicted **probe(edited text) - probe(text)**.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import QUICK, find_estimator
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit, EditLevel
from clif_core.interventions.plug_in import move_words
from clif_core.interventions.resolve import resolve_words
from clif_core.probes.base import ResolvedProbe

__all__ = ["effects_of", "predict_plug_in", "predict_resolved", "predict_sum"]


def effects_of(influence: Influence, level: EditLevel) -> npt.NDArray[np.float64]:
    """Removal effects of all documents, sentences or contexts, in their order, float64."""
    if level == "documents":
        return influence.document_effects
    if level == "sentences":
        return influence.sentence_effects
    return influence.context_effects.astype(np.float64)


def predict_sum(influence: Influence, edit: Edit) -> float:
    """Removal effects added up: half the weight is half the removal, twice is its opposite."""
    effects = effects_of(influence, edit.level)[list(edit.items)]
    return float((1 - edit.weight) * effects.sum())


def predict_plug_in(
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    weights: npt.NDArray[np.float32],
    damping: float | None = None,
) -> float:
    """The probe at the moved vectors of its words, minus the probe.

    ``weights`` (n_tokens,): 0 where a context is removed, 1 where it stays. Sees what a sum of
    ``block`` effects cannot: the probe's own curvature, and that words with fewer contexts left
    move more easily.
    """
    return _read_moved(move_words, engine, probe, weights, damping)


def predict_resolved(
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    weights: npt.NDArray[np.float32],
    damping: float | None = None,
) -> float:
    """As ``predict_plug_in``, with Newton steps until the probe's words stand still."""
    return _read_moved(resolve_words, engine, probe, weights, damping)


def _read_moved(
    move: Callable[..., npt.NDArray[np.float64]],
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    weights: npt.NDArray[np.float32],
    damping: float | None,
) -> float:
    vectors = engine.model.centre_vectors
    word_ids, _ = probe.active_gradient(vectors)
    used = find_estimator(QUICK).default_damping if damping is None else damping
    moved = vectors.astype(np.float64)
    moved[word_ids] = move(engine.loss, engine.windows, weights[engine.text.tokens], word_ids, used)
    return probe.value(moved) - probe.value(vectors)
