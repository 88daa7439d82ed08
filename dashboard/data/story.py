"""What a story is about: the probe that it asks, and the figures that its steps show.

Every figure is computed from the model and its influence, so that a story stays true when the model
changes, and any model with a text has one.
"""

from __future__ import annotations

from dataclasses import dataclass

from clif_core.errors import CapabilityError
from clif_core.interventions.predicted_curve import Floats, removal_curves
from clif_core.probes import Weat, catalogue
from clif_core.sgns.bundle import Bundle
from dashboard.data import attribution, models
from dashboard.data.attribution import Answer
from dashboard.data.suggested_probes import n_missing

__all__ = ["N_STEPS", "Script", "answer_of", "curves", "script_of"]

N_STEPS = 7
_WRITTEN = {  # model -> (word of the first step, metadata column of the fifth)
    "shakespeare": ("crown", "play"),
    "brown": ("music", "genre"),
}
_N_REMOVED = 1_000  # sentences left out at most


@dataclass(frozen=True)
class Script:
    """A model's probe, the word to begin with, and the column to sum effects by ("": documents)."""

    probe: Weat
    word: str
    column: str


def script_of(bundle: Bundle) -> Script:
    """The probe that a sample's card names first; else the shipped one with fewest words missing.

    Raises ProbeError when the model knows too few words of every shipped probe.
    """
    probes = {e.probe.name: e.probe for e in catalogue() if isinstance(e.probe, Weat)}
    word, column = _WRITTEN.get(bundle.model.name, ("", ""))
    probe = probes.get(_first_on_card(bundle))
    if probe is None:
        vocabulary = bundle.model.vocabulary
        probe = min(probes.values(), key=lambda choice: n_missing(choice, vocabulary))
    resolved = attribution.resolve(probe, bundle.model)
    if word not in bundle.model.vocabulary:
        word = resolved.sets[0].words[0]
    return Script(probe, word, column)


def _first_on_card(bundle: Bundle) -> str:
    """The name of the first probe on the model's card; a sample ships its exact derivative."""
    rows = bundle.card.get("probes")
    first = rows[0] if isinstance(rows, list) and rows else None
    return str(first.get("name", "")) if isinstance(first, dict) else ""


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
