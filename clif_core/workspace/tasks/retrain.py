"""The job that retrains a model on an edited text and reads probes before and after.

    edit, probes -> job "retrain" -> trainings, cached (``retrained``) -> values before and after

A job that was cancelled or killed resumes with the first training that is missing. "Before" is a
repetition of the model's own training on the same machine, because a stored model is rounded and
the effects of a few sentences are small.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from clif_core.errors import InputError, ProbeError
from clif_core.interventions.edit import Edit, random_edit, token_mask
from clif_core.interventions.retrain import mean_shift, read_probes, refuse_unrepeatable
from clif_core.measurement.uncertainty import MeanInterval, mean_interval
from clif_core.probes import catalogue, from_dict
from clif_core.probes.base import Probe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected, start_of_job
from clif_core.workspace.tasks.request import name_model, open_named, open_text
from clif_core.workspace.tasks.retrained import (
    read_wordsim,
    relative_gap,
    retrain_missing,
    retrained,
)
from clif_core.workspace.tasks.work import training_work
from clif_core.workspace.workspace import Workspace

__all__ = [
    "RETRAIN",
    "RetrainQuestion",
    "Stage",
    "change_over_seeds",
    "changes_by_seed",
    "expect_retraining",
    "find_retraining",
    "known_probes",
    "other_probes",
    "retrain_question",
    "submit_retraining",
    "summarise_retraining",
    "work_retrain",
]

RETRAIN = "retrain"  # the kind of job, as it is stored
MAX_SEEDS, MAX_RANDOM = 16, 30
_N_OTHERS = 6  # further probes that a retraining reads

Stage = Literal["edited", "seeds", "random"]


@dataclass(frozen=True)
class RetrainQuestion:
    """On which text to retrain and which probes to read.

    Parameters
    ----------
    edit : changes the text
    probes : the first is the one asked about; the others show side effects
    seeds : further seeds; for each the model is trained with and without the edit
    n_random : number of random sets of the same size, each retrained with the model's own seed
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

    @property
    def n_trainings(self) -> int:
        return 2 + 2 * len(self.seeds) + self.n_random

    def parts(self) -> dict[Stage, RetrainQuestion]:
        """The question of each job that answers this one, in the order in which they run.

        ``edited`` trains again on the edited text; ``seeds`` also does so under further seeds;
        ``random`` also trains on random sets of equal size. The last two are only where they are
        wanted. Trainings that an earlier part made are not made again.
        """
        parts: dict[Stage, RetrainQuestion] = {"edited": RetrainQuestion(self.edit, self.probes)}
        if self.seeds:
            parts["seeds"] = replace(self, n_random=0)
        if self.n_random:
            parts["random"] = replace(self, seeds=())
        return parts

    def request(self, workspace: Workspace, model: SkipGram) -> dict[str, Any]:
        return name_model(workspace, model) | {
            "edit": self.edit.to_dict(),
            "probes": [probe.to_dict() for probe in self.probes],
            "seeds": list(self.seeds),
            "n_random": self.n_random,
        }

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> RetrainQuestion:
        return cls(
            Edit.from_dict(request["edit"]),
            tuple(from_dict(described) for described in request["probes"]),
            tuple(int(seed) for seed in request["seeds"]),
            int(request["n_random"]),
        )


def retrain_question(
    model: SkipGram,
    probe: Probe,
    edit: Edit,
    n_random: int = 0,
    n_seeds: int = 1,
    known: Sequence[Probe] | None = None,
) -> RetrainQuestion:
    """The question that pages ask: a probe first, then ``other_probes``.

    ``n_seeds`` counts the model's own seed; the further ones are those that follow it.
    """
    own = model.settings.seed if model.settings else 0
    probes = (probe, *other_probes(model, probe, known))
    return RetrainQuestion(edit, probes, tuple(range(own + 1, own + n_seeds)), n_random)


def other_probes(
    model: SkipGram, probe: Probe, known: Sequence[Probe] | None = None
) -> tuple[Probe, ...]:
    """A few shipped probes whose words the model knows, to see what else an edit changes.

    ``known``: ``known_probes`` of the model, where the caller has them.
    """
    among = known_probes(model) if known is None else known
    return tuple(other for other in among if other.key != probe.key)[:_N_OTHERS]


