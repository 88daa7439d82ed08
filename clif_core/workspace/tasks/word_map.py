"""The map that a model carries: where each word lies in 2-D and 3-D, and the groups it falls into.

UMAP takes from half a minute to some minutes and may abort a process that runs two fits at once, so
for a model of the user's it is a job in a process of its own, which writes the map into the bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from clif_core.errors import InputError
from clif_core.geometry.clustering import kmeans
from clif_core.geometry.projection import umap
from clif_core.progress import Progress, silent
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus, job_key
from clif_core.workspace.workspace import Workspace

__all__ = ["draw_map", "find_map_job", "submit_map", "work_map"]

_KIND = "map"


def draw_map(model: SkipGram, n_clusters: int, progress: Progress | None = None) -> pd.DataFrame:
    """The table of a bundle's map: UMAP in 2-D and 3-D, and k-means clusters; seeded."""
    report = progress or silent
    unit = model.unit_vectors
    report(0.02, "neighbourhoods in 2-D")
    flat = umap(unit, 2)
    report(0.5, "neighbourhoods in 3-D")
    solid = umap(unit, 3)
    report(0.9, "clusters")
    clusters = kmeans(unit, n_clusters)
    report(1.0, "keeping the map")
    columns = dict(zip(("x", "y", "x3", "y3", "z3"), (*flat.T, *solid.T), strict=True))
    return pd.DataFrame({**columns, "cluster": clusters.labels})


def submit_map(workspace: Workspace, bundle: Bundle) -> str:
    """Ask for the map of a model of the user's own; the key of the job."""
    return workspace.jobs.submit(_KIND, _request(workspace, bundle))


def find_map_job(workspace: Workspace, bundle: Bundle) -> JobStatus | None:
    """What became of that job, if it was ever asked for."""
    key = job_key(_KIND, _request(workspace, bundle))
    return workspace.jobs.status(key) if key in workspace.jobs else None


def _request(workspace: Workspace, bundle: Bundle) -> dict[str, Any]:
    """The files are part of it: the same vectors, removed and brought again, need a map again."""
    return {
        "home": str(workspace.home),
        "model": bundle.model.name,
        "content_hash": bundle.model.content_hash,
        "files": dict(bundle.card.get("files", {})),
    }


def work_map(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """The job behind ``submit_map``."""
    workspace = Workspace(Path(request["home"]))
    model = _open_same(workspace, request).model
    table = draw_map(model, min(40, max(2, model.n_words // 100)), progress)
    workspace.keep_model(replace(_open_same(workspace, request), map=table), None)
    return {"model": model.name, "n_words": model.n_words}


def _open_same(workspace: Workspace, request: Mapping[str, Any]) -> Bundle:
    """The bundle that was asked about; it may have been replaced since, or while we drew."""
    bundle = workspace.open_model(request["model"])
    if bundle.model.content_hash != request["content_hash"]:
        raise InputError(
            f"model {bundle.model.name!r} has changed since this was asked; ask again."
        )
    return bundle
