"""The job that differentiates a training run, exactly or over a seed ensemble (kind ``walk``)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clif_core.probes import from_dict
from clif_core.progress import Progress
from clif_core.workspace.job_folder import CHECKPOINTS
from clif_core.workspace.tasks.request import open_named, open_text
from clif_core.workspace.tasks.work import derivative_work

__all__ = ["work_derivative"]


def work_derivative(
    request: Mapping[str, Any], folder: Path, progress: Progress
) -> Mapping[str, Any]:
    """The work behind ``Workspace.submit_derivative``; computes only probes without an answer."""
    started = time.perf_counter()
    workspace, bundle = open_named(request)
    model = bundle.model
    engine = workspace.open_engine(model, open_text(workspace, model))
    estimator = request["estimator"]
    probes = [from_dict(described).resolve(model.vocabulary) for described in request["probes"]]
    missing = [p for p in probes if workspace.cached_influence(engine, p, estimator) is None]
    if missing:
        is_resumed = any((folder / CHECKPOINTS).glob("**/*.*"))
        answers = engine.run_derivatives(
            estimator,
            missing,
            n_threads=os.cpu_count() or 1,
            progress=progress,
            folder=folder / CHECKPOINTS,
        )
        for probe, answer in zip(missing, answers, strict=True):
            workspace.keep_influence(engine, probe, answer)
        if not is_resumed:
            work = derivative_work(model, estimator, len(missing))
            workspace.rates.note(work, time.perf_counter() - started)
    return {"n_probes": len(probes), "n_computed": len(missing)}
