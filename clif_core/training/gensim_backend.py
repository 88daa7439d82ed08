"""Skip-gram by gensim: the reference that the other trainers are compared with.

One worker, so that the order of the updates is fixed, and a fixed seed. gensim gets the words in
our vocabulary's order (``sorted_vocab=0``), because its own sort does not fix the order of ties.
The initial vectors come from numpy's generator; gensim 4 does not use ``hashfxn``, which made old
versions depend on PYTHONHASHSEED.

gensim's centre word is the *output* of a pair and its neighbour the input; over all pairs of a
window that is the same set of pairs, so ``wv.vectors`` are centre and ``syn1neg`` context vectors.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from gensim.models import Word2Vec
from gensim.models.callbacks import CallbackAny2Vec

from clif_core.progress import Progress
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import build_training_text
from clif_core.text.corpus import Corpus

__all__ = ["train_with_gensim"]

FloatArray = npt.NDArray[np.float32]


class _Reporter(CallbackAny2Vec):  # type: ignore[misc]
    """Reports progress after every epoch; a progress function that raises ends the training."""

    def __init__(self, epochs: int, progress: Progress) -> None:
        self.epochs, self.done, self.progress = epochs, 0, progress

    def on_epoch_end(self, model: Any) -> None:
        self.done += 1
        self.progress(self.done / self.epochs, f"epoch {self.done} of {self.epochs}")


def train_with_gensim(
    corpus: Corpus,
    vocabulary: Vocabulary,
    settings: TrainingSettings,
    progress: Progress | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Centre and context vectors, each (n_words, dim) float32.

    Random: initial vectors, window sizes, subsampling and negatives, all from ``settings.seed``.
    """
    text = build_training_text(
        corpus, vocabulary, settings.unit, settings.max_unit_length or 10_000
    )
    words = np.array(vocabulary.words, dtype=object)[text.word_ids].tolist()
    offsets = text.unit_offsets.tolist()
    units = [words[a:b] for a, b in pairwise(offsets)]
    model = Word2Vec(
        vector_size=settings.dim,
        window=settings.window,
        min_count=settings.min_count,
        negative=settings.n_negatives,
        ns_exponent=settings.noise_exponent,
        sample=settings.subsampling_threshold,
        alpha=settings.learning_rate,
        min_alpha=settings.min_learning_rate,
        seed=settings.seed,
        shrink_windows=settings.is_window_reduced,
        sg=1,
        hs=0,
        workers=1,
        sorted_vocab=0,
    )
    counts = dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
    model.build_vocab_from_freq(counts, corpus_count=len(units))
    model.wv.vectors *= settings.start_range
    model.train(
        units,
        total_examples=len(units),
        total_words=len(words),
        epochs=settings.epochs,
        callbacks=[_Reporter(settings.epochs, progress)] if progress else [],
    )
    rows = [model.wv.key_to_index[word] for word in vocabulary.words]
    return model.wv.vectors[rows], model.syn1neg[rows]
