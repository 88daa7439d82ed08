"""The sparse table of word pairs: which (centre, context) pairs a text holds, with what weight.

Weights are expectations (``clif_core.sgns.windows``) and symmetric, n_ij = n_ji, so the pattern of
observed pairs is its own transpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["Pairs"]

_BLOCK = 1 << 20

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]


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
        """The indices of the pairs of a centre word with context words that it is observed with."""
        start, end = self.offsets[centre : centre + 2]
        found: IntArray = start + np.searchsorted(self.context_words[start:end], contexts)
        return found

    def transposition(self) -> IntArray:
        """(n_pairs,) such that value[transposition] lists value_ji in the order of the pairs ij."""
        return self._transposition

    @cached_property
    def _transposition(self) -> IntArray:
        # Imported here: reading a cached table must not wait for numba.
        from clif_core.sgns.transpose import transpose

        transposition: IntArray = transpose(self.offsets, self.context_words)
        return transposition


def _row_sums(offsets: IntArray, values: npt.NDArray[np.floating]) -> Float64Array:
    """Sums of consecutive slices in float64; an empty slice sums to 0."""
    total, at = 0.0, np.empty(len(offsets))
    for first in range(0, max(len(values), 1), _BLOCK):
        # One running sum over all blocks, as if it were taken at once.
        running = np.cumsum(np.concatenate([[total], values[first : first + _BLOCK]]))
        here = slice(*np.searchsorted(offsets, [first, first + _BLOCK]))
        at[here] = running[offsets[here] - first]
        total = running[-1]
    at[offsets == len(values)] = total
    return np.diff(at)
