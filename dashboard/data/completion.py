"""What the Model view asks for a model already brought: to take in what it came without.

The model is read once more from its own files together with the new ones, so that the same checks
hold and counts, notes and coverage are those of a model brought whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.word2vec import write_word2vec
from clif_core.workspace.importing import import_model
from dashboard.data import services

__all__ = ["complete"]


def complete(
    bundle: Bundle,
    context_path: Path | None,
    settings: TrainingSettings | Mapping[str, Any] | None,
    text: Mapping[str, Any],
) -> Bundle:
    """The model with what was given put to what it has, kept in its place.

    ``text``: ``corpus_path`` or ``corpus``, as ``import_model`` takes them, or neither. Raises as
    ``import_model`` does; the model is then left as it was.
    """
    model, card = bundle.model, bundle.card
    has_counts = bool(model.vocabulary.counts.any()) and (card.get("counts") == "file" or not text)
    with tempfile.TemporaryDirectory() as name:
        folder, words = Path(name), model.vocabulary.words
        vectors = folder / "vectors.bin"
        write_word2vec(vectors, words, model.centre_vectors, is_binary=True)
        if context_path is None and model.context_vectors is not None:
            context_path = folder / "context.bin"
            write_word2vec(context_path, words, model.context_vectors, is_binary=True)
        read, corpus = import_model(
            model.name,
            vectors,
            context_path,
            counts_path=_write_counts(bundle, folder) if has_counts else None,
            settings=model.settings or settings,
            title=str(card.get("title") or ""),
            licence=str(card.get("licence") or ""),
            **(text or {"corpus": services.workspace().open_corpus(model)}),
        )
    told = {**card, **read.card} | ({"counts": card.get("counts")} if has_counts else {})
    whole = replace(read.model, corpus_hash=read.model.corpus_hash or model.corpus_hash)
    rows = [model.vocabulary.index[word] for word in whole.vocabulary.words]
    done = Bundle(whole, told, None if bundle.map is None else bundle.map.iloc[rows])
    services.workspace().keep_model(done, corpus)
    return done


def _write_counts(bundle: Bundle, folder: Path) -> Path:
    """The counts that came with the model, as ``import_model`` reads them."""
    path, vocabulary = folder / "counts.txt", bundle.model.vocabulary
    rows = zip(vocabulary.words, vocabulary.counts.tolist(), strict=True)
    path.write_text("".join(f"{word} {count}\n" for word, count in rows), "utf-8")
    return path
