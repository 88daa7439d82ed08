"""The world without a text: train again minus it, and read the probes again.

An influence predicts; this module measures. It imports no influence, nor does influence import it,
so that the one can judge the other.

An ``Edit`` names documents, sentences or contexts and the weight that they shall have: 0 removes
them, between 0 and 1 plays them down, 2 lets them count twice. What it does depends on the trainer:

    coupled   The very same training again, same random draws, but that the learning rate of every
              edited context is multiplied by the weight. Removed words still stand in the windows
              of their neighbours. One retraining is a definite answer to "what would this very
              training have given"; another seed asks it of another training.
    gensim    A cold training on the text without the removed words. The stream of random numbers
              shifts, so that the change holds seed noise, which only several seeds average out.

In both the vocabulary, its counts and the noise distribution stay those of the full text, so that
rows mean the same words before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clif_core.errors import CapabilityError, InputError, ProbeError
from clif_core.interventions.edit import Edit, token_mask, token_weights
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import BACKENDS
from clif_core.text.corpus import Corpus
from clif_core.training import train_repeatable

__all__ = ["mean_shift", "read_probes", "refuse_unrepeatable", "retrain"]

_ABSENT = "\0"  # a word that no text has: what stands in the place of a removed token


def refuse_unrepeatable(model: SkipGram, edit: Edit | None = None) -> None:
    """Raise CapabilityError, with what to do, where a model cannot be trained again."""
    backend = None if model.settings is None else model.settings.backend
    if backend not in BACKENDS or model.corpus_hash is None:
        raise CapabilityError(
            f"Model {model.name!r} cannot be trained again: it is not known just how, or on which "
            "text, it was trained. Predictions stand; to check them, train a twin on the same "
            "text with 'clif train'."
        )
    if backend == "gensim" and edit is not None and edit.weight != 0:
        raise CapabilityError(
            f"Model {model.name!r} was trained by gensim, which can leave text out but not weigh "
            f"it by {edit.weight:g}. Use weight 0, or train a twin with 'clif train --backend "
            "coupled'."
        )


def retrain(
    model: SkipGram,
    corpus: Corpus,
    edit: Edit | None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> SkipGram:
    """The model trained again on the edited text; None edits nothing and repeats the training.

    ``seed`` None takes the model's own. Vocabulary and settings stay. The result names no training
    text, because the text that it was trained on is not the corpus any more (with None it is).
    """
    refuse_unrepeatable(model, edit)
    if model.corpus_hash != corpus.content_hash:
        raise InputError(
            f"corpus {corpus.name!r} ({corpus.content_hash[:8]}) is not the text that model "
            f"{model.name!r} was trained on ({str(model.corpus_hash)[:8]})."
        )
    settings = model.require_settings()
    if seed is not None:
        settings = replace(settings, seed=seed)
    if settings.is_repeatable:
        weights = None if edit is None else token_weights(corpus, edit)
        trained = train_repeatable(corpus, model.vocabulary, settings, weights, progress)
    else:
        from clif_core.training.gensim_backend import train_with_gensim

        text = corpus if edit is None else _without(corpus, edit)
        trained = train_with_gensim(text, model.vocabulary, settings, progress)
    centre, context = trained
    return replace(
        model,
        centre_vectors=centre,
        context_vectors=context,
        settings=settings,
        corpus_hash=corpus.content_hash if edit is None else None,
        other_seeds={},
    )


def _without(corpus: Corpus, edit: Edit) -> Corpus:
    """The corpus with every token of the edit turned into a word that no model knows."""
    absent = len(corpus.words)
    token_words = np.where(token_mask(corpus, edit), absent, corpus.token_words)
    return replace(corpus, words=(*corpus.words, _ABSENT), token_words=token_words.astype(np.int32))


# --- reading again


def read_probes(probes: Sequence[ResolvedProbe], model: SkipGram) -> dict[str, float | None]:
    """The value of each probe by its key; None where it has none on these vectors."""
    values: dict[str, float | None] = {}
    for probe in probes:
        try:
            values[probe.probe.key] = probe.value(model.centre_vectors)
        except ProbeError:
            values[probe.probe.key] = None
    return values


def mean_shift(before: SkipGram, after: SkipGram) -> float:
    """How far words moved: 1 - cosine of each word's two vectors, mean over all words.

    Means something only where both trainings share their start and their draws (coupled, one seed).
    """
    cosines = np.einsum("nd,nd->n", before.unit_vectors, after.unit_vectors)
    return float(1 - cosines.mean())
