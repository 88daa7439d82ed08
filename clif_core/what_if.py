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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from clif_core.corpus import Corpus
from clif_core.counterfactual import (
    Edit,
    mean_shift,
    random_edit,
    read_probes,
    refuse_unrepeatable,
    retrain,
    token_mask,
    token_weights,
)
from clif_core.errors import CapabilityError, InputError
from clif_core.formats.bundle import Bundle
from clif_core.influence import UNROLLED, Influence, InfluenceEngine
from clif_core.jobs import JobStatus, Progress, job_key
from clif_core.pipeline import Workspace
from clif_core.probes import from_dict
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.quality import score_similarity
from clif_core.skipgram import SkipGram
from clif_core.store import make_key

__all__ = [
    "RETRAIN",
    "Question",
    "cached_retraining",
    "choose_and_predict",
    "find",
    "keep_retrained",
    "retrained",
    "submit",
    "summarise",
    "work_retrain",
]

RETRAIN = "retrain"
MAX_SEEDS, MAX_RANDOM = 16, 30
MAX_GAP = 0.05  # of the repeated training to the model; rounding to half precision makes 0.0003


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


def choose_and_predict(
    workspace: Workspace,
    engine: InfluenceEngine,
    probe: Probe,
    top: int,
    direction: str,
    level: str = "sentences",
    estimator: str | None = None,
    weight: float = 0.0,
) -> tuple[Edit, dict[str, Any]]:
    """The edit of the ``top`` texts whose removal lowers (raises) a probe, and what is predicted.

    ``estimator`` None: the exact derivative where it was computed, else the quick estimate. The
    predictions are changes of the probe: ``block`` (sum), ``plug_in``, and ``unrolled`` (sum, None
    where it was not computed).
    """
    if direction not in ("lowers", "raises") or level not in ("sentences", "documents"):
        raise InputError(
            "direction is lowers or raises and level sentences or documents, got"
            f" {direction!r} and {level!r}."
        )
    resolved = probe.resolve(engine.model.vocabulary)
    quick = workspace.influence(engine, resolved)
    exact = workspace.cached_influence(engine, resolved, UNROLLED)
    ranked = exact or quick
    if estimator is not None:
        ranked = workspace.influence(engine, resolved, estimator)
    found = (ranked.top_sentences if level == "sentences" else ranked.top_documents)(
        top,
        direction,  # type: ignore[arg-type]
    )
    items = tuple(found[level.removesuffix("s")])
    edit = Edit(level, items, weight)  # type: ignore[arg-type]
    sums = {
        name: None if answer is None else _sum(answer, edit)
        for name, answer in (("block", quick), (UNROLLED, exact))
    }
    moved = engine.plug_in(resolved, token_weights(engine.corpus, edit))
    return edit, {
        "probe_value": quick.probe_value,
        "chosen_by": ranked.estimator,
        "level": level,
        "n_removed": len(edit.items),
        "weight": weight,
        "predicted_change": {"block": sums["block"], "plug_in": moved, UNROLLED: sums[UNROLLED]},
    }


def _sum(influence: Influence, edit: Edit) -> float:
    """Effects of removal added up, scaled to the weight that the edit leaves."""
    of_level = (
        influence.document_effects if edit.level == "documents" else influence.sentence_effects
    )
    return float((1 - edit.weight) * of_level[list(edit.items)].sum())


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


# --- one training, kept


def cached_retraining(
    workspace: Workspace, model: SkipGram, edit: Edit | None, seed: int | None = None
) -> SkipGram | None:
    """The retrained model if it was trained before, else None; never trains."""
    arrays = workspace.store.get_arrays(_key(model, edit, seed))
    if arrays is None:
        return None
    settings = model.require_settings()
    return replace(
        model,
        centre_vectors=arrays["centre_vectors"],
        context_vectors=arrays["context_vectors"],
        settings=settings if seed is None else replace(settings, seed=seed),
        corpus_hash=model.corpus_hash if edit is None else None,
        other_seeds={},
    )


