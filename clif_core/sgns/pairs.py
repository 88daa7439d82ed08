"""Windows over a text -> the expected weight of every pair, and back to its occurrences.

A skip-gram trainer meets the pair (centre i, context word j) a random number of times: it draws a
window size at each position and may drop frequent words. Its expectation needs no draws. With
keep probabilities k, a window of w, and two tokens of one unit at positions p < q,

    weight(p, q) = k_p k_q E[ max(0, w - D + 1) ] / w        (window size uniform on 1..w)
    weight(p, q) = k_p k_q P[ D <= w ]                       (window of fixed size)

where D is their distance: q - p where distances are those of the text, or 1 + the number of kept
tokens between them where dropped words leave the text before windows are laid (word2vec, gensim).
In the second case the number kept is Poisson-binomial, and its first w probabilities are carried
along exactly while q moves away from p. A pair is given up where its weight before the factor
k_p k_q falls below ``NEGLIGIBLE``.

The weight is symmetric in p and q, hence n_ij = n_ji and the pattern of pairs is its own transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError

__all__ = ["Pairs", "Windows", "build_windows", "in_threads", "keep_probabilities"]

NEGLIGIBLE = 0.01

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]


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
class Pairs:
    """Expected pair weights as a sparse matrix in compressed rows.

    ``offsets`` (n_words + 1,), ``context_words`` (n_pairs,) ascending within a row, ``weights``
    (n_pairs,) the sums of expected weights over all occurrences: n_ij of one pass over the text.
    """

    offsets: IntArray
    context_words: Int32Array
    weights: Float32Array

    @property
    def n_words(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_pairs(self) -> int:
        return len(self.context_words)

    @property
    def centre_weights(self) -> Float64Array:
        """n_i = sum_j n_ij, (n_words,) float64."""
        return _row_sums(self.offsets, self.weights)

    def centres(self) -> Int32Array:
        """The centre word of every pair, (n_pairs,)."""
        return np.repeat(np.arange(self.n_words, dtype=np.int32), np.diff(self.offsets))

    def find(self, centre: int, contexts: npt.ArrayLike) -> IntArray:
        """Where the pairs of a centre word with observed context words stand."""
        start, end = self.offsets[centre : centre + 2]
        found: IntArray = start + np.searchsorted(self.context_words[start:end], contexts)
        return found

    def transposition(self) -> IntArray:
        """(n_pairs,) such that value[transposition] lists value_ji in the order of the pairs ij."""
        return self._transposition

    @cached_property
    def _transposition(self) -> IntArray:
        transposition: IntArray = _transpose(self.offsets, self.context_words)
        return transposition


@dataclass(frozen=True, eq=False)
class Windows:
    """The vocabulary words of a text in order, and how the trainer lays windows over them.

    Positions count vocabulary words only: the others leave the text before windows are laid.

    Parameters
    ----------
    words : (n_positions,) int32, word id at each position
    unit_ends : (n_positions,) int64, one past the last position of the unit of each position
    unit_starts : (n_positions,) int64, its first position
    keep : (n_words,) float64, keep probabilities
    by_word, by_word_offsets : positions sorted by word, and each word's slice of them
    """

    words: Int32Array
    unit_starts: IntArray
    unit_ends: IntArray
    keep: Float64Array
    window: int
    is_window_reduced: bool
    is_subsampled_first: bool
    by_word: IntArray
    by_word_offsets: IntArray

    @property
    def n_positions(self) -> int:
        return len(self.words)

    @property
    def _text(self) -> tuple[object, ...]:
        return (
            self.words,
            self.unit_starts,
            self.unit_ends,
            self.keep,
            self.window,
            self.is_window_reduced,
            self.is_subsampled_first,
        )

    def expected_pairs(self) -> Pairs:
        """Expected weight of every pair, summed in float64 over its occurrences."""
        offsets, context_words, weights = _count_pairs(
            *self._text, self.by_word, self.by_word_offsets
        )
        return Pairs(offsets, context_words, weights)

    def neighbours(self, position: int) -> tuple[IntArray, Float64Array]:
        """Positions in reach of one context and their expected weights, in text order."""
        positions, weights = _buffers(self.window)
        n = _neighbours(*self._text, position, positions, weights)
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
        words = np.arange(pairs.n_words) if word_ids is None else np.unique(word_ids)
        out = np.zeros(self.n_positions)
        sizes = np.diff(self.by_word_offsets)[words]
        # Weights of every window are worth their memory when every context is asked for.
        kept = self._kept_by_word if word_ids is None else None

        def run(chunk: IntArray) -> None:
            tables = (self.by_word, self.by_word_offsets, chunk, pairs.offsets, pairs.context_words)
            if kept is None:
                _sum_contexts(*self._text, *tables, pair_values, out)
            else:
                _sum_kept_contexts(*kept, *tables, pair_values, out)

        in_threads(run, _even_chunks(words, sizes, n_threads), n_threads)
        return out

    @cached_property
    def _kept_by_word(self) -> tuple[IntArray, npt.NDArray[np.integer], Float32Array]:
        """The words and weights in reach of every context, and where those of each begin.

        Contexts in the order of ``by_word``, in which they are summed: memory is then read from
        one end to the other, not here and there in the text.
        """
        bounds = np.linspace(0, self.n_positions, 9).astype(np.int64)
        parts = in_threads(
            lambda part: _keep_reach(*self._text, self.by_word, *part), list(pairwise(bounds)), 2
        )
        sizes, words, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
        is_small = len(self.keep) <= np.iinfo(np.uint16).max
        starts = np.concatenate([[0], np.cumsum(sizes)])
        return starts, words.astype(np.uint16) if is_small else words, weights

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
) -> Windows:
    """Lay windows over an encoded text.

    Parameters
    ----------
    word_ids : (n_positions,) int32 vocabulary words, in text order
    unit_offsets : (n_units + 1,) offsets of the units that windows do not cross, in positions
    counts : (n_words,) occurrences of each vocabulary word, for subsampling
    """
    if len(word_ids) and not 0 <= int(word_ids.min()) <= int(word_ids.max()) < len(counts):
        raise InputError(
            f"word ids must lie in 0..{len(counts) - 1}, got {int(word_ids.min())} to"
            f" {int(word_ids.max())}."
        )
    lengths = np.diff(unit_offsets)
    by_word = np.argsort(word_ids, kind="stable")
    return Windows(
        words=word_ids,
        unit_starts=np.repeat(unit_offsets[:-1], lengths),
        unit_ends=np.repeat(unit_offsets[1:], lengths),
        keep=keep_probabilities(counts, subsampling_threshold),
        window=window,
        is_window_reduced=is_window_reduced,
        is_subsampled_first=is_subsampled_first,
        by_word=by_word,
        by_word_offsets=np.searchsorted(word_ids[by_word], np.arange(len(counts) + 1)),
    )


def _row_sums(offsets: IntArray, values: npt.NDArray[np.floating]) -> Float64Array:
    """Sums of consecutive slices in float64; an empty slice sums to 0."""
    running = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    sums: Float64Array = running[offsets[1:]] - running[offsets[:-1]]
    return sums


def _even_chunks(words: IntArray, sizes: IntArray, n_chunks: int) -> list[IntArray]:
    """Split words so that each chunk holds about as many occurrences."""
    if len(words) == 0:
        return []
    running = np.cumsum(sizes)
    bounds = np.searchsorted(running, running[-1] * np.arange(1, n_chunks) / n_chunks)
    return [chunk for chunk in np.split(words, bounds) if len(chunk)]


def in_threads(run: Callable[[Any], Any], chunks: Sequence[Any], n_threads: int) -> list[Any]:
    """run(chunk) for every chunk, in order of the chunks."""
    # Plain threads over kernels that release the GIL: numba's own threading layer may abort the
    # process when two sessions enter it at once.
    if len(chunks) <= 1 or n_threads <= 1:
        return [run(chunk) for chunk in chunks]
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(run, chunks))


def _buffers(window: int) -> tuple[IntArray, Float64Array]:
    reach = _reach(window)
    return np.empty(2 * reach, np.int64), np.empty(2 * reach)


@numba.njit(cache=True, nogil=True)
def _reach(window):  # type: ignore[no-untyped-def]
    """The farthest that a stretched window is followed, in positions to one side."""
    return 64 * window


@numba.njit(cache=True, nogil=True)
def _one_side(  # type: ignore[no-untyped-def]
    words, start, stop, step, keep, window, is_reduced, is_stretched, own, positions, weights, n
):
    """Append the neighbours from ``start`` towards ``stop`` with their weights; the new count."""
    kept = np.zeros(window)  # P(c tokens kept between), c = 0..window-1
    kept[0] = 1.0
    q = start
    for k in range(1, _reach(window) + 1):
        if q == stop or (not is_stretched and k > window):
            break
        if is_stretched:
            factor = 0.0
            for c in range(window):
                factor += kept[c] * ((window - c) / window if is_reduced else 1.0)
            if factor < NEGLIGIBLE:
                break
        else:
            factor = (window - k + 1) / window if is_reduced else 1.0
        k_q = keep[words[q]]
        positions[n] = q
        weights[n] = factor * own * k_q
        n += 1
        if is_stretched:
            for c in range(window - 1, 0, -1):
                kept[c] = kept[c] * (1.0 - k_q) + kept[c - 1] * k_q
            kept[0] *= 1.0 - k_q
        q += step
    return n


@numba.njit(cache=True, nogil=True)
def _neighbours(  # type: ignore[no-untyped-def]
    words, unit_starts, unit_ends, keep, window, is_reduced, is_stretched, p, positions, weights
):
    """Fill the buffers with the neighbours of position p on both sides; how many there are."""
    own = keep[words[p]]
    n = _one_side(
        words, p + 1, unit_ends[p], 1, keep, window, is_reduced, is_stretched, own,
        positions, weights, 0,
    )  # fmt: skip
    return _one_side(
        words, p - 1, unit_starts[p] - 1, -1, keep, window, is_reduced, is_stretched, own,
        positions, weights, n,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _count_pairs(  # type: ignore[no-untyped-def]
    words, unit_starts, unit_ends, keep, window, is_reduced, is_stretched, by_word, offsets
):
    """Row by row: all occurrences of a centre word add into one dense row, then it is packed."""
    n_words = len(offsets) - 1
    positions = np.empty(2 * _reach(window), np.int64)
    weights = np.empty(2 * _reach(window))
    row = np.zeros(n_words)
    touched = np.empty(n_words, np.int32)
    row_offsets = np.zeros(n_words + 1, np.int64)
    columns = np.empty(1 << 16, np.int32)
    values = np.empty(1 << 16, np.float32)
    size = 0
    for i in range(n_words):
        n_touched = 0
        for at in range(offsets[i], offsets[i + 1]):
            n = _neighbours(
                words, unit_starts, unit_ends, keep, window, is_reduced, is_stretched,
                by_word[at], positions, weights,
            )  # fmt: skip
            for m in range(n):
                j = words[positions[m]]
                if row[j] == 0.0:
                    touched[n_touched] = j
                    n_touched += 1
                row[j] += weights[m]
        while size + n_touched > len(columns):
            columns = np.concatenate((columns, np.empty_like(columns)))
            values = np.concatenate((values, np.empty_like(values)))
        for j in np.sort(touched[:n_touched]):
            columns[size] = j
            values[size] = row[j]
            row[j] = 0.0
            size += 1
        row_offsets[i + 1] = size
    return row_offsets, columns[:size].copy(), values[:size].copy()


@numba.njit(cache=True, nogil=True)
def _sum_contexts(  # type: ignore[no-untyped-def]
    words, unit_starts, unit_ends, keep, window, is_reduced, is_stretched,
    by_word, by_word_offsets, chunk, offsets, columns, pair_values, out,
):  # fmt: skip
    """Spread each word of the chunk over a dense row and gather it at each occurrence."""
    positions = np.empty(2 * _reach(window), np.int64)
    weights = np.empty(2 * _reach(window))
    row = np.zeros(len(offsets) - 1)
    for i in chunk:
        for at in range(offsets[i], offsets[i + 1]):
            row[columns[at]] = pair_values[at]
        for at in range(by_word_offsets[i], by_word_offsets[i + 1]):
            p = by_word[at]
            n = _neighbours(
                words, unit_starts, unit_ends, keep, window, is_reduced, is_stretched,
                p, positions, weights,
            )  # fmt: skip
            total = 0.0
            for m in range(n):
                total += weights[m] * row[words[positions[m]]]
            out[p] = total


@numba.njit(cache=True, nogil=True)
def _keep_reach(  # type: ignore[no-untyped-def]
    words, unit_starts, unit_ends, keep, window, is_reduced, is_stretched, by_word, first, last
):
    """How many positions each context of a slice of ``by_word`` reaches, their words and weights,
    left to right."""
    positions = np.empty(2 * _reach(window), np.int64)
    weights = np.empty(2 * _reach(window))
    sizes = np.empty(last - first, np.int64)
    kept_words = np.empty(1 << 16, np.int32)
    kept = np.empty(1 << 16, np.float32)
    size = 0
    for at in range(first, last):
        p = by_word[at]
        n = _neighbours(
            words, unit_starts, unit_ends, keep, window, is_reduced, is_stretched,
            p, positions, weights,
        )  # fmt: skip
        while size + n > len(kept):
            kept = np.concatenate((kept, np.empty_like(kept)))
            kept_words = np.concatenate((kept_words, np.empty_like(kept_words)))
        # A context reaches a run of positions without a gap but for its own.
        start = p
        for m in range(n):
            start = min(start, positions[m])
        for m in range(n):
            q = positions[m]
            place = size + q - start - (q > p)
            kept[place] = weights[m]
            kept_words[place] = words[q]
        sizes[at - first] = n
        size += n
    return sizes, kept_words[:size].copy(), kept[:size].copy()


@numba.njit(cache=True, nogil=True, fastmath=True)
def _sum_kept_contexts(  # type: ignore[no-untyped-def]
    starts, words, weights, by_word, by_word_offsets, chunk, offsets, columns, pair_values, out
):
    """As _sum_contexts with words and weights at hand."""
    row = np.zeros(len(offsets) - 1, pair_values.dtype)
    for i in chunk:
        for at in range(offsets[i], offsets[i + 1]):
            row[columns[at]] = pair_values[at]
        for at in range(by_word_offsets[i], by_word_offsets[i + 1]):
            total = 0.0
            for m in range(starts[at], starts[at + 1]):
                total += weights[m] * row[words[m]]
            out[by_word[at]] = total


@numba.njit(cache=True, nogil=True)
def _transpose(offsets, columns):  # type: ignore[no-untyped-def]
    """Where the pair ji is for each pair ij of a symmetric pattern, in the order of the pairs ij.

    Rows are visited in ascending order, so each row of the transposed matrix fills in that order.
    """
    transposition = np.empty(len(columns), np.int64)
    filled = offsets[:-1].copy()
    for i in range(len(offsets) - 1):
        for at in range(offsets[i], offsets[i + 1]):
            j = columns[at]
            transposition[filled[j]] = at
            filled[j] += 1
    return transposition
