"""The job that computes a model's map: coordinates of each word in 2-D and 3-D, and its cluster.

UMAP takes long and may abort a process that runs two fits at once, so a
job in its own process computes the map of a user's model and writes it into the bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from clif_core.geometry.clustering import kmeans
from clif_core.geometry.projection import near_words, sample_words, umap
from clif_core.geometry.samples import nearest_in_sample, place_by_sample
from clif_core.progress import Progress, scaled, silent
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks.request import name_model, open_named
from clif_core.workspace.tasks.work import map_work, n_laid_out
from clif_core.workspace.workspace import Workspace

__all__ = ["draw_map", "find_map_job", "submit_map", "work_map"]

_KIND = "map"  # as it is stored
_NEIGHBOURS = 5  # that place one of the others


def draw_map(model: SkipGram, n_clusters: int, progress: Progress | None = None) -> pd.DataFrame:
    """The table of a bundle's map: UMAP coordinates in 2-D and 3-D and k-means clusters; seeded.

    Of more than ``samples.LARGE`` words a sample of all frequencies is laid out, and the others are
    placed among it.
    """
    report = progress or silent
    unit = model.unit_vectors
    rows = sample_words(model.vocabulary.frequencies, n_laid_out(len(unit)))
    report(0.02, "the neighbours of each word")
    near = near_words(unit[rows])
    report(0.05, "neighbourhoods in 2-D")
    flat = umap(unit[rows], 2, near=near)
    report(0.5 if len(rows) == len(unit) else 0.3, "neighbourhoods in 3-D")
    solid = umap(unit[rows], 3, near=near)
    if len(rows) < len(unit):
        part = scaled(report, 0.6, 0.9)
        beside, cosines = nearest_in_sample(unit, rows, _NEIGHBOURS, part)
        flat, solid = (place_by_sample(c, rows, beside, cosines) for c in (flat, solid))
    report(0.9, "clusters")
    clusters = kmeans(unit, n_clusters)
    report(1.0, "saving the map")
    columns = dict(zip(("x", "y", "x3", "y3", "z3"), (*flat.T, *solid.T), strict=True))
    return pd.DataFrame({**columns, "cluster": clusters.labels})


def submit_map(workspace: Workspace, bundle: Bundle) -> str:
    """Start the job that computes the map of a user's model, or find it; returns its key."""
    return workspace.jobs.submit(_KIND, _request(workspace, bundle))


def find_map_job(workspace: Workspace, bundle: Bundle) -> JobStatus | None:
    """The status of that job; None where it was never submitted."""
    return workspace.jobs.find(_KIND, _request(workspace, bundle))


def _request(workspace: Workspace, bundle: Bundle) -> dict[str, Any]:
    """Includes the files: the same vectors, removed and imported again, need their map again."""
    return name_model(workspace, bundle.model) | {"files": dict(bundle.card.get("files", {}))}


def work_map(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """The work behind ``submit_map``."""
    model = open_named(request)[1].model
    with Workspace(Path(request["home"])).rates.timing(map_work(model.n_words)):
        table = draw_map(model, min(40, max(2, model.n_words // 100)), progress)
    workspace, bundle = open_named(request)  # opened again: the user may have replaced the model
    workspace.keep_model(replace(bundle, map=table), None)
    return {"model": model.name, "n_words": model.n_words}
