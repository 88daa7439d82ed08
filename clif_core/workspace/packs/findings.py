"""Finished jobs in a pack: without the folder of the machine, and read as a stranger's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clif_core.errors import ClifError, FormatError
from clif_core.storage.json_files import is_number, read_json
from clif_core.workspace.jobs import job_key
from clif_core.workspace.tasks.fine_tune import FINE_TUNE, FineTuneQuestion
from clif_core.workspace.tasks.retrain import RETRAIN, RetrainQuestion
from clif_core.workspace.workspace import Workspace

__all__ = ["Finding", "findings_of", "keep_finding", "read_finding"]

Finding = Mapping[str, Any]  # kind, request, submitted, result
_OF_MACHINE = ("home", "model")  # parts of a request that another machine fills in
_MOST_BYTES = 20_000_000
_WRONG = (ClifError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


def findings_of(workspace: Workspace, content_hash: str) -> Iterator[tuple[str, bytes]]:
    """(key, content of its file) of each finished retraining or fine-tuning of a model.

    The same jobs of two copies of one model are one finding.
    """
    for job in workspace.own_jobs():
        if job.result is None or job.kind not in (RETRAIN, FINE_TUNE):
            continue
        request = dict(workspace.jobs.request(job.key))
        if request.get("content_hash") != content_hash:
            continue
        asked = {name: value for name, value in request.items() if name not in _OF_MACHINE}
        told = {"kind": job.kind, "request": asked, "submitted": job.submitted}
        text = json.dumps({**told, "result": dict(job.result)}, sort_keys=True)
        yield job_key(job.kind, asked), text.encode()


def read_finding(path: Path, content_hash: str) -> Finding:
    """A finding of a pack; FormatError where it is none of this model that a report could show."""
    try:
        found = read_json(path, _MOST_BYTES)
        kind, request, result = found["kind"], found["request"], found["result"]
        is_whole = (
            request["content_hash"] == content_hash
            and job_key(kind, request) == path.stem
            and not set(_OF_MACHINE) & set(request)
            and is_number(found["submitted"])
            and _CHECKS[kind](request, result)
        )
    except (*_WRONG, OSError, RecursionError) as error:
        raise FormatError(
            f"{path.name} in the pack is no finished job ({error!r:.200})."
        ) from error
    if not is_whole:
        raise FormatError(f"{path.name} in the pack is no finished job of its model.")
    return {"kind": kind, "request": request, "submitted": found["submitted"], "result": result}


def keep_finding(workspace: Workspace, finding: Finding, name: str) -> bool:
    """Put a finding where What if and reports find it, of the model ``name``; False where it is."""
    request = {**finding["request"], "home": str(workspace.home), "model": name}
    return workspace.jobs.keep(finding["kind"], request, finding["submitted"], finding["result"])


# --- the form of what the jobs return


def _is_retraining(request: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    asked = RetrainQuestion.from_request(request)
    keys = [probe.key for probe in asked.probes]
    runs = result["runs"]
    return (
        result["edit"] == asked.edit.to_dict()
        and isinstance(result["is_coupled"], bool)
        and result["probes"] == [{"key": p.key, "name": p.name} for p in asked.probes]
        and len(runs) == 1 + len(asked.seeds)
        and all(_is_run(run, keys) for run in runs)
        and len(runs[0]["random"]) == asked.n_random
        and [run["seed"] for run in runs[1:]] == list(asked.seeds)
        and all(type(n) is int for n in (result["n_tokens"], result["n_tokens_text"]))
        and all(type(n) is int for n in result["n_tokens_random"])
        and all(map(is_number, (result["gap"], result["seconds"])))
        and all(map(_is_measured, (result["mean_shift"], *result["wordsim353"])))
        and len(result["wordsim353"]) == 2
    )


def _is_run(run: Mapping[str, Any], keys: list[str]) -> bool:
    read = (run["before"], run["after"], *run["random"])
    return type(run["seed"]) is int and all(_are_values(values, keys) for values in read)


def _is_fine_tuning(request: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    asked = FineTuneQuestion.from_request(request)
    keys = [probe.key for probe in (asked.probe, *asked.others)]
    texts = [result[name] for name in ("name", "estimator", "level")]
    return (
        result["probe"] == asked.probe.key
        and all(isinstance(text, str) for text in texts)
        and _are_values(result["before"], keys)
        and _is_measured(result["wordsim353_before"])
        and type(result["n_tokens_text"]) is int
        and all(map(is_number, (result["learning_rate"], result["seconds"])))
        and len(result["rows"]) == len(asked.modes) * len(asked.tops) * len(asked.passes)
        and all(_is_row(row, asked, keys) for row in result["rows"])
    )


def _is_row(row: Mapping[str, Any], asked: FineTuneQuestion, keys: list[str]) -> bool:
    counts = [row[name] for name in ("n_undo", "n_redo", "n_tokens")]
    measured = [row[name] for name in ("predicted", "change", "wordsim353", "mean_shift")]
    return (
        (row["mode"], row["top"], row["passes"])
        in {(m, t, p) for m in asked.modes for t in asked.tops for p in asked.passes}
        and all(type(n) is int for n in counts)
        and all(map(_is_measured, measured))
        and _are_values(row["values"], keys)
        and isinstance(row["problem"], str)
    )


_CHECKS = {RETRAIN: _is_retraining, FINE_TUNE: _is_fine_tuning}


def _are_values(values: Mapping[str, Any], keys: list[str]) -> bool:
    return {*values} == {*keys} and all(map(_is_measured, values.values()))


def _is_measured(value: object) -> bool:
    return value is None or is_number(value)
