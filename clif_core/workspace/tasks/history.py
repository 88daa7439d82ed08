"""What finished jobs measured of one probe on one model, for a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, get_args

from clif_core.measurement.uncertainty import MeanInterval, mean_interval
from clif_core.probes.base import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.shipped_removals import Chosen, Removal, load_removal
from clif_core.workspace.tasks.fine_tune import FINE_TUNE
from clif_core.workspace.tasks.retrain import (
    RETRAIN,
    change_over_seeds,
    summarise_retraining,
)
from clif_core.workspace.workspace import Workspace

__all__ = ["kept_results", "results_for_report"]


def results_for_report(workspace: Workspace, model: SkipGram, probe: Probe) -> list[dict[str, Any]]:
    """``kept_results``; a retraining also has ``over_seeds``, from the job with the most seeds.

    That is ``change_over_seeds`` as a dictionary, None where the edit has one seed. What a sample
    shipped comes first, but for edits that were retrained here; its ``made`` says when and on
    which machine, which entries of this workspace lack.
    """
    most: dict[str, MeanInterval] = {}
    for result in _of_kind(workspace, model, RETRAIN):
        found = change_over_seeds(result, probe)
        edit = str(dict(result["edit"]))
        if found is not None and (edit not in most or found.n > most[edit].n):
            most[edit] = found
    entries = kept_results(workspace, model, probe)
    for entry in entries:
        if entry["kind"] == "retrained":
            over_seeds = most.get(str(entry["edit"]))
            entry["over_seeds"] = None if over_seeds is None else asdict(over_seeds)
    known = {str(entry.get("edit")) for entry in entries}
    shipped = _shipped(workspace, model, probe)
    return [*(entry for entry in shipped if str(entry["edit"]) not in known), *entries]


def _shipped(workspace: Workspace, model: SkipGram, probe: Probe) -> list[dict[str, Any]]:
    """The removals that were measured before the model was shipped, as ``kept_results`` has them.

    They hold neither the words' mean shift nor the vectors' quality.
    """
    card = next((e.card for e in workspace.catalogue() if e.name == model.name), {})
    found = (load_removal(card, model, probe.key, chosen) for chosen in get_args(Chosen))
    return [_of_removal(removal) for removal in found if removal is not None]


def _of_removal(removal: Removal) -> dict[str, Any]:
    changes = [after - before for before, after in zip(removal.before, removal.after, strict=True)]
    over_seeds = mean_interval(changes)
    return {
        "kind": "retrained",
        "edit": removal.edit.to_dict(),
        "before": removal.before[0],
        "after": removal.after[0],
        "change": changes[0],
        "random_changes": [value - removal.before[0] for value in removal.random],
        "n_tokens": removal.n_tokens,
        "n_tokens_text": removal.n_tokens_text,
        "is_coupled": True,
        "wordsim353": None,
        "mean_shift": None,
        "over_seeds": None if over_seeds is None else asdict(over_seeds),
        "made": dict(removal.made),
    }


def kept_results(workspace: Workspace, model: SkipGram, probe: Probe) -> list[dict[str, Any]]:
    """The retrainings, smallest edit first, then the fine-tunings that read the probe on the model.

    ``kind`` "retrained": ``edit``, ``n_tokens``, ``n_tokens_text``, ``before``, ``after``,
    ``change``, ``random_changes``, ``is_coupled``, ``wordsim353`` (before, after), ``mean_shift``.
    ``kind`` "repaired" (fine-tuned), one for each row of the sweep: ``mode``, ``top``, ``passes``
    and the same figures. An edit retrained with and without random sets appears once, with them.
    """
    retrained: dict[str, dict[str, Any]] = {}
    fine_tuned: list[dict[str, Any]] = []
    for result in _of_kind(workspace, model, RETRAIN):
        if probe.key in result["runs"][0]["before"]:
            entry = _retraining(result, probe)
            key = str(entry["edit"])
            known = retrained.get(key)
            if known is None or len(entry["random_changes"]) >= len(known["random_changes"]):
                retrained[key] = entry
    for result in _of_kind(workspace, model, FINE_TUNE):
        if result["probe"] == probe.key:
            fine_tuned += _fine_tunings(result, probe)
    edits = sorted(retrained.values(), key=lambda entry: entry["n_tokens"])
    return [*edits, *fine_tuned]


def _of_kind(workspace: Workspace, model: SkipGram, kind: str) -> Iterator[Mapping[str, Any]]:
    """The results of the jobs of a kind on a model."""
    for job in workspace.own_jobs():
        if job.result is None or job.kind != kind:
            continue
        if workspace.jobs.request(job.key).get("content_hash") == model.content_hash:
            yield job.result


def _retraining(result: Mapping[str, Any], probe: Probe) -> dict[str, Any]:
    summary = summarise_retraining(result, probe)
    return {
        "kind": "retrained",
        "edit": dict(result["edit"]),
        **summary["measured"],
        **{n: summary[n] for n in ("random_changes", "n_tokens", "n_tokens_text", "is_coupled")},
        "wordsim353": list(summary["wordsim353"]),
        "mean_shift": summary["mean_shift"],
    }


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
