"""Removals that were measured by retraining and are shipped with a model.

``card["removals"]`` is a few kilobytes of JSON:

    {"content_hash": of the model, "corpus_hash": of its text, "settings": of the trainings,
     "probes": {key of the probe: {question: result}}}

``question`` is "text" where the seed ensemble chose the sentences, "model" where the exact
derivative of this very training did. ``result`` is the part of a retraining job's result
(``tasks.retrain``) that is about this probe: ``edit``, ``n_tokens``, ``n_tokens_text`` and
``runs``, the model's own seed first, with ``made``, the ``date`` and ``machine`` of the
trainings. No run's seed is one of the ensemble's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from clif_core.errors import InputError
from clif_core.interventions.edit import Edit
from clif_core.sgns.bundle import read_card, write_card
from clif_core.sgns.model import SkipGram

__all__ = ["Chosen", "Removal", "load_removal", "read_removal", "save_removals"]

Chosen = Literal["text", "model"]


@dataclass(frozen=True)
class Removal:
    """What trainings with and without some text gave for one probe.

    Attributes
    ----------
    seeds : (n_runs,) the model's own first
    before, after : (n_runs,) the probe after training on the whole text and on the edited text
    random : (n_sets,) the probe with the model's own seed, without as much text drawn at random
    n_tokens, n_tokens_text : words of the edit and of the text
    made : ``date`` and ``machine`` of the trainings, where the result names them
    """

    edit: Edit
    seeds: tuple[int, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    random: tuple[float, ...]
    n_tokens: int
    n_tokens_text: int
    made: Mapping[str, str] = field(default_factory=dict)


def read_removal(result: Mapping[str, Any], key: str) -> Removal | None:
    """What a retraining job measured of the probe with that key.

    None where the result has another form, or a training left the probe without a value.
    """
    try:
        runs = result["runs"]
        random = tuple(float(drawn[key]) for run in runs for drawn in run["random"])
        found = Removal(
            Edit.from_dict(result["edit"]),
            tuple(int(run["seed"]) for run in runs),
            tuple(float(run["before"][key]) for run in runs),
            tuple(float(run["after"][key]) for run in runs),
            random,
            int(result["n_tokens"]),
            int(result["n_tokens_text"]),
            {str(name): str(told) for name, told in result.get("made", {}).items()},
        )
    except (AttributeError, InputError, KeyError, TypeError, ValueError):
        return None
    values = (*found.before, *found.after, *found.random)
    return found if found.before and all(map(math.isfinite, values)) else None


def save_removals(
    path: Path, model: SkipGram, key: str, results: Mapping[Chosen, Mapping[str, Any]]
) -> None:
    """Write what was measured for one probe on the card of the bundle at ``path``.

    It replaces earlier ones of that probe; those of another model or text go.
    """
    card = read_card(path)
    about = {
        "content_hash": model.content_hash,
        "corpus_hash": model.corpus_hash,
        "settings": model.require_settings().to_dict(),
    }
    saved = card.get("removals", {})
    is_same = all(saved.get(name) == value for name, value in about.items())
    probes = saved["probes"] if is_same else {}
    card["removals"] = about | {"probes": probes | {key: dict(results)}}
    write_card(path, card)


def load_removal(
    card: Mapping[str, Any], model: SkipGram, key: str, chosen: Chosen
) -> Removal | None:
    """The shipped removal of a probe; None where there is none of this model and its text."""
    saved = card.get("removals")
    if not isinstance(saved, Mapping) or saved.get("content_hash") != model.content_hash:
        return None
    if saved.get("corpus_hash") != model.corpus_hash:
        return None
    probes = saved.get("probes")
    of_probe = probes.get(key) if isinstance(probes, Mapping) else None
    result = of_probe.get(chosen) if isinstance(of_probe, Mapping) else None
    return read_removal(result, key) if isinstance(result, Mapping) else None
