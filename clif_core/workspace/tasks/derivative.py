"""The job that differentiates training runs: the work behind ``Workspace.submit_derivative``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clif_core.errors import CapabilityError, InputError
from clif_core.probes import from_dict
from clif_core.progress import Progress
from clif_core.workspace.workspace import Workspace

__all__ = ["work_derivative"]


def work_derivative(
    request: Mapping[str, Any], folder: Path, progress: Progress
) -> Mapping[str, Any]:
    """Compute and cache the answers that are missing; probes that have theirs are skipped."""
    workspace = Workspace(Path(request["home"]))
    model = workspace.open_model(request["model"]).model
    if model.content_hash != request["content_hash"]:
        raise InputError(f"model {model.name!r} has changed since this was asked; ask again.")
    corpus = workspace.open_corpus(model)
    if corpus is None:
        raise CapabilityError(f"the training text of model {model.name!r} is not here.")
    engine = workspace.open_engine(model, corpus)
    estimator = request["estimator"]
    probes = [from_dict(described).resolve(model.vocabulary) for described in request["probes"]]
    missing = [p for p in probes if workspace.cached_influence(engine, p, estimator) is None]
    if missing:
        answers = engine.run_derivatives(
            estimator,
            missing,
            n_threads=os.cpu_count() or 1,
            progress=progress,
            folder=folder / "kept",
        )
        for probe, answer in zip(missing, answers, strict=True):
            workspace.keep_influence(engine, probe, answer)
    return {"n_probes": len(probes), "n_computed": len(missing)}
