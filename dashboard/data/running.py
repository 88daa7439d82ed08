"""The jobs of this visitor that wait or run, whichever view asked for them and whenever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clif_core.errors import ClifError
from clif_core.influence.estimators import ENSEMBLE, N_RUNS, find_estimator
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected
from dashboard.data import models

__all__ = ["Running", "end_of", "running", "stop"]

_VIEWS = {
    "evidence": "case",
    "held_out": "trust",
    "map": "map",
    "repair": "what_if",
    "retrain": "what_if",
    "train": "model",
    "walk": "influence",
}


@dataclass(frozen=True)
class Running:
    """A job, what kind of work it is (``job.kind_...`` in the wordings), and where it belongs.

    ``view``: the view that shows its result, "" for none; ``selection``: what to select there.
    """

    job: JobStatus
    kind: str
    view: str
    selection: Mapping[str, Any]
    expected: Expected | None


def running() -> list[Running]:
    """Unfinished jobs, the one that runs first."""
    workspace = models.workspace()
    found = []
    for job in workspace.jobs.unfinished():
        try:
            request = workspace.jobs.request(job.key)
        except ClifError:  # removed or damaged meanwhile
            continue
        if request.get("home") == str(workspace.home):
            found.append(_running(job, request))
    return sorted(found, key=lambda known: known.job.state != "running")


def _running(job: JobStatus, request: Mapping[str, Any]) -> Running:
    kind, view = job.kind, _VIEWS.get(job.kind, "")
    name = str(request.get("model", ""))
    probes = request.get("probes") or [request[n] for n in ("probe",) if n in request]
    selection: dict[str, Any] = {"model": name} if view and name else {}
    whole = None
    if kind == "walk":
        estimator = find_estimator(str(request["estimator"])).name
        kind = "ensemble" if estimator == ENSEMBLE else "derivative"
        whole = _expected(name, estimator, int(request.get("n_runs", N_RUNS)))
    elif kind == "evidence":  # the job itself is the ensemble; retrainings follow it
        whole = _expected(name, ENSEMBLE, N_RUNS)
    if kind in ("ensemble", "derivative", "evidence", "retrain") and len(probes):
        selection["probe"] = dict(probes[0])
    return Running(job, kind, view, selection, whole)


def _expected(name: str, estimator: str, n_runs: int) -> Expected | None:
    from dashboard.data import expected  # brings torch, which the first page need not wait for

    try:
        model = models.bundle_named(name).model
        return expected.of_derivative(model, estimator, n_runs)
    except ClifError:  # the model was removed meanwhile
        return None


def end_of(key: str) -> str:
    """How a job ended: ``done``, ``failed``, ``cancelled``, or "" where it goes on or is gone."""
    try:
        job = models.workspace().jobs.status(key)
    except ClifError:
        return ""
    return job.state if job.is_finished else ""


def stop(key: str) -> None:
    """Ask a job to stop at its next step."""
    models.workspace().jobs.cancel(key)
