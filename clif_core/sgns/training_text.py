"""The corpus as a trainer reads it: its vocabulary, and its tokens as word ids, cut into units.

The vocabulary holds every word with at least ``min_count`` occurrences, most frequent first; words
of equal count are in the order of their first occurrence, so the same text gives the same rows on
every machine. Words out of vocabulary do not train and are not neighbours: a window skips them, as
in word2vec and gensim.

A *unit* is what a window may not cross: a sentence or a document, cut into pieces where it is
longer than ``max_unit_length`` vocabulary words.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.sgns.model import Vocabulary
from clif_core.text.corpus import Corpus

__all__ = ["TrainingText", "build_training_text", "build_vocabulary", "encode", "index_type"]

Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrainingText:
    """The in-vocabulary tokens of a corpus, in order, cut into units.

    Parameters
    ----------
    word_ids : (n_positions,) int32, rows of the vocabulary
    tokens : (n_positions,) of ``index_type``, the index of each among the corpus's tokens
    unit_offsets : (n_units + 1,) int64, unit u is ``word_ids[unit_offsets[u]:unit_offsets[u + 1]]``
    """

    word_ids: Int32Array
    tokens: npt.NDArray[np.integer]
    unit_offsets: IntArray

    @property
    def tables(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def index_type(n: int) -> type[np.int32] | type[np.int64]:
    """The smaller of the two types that can number ``n`` things."""
    return np.int32 if n <= np.iinfo(np.int32).max else np.int64


def build_vocabulary(corpus: Corpus, min_count: int) -> Vocabulary:
    """The words with ``min_count`` occurrences or more, by count, then by first occurrence.

    Raises InputError where there are fewer than two.
    """
    counts = np.bincount(corpus.token_words, minlength=len(corpus.words)).astype(np.int64)
    order = np.argsort(-counts, kind="stable")
    rows = order[counts[order] >= min_count]
    if len(rows) < 2:
        most = int(counts.max(initial=0))
        raise InputError(
            f"Corpus {corpus.name!r} has {len(rows)} words seen at least {min_count} times (the "
            f"most frequent is seen {most} times); a model needs two. Lower min_count or add text."
        )
    return Vocabulary([corpus.words[i] for i in rows], counts[rows])


def encode(corpus: Corpus, vocabulary: Vocabulary) -> Int32Array:
    """(n_tokens,) int32, the vocabulary row of every token, -1 where it is out of vocabulary."""
    rows = np.array([vocabulary.index.get(word, -1) for word in corpus.words], dtype=np.int32)
    return rows[corpus.token_words]


def build_training_text(
    corpus: Corpus,
    vocabulary: Vocabulary,
    unit: Literal["sentence", "document"],
    max_unit_length: int = 0,
) -> TrainingText:
    """The vocabulary words of a corpus in units of at most ``max_unit_length`` (0: no limit)."""
    ids = encode(corpus, vocabulary)
    tokens: npt.NDArray[np.integer] = np.flatnonzero(ids >= 0)
    tokens = tokens.astype(index_type(corpus.n_tokens), copy=False)
    bounds = corpus.sentence_offsets if unit == "sentence" else corpus.document_token_offsets
    offsets = np.searchsorted(tokens, bounds)
    if max_unit_length > 0:
        long = np.flatnonzero(np.diff(offsets) > max_unit_length)
        cuts = [np.arange(offsets[u], offsets[u + 1], max_unit_length) for u in long]
        offsets = np.concatenate([offsets, *cuts])
    return TrainingText(ids[tokens], tokens, np.unique(offsets).astype(np.int64))
