"""Products on the pattern of observed pairs, compiled for the CPU.

What ``torch.sparse`` does in four passes and with copies (``sampled_addmm`` twice, then a product
each way), a loop over rows does while a row lies in the cache. Rows are divided among threads; each
row is summed by one thread in one order, so no result depends on their number. Arrays are float32
or float64, (n_words, dim); values of pairs are (n_pairs,) in the order of ``Pairs``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numba
import numpy as np
import numpy.typing as npt

from clif_core.pairs import Pairs, in_threads

__all__ = ["curvature_product", "pair_dots", "pair_dots_along"]

Floats = npt.NDArray[np.floating]
_CHUNKS_PER_THREAD = 4  # a thread that is held up by other work does not hold up the rest


def pair_dots(pairs: Pairs, left: Floats, right: Floats, n_threads: int = 1) -> Floats:
    """left_i . right_j, (n_pairs,)."""
    out = np.empty(pairs.n_pairs, left.dtype)
    _over_rows(pairs, n_threads, lambda *rows: _dots(*_pattern(pairs), left, right, out, *rows))
    return out


def pair_dots_along(
    pairs: Pairs, v: Floats, u: Floats, a: Floats, b: Floats, n_threads: int = 1
) -> Floats:
    """The change of x_ij = v_i . u_j along (a, b): a_i . u_j + v_i . b_j, (n_pairs,)."""
    out = np.empty(pairs.n_pairs, v.dtype)
    _over_rows(
        pairs, n_threads, lambda *rows: _dots_along(*_pattern(pairs), v, u, a, b, out, *rows)
    )
    return out


def curvature_product(
    pairs: Pairs,
    v: Floats,
    u: Floats,
    a: Floats,
    b: Floats,
    s: Floats,
    g: Floats | None = None,
    n_threads: int = 1,
) -> tuple[Floats, Floats]:
    """D U + G b and D' V + G' a with D_ij = s_ij (a_i . u_j + v_i . b_j), each (n_words, dim).

    ``s`` curvature and ``g`` residual of the pairs, (n_pairs,); without ``g`` the terms in G are
    left out (Gauss-Newton).
    """
    d = np.empty(pairs.n_pairs, v.dtype)
    hv, hu = np.zeros_like(v), np.zeros_like(u)
    is_exact = g is not None
    residual = d[:0] if g is None else g
    transposition = pairs.transposition()
    pattern = _pattern(pairs)
    _over_rows(
        pairs,
        n_threads,
        lambda *rows: _centre_rows(*pattern, v, u, a, b, s, residual, is_exact, d, hv, *rows),
    )
    _over_rows(
        pairs,
        n_threads,
        lambda *rows: _context_rows(
            *pattern, transposition, v, a, d, residual, is_exact, hu, *rows
        ),
    )
    return hv, hu


def _pattern(pairs: Pairs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    return pairs.offsets, pairs.context_words


def _over_rows(pairs: Pairs, n_threads: int, run: Callable[[int, int], None]) -> None:
    """Call run(first, last) for slices of rows that hold about as many pairs each."""
    n_chunks = 1 if n_threads == 1 else _CHUNKS_PER_THREAD * n_threads
    goals = pairs.n_pairs * np.arange(n_chunks + 1) / n_chunks
    bounds = np.searchsorted(pairs.offsets, goals)
    bounds[0], bounds[-1] = 0, pairs.n_words
    slices = [(int(a), int(b)) for a, b in pairwise(bounds) if a < b]
    in_threads(lambda rows: run(*rows), slices, n_threads)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _dots(offsets, columns, left, right, out, first, last):  # type: ignore[no-untyped-def]
    zero = left.dtype.type(0)
    for i in range(first, last):
        for at in range(offsets[i], offsets[i + 1]):
            j = columns[at]
            x = zero
            for k in range(left.shape[1]):
                x += left[i, k] * right[j, k]
            out[at] = x


@numba.njit(cache=True, nogil=True, fastmath=True)
def _dots_along(offsets, columns, v, u, a, b, out, first, last):  # type: ignore[no-untyped-def]
    zero = v.dtype.type(0)
    for i in range(first, last):
        for at in range(offsets[i], offsets[i + 1]):
            j = columns[at]
            x = zero
            for k in range(v.shape[1]):
                x += a[i, k] * u[j, k] + v[i, k] * b[j, k]
            out[at] = x


@numba.njit(cache=True, nogil=True, fastmath=True)
def _centre_rows(  # type: ignore[no-untyped-def]
    offsets, columns, v, u, a, b, s, g, is_exact, d, hv, first, last
):
    """D and D U + G b, row by row."""
    zero = v.dtype.type(0)
    for i in range(first, last):
        for at in range(offsets[i], offsets[i + 1]):
            j = columns[at]
            x = zero
            for k in range(v.shape[1]):
                x += a[i, k] * u[j, k] + v[i, k] * b[j, k]
            x *= s[at]
            d[at] = x
            if is_exact:
                y = g[at]
                for k in range(v.shape[1]):
                    hv[i, k] += x * u[j, k] + y * b[j, k]
            else:
                for k in range(v.shape[1]):
                    hv[i, k] += x * u[j, k]


@numba.njit(cache=True, nogil=True, fastmath=True)
def _context_rows(  # type: ignore[no-untyped-def]
    offsets, columns, transposition, v, a, d, g, is_exact, hu, first, last
):
    """D' V + G' a, row by row: the pattern is symmetric, so row j lists its centres too."""
    for j in range(first, last):
        for at in range(offsets[j], offsets[j + 1]):
            i = columns[at]
            x = d[transposition[at]]
            if is_exact:
                y = g[transposition[at]]
                for k in range(v.shape[1]):
                    hu[j, k] += x * v[i, k] + y * a[i, k]
            else:
                for k in range(v.shape[1]):
                    hu[j, k] += x * v[i, k]
