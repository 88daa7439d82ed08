"""The counterfactual itself: train again on the edited text, and read the probes again.

Influence predicts; this module measures. Neither imports the other, so that retraining can judge
the prediction.

The effect of an ``Edit`` depends on the trainer:

    coupled   The same training with the same random draws, except that the learning rate of every
              edited context is multiplied by the weight. Removed words stay in the windows of
              their neighbours. One retraining is the exact leave-out effect for this training;
              another seed gives that of another training.
    gensim    A training from scratch on the text without the removed words. The random numbers
              shift, so the change contains seed noise, which only averaging over seeds reduces.

With both, the vocabulary, its counts and the noise distribution stay those of the full text, so
that a row means the same word before and after.
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

_ABSENT = "\0"  # a word that no text has; replaces removed tokens


def refuse_unrepeatable(model: SkipGram, edit: Edit | None = None) -> None:
    """Raise CapabilityError, with the next step, where a model cannot be trained again."""
    backend = None if model.settings is None else model.settings.backend
    if backend not in BACKENDS or model.corpus_hash is None:
        raise CapabilityError(
            f"Model {model.name!r} cannot be trained again: its trainer or its training text is "
            "unknown. Predictions still work; to check them, train a model on the same text with "
            "'clif train'."
        )
    if backend == "gensim" and edit is not None and edit.weight != 0:
        raise CapabilityError(
            f"Model {model.name!r} was trained by gensim, which can leave text out but not weigh "
            f"it by {edit.weight:g}. Use weight 0, or train a model on the same text with 'clif "
            "train --backend coupled'."
        )


def retrain(
    model: SkipGram,
    corpus: Corpus,
    edit: Edit | None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> SkipGram:
    """The model trained again on the edited text; ``edit`` None repeats the training.

    ``seed`` None takes the model's own. Vocabulary and settings stay. After an edit the result
    names no training text, because it was not trained on the corpus as it is. Raises
    CapabilityError where the model cannot be trained again, InputError for another corpus.
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
    """The corpus with every token of the edit replaced by a word that no model knows."""
    absent = len(corpus.words)
    token_words = np.where(token_mask(corpus, edit), absent, corpus.token_words)
    return replace(corpus, words=(*corpus.words, _ABSENT), token_words=token_words.astype(np.int32))


# --- reading the result


def read_probes(probes: Sequence[ResolvedProbe], model: SkipGram) -> dict[str, float | None]:
    """Probe key -> value on this model; None where the probe has no value on these vectors."""
    values: dict[str, float | None] = {}
    for probe in probes:
        try:
            values[probe.probe.key] = probe.value(model.centre_vectors)
        except ProbeError:
            values[probe.probe.key] = None
    return values


def mean_shift(before: SkipGram, after: SkipGram) -> float:
    """Mean over all words of 1 - cosine between a word's two vectors.

    Meaningful only where both trainings share initial vectors and draws (coupled, one seed).
    """
    cosines = np.einsum("nd,nd->n", before.unit_vectors, after.unit_vectors)
    return float(1 - cosines.mean())
