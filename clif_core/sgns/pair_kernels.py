"""Products on the pattern of observed pairs, compiled for the CPU.

``torch.sparse`` needs four passes with copies (``sampled_addmm`` twice, then a product each way); a
loop over rows needs one while a row is in the cache. Rows are divided among threads; each row is
summed by one thread in one order, so no result depends on the number of threads. Arrays are float32
or float64, (n_words, dim); values of pairs are (n_pairs,) in the order of ``Pairs``.

The change of x_ij along a direction, a_i . u_j + v_i . b_j, is one product of [a_i v_i] and
[u_j b_j]: the loops run over such double rows, each half padded with zeros to whole cache lines.
The number of lines is the length of a tuple, ``lines``, which the compiler knows, so that it
specialises every loop over a row for exactly that size.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numba
import numpy as np
import numpy.typing as npt

from clif_core.sgns.pairs import Pairs
from clif_core.sgns.threads import in_threads

__all__ = [
    "DoubleRows",
    "curvature_product",
    "double_rows",
    "padded_rows",
    "pair_dots",
    "pair_dots_along",
]

Floats = npt.NDArray[np.floating]
DoubleRows = tuple[Floats, Floats, Floats]  # [a v], [u b], products: (n_words, 2, width) each
_LINE_BYTES = 64
_CHUNKS_PER_THREAD = 4  # so that one delayed thread does not delay all


def pair_dots(pairs: Pairs, left: Floats, right: Floats, n_threads: int = 1) -> Floats:
    """left_i . right_j, (n_pairs,).

    ``right``: (n_words, dim), or its ``padded_rows``, where many products are taken with it.
    """
    rows = right if right.ndim == 3 else padded_rows(right)
    return _dots_of(pairs, padded_rows(left), rows, n_threads)


def pair_dots_along(
    pairs: Pairs, v: Floats, u: Floats, a: Floats, b: Floats, n_threads: int = 1
) -> Floats:
    """The change of x_ij = v_i . u_j along (a, b): a_i . u_j + v_i . b_j, (n_pairs,)."""
    left, right, _ = _along(double_rows(v, u), a, b)
    return _dots_of(pairs, left, right, n_threads)


def double_rows(v: Floats, u: Floats) -> DoubleRows:
    """Buffers for directions from (v, u); a caller that takes many products passes them again."""
    nothing = np.zeros_like(v)
    return padded_rows(nothing, v), padded_rows(u, nothing), padded_rows(nothing, nothing)


def _along(rows: DoubleRows, a: Floats, b: Floats) -> DoubleRows:
    left, right, _ = rows
    left[:, 0, : a.shape[1]] = a
    right[:, 1, : b.shape[1]] = b
    return rows


def curvature_product(
    pairs: Pairs,
    v: Floats,
    u: Floats,
    a: Floats,
    b: Floats,
    s: Floats,
    g: Floats | None = None,
    n_threads: int = 1,
    rows: DoubleRows | None = None,
) -> Floats:
    """D U + G b and D' V + G' a with D_ij = s_ij (a_i . u_j + v_i . b_j), (2, n_words, dim).

    ``s`` curvature and ``g`` residual of the pairs, (n_pairs,); without ``g`` the terms in G are
    left out (Gauss-Newton). Pairs where both are 0 cost nothing. ``rows``: ``double_rows(v, u)``
    from an earlier product, overwritten.
    """
    left, right, found = _along(rows or double_rows(v, u), a, b)
    found.fill(0)
    d = np.empty(pairs.n_pairs, v.dtype)
    residual = d[:0] if g is None else g
    pattern, lines = _pattern(pairs), _lines(left)
    transposition = pairs.transposition()
    _over_rows(
        pairs,
        n_threads,
        lambda *rows: _centre_rows(
            lines, *pattern, left, right, s, residual, g is not None, d, found, *rows
        ),
    )
    _over_rows(
        pairs,
        n_threads,
        lambda *rows: _context_rows(
            lines, *pattern, transposition, left, d, residual, g is not None, found, *rows
        ),
    )
    return np.ascontiguousarray(found[:, :, : v.shape[1]].swapaxes(0, 1))


def _dots_of(pairs: Pairs, left: Floats, right: Floats, n_threads: int) -> Floats:
    out = np.empty(pairs.n_pairs, left.dtype)
    left, right = (x.reshape(len(x), -1) for x in (left, right))
    lines, pattern = _lines(left), _pattern(pairs)
    _over_rows(pairs, n_threads, lambda *rows: _dots(lines, *pattern, left, right, out, *rows))
    return out


def padded_rows(*halves: Floats) -> Floats:
    """Matrices side by side, (n_words, n_halves, width): the width fills whole cache lines."""
    n_words, dim = halves[0].shape
    dtype = halves[0].dtype
    width = -(-dim * dtype.itemsize // _LINE_BYTES) * _LINE_BYTES // dtype.itemsize
    n_bytes = n_words * len(halves) * width * dtype.itemsize
    raw = np.empty(n_bytes + _LINE_BYTES, np.uint8)
    start = -raw.ctypes.data % _LINE_BYTES
    rows: Floats = raw[start : start + n_bytes].view(dtype).reshape(n_words, len(halves), width)
    for at, half in enumerate(halves):
        rows[:, at, :dim] = half
        rows[:, at, dim:] = 0
    return rows


def _lines(rows: Floats) -> tuple[int, ...]:
    n_lines: int = rows.shape[-1] * rows.itemsize // _LINE_BYTES
    return (0,) * n_lines


def _pattern(pairs: Pairs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    return pairs.offsets, pairs.context_words


def _over_rows(pairs: Pairs, n_threads: int, run: Callable[[int, int], None]) -> None:
    """Call run(first, last) for slices of rows that hold about the same number of pairs."""
    n_chunks = 1 if n_threads == 1 else _CHUNKS_PER_THREAD * n_threads
    goals = pairs.n_pairs * np.arange(n_chunks + 1) / n_chunks
    bounds = np.searchsorted(pairs.offsets, goals)
    bounds[0], bounds[-1] = 0, pairs.n_words
    slices = [(int(a), int(b)) for a, b in pairwise(bounds) if a < b]
    in_threads(lambda rows: run(*rows), slices, n_threads)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _dots(lines, offsets, columns, left, right, out, first, last):  # type: ignore[no-untyped-def]
    width = len(lines) * (_LINE_BYTES // left.itemsize)
    for i in range(first, last):
        for at in range(offsets[i], offsets[i + 1]):
            j = np.uint64(columns[at])
            x = left.dtype.type(0)
            for k in range(width):
                x += left[i, k] * right[j, k]
            out[at] = x


@numba.njit(cache=True, nogil=True, fastmath=True)
def _centre_rows(  # type: ignore[no-untyped-def]
    lines, offsets, columns, left, right, s, g, is_exact, d, found, first, last
):
    """D and D U + G b, row by row."""
    width = len(lines) * (_LINE_BYTES // left.itemsize)
    for i in range(first, last):
        for at in range(offsets[i], offsets[i + 1]):
            d[at] = 0
            if s[at] == 0 and not (is_exact and g[at] != 0):
                continue
            j = np.uint64(columns[at])
            x = left.dtype.type(0)
            for k in range(width):
                x += left[i, 0, k] * right[j, 0, k] + left[i, 1, k] * right[j, 1, k]
            x *= s[at]
            d[at] = x
            if is_exact:
                y = g[at]
                for k in range(width):
                    found[i, 0, k] += x * right[j, 0, k] + y * right[j, 1, k]
            else:
                for k in range(width):
                    found[i, 0, k] += x * right[j, 0, k]


@numba.njit(cache=True, nogil=True, fastmath=True)
def _context_rows(  # type: ignore[no-untyped-def]
    lines, offsets, columns, transposition, left, d, g, is_exact, found, first, last
):
    """D' V + G' a, row by row: the pattern is symmetric, so row j also lists its centres."""
    width = len(lines) * (_LINE_BYTES // left.itemsize)
    for j in range(first, last):
        for at in range(offsets[j], offsets[j + 1]):
            i = np.uint64(columns[at])
            x = d[transposition[at]]
            if x == 0 and not (is_exact and g[transposition[at]] != 0):
                continue
            if is_exact:
                y = g[transposition[at]]
                for k in range(width):
                    found[j, 1, k] += x * left[i, 1, k] + y * left[i, 0, k]
            else:
                for k in range(width):
                    found[j, 1, k] += x * left[i, 1, k]
