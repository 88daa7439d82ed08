"""What finished jobs measured of one probe on one model, for a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clif_core.probes.base import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.tasks.fine_tune import FINE_TUNE
from clif_core.workspace.tasks.retrain import RETRAIN, summarise_retraining
from clif_core.workspace.workspace import Workspace

__all__ = ["kept_results"]


def kept_results(workspace: Workspace, model: SkipGram, probe: Probe) -> list[dict[str, Any]]:
    """The retrainings, smallest edit first, then the fine-tunings that read the probe on the model.

    ``kind`` "retrained": ``edit``, ``n_tokens``, ``n_tokens_text``, ``before``, ``after``,
    ``change``, ``over_seeds``, ``random_changes``, ``is_coupled``, ``wordsim353`` (before, after),
    ``mean_shift``.
    ``kind`` "repaired" (fine-tuned), one for each row of the sweep: ``mode``, ``top``, ``passes``
    and the same figures. An edit that several jobs retrained, with random sets or under further
    seeds, appears once, with the most of each (``random_changes``, ``over_seeds``).
    """
    retrained: dict[str, dict[str, Any]] = {}
    fine_tuned: list[dict[str, Any]] = []
    for job in workspace.jobs.all():
        if job.result is None or job.kind not in (RETRAIN, FINE_TUNE):
            continue
        if workspace.jobs.request(job.key).get("content_hash") != model.content_hash:
            continue
        if job.kind == RETRAIN and probe.key in job.result["runs"][0]["before"]:
            entry = _retraining(job.result, probe)
            key = str(entry["edit"])
            known = retrained.get(key)
            retrained[key] = entry if known is None else _joined(known, entry)
        if job.kind == FINE_TUNE and job.result["probe"] == probe.key:
            fine_tuned += _fine_tunings(job.result, probe)
    edits = sorted(retrained.values(), key=lambda entry: entry["n_tokens"])
    return [*edits, *fine_tuned]


def _retraining(result: Mapping[str, Any], probe: Probe) -> dict[str, Any]:
    summary = summarise_retraining(result, probe)
    return {
        "kind": "retrained",
        "edit": dict(result["edit"]),
        **summary["measured"],
        **{n: summary[n] for n in ("random_changes", "n_tokens", "n_tokens_text", "is_coupled")},
        "over_seeds": summary["over_seeds"],
        "wordsim353": list(summary["wordsim353"]),
        "mean_shift": summary["mean_shift"],
    }


def _joined(known: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Two entries of one edit, trained alike under the model's own seed."""
    if len(known["random_changes"]) > len(entry["random_changes"]):
        known, entry = entry, known
    over_seeds = max(
        (e["over_seeds"] for e in (known, entry)), key=lambda found: found["n"] if found else 0
    )
    return {**entry, "over_seeds": over_seeds}


def _fine_tunings(result: Mapping[str, Any], probe: Probe) -> Iterator[dict[str, Any]]:
    before = result["before"][probe.key]
    for row in result["rows"]:
        if row["problem"]:
            continue
        yield {
            "kind": "repaired",
            **{n: row[n] for n in ("mode", "top", "passes", "n_tokens", "change", "mean_shift")},
            "before": before,
            "after": row["values"][probe.key],
            "n_tokens_text": result["n_tokens_text"],
            "learning_rate": result["learning_rate"],
            "wordsim353": [result["wordsim353_before"], row["wordsim353"]],
        }
