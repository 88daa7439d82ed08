"""From a chosen text to the answer of retraining, as a job that can be stopped and taken up again.

    edit, probes -> job "retrain" -> trainings, each kept by content hash -> values before and after

Every training is kept in the workspace's store under what it came from (model, edit, seed), so that
a job that was cancelled or killed resumes with the first training that is missing, another probe
costs no training, and the retrained model can be opened afterwards. "Before" is a repetition of the
model's own training, made on the same machine: a stored model is rounded, and the effects of
a few sentences are small.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clif_core.errors import InputError
from clif_core.interventions.edit import Edit, random_edit, token_mask
from clif_core.interventions.retrain import mean_shift, read_probes, refuse_unrepeatable
from clif_core.measurement.quality import score_similarity
from clif_core.probes import from_dict
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.jobs import JobStatus, job_key
from clif_core.workspace.tasks.retrained import open_text, relative_gap, retrained
from clif_core.workspace.workspace import Workspace

__all__ = [
    "RETRAIN",
    "Question",
    "find",
    "open_unchanged",
    "read_wordsim",
    "submit",
    "summarise",
    "work_retrain",
]

RETRAIN = "retrain"
MAX_SEEDS, MAX_RANDOM = 16, 30


@dataclass(frozen=True)
class Question:
    """What to retrain and what to read.

    Parameters
    ----------
    probes : the first is the one asked about; the others say what else moved
    seeds : further seeds; each is trained with and without the text
    n_random : random sets of the same size to retrain without, with the model's own seed
    """

    edit: Edit
    probes: tuple[Probe, ...]
    seeds: tuple[int, ...] = ()
    n_random: int = 0

    def __post_init__(self) -> None:
        if not self.probes:
            raise InputError("retraining needs at least one probe to read again.")
        if len(self.seeds) > MAX_SEEDS or not 0 <= self.n_random <= MAX_RANDOM:
            raise InputError(
                f"at most {MAX_SEEDS} further seeds and {MAX_RANDOM} random sets, got"
                f" {len(self.seeds)} and {self.n_random}."
            )

    def request(self, workspace: Workspace, model: SkipGram) -> dict[str, Any]:
        return {
            "home": str(workspace.home),
            "model": model.name,
            "content_hash": model.content_hash,
            "edit": self.edit.to_dict(),
            "probes": [probe.to_dict() for probe in self.probes],
            "seeds": list(self.seeds),
            "n_random": self.n_random,
        }


def submit(workspace: Workspace, model: SkipGram, question: Question) -> str:
    """Ask for the retraining, in a process of its own; the job's key.

    Raises CapabilityError where the model cannot be trained again, JobError where too much waits.
    """
    refuse_unrepeatable(model, question.edit)
    return workspace.jobs.submit(RETRAIN, question.request(workspace, model))


def find(workspace: Workspace, model: SkipGram, question: Question) -> JobStatus | None:
    """What became of that job, if it was ever asked for."""
    key = job_key(RETRAIN, question.request(workspace, model))
    return workspace.jobs.status(key) if key in workspace.jobs else None


def summarise(result: Mapping[str, Any], probe: Probe) -> dict[str, Any]:
    """The measured side for one probe: before, after, change; by seed; of the random sets."""
    runs = [_of_probe(run, probe.key) for run in result["runs"]]
    own = runs[0]
    return {
        "measured": {name: own[name] for name in ("before", "after", "change")},
        "random_changes": own["random_changes"],
        "by_seed": [{k: run[k] for k in ("seed", "before", "after", "change")} for run in runs],
        **{
            name: result[name]
            for name in ("n_tokens", "n_tokens_text", "is_coupled", "mean_shift", "wordsim353")
        },
    }


def _of_probe(run: Mapping[str, Any], key: str) -> dict[str, Any]:
    before, after = run["before"][key], run["after"][key]
    is_known = before is not None and after is not None
    return {
        "seed": run["seed"],
        "before": before,
        "after": after,
        "change": after - before if is_known else None,
        "random_changes": [
            drawn[key] - before
            for drawn in run["random"]
            if before is not None and drawn[key] is not None
        ],
    }


# --- the job


def work_retrain(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """The job behind ``submit``.

    Result: ``probes`` (key, name), ``runs`` (seed, before, after, random: values by probe key),
    the model's own seed first, ``n_tokens`` of the edit, of the random sets and of the text,
    ``gap``, ``mean_shift`` (None where it has no meaning) and ``wordsim353`` before and after.
    """
    start = time.monotonic()
    workspace, model, corpus = open_unchanged(request)
    edit = Edit.from_dict(request["edit"])
    asked = Question(
        edit,
        tuple(from_dict(described) for described in request["probes"]),
        tuple(int(seed) for seed in request["seeds"]),
        int(request["n_random"]),
    )
    probes = [probe.resolve(model.vocabulary) for probe in asked.probes]
    series = _Series(workspace, model, corpus, probes, 2 + 2 * len(asked.seeds) + asked.n_random)
    before, after = series.train(None, None, progress), series.train(edit, None, progress)
    drawn = [random_edit(corpus, edit, seed) for seed in range(asked.n_random)]
    own = {
        "seed": model.require_settings().seed,
        "before": series.read(before),
        "after": series.read(after),
        "random": [series.read(series.train(other, None, progress)) for other in drawn],
    }
    is_coupled = model.is_repeatable
    return {
        "edit": edit.to_dict(),
        "is_coupled": is_coupled,
        "probes": [{"key": p.key, "name": p.name} for p in asked.probes],
        "runs": [own, *(series.run(edit, seed, progress) for seed in asked.seeds)],
        "n_tokens": int(token_mask(corpus, edit).sum()),
        "n_tokens_random": [int(token_mask(corpus, other).sum()) for other in drawn],
        "n_tokens_text": corpus.n_tokens,
        "gap": relative_gap(model, before),
        "mean_shift": mean_shift(before, after) if is_coupled else None,
        "wordsim353": [read_wordsim(before), read_wordsim(after)],
        "seconds": time.monotonic() - start,
    }


def open_unchanged(request: Mapping[str, Any]) -> tuple[Workspace, SkipGram, Corpus]:
    """The workspace, model and text of a request; InputError where the model has changed since."""
    workspace = Workspace(Path(request["home"]))
    model = workspace.open_model(request["model"]).model
    if model.content_hash != request["content_hash"]:
        raise InputError(f"model {model.name!r} has changed since this was asked; ask again.")
    return workspace, model, open_text(workspace, model)


class _Series:
    """Trainings one after another, with one progress over all of them."""

    def __init__(
        self,
        workspace: Workspace,
        model: SkipGram,
        corpus: Corpus,
        probes: Sequence[ResolvedProbe],
        n_trainings: int,
    ) -> None:
        self.workspace, self.model, self.corpus, self.probes = workspace, model, corpus, probes
        self.n_trainings, self.n_done = n_trainings, 0

    def train(self, edit: Edit | None, seed: int | None, progress: Progress) -> SkipGram:
        def report(fraction: float, message: str) -> None:
            told = f"training {self.n_done + 1} of {self.n_trainings}, {message}"
            progress((self.n_done + fraction) / self.n_trainings, told)

        report(0.0, "starting")
        trained = retrained(self.workspace, self.model, self.corpus, edit, seed, report)
        self.n_done += 1
        return trained

    def read(self, model: SkipGram) -> dict[str, float | None]:
        return read_probes(self.probes, model)

    def run(self, edit: Edit, seed: int, progress: Progress) -> dict[str, Any]:
        before, after = self.train(None, seed, progress), self.train(edit, seed, progress)
        values = {"before": self.read(before), "after": self.read(after), "random": []}
        return {"seed": seed, **values}


def read_wordsim(model: SkipGram) -> float | None:
    """WordSim-353's rank correlation, or None where too few of its words are known."""
    score = score_similarity(model, "wordsim353").spearman
    return None if np.isnan(score) else score
