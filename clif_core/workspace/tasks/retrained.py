"""One training on an edited text, cached in the workspace's store by model, edit and seed.

Thanks to the cache an interrupted job resumes with the first training that is missing, a further
probe costs no training, and a retrained model can be saved afterwards as one of the user's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from clif_core.errors import CapabilityError
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.retrain_each import Retraining, retrain_each
from clif_core.measurement.quality import score_similarity
from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import make_key
from clif_core.text.corpus import Corpus
from clif_core.workspace.names import derive_name
from clif_core.workspace.tasks.request import open_text
from clif_core.workspace.tasks.work import training_work
from clif_core.workspace.workspace import Workspace

__all__ = [
    "cached_retraining",
    "keep_retrained",
    "read_wordsim",
    "relative_gap",
    "retrain_missing",
    "retrained",
]

MAX_GAP = 0.05  # of the repeated training to the model; rounding to half precision gives 0.0003


def cached_retraining(
    workspace: Workspace, model: SkipGram, edit: Edit | None, seed: int | None = None
) -> SkipGram | None:
    """The retrained model from the cache, or None; never trains."""
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
    """The model trained again on the edited text (``edit`` None: on the same text), or cached.

    Raises CapabilityError where repeating the training without an edit gives another model.
    """
    found = cached_retraining(workspace, model, edit, seed)
    if found is not None:
        return found
    made: list[SkipGram] = []
    _train(workspace, model, corpus, [_asked(model, edit, seed)], progress, made.append)
    return made[0]


def retrain_missing(
    workspace: Workspace,
    model: SkipGram,
    corpus: Corpus,
    wanted: Sequence[tuple[Edit | None, int | None]],
    progress: Progress | None = None,
) -> None:
    """Train and cache what is not cached of some edits and seeds, several at once where it pays."""
    asked = dict.fromkeys(_asked(model, *one) for one in wanted)
    missing = [a for a in asked if not workspace.store.has_arrays(_key(model, a.edit, a.seed))]
    _train(workspace, model, corpus, missing, progress)


def _asked(model: SkipGram, edit: Edit | None, seed: int | None) -> Retraining:
    return Retraining(edit, model.require_settings().seed if seed is None else seed)


def _train(
    workspace: Workspace,
    model: SkipGram,
    corpus: Corpus,
    wanted: Sequence[Retraining],
    progress: Progress | None,
    then: Callable[[SkipGram], None] = lambda model: None,
) -> None:
    settings = model.require_settings()
    own, work = settings.seed, training_work(model.vocabulary.counts, settings)

    def keep(at: int, trained: SkipGram, seconds: float) -> None:
        edit, seed = wanted[at].edit, wanted[at].seed
        workspace.rates.note(work, seconds)
        if edit is None and seed == own:
            _refuse_other_model(model, trained)
        arrays = {
            "centre_vectors": trained.centre_vectors,
            "context_vectors": trained.require_context_vectors(),
        }
        about = {"model": model.name, "edit": None if edit is None else edit.to_dict()}
        key = _key(model, edit, seed)
        workspace.store.put_arrays(key, arrays, {**about, "seed": None if seed == own else seed})
        then(trained)

    retrain_each(model, corpus, wanted, keep, progress=progress)


def _key(model: SkipGram, edit: Edit | None, seed: int | None) -> str:
    own = model.require_settings().seed
    return make_key(
        "retraining",
        model=model.content_hash,
        edit=None if edit is None else edit.to_dict(),
        seed=own if seed is None else seed,
    )


def _refuse_other_model(model: SkipGram, again: SkipGram) -> None:
    gap = relative_gap(model, again)
    if gap > MAX_GAP:
        raise CapabilityError(
            f"Repeating the training of model {model.name!r} ends {gap:.0%} away from its vectors "
            f"(at most {MAX_GAP:.0%} is allowed), so retraining would measure another model. The "
            "trainer or the text has changed since: train the model again with 'clif train'."
        )


def relative_gap(model: SkipGram, again: SkipGram) -> float:
    """Distance of a repeated training from the model, relative to the norm of the model."""
    difference = np.linalg.norm(again.centre_vectors - model.centre_vectors)
    return float(difference / np.linalg.norm(model.centre_vectors))


def read_wordsim(model: SkipGram) -> float | None:
    """Rank correlation with WordSim-353; None where the model knows too few of its words."""
    score = score_similarity(model, "wordsim353").spearman
    return None if np.isnan(score) else score


def keep_retrained(
    workspace: Workspace,
    name: str,
    edit: Edit,
    described: str,
    chosen_by: Mapping[str, Any] | None = None,
) -> Bundle:
    """Save the model ``name``, retrained with an edit, as one of the user's own.

    ``described``: the edited text in words, such as "100 sentences that raise ...". ``chosen_by``:
    how the text was chosen (probe, estimator, direction), for the history on the card. Trains again
    where the cache has evicted the vectors. The new model names no training text, because it was
    not trained on the corpus as it is.
    """
    source = workspace.open_model(name)
    corpus = open_text(workspace, source.model)
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
                "chosen_by": None if chosen_by is None else dict(chosen_by),
                "n_tokens": n_tokens,
                "is_coupled": source.model.is_repeatable,
            },
        ],
    }
    own_name = derive_name(name[:40], f"-edited-{edit.key[:8]}")
    bundle = Bundle(replace(model, name=own_name), card)
    workspace.keep_model(bundle, None)
    return bundle
