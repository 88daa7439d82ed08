"""Which text to take away, and what leaving it out is predicted to do."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit, token_mask, token_weights
from clif_core.interventions.predict import predict_plug_in, predict_resolved
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.workspace.workspace import Workspace, run_estimator

__all__ = [
    "EmptiedWord",
    "best_influence",
    "choose_and_predict",
    "emptied_words",
    "strongest",
]


class EmptiedWord(NamedTuple):
    """A word of a probe that an edit leaves little text of."""

    word: str
    n_edited: int
    n_occurrences: int


def best_influence(
    workspace: Workspace, engine: InfluenceEngine, probe: ResolvedProbe, estimator: str | None
) -> Influence:
    """The answer of ``estimator``; None: the exact derivative where it was computed, else the quick
    estimate."""
    chosen = workspace.best_estimator(engine, probe) if estimator is None else estimator
    return workspace.influence(engine, probe, chosen)


def strongest(influence: Influence, top: int, direction: str, level: str) -> tuple[int, ...]:
    """The ``top`` sentences or documents whose removal raises (lowers) the probe most."""
    if direction not in ("lowers", "raises") or level not in ("sentences", "documents"):
        raise InputError(
            "direction is lowers or raises and level sentences or documents, got"
            f" {direction!r} and {level!r}."
        )
    find = influence.top_sentences if level == "sentences" else influence.top_documents
    found = find(top, direction)  # type: ignore[arg-type]
    return tuple(int(item) for item in found[level.removesuffix("s")])


def choose_and_predict(
    workspace: Workspace,
    engine: InfluenceEngine,
    probe: Probe,
    top: int,
    direction: str,
    level: str = "sentences",
    estimator: str | None = None,
    weight: float = 0.0,
) -> tuple[Edit, dict[str, Any]]:
    """The edit of the ``top`` texts whose removal lowers (raises) a probe, and what is predicted.

    ``estimator`` None: the derivative where it was computed, else the quick estimate. The
    predictions are changes of the probe: ``block`` (sum), ``plug_in``, ``resolved``, and
    ``unrolled``, or ``twins`` where the run cannot be repeated (sum, None where not computed).
    """
    resolved = probe.resolve(engine.model.vocabulary)
    ranked = best_influence(workspace, engine, resolved, estimator)
    items = strongest(ranked, top, direction, level)
    quick = workspace.influence(engine, resolved)
    walk = run_estimator(engine.model)
    derived = workspace.cached_influence(engine, resolved, walk)
    edit = Edit(level, items, weight)  # type: ignore[arg-type]
    sums = {
        name: None if answer is None else _sum(answer, edit)
        for name, answer in (("block", quick), (walk, derived))
    }
    weights = token_weights(engine.corpus, edit)
    changes = {
        "block": sums["block"],
        "plug_in": predict_plug_in(engine, resolved, weights),
        "resolved": predict_resolved(engine, resolved, weights),
        walk: sums[walk],
    }
    return edit, {
        "probe_value": quick.probe_value,
        "chosen_by": ranked.estimator,
        "level": level,
        "n_removed": len(edit.items),
        "weight": weight,
        "predicted_change": changes,
    }


def emptied_words(
    engine: InfluenceEngine, probe: ResolvedProbe, edit: Edit
) -> tuple[EmptiedWord, ...]:
    """The probe's words that occur more often in the edited text than in the rest of it.

    No estimate can be trusted there: each says what a word loses with a little of its text, none
    what a word is like of which hardly any text is left (docs/decisions/0020). Worst first.
    """
    word_ids, _ = probe.active_gradient(engine.model.centre_vectors)
    is_edited = token_mask(engine.corpus, edit)[engine.text.tokens]
    n_words = len(engine.model.vocabulary.words)
    n_edited = np.bincount(engine.text.word_ids[is_edited], minlength=n_words)
    n_all = np.bincount(engine.text.word_ids, minlength=n_words)
    emptied = [
        EmptiedWord(engine.model.vocabulary.words[i], int(n_edited[i]), int(n_all[i]))
        for i in word_ids
        if 2 * n_edited[i] > n_all[i]
    ]
    return tuple(sorted(emptied, key=lambda word: -word.n_edited / word.n_occurrences))


def _sum(influence: Influence, edit: Edit) -> float:
    """Effects of removal added up, scaled to the weight that the edit leaves."""
    of_level = (
        influence.document_effects if edit.level == "documents" else influence.sentence_effects
    )
    return float((1 - edit.weight) * of_level[list(edit.items)].sum())
