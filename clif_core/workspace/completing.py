"""Adds to an imported model what it came without: context vectors, settings or training text.

The model is imported once more from its own vectors together with the new files, so that the checks
hold and counts, notes and coverage are the same as if everything had been imported at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.vector_files import Found, VectorFile
from clif_core.text.corpus import Corpus
from clif_core.workspace.importing import import_model

if TYPE_CHECKING:
    from clif_core.sgns.fitted_contexts import Keep

__all__ = ["complete_model"]

_SAID_AGAIN = ("context_vectors", "settings_are")  # of the card, by the new import


def complete_model(
    bundle: Bundle,
    context_path: Path | VectorFile | None = None,
    settings: TrainingSettings | Mapping[str, Any] | None = None,
    text: Mapping[str, Any] | None = None,
    known_corpus: Corpus | None = None,
    are_settings_assumed: bool = False,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> tuple[Bundle, Corpus | None]:
    """The model with the given parts added, and its corpus where there is one.

    ``settings`` take the place of those that were assumed before.
    ``text``: ``corpus_path`` or ``corpus`` as ``import_model`` takes them, or nothing; then
    ``known_corpus``, the text that the model already has, stays. ``keep``, and what is raised, are
    those of ``import_model``.
    """
    model, card = bundle.model, bundle.card
    has_counts = bool(model.vocabulary.counts.any()) and (card.get("counts") == "file" or not text)
    vectors = VectorFile(
        tuple(model.vocabulary.words),
        model.centre_vectors,
        Found("", model.n_words, model.dim),  # what the file was is on the card already
        model.vocabulary.counts if has_counts else None,
        None if bundle.has_fitted_contexts else model.context_vectors,
        is_of_lines=bundle.is_of_lines,
    )
    read, corpus = import_model(
        model.name,
        vectors,
        context_path,
        settings=settings if bundle.has_assumed_settings else model.settings or settings,
        are_settings_assumed=are_settings_assumed or bundle.has_assumed_settings,
        title=str(card.get("title") or ""),
        licence=str(card.get("licence") or ""),
        progress=progress,
        keep=keep,
        **(text or {"corpus": known_corpus}),
    )
    old = {key: value for key, value in card.items() if key not in _SAID_AGAIN}
    new_card = {**old, **read.card} | ({"counts": card.get("counts")} if has_counts else {})
    whole = replace(read.model, corpus_hash=read.model.corpus_hash or model.corpus_hash)
    rows = [model.vocabulary.index[word] for word in whole.vocabulary.words]
    table = None if bundle.map is None else bundle.map.iloc[rows]
    return Bundle(whole, new_card, table), corpus