def known_probes(model: SkipGram) -> tuple[Probe, ...]:
    """Shipped probes with a gradient and at least half their words known, most complete first."""
    found = []
    for entry in catalogue():
        try:
            resolved = entry.probe.resolve(model.vocabulary)
            resolved.value(model.centre_vectors)
        except ProbeError:
            continue
        share = len(resolved.out_of_vocabulary) / len(entry.probe.words)
        if entry.probe.is_differentiable and share <= 0.5:
            found.append((share, entry.probe))
    return tuple(probe for _, probe in sorted(found, key=lambda pair: pair[0]))


def submit_retraining(workspace: Workspace, model: SkipGram, question: RetrainQuestion) -> str:
    """Start the job that answers the question, or find it; returns its key.

    Raises CapabilityError where the model cannot be trained again, JobError where too many jobs
    are waiting.
    """
    refuse_unrepeatable(model, question.edit)
    return workspace.jobs.submit(RETRAIN, question.request(workspace, model))


def find_retraining(
    workspace: Workspace, model: SkipGram, question: RetrainQuestion
) -> JobStatus | None:
    """The status of that job; None where it was never submitted."""
    return workspace.jobs.find(RETRAIN, question.request(workspace, model))


def expect_retraining(
    workspace: Workspace, model: SkipGram, question: RetrainQuestion, n_done: int = 0
) -> Expected:
    """What the job takes on this machine; ``n_done``: how many of its trainings are stored."""
    n_left = max(question.n_trainings - n_done, 0)
    work = training_work(model.vocabulary.counts, model.require_settings(), n_left)
    return workspace.rates.expect(start_of_job(), work)


def summarise_retraining(result: Mapping[str, Any], probe: Probe) -> dict[str, Any]:
    """What a job measured of one probe: before, after, change; by seed; for the random sets."""
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


def changes_by_seed(result: Mapping[str, Any], probe: Probe) -> tuple[float, ...]:
    """What a job measured as the change of a probe under each seed, the model's own first.

    None at all where the job did not read the probe, or a seed left it without a value.
    """
    if probe.key not in result["runs"][0]["before"]:
        return ()
    changes = [_of_probe(run, probe.key)["change"] for run in result["runs"]]
    return () if None in changes else tuple(changes)


def change_over_seeds(result: Mapping[str, Any], probe: Probe) -> MeanInterval | None:
    """The mean of these changes with its 95 % interval; None with fewer than two seeds."""
    return mean_interval(changes_by_seed(result, probe))


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
    """The work behind ``submit_retraining``.

    Result: ``probes`` (key, name), ``runs`` (seed, before, after, random: values by probe key),
    the model's own seed first, ``n_tokens`` of the edit, of the random sets and of the text,
    ``gap``, ``mean_shift`` (None where it has no meaning) and ``wordsim353`` before and after.
    """
    start = time.monotonic()
    workspace, bundle = open_named(request)
    model, corpus = bundle.model, open_text(workspace, bundle.model)
    asked = RetrainQuestion.from_request(request)
    edit = asked.edit
    probes = [probe.resolve(model.vocabulary) for probe in asked.probes]
    drawn = [random_edit(corpus, edit, seed) for seed in range(asked.n_random)]
    wanted: list[tuple[Edit | None, int | None]] = [(text, None) for text in (None, edit, *drawn)]
    wanted += [(text, seed) for seed in asked.seeds for text in (None, edit)]
    retrain_missing(workspace, model, corpus, wanted, progress)

    def trained(text: Edit | None, seed: int | None = None) -> SkipGram:
        return retrained(workspace, model, corpus, text, seed)  # from the cache

    def read(text: Edit | None, seed: int | None = None) -> dict[str, float | None]:
        return read_probes(probes, trained(text, seed))

    def run(seed: int | None, others: Sequence[Edit] = ()) -> dict[str, Any]:
        return {
            "seed": model.require_settings().seed if seed is None else seed,
            "before": read(None, seed),
            "after": read(edit, seed),
            "random": [read(other, seed) for other in others],
        }

    before, after = trained(None), trained(edit)
    is_coupled = model.is_repeatable
    return {
        "edit": edit.to_dict(),
        "is_coupled": is_coupled,
        "probes": [{"key": p.key, "name": p.name} for p in asked.probes],
        "runs": [run(None, drawn), *(run(seed) for seed in asked.seeds)],
        "n_tokens": int(token_mask(corpus, edit).sum()),
        "n_tokens_random": [int(token_mask(corpus, other).sum()) for other in drawn],
        "n_tokens_text": corpus.n_tokens,
        "gap": relative_gap(model, before),
        "mean_shift": mean_shift(before, after) if is_coupled else None,
        "wordsim353": [read_wordsim(before), read_wordsim(after)],
        "seconds": time.monotonic() - start,
    }
