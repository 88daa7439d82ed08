"""Trains a skip-gram model on a corpus.

``settings.backend`` picks the trainer:

gensim   the reference
coupled  our own, compiled: every random draw is a function of a token position, so a training can
         be repeated exactly without some text, and differentiated
         (``clif_core.influence.unrolled``)
batched  the same draws, hundreds of contexts at once: for a CUDA device
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.progress import Progress
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import BACKENDS, Backend, TrainingSettings
from clif_core.sgns.training_text import build_vocabulary
from clif_core.text.corpus import Corpus

__all__ = ["fastest_backend", "train", "train_repeatable"]

FloatArray = npt.NDArray[np.float32]
AnyFloatArray = npt.NDArray[np.floating[Any]]


def fastest_backend() -> Backend:
    """The repeatable trainer that is fastest on this machine: batches on a card, else coupled."""
    from clif_core.device import pick_device

    return "batched" if pick_device().type == "cuda" else "coupled"


def train_repeatable(
    corpus: Corpus,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    weights: FloatArray | None = None,
    progress: Progress | None = None,
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Centre and context vectors (n_words, dim), by the coupled or the batched trainer.

    ``weights`` (n_tokens,): 1 where a token is present, 0 where it is removed; None: all present.
    Random numbers depend on ``settings.seed`` only.
    """
    if settings.backend == "batched":
        from clif_core.training.batched import train_batched

        return train_batched(corpus, vocabulary, settings, weights, progress)
    from clif_core.training.coupled import train_coupled

    return train_coupled(corpus, vocabulary, settings, weights, progress)


def train(
    corpus: Corpus,
    settings: TrainingSettings,
    progress: Progress | None = None,
    name: str | None = None,
) -> SkipGram:
    """A model of the corpus, named ``name`` or as the corpus; the same for the same settings.

    ``progress`` is called after every epoch or more often; raising from it ends the training.
    Raises InputError where the backend cannot train, fewer than two words are frequent enough, or
    the run diverges.
    """
    vocabulary = build_vocabulary(corpus, settings.min_count)
    if settings.backend == "gensim":
        from clif_core.training.gensim_backend import train_with_gensim

        centre, context = train_with_gensim(corpus, vocabulary, settings, progress)
    elif settings.is_repeatable:
        centre, context = train_repeatable(corpus, vocabulary, settings, progress=progress)
    else:
        raise InputError(
            f"Backend {settings.backend!r} cannot train; use one of {', '.join(BACKENDS)}."
        )
    return SkipGram(
        name=name or corpus.name,
        vocabulary=vocabulary,
        centre_vectors=centre,
        context_vectors=context,
        settings=settings,
        corpus_hash=corpus.content_hash,
    )
