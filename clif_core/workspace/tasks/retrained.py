"""One training on an edited text, kept in the workspace's store under what it came from.

Model, edit and seed make the key, so that a job that was cancelled or killed goes on with the first
training that is missing, another probe costs no training, and a retrained model can be opened
afterwards as one of the user's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clif_core.errors import CapabilityError
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.retrain import retrain
from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import make_key
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

__all__ = ["cached_retraining", "keep_retrained", "open_text", "relative_gap", "retrained"]

MAX_GAP = 0.05  # of the repeated training to the model; rounding to half precision makes 0.0003


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
    gap = relative_gap(model, again)
    if gap > MAX_GAP:
        raise CapabilityError(
            f"Repeating the training of model {model.name!r} ends {gap:.0%} away from its vectors "
            f"(at most {MAX_GAP:.0%} is allowed), so retraining would speak of another model. The "
            "trainer has changed since, or the text has: train it again with 'clif train'."
        )


def relative_gap(model: SkipGram, again: SkipGram) -> float:
    """How far a repeated training ends from the model, relative to the model's size."""
    difference = np.linalg.norm(again.centre_vectors - model.centre_vectors)
    return float(difference / np.linalg.norm(model.centre_vectors))


def open_text(workspace: Workspace, model: SkipGram) -> Corpus:
    """The training text of a model; CapabilityError where it is not here."""
    corpus = workspace.open_corpus(model)
    if corpus is None:
        raise CapabilityError(
            f"the training text of model {model.name!r} is not here; run 'clif fetch' for a sample,"
            " or bring it with 'clif import'."
        )
    return corpus


def keep_retrained(
    workspace: Workspace,
    name: str,
    edit: Edit,
    described: str,
    chosen_by: Mapping[str, Any] | None = None,
) -> Bundle:
    """The model retrained with an edit, kept as one of the user's own; its card tells its history.

    ``described``: the edited text in words, such as "100 sentences that raise ...". ``chosen_by``:
    by what it was found (probe, estimator, direction), for the card. Trains where the store has
    lost the vectors. The copy names no training text, so that nobody traces it to
    text it was not trained on.
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
    own_name = f"{name[:40]}-edited-{edit.key[:8]}"
    bundle = Bundle(replace(model, name=own_name), card)
    workspace.keep_model(bundle, None)
    return bundle
