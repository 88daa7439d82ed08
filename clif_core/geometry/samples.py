"""Maps of large models: a layout is found on a sample of the words, which places the others.

Layouts and clusterings grow faster than the words; to place a word among a sample takes as long for
each. Up to ``LARGE`` words nothing is sampled.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clif_core.progress import Progress, silent

__all__ = ["LARGE", "nearest_in_sample", "place_by_sample", "random_rows"]

LARGE = 100_000  # words
_BLOCK = 4096
_CLOSE = 0.05  # of a cosine distance: words nearer than this count about the same

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


def random_rows(n_words: int, n: int, seed: int = 1) -> IntArray:
    """Sorted rows of ``n`` words drawn at random; all of them where there are no more."""
    if n_words <= n:
        return np.arange(n_words, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(n_words, n, replace=False)).astype(np.int64)


def nearest_in_sample(
    unit_vectors: FloatArray, rows: IntArray, k: int, progress: Progress = silent
) -> tuple[IntArray, FloatArray]:
    """The ``k`` words of a sample nearest to every word, as indices into ``rows``, and cosines.

    Each (n_words, k), in no order. Memory follows a block of words.
    """
    sample, n = unit_vectors[rows], len(unit_vectors)
    k = min(k, len(rows))
    near, cosines = np.empty((n, k), np.int64), np.empty((n, k), np.float32)
    for first in range(0, n, _BLOCK):
        block = unit_vectors[first : first + _BLOCK] @ sample.T
        at = np.argpartition(block, -k, axis=1)[:, -k:]
        near[first : first + _BLOCK] = at
        cosines[first : first + _BLOCK] = np.take_along_axis(block, at, axis=1)
        progress(min(first + _BLOCK, n) / n, "placing the other words")
    return near, cosines


def place_by_sample(
    coordinates: FloatArray, rows: IntArray, near: IntArray, cosines: FloatArray
) -> FloatArray:
    """(n_words, dims) coordinates: those of the sample as they are, others by their neighbours.

    A word lies at the mean of its nearest words of the sample, weighted by 1 / cosine distance.
    ``coordinates`` (n_sample, dims); ``near``, ``cosines`` as of ``nearest_in_sample``.
    """
    weights = 1 / (_CLOSE + np.maximum(1 - cosines, 0))
    weights /= weights.sum(axis=1, keepdims=True)
    placed: FloatArray = np.einsum("nk,nkd->nd", weights, coordinates[near]).astype(np.float32)
    placed[rows] = coordinates
    return placed
