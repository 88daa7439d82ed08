"""What the story of a model is about: its probe, the word to begin with, the column to sum by."""

from __future__ import annotations

from dataclasses import dataclass

from clif_core.probes import Weat, catalogue
from clif_core.sgns.bundle import Bundle
from dashboard.data.suggested_probes import n_missing

__all__ = ["Script", "script_of"]

_WRITTEN = {  # model -> (word of the first step, metadata column of the fifth)
    "shakespeare": ("crown", "play"),
    "brown": ("music", "genre"),
}


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
    resolved = probe.resolve(bundle.model.vocabulary)
    if word not in bundle.model.vocabulary:
        word = resolved.sets[0].words[0]
    return Script(probe, word, column)


def _first_on_card(bundle: Bundle) -> str:
    """The name of the first probe on the model's card; a sample ships its exact derivative."""
    rows = bundle.card.get("probes")
    first = rows[0] if isinstance(rows, list) and rows else None
    return str(first.get("name", "")) if isinstance(first, dict) else ""
