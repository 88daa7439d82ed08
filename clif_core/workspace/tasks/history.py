"""What was measured of a model and a probe so far: every finished job, for a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clif_core.probes.base import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks.fine_tune import REPAIR
from clif_core.workspace.tasks.retrain import RETRAIN, summarise
from clif_core.workspace.workspace import Workspace

__all__ = ["kept_results"]


def kept_results(workspace: Workspace, model: SkipGram, probe: Probe) -> list[dict[str, Any]]:
    """One entry a retraining and a repair that read the probe on this very model, oldest first.

    ``kind`` "retrained": ``edit``, ``n_tokens``, ``n_tokens_text``, ``before``, ``after``,
    ``change``, ``random_changes``, ``is_coupled``, ``wordsim353`` (before, after), ``mean_shift``.
    ``kind`` "repaired", one a row of the sweep: ``mode``, ``top``, ``passes`` and the same figures.
    An edit asked twice, with and without random sets, is told once, with them.
    """
    retrained: dict[str, dict[str, Any]] = {}
    repaired: list[dict[str, Any]] = []
    for job in workspace.jobs.all():
        if job.result is None or job.kind not in (RETRAIN, REPAIR):
            continue
        if workspace.jobs.request(job.key).get("content_hash") != model.content_hash:
            continue
        if job.kind == RETRAIN and probe.key in job.result["runs"][0]["before"]:
            entry = _retraining(job.result, probe)
            key = str(entry["edit"])
            known = retrained.get(key)
            if known is None or len(entry["random_changes"]) >= len(known["random_changes"]):
                retrained[key] = entry
        if job.kind == REPAIR and job.result["probe"] == probe.key:
            repaired += _repairs(job, probe)
    edits = sorted(retrained.values(), key=lambda entry: entry["n_tokens"])
    return [*edits, *repaired]


def _retraining(result: Mapping[str, Any], probe: Probe) -> dict[str, Any]:
    told = summarise(result, probe)
    return {
        "kind": "retrained",
        "edit": dict(result["edit"]),
        **told["measured"],
        **{n: told[n] for n in ("random_changes", "n_tokens", "n_tokens_text", "is_coupled")},
        "wordsim353": list(told["wordsim353"]),
        "mean_shift": told["mean_shift"],
    }


def _repairs(job: JobStatus, probe: Probe) -> Iterator[dict[str, Any]]:
    assert job.result is not None
    before = job.result["before"][probe.key]
    for row in job.result["rows"]:
        if row["problem"]:
            continue
        yield {
            "kind": "repaired",
            **{n: row[n] for n in ("mode", "top", "passes", "n_tokens", "change", "mean_shift")},
            "before": before,
            "after": row["values"][probe.key],
            "n_tokens_text": job.result["n_tokens_text"],
            "learning_rate": job.result["learning_rate"],
            "wordsim353": [job.result["wordsim353_before"], row["wordsim353"]],
        }
