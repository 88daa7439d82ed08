"""What a story is about: the question it asks of a model, and the figures that its steps tell.

No figure is written by hand: everything is read from the model and from the answers of the engine,
so a story stays true when the model changes, and any model with a text has one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import CapabilityError
from clif_core.probes import Weat, catalogue
from clif_core.sgns.bundle import Bundle
from dashboard.data import attribution, services
from dashboard.data.attribution import Answer
from dashboard.data.questions import n_missing

__all__ = ["N_STEPS", "Script", "answer_of", "curves", "script_of"]

N_STEPS = 7
_WRITTEN = {  # model -> (word of the first step, metadata column of the fifth)
    "shakespeare": ("crown", "play"),
    "brown": ("music", "genre"),
}
_CURVE = 1_000  # sentences left out at most


@dataclass(frozen=True)
class Script:
    """A model's question, the word to begin with, and what to sum effects by ("": documents)."""

    probe: Weat
    word: str
    column: str


def script_of(bundle: Bundle) -> Script:
    """The question that a sample's card names first; else the shipped one that loses fewest words.

    Raises ProbeError when the model's words allow no shipped question.
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
    """The name of the first probe on the model's card, of which a sample brings the derivative."""
    rows = bundle.card.get("probes")
    first = rows[0] if isinstance(rows, list) and rows else None
    return str(first.get("name", "")) if isinstance(first, dict) else ""


def answer_of(script: Script) -> Answer:
    """The best answer at hand (``attribution.BEST``).

    Raises CapabilityError where the text is not here.
    """
    engine = services.selected_engine()
    resolved = attribution.resolve(script.probe, engine.model)
    found = attribution.answer(engine, resolved, attribution.BEST, None, is_computed=True)
    if found is None:
        raise CapabilityError("no estimate gave an answer.")
    return found


def curves(answer: Answer) -> tuple[npt.NDArray[np.float64], ...]:
    """Predicted values after leaving out 0 to 1,000 sentences.

    First of those that raise the value most, then as many at random (in expectation), then of those
    that lower it most. Sums of removal effects: first order, exact for no large set.
    """
    effects, value = answer.influence.sentence_effects, answer.influence.probe_value
    ordered = np.sort(effects)
    n = min(_CURVE, len(effects))
    lowering = value + np.concatenate([[0.0], np.cumsum(ordered[:n])])
    raising = value + np.concatenate([[0.0], np.cumsum(ordered[::-1][:n])])
    return lowering, value + np.arange(n + 1) * effects.mean(), raising
