"""The transposition of a symmetric sparse pattern, compiled; linear in its entries."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["transpose"]


@numba.njit(cache=True, nogil=True)
def transpose(offsets, columns):  # type: ignore[no-untyped-def]
    """The index of the pair ji for each pair ij of a symmetric pattern, in the order of the ij.

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
