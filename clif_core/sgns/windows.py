"""Windows over a text: the expected weight of every pair, and sums over its occurrences.

A skip-gram trainer meets the pair (centre i, context word j) a random number of times: it draws a
window size at each position and may drop frequent words. Its expectation needs no draws. With
keep probabilities k, a window of w, and two tokens of one unit at positions p < q,

    weight(p, q) = k_p k_q E[ max(0, w - D + 1) ] / w        (window size uniform on 1..w)
    weight(p, q) = k_p k_q P[ D <= w ]                       (window of fixed size)

where D is their distance: q - p where distances are those of the text, or 1 + the number of kept
tokens between them where dropped words leave the text before windows are set (word2vec, gensim).
In the second case the number kept is Poisson-binomial, and its first w probabilities are carried
along exactly while q moves away from p. A pair is dropped where its weight before the factor
k_p k_q falls below ``NEGLIGIBLE``.

The weight is symmetric in p and q, hence n_ij = n_ji.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.memory import free_bytes
from clif_core.sgns.counting import count_in_shards
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.threads import in_threads
from clif_core.sgns.training_text import index_type
from clif_core.sgns.window_kernels import (
    NEGLIGIBLE,
    find_neighbours,
    max_reach,
    neighbours_by_word,
    sort_by_word,
    sum_contexts,
    sum_listed_contexts,
)

__all__ = ["NEGLIGIBLE", "Windows", "build_windows", "keep_probabilities"]

_TABLES = ("unit_starts", "by_word", "by_word_offsets")

BoolArray = npt.NDArray[np.bool_]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]
# The first context of a part of ``by_word``; offsets of the neighbours of each, from there; their
# words and weights.
_Neighbours = tuple[int, IntArray, npt.NDArray[np.integer], Float32Array]
_SHARD_BYTES = 1 << 26
_KEPT_BYTES = 1 << 30  # or an eighth of the free memory; more are listed anew each time, by shards


def keep_probabilities(counts: IntArray, subsampling_threshold: float) -> Float64Array:
    """The chance that an occurrence of each word survives subsampling, (n_words,).

    (sqrt(f / t) + 1) * t / f for a word of relative frequency f and threshold t, at most 1: the
    formula of the word2vec code and of gensim (the paper's differs). A threshold of 0 keeps all.
    """
    if subsampling_threshold == 0:
        return np.ones(len(counts))
    ratio = np.maximum(counts, 1) / (subsampling_threshold * max(int(counts.sum()), 1))
    return np.minimum((np.sqrt(ratio) + 1) / ratio, 1.0)


@dataclass(frozen=True, eq=False)
class Windows:
    """The vocabulary words of a text in order, and how the trainer sets windows over them.

    Positions count vocabulary words only; other words leave the text before windows are set.

    Parameters
    ----------
    words : (n_positions,) int32, word id at each position
    unit_starts : (n_positions + 1,) bool, where a unit begins; True past the last position
    keep : (n_words,) float64, keep probabilities
    window, is_window_reduced, is_subsampled_first : as in ``TrainingSettings``
    by_word, by_word_offsets : positions sorted by word (int32 where they fit), and each word's
        slice of them
    """

    words: Int32Array
    unit_starts: BoolArray
    keep: Float64Array
    window: int
    is_window_reduced: bool
    is_subsampled_first: bool
    by_word: npt.NDArray[np.integer]
    by_word_offsets: IntArray

    @property
    def n_positions(self) -> int:
        return len(self.words)

    @property
    def tables(self) -> dict[str, npt.NDArray[Any]]:
        """What takes long to make, for ``build_windows``."""
        return {name: getattr(self, name) for name in _TABLES}

    @property
    def _text(self) -> tuple[object, ...]:
        return (
            self.words,
            self.unit_starts,
            self.keep,
            self.window,
            self.is_window_reduced,
            self.is_subsampled_first,
        )

    def expected_pairs(self) -> Pairs:
        """Expected weight of every pair, summed in float64 over its occurrences."""
        text = (*self._text, self.by_word, self.by_word_offsets)
        return count_in_shards(text, self.by_word_offsets)

    def neighbours(self, position: int) -> tuple[IntArray, Float64Array]:
        """The neighbours of one position and their expected weights, in text order."""
        reach = max_reach(self.window)
        positions, weights = np.empty(2 * reach, np.int64), np.empty(2 * reach)
        n = find_neighbours(*self._text, position, positions, weights)
        order = np.argsort(positions[:n])
        return positions[:n][order], weights[:n][order]

    def positions_of(self, word_ids: IntArray) -> IntArray:
        """Every position of the given words, ascending."""
        slices = [self._slice(int(word)) for word in word_ids]
        return np.sort(np.concatenate([self.by_word[s] for s in slices] or [self.by_word[:0]]))

    def sum_over_contexts(
        self,
        pairs: Pairs,
        pair_values: Float32Array,
        word_ids: IntArray | None = None,
        n_threads: int = 2,
    ) -> Float64Array:
        """sum_q weight(p, q) * pair_values[word_p, word_q] for every position p, (n_positions,).

        With ``word_ids`` only the contexts whose centre is one of them are computed; the others
        are 0. Each context is summed by one thread in one order: the result does not depend on
        ``n_threads``.
        """
        out = np.zeros(self.n_positions)

        def run(chunk: IntArray, near: _Neighbours | None) -> None:
            tables = (self.by_word, self.by_word_offsets, chunk, pairs.offsets, pairs.context_words)
            if near is None:
                sum_contexts(*self._text, *tables, pair_values, out)
            else:
                sum_listed_contexts(*near, *tables, pair_values, out)

        if word_ids is not None:
            words = np.unique(word_ids)
            chunks = _even_chunks(words, np.diff(self.by_word_offsets)[words], n_threads)
            in_threads(lambda chunk: run(chunk, None), chunks, n_threads)
            return out
        # Listing the neighbours of all contexts is worth its time only when all are summed again.
        kept = self._kept_neighbours
        in_threads(
            lambda at: run(self._shards[at], kept[at] if kept else self._list(self._shards[at])),
            range(len(self._shards)),
            n_threads,
        )
        return out

    @property
    def _neighbour_bytes(self) -> int:
        """About what the neighbours of all contexts take as they are listed."""
        return self.n_positions * (8 + 2 * self.window * (4 + self._word_type.itemsize))

    @property
    def _word_type(self) -> np.dtype[np.integer]:
        return np.dtype(np.uint16 if len(self.keep) <= np.iinfo(np.uint16).max else np.int32)

    @cached_property
    def _shards(self) -> list[IntArray]:
        """All words, in parts whose neighbours take some ``_SHARD_BYTES`` each."""
        sizes = np.diff(self.by_word_offsets)
        n_shards = max(8, self._neighbour_bytes // _SHARD_BYTES)
        return _even_chunks(np.arange(len(sizes)), sizes, n_shards)

    @cached_property
    def _kept_neighbours(self) -> list[_Neighbours] | None:
        """The neighbours of every shard; None where they are too many to be kept."""
        if self._neighbour_bytes > max(_KEPT_BYTES, free_bytes() // 8):
            return None
        return in_threads(self._list, self._shards, 2)

    def _list(self, chunk: IntArray) -> _Neighbours:
        """The neighbours of all contexts of consecutive words, in the order of ``by_word``.

        That is the order in which they are summed, so that memory is read sequentially.
        """
        first, last = int(self.by_word_offsets[chunk[0]]), int(self.by_word_offsets[chunk[-1] + 1])
        sizes, words, weights = neighbours_by_word(*self._text, self.by_word, first, last)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        return first, starts, words.astype(self._word_type, copy=False), weights

    def neighbours_in_order(self) -> tuple[IntArray, Int32Array, Float32Array]:
        """How many neighbours each position has, their words and their weights, in text order."""
        order = np.arange(self.n_positions)
        bounds = np.linspace(0, self.n_positions, 9).astype(np.int64)
        parts = in_threads(
            lambda part: neighbours_by_word(*self._text, order, *part), list(pairwise(bounds)), 2
        )
        sizes, words, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
        return sizes, words, weights

    def _slice(self, word: int) -> slice:
        return slice(int(self.by_word_offsets[word]), int(self.by_word_offsets[word + 1]))


def build_windows(
    word_ids: Int32Array,
    unit_offsets: IntArray,
    counts: IntArray,
    *,
    window: int,
    subsampling_threshold: float = 0.0,
    is_window_reduced: bool = True,
    is_subsampled_first: bool = True,
    tables: Mapping[str, npt.NDArray[Any]] | None = None,
) -> Windows:
    """Windows over an encoded text; raises InputError where a word id is out of range.

    Parameters
    ----------
    word_ids : (n_positions,) int32 vocabulary words, in text order
    unit_offsets : (n_units + 1,) offsets of the units that windows do not cross, in positions
    counts : (n_words,) occurrences of each vocabulary word, for subsampling
    tables : what ``Windows.tables`` gave of the same text
    """
    if tables is None:
        tables = _sort(word_ids, unit_offsets, len(counts))
    return Windows(
        words=word_ids,
        keep=keep_probabilities(counts, subsampling_threshold),
        window=window,
        is_window_reduced=is_window_reduced,
        is_subsampled_first=is_subsampled_first,
        **{name: tables[name] for name in _TABLES},
    )


def _sort(
    word_ids: Int32Array, unit_offsets: IntArray, n_words: int
) -> dict[str, npt.NDArray[Any]]:
    """The tables of ``_TABLES``."""
    if len(word_ids) and not 0 <= int(word_ids.min()) <= int(word_ids.max()) < n_words:
        raise InputError(
            f"word ids must lie in 0..{n_words - 1}, got {int(word_ids.min())} to"
            f" {int(word_ids.max())}."
        )
    unit_starts = np.zeros(len(word_ids) + 1, dtype=np.bool_)
    unit_starts[unit_offsets] = True
    by_word_offsets = np.zeros(n_words + 1, np.int64)
    np.cumsum(np.bincount(word_ids, minlength=n_words), out=by_word_offsets[1:])
    by_word = np.empty(len(word_ids), index_type(len(word_ids)))
    sort_by_word(word_ids, by_word_offsets, by_word)
    return dict(zip(_TABLES, (unit_starts, by_word, by_word_offsets), strict=True))


def _even_chunks(words: IntArray, sizes: IntArray, n_chunks: int) -> list[IntArray]:
    """Split words so that all chunks hold about the same number of occurrences."""
    if len(words) == 0:
        return []
    running = np.cumsum(sizes)
    bounds = np.searchsorted(running, running[-1] * np.arange(1, n_chunks) / n_chunks)
    return [chunk for chunk in np.split(words, bounds) if len(chunk)]
