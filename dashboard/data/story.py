"""The figures that the steps of a story show.

Every figure is computed from the model and its influence, so that a story stays true when the model
changes, and any model with a text has one.
"""

from __future__ import annotations

from clif_core.errors import CapabilityError
from clif_core.interventions.predicted_curve import Floats, removal_curves
from dashboard.data import attribution, models
from dashboard.data.attribution import Answer
from dashboard.data.scripts import Script

__all__ = ["N_STEPS", "answer_of", "curves"]

N_STEPS = 7
_N_REMOVED = 1_000  # sentences left out at most


def answer_of(script: Script) -> Answer:
    """The best answer that costs no wait (``attribution.BEST``).

    Raises CapabilityError where the text is not here.
    """
    engine = models.selected_engine()
    resolved = attribution.resolve(script.probe, engine.model)
    found = attribution.answer(engine, resolved, attribution.BEST, None, is_computed=True)
    if found is None:
        raise CapabilityError("No estimate gave an answer for this probe.")
    return found


def curves(answer: Answer) -> tuple[Floats, Floats, Floats]:
    """Predicted values after leaving out 0 to 1,000 sentences, as ``removal_curves`` orders them.

    Sums of removal effects: first order, so not exact for large sets.
    """
    influence = answer.influence
    return removal_curves(influence.probe_value, influence.sentence_effects, _N_REMOVED)