def retrained(
    workspace: Workspace,
    model: SkipGram,
    corpus: Corpus,
    edit: Edit | None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> SkipGram:
    """The model trained again on the edited text (None: as it was), from the store if it is there.

    Raises CapabilityError where repeating the training unedited does not give the model back.
    """
    found = cached_retraining(workspace, model, edit, seed)
    if found is not None:
        return found
    trained = retrain(model, corpus, edit, seed, progress)
    if edit is None and seed is None:
        _refuse_other_model(model, trained)
    arrays = {
        "centre_vectors": trained.centre_vectors,
        "context_vectors": trained.require_context_vectors(),
    }
    about = {"model": model.name, "edit": None if edit is None else edit.to_dict(), "seed": seed}
    workspace.store.put_arrays(_key(model, edit, seed), arrays, about)
    return trained


def _key(model: SkipGram, edit: Edit | None, seed: int | None) -> str:
    own = model.require_settings().seed
    return make_key(
        "retraining",
        model=model.content_hash,
        edit=None if edit is None else edit.to_dict(),
        seed=own if seed is None else seed,
    )


def _refuse_other_model(model: SkipGram, again: SkipGram) -> None:
    gap = _gap(model, again)
    if gap > MAX_GAP:
        raise CapabilityError(
            f"Repeating the training of model {model.name!r} ends {gap:.0%} away from its vectors "
            f"(at most {MAX_GAP:.0%} is allowed), so retraining would speak of another model. The "
            "trainer has changed since, or the text has: train it again with 'clif train'."
        )


def _gap(model: SkipGram, again: SkipGram) -> float:
    difference = np.linalg.norm(again.centre_vectors - model.centre_vectors)
    return float(difference / np.linalg.norm(model.centre_vectors))


# --- the job


def work_retrain(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """The job behind ``submit``.

    Result: ``probes`` (key, name), ``runs`` (seed, before, after, random: values by probe key),
    the model's own seed first, ``n_tokens`` of the edit, of the random sets and of the text,
    ``gap``, ``mean_shift`` (None where it has no meaning) and ``wordsim353`` before and after.
    """
    start = time.monotonic()
    workspace = Workspace(Path(request["home"]))
    model = workspace.open_model(request["model"]).model
    if model.content_hash != request["content_hash"]:
        raise InputError(f"model {model.name!r} has changed since this was asked; ask again.")
    corpus = workspace.open_corpus(model)
    if corpus is None:
        raise CapabilityError(f"the training text of model {model.name!r} is not here.")
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
    is_coupled = model.require_settings().backend == "coupled"
    return {
        "edit": edit.to_dict(),
        "is_coupled": is_coupled,
        "probes": [{"key": p.key, "name": p.name} for p in asked.probes],
        "runs": [own, *(series.run(edit, seed, progress) for seed in asked.seeds)],
        "n_tokens": int(token_mask(corpus, edit).sum()),
        "n_tokens_random": [int(token_mask(corpus, other).sum()) for other in drawn],
        "n_tokens_text": corpus.n_tokens,
        "gap": _gap(model, before),
        "mean_shift": mean_shift(before, after) if is_coupled else None,
        "wordsim353": [_wordsim(before), _wordsim(after)],
        "seconds": time.monotonic() - start,
    }


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


def _wordsim(model: SkipGram) -> float | None:
    score = score_similarity(model, "wordsim353").spearman
    return None if np.isnan(score) else score


# --- a retrained model to keep


def keep_retrained(workspace: Workspace, name: str, edit: Edit, described: str) -> Bundle:
    """The model retrained with an edit, kept as one of the user's own; its card tells its history.

    ``described``: the edited text in words, such as "100 sentences that raise ...". Trains where
    the store has lost the vectors. The copy names no training text, so that nobody traces it to
    text it was not trained on.
    """
    source = workspace.open_model(name)
    corpus = workspace.open_corpus(source.model)
    if corpus is None:
        raise CapabilityError(f"the training text of model {name!r} is not here.")
    model = retrained(workspace, source.model, corpus, edit)
    n_tokens = int(token_mask(corpus, edit).sum())
    verb = "without" if edit.weight == 0 else f"with weight {edit.weight:g} for"
    title = str(source.card.get("title", name))
    card = {
        "title": f"{title}, {verb} {described}",
        "description": f"{name!r} retrained with its own settings, {verb} {described}: {n_tokens:,}"
        f" of {corpus.n_tokens:,} words of its text.",
        "licence": source.card.get("licence", ""),
        "history": [
            *source.card.get("history", []),
            {
                "method": "retrained",
                "of": name,
                "content_hash": source.model.content_hash,
                "corpus_hash": corpus.content_hash,
                "edit": edit.to_dict(),
                "n_tokens": n_tokens,
                "is_coupled": source.model.require_settings().backend == "coupled",
            },
        ],
    }
    own_name = f"{name[:40]}-edited-{edit.key[:8]}"
    bundle = Bundle(replace(model, name=own_name), card)
    workspace.keep_model(bundle, None)
    return bundle
