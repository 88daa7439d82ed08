"""Which text to edit, and the predicted effect of the edit."""

from __future__ import annotations

from typing import Any

from clif_core.errors import CapabilityError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.interventions.predict import predict_edit
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.workspace.workspace import Workspace, run_estimator

__all__ = [
    "N_CARRYING",
    "best_influence",
    "carrying_edit",
    "choose_and_predict",
    "strongest",
]

N_CARRYING = 100  # sentences


def best_influence(
    workspace: Workspace, engine: InfluenceEngine, probe: ResolvedProbe, estimator: str | None
) -> Influence:
    """The influence by ``estimator``; None takes the most faithful one that costs no wait."""
    chosen = workspace.results.best_estimator(engine, probe) if estimator is None else estimator
    return workspace.results.influence(engine, probe, chosen)


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


def carrying_edit(influence: Influence) -> Edit:
    """The removal of the ``N_CARRYING`` sentences that carry a probe's value, by an influence.

    They are those without which the value comes nearest to 0: the list that a story strikes out,
    that the evidence of a case is made of, and that a sample ships as measured. Raises
    CapabilityError where no sentence has an effect of that sign.
    """
    direction = "lowers" if influence.probe_value > 0 else "raises"
    items = strongest(influence, N_CARRYING, direction, "sentences")
    if not items:
        raise CapabilityError("No sentence of the text carries this value.")
    return Edit("sentences", items)


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
    """The edit of the ``top`` texts whose removal lowers (raises) a probe, and its predictions.

    ``estimator`` chooses the texts; None takes the best one at hand. ``predicted_change`` holds
    the changes of the probe as ``Prediction.to_dict`` names them.
    """
    resolved = probe.resolve(engine.model.vocabulary)
    ranked = best_influence(workspace, engine, resolved, estimator)
    items = strongest(ranked, top, direction, level)
    quick = workspace.results.influence(engine, resolved)
    derivative = run_estimator(engine.model)
    derived = workspace.results.cached(engine, resolved, derivative)
    edit = Edit(level, items, weight)  # type: ignore[arg-type]
    prediction = predict_edit(engine, resolved, edit, quick, derivative, derived)
    return edit, {
        "probe_value": quick.probe_value,
        "chosen_by": ranked.estimator,
        "level": level,
        "n_removed": len(edit.items),
        "weight": weight,
        "predicted_change": prediction.to_dict(),
    }
