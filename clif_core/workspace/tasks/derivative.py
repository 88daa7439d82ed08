"""The job that differentiates a training run, exactly or over a seed ensemble (kind ``walk``)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clif_core.influence.ensemble import N_RUNS
from clif_core.influence.estimators import ENSEMBLE, find_estimator
from clif_core.probes import from_dict
from clif_core.progress import Progress
from clif_core.workspace.job_folder import CHECKPOINTS
from clif_core.workspace.tasks.request import open_named, open_text
from clif_core.workspace.tasks.work import derivative_work

__all__ = ["work_derivative"]


def work_derivative(
    request: Mapping[str, Any], folder: Path, progress: Progress
) -> Mapping[str, Any]:
    """The work behind ``Workspace.submit_derivative``; computes only what is missing.

    ``n_computed`` counts the probes that were answered anew or, of a seed ensemble, the runs: each
    run is stored when it is done, so a job that was stopped leaves those before.
    """
    started = time.perf_counter()
    workspace, bundle = open_named(request)
    model = bundle.model
    engine = workspace.open_engine(model, open_text(workspace, model))
    probes = [from_dict(described).resolve(model.vocabulary) for described in request["probes"]]
    beside, n_threads = folder / CHECKPOINTS, os.cpu_count() or 1
    estimator = find_estimator(request["estimator"]).name
    if estimator == ENSEMBLE:
        n_runs = int(request.get("n_runs", N_RUNS))
        is_resumed = _has_checkpoint(beside)
        n_computed = workspace.results.gather_runs(
            engine, probes, n_runs, n_threads, progress, beside
        )
        if n_computed and not is_resumed:
            work = derivative_work(model, estimator, len(probes), n_computed)
            workspace.rates.note(work, time.perf_counter() - started)
        return {"n_probes": len(probes), "n_computed": n_computed}
    missing = [p for p in probes if workspace.results.cached(engine, p, estimator) is None]
    if missing:
        is_resumed = _has_checkpoint(beside)
        answers = engine.run_derivatives(
            estimator, missing, n_threads=n_threads, progress=progress, folder=beside
        )
        for probe, answer in zip(missing, answers, strict=True):
            workspace.results.write(engine, probe, answer)
        if not is_resumed:
            work = derivative_work(model, estimator, len(missing))
            workspace.rates.note(work, time.perf_counter() - started)
    return {"n_probes": len(probes), "n_computed": len(missing)}


def _has_checkpoint(folder: Path) -> bool:
    """Whether an interrupted pass goes on here: its time says nothing about the machine."""
    return any(folder.glob("**/*.*"))
