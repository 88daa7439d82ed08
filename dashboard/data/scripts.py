"""The probe that a model is opened with where nobody asks another question, and a first word."""

from __future__ import annotations

from dataclasses import dataclass

from clif_core.probes import Weat, catalogue
from clif_core.sgns.bundle import Bundle
from dashboard.data.suggested_probes import n_missing

__all__ = ["Script", "script_of"]

_WRITTEN = {"shakespeare": "crown", "brown": "music"}  # model -> the word to begin with


@dataclass(frozen=True)
class Script:
    """A model's probe, and the word to begin with."""

    probe: Weat
    word: str


def script_of(bundle: Bundle) -> Script:
    """The probe that a sample's card names first; else the shipped one with fewest words missing.

    Raises ProbeError when the model knows too few words of every shipped probe.
    """
    probes = {e.probe.name: e.probe for e in catalogue() if isinstance(e.probe, Weat)}
    word = _WRITTEN.get(bundle.model.name, "")
    probe = probes.get(_first_on_card(bundle))
    if probe is None:
        vocabulary = bundle.model.vocabulary
        probe = min(probes.values(), key=lambda choice: n_missing(choice, vocabulary))
    resolved = probe.resolve(bundle.model.vocabulary)
    if word not in bundle.model.vocabulary:
        word = resolved.sets[0].words[0]
    return Script(probe, word)


def _first_on_card(bundle: Bundle) -> str:
    """The name of the first probe on the model's card; a sample ships its exact derivative."""
    rows = bundle.card.get("probes")
    first = rows[0] if isinstance(rows, list) and rows else None
    return str(first.get("name", "")) if isinstance(first, dict) else ""
