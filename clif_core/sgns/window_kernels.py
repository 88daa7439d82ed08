"""The compiled loops of ``clif_core.sgns.windows``: neighbours of a position, and sums over them.

Arrays are those of ``Windows``. ``is_stretched``: dropped words leave the text before windows are
set, so that a window reaches further in the text. Functions that call each other share this file,
because numba's cache notices changes in a function's own file only.
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = [
    "NEGLIGIBLE",
    "count_pairs",
    "find_neighbours",
    "max_reach",
    "neighbours_by_word",
    "sort_by_word",
    "sum_contexts",
    "sum_listed_contexts",
]

NEGLIGIBLE = 0.01  # weight before the factor k_p k_q below which a pair is dropped


@numba.njit(cache=True, nogil=True)
def sort_by_word(words, offsets, by_word):  # type: ignore[no-untyped-def]
    """Fill ``by_word`` with the positions of each word, ascending, from its offset on."""
    filled = offsets[:-1].copy()
    for p in range(len(words)):
        by_word[filled[words[p]]] = p
        filled[words[p]] += 1


@numba.njit(cache=True, nogil=True)
def max_reach(window):  # type: ignore[no-untyped-def]
    """The most positions to one side that a stretched window is followed."""
    return 64 * window


@numba.njit(cache=True, nogil=True)
def _one_side(  # type: ignore[no-untyped-def]
    words, unit_starts, p, step, keep, window, is_reduced, is_stretched, own, positions, weights, n
):
    """Append the neighbours of p within its unit in the direction ``step``; the new count."""
    kept = np.zeros(window)  # P(c tokens kept between), c = 0..window-1
    kept[0] = 1.0
    q = p + step
    at_border = 0 if step > 0 else 1  # a unit starts between q and the position before it
    for k in range(1, max_reach(window) + 1):
        if unit_starts[q + at_border] or (not is_stretched and k > window):
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
def find_neighbours(  # type: ignore[no-untyped-def]
    words, unit_starts, keep, window, is_reduced, is_stretched, p, positions, weights
):
    """Fill the buffers with the neighbours of position p on both sides; returns their number."""
    own = keep[words[p]]
    n = _one_side(
        words, unit_starts, p, 1, keep, window, is_reduced, is_stretched, own,
        positions, weights, 0,
    )  # fmt: skip
    return _one_side(
        words, unit_starts, p, -1, keep, window, is_reduced, is_stretched, own,
        positions, weights, n,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def count_pairs(  # type: ignore[no-untyped-def]
    words, unit_starts, keep, window, is_reduced, is_stretched, by_word, offsets, first, last
):
    """Rows ``first`` to ``last`` of the pair table: their sizes, and their columns and values.

    All occurrences of a centre word add into one dense row, which is then packed.
    """
    n_words = len(offsets) - 1
    positions = np.empty(2 * max_reach(window), np.int64)
    weights = np.empty(2 * max_reach(window))
    row = np.zeros(n_words)
    touched = np.empty(n_words, np.int32)
    sizes = np.empty(last - first, np.int64)
    columns = np.empty(1 << 16, np.int32)
    values = np.empty(1 << 16, np.float32)
    size = 0
    for i in range(first, last):
        n_touched = 0
        for at in range(offsets[i], offsets[i + 1]):
            n = find_neighbours(
                words, unit_starts, keep, window, is_reduced, is_stretched,
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
        sizes[i - first] = n_touched
    return sizes, columns[:size].copy(), values[:size].copy()


@numba.njit(cache=True, nogil=True)
def sum_contexts(  # type: ignore[no-untyped-def]
    words, unit_starts, keep, window, is_reduced, is_stretched,
    by_word, by_word_offsets, chunk, offsets, columns, pair_values, out,
):  # fmt: skip
    """Spread the pair values of each word over a dense row and gather them at its occurrences."""
    positions = np.empty(2 * max_reach(window), np.int64)
    weights = np.empty(2 * max_reach(window))
    row = np.zeros(len(offsets) - 1)
    for i in chunk:
        for at in range(offsets[i], offsets[i + 1]):
            row[columns[at]] = pair_values[at]
        for at in range(by_word_offsets[i], by_word_offsets[i + 1]):
            p = by_word[at]
            n = find_neighbours(
                words, unit_starts, keep, window, is_reduced, is_stretched,
                p, positions, weights,
            )  # fmt: skip
            total = 0.0
            for m in range(n):
                total += weights[m] * row[words[positions[m]]]
            out[p] = total


@numba.njit(cache=True, nogil=True)
def neighbours_by_word(  # type: ignore[no-untyped-def]
    words, unit_starts, keep, window, is_reduced, is_stretched, by_word, first, last
):
    """For each context of a slice of ``by_word``: how many neighbours, their words and weights.

    The neighbours of a context are listed in text order.
    """
    positions = np.empty(2 * max_reach(window), np.int64)
    weights = np.empty(2 * max_reach(window))
    sizes = np.empty(last - first, np.int64)
    near_words = np.empty(1 << 16, np.int32)
    near_weights = np.empty(1 << 16, np.float32)
    size = 0
    for at in range(first, last):
        p = by_word[at]
        n = find_neighbours(
            words, unit_starts, keep, window, is_reduced, is_stretched,
            p, positions, weights,
        )  # fmt: skip
        while size + n > len(near_weights):
            near_weights = np.concatenate((near_weights, np.empty_like(near_weights)))
            near_words = np.concatenate((near_words, np.empty_like(near_words)))
        # The neighbours are consecutive positions, with a gap only at the centre.
        start = p
        for m in range(n):
            start = min(start, positions[m])
        for m in range(n):
            q = positions[m]
            slot = size + q - start - (q > p)
            near_weights[slot] = weights[m]
            near_words[slot] = words[q]
        sizes[at - first] = n
        size += n
    return sizes, near_words[:size].copy(), near_weights[:size].copy()


@numba.njit(cache=True, nogil=True, fastmath=True)
def sum_listed_contexts(  # type: ignore[no-untyped-def]
    first, starts, words, weights,
    by_word, by_word_offsets, chunk, offsets, columns, pair_values, out,
):  # fmt: skip
    """As sum_contexts, from neighbours that ``neighbours_by_word`` listed, from ``first`` on."""
    row = np.zeros(len(offsets) - 1, pair_values.dtype)
    for i in chunk:
        for at in range(offsets[i], offsets[i + 1]):
            row[columns[at]] = pair_values[at]
        for at in range(by_word_offsets[i], by_word_offsets[i + 1]):
            total = 0.0
            for m in range(starts[at - first], starts[at - first + 1]):
                total += weights[m] * row[words[m]]
            out[by_word[at]] = total
