"""The compiled loops of the coupled trainer: its draws, its step, and the step's exact reverse.

They share one file because numba's cache of a compiled function notices only changes in that
function's own file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = [
    "GOLDEN",
    "LINE",
    "MIX_1",
    "MIX_2",
    "MOST_DRAWS",
    "MOST_WORDS",
    "Rows",
    "SegmentInputs",
    "alias_table",
    "key_of",
    "reverse_steps",
    "run_steps",
    "uniforms",
]

AnyFloatArray = npt.NDArray[np.floating[Any]]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_TO_UNIT = 2.0**-53
LINE = 16  # float32 numbers in a cache line; float64, used by tests only, takes two lines
_LOG_AHEAD = 16  # pairs
#: A logged row is its word id in the lowest bits and, above these, how often it was drawn.
ROW_BITS = 24
MOST_WORDS, MOST_DRAWS = 2**ROW_BITS, 2 ** (31 - ROW_BITS) - 1
_WORD_OF = np.int32(MOST_WORDS - 1)


# Sums may be reordered so that they vectorise, but infinities must be respected.
compiled = numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"})


@compiled
def _hash(key: np.uint64, counter: np.uint64) -> np.uint64:
    """64 random bits for a counter: the finaliser of splitmix64 (Steele et al. 2014)."""
    # All operands are unsigned: with a signed one numba would shift in copies of the sign.
    z = np.uint64(key) + np.uint64(counter) * GOLDEN
    z = (z ^ (z >> _S30)) * MIX_1
    z = (z ^ (z >> _S27)) * MIX_2
    return z ^ (z >> _S31)


@compiled
def uniforms(key: np.uint64, n: int) -> Float64Array:
    """(n,) numbers in [0, 1), the i-th a function of key and i only."""
    out = np.empty(n)
    for i in range(n):
        out[i] = (_hash(key, np.uint64(i)) >> np.uint64(11)) * _TO_UNIT
    return out


def key_of(seed: int, stream: int, epoch: int = 0) -> np.uint64:
    """The hash key of one seed, one stream (purpose) and one epoch."""
    with np.errstate(over="ignore"):
        key = np.uint64(seed)
        for part in (stream, epoch):
            key = np.uint64(_hash(key, np.uint64(part + 1)))
    return key


@compiled
def alias_table(p: Float64Array) -> tuple[Float64Array, Int32Array]:
    """Walker's alias table of p: slot i gives i with chance limits[i], else others[i]."""
    n = len(p)
    limits, others = p * n, np.arange(n).astype(np.int32)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    n_small = n_large = 0
    for i in range(n):
        if limits[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        i, j = small[n_small], large[n_large - 1]
        others[i] = j
        limits[j] -= 1.0 - limits[i]
        if limits[j] < 1.0:
            n_large -= 1
            small[n_small] = j
            n_small += 1
    for k in range(n_small):  # rounding leaves a few just below 1
        limits[small[k]] = 1.0
    return limits, others


# numba's cache names this class: whoever renames it must rename the functions that take it too.
class SegmentInputs(NamedTuple):
    """All that the compiled loops read of a segment; fields as in Segment and Schedule."""

    first: int
    last: int
    positions: Int32Array
    starts: Int32Array
    ends: Int32Array
    words: Int32Array  # (n_positions,), word id at each position
    weights: AnyFloatArray  # (n_positions,), w_p
    rates: AnyFloatArray  # (last - first,), learning rate of each context
    window: int
    is_window_reduced: bool
    n_negatives: int
    window_key: np.uint64
    negative_key: np.uint64
    limits: Float64Array
    others: Int32Array


class Rows(NamedTuple):
    """The distinct context rows of one step, and how often each was drawn."""

    ids: Int32Array
    positives: AnyFloatArray  # n_r
    totals: AnyFloatArray  # n_r + m_r


@compiled
def _allocate_rows(inputs: SegmentInputs) -> Rows:
    most, dtype = inputs.n_negatives + 1, inputs.weights.dtype
    return Rows(np.empty(most, np.int32), np.empty(most, dtype), np.empty(most, dtype))


@compiled
def _count_row(word: int, n_positives: int, n_rows: int, rows: Rows) -> int:
    """Count one draw of a context row; returns how many distinct rows there are now."""
    for row in range(n_rows):
        if rows.ids[row] == word:
            rows.positives[row] += n_positives
            rows.totals[row] += 1
            return n_rows
    rows.ids[n_rows] = word
    rows.positives[n_rows] = n_positives
    rows.totals[n_rows] = 1
    return n_rows + 1


@compiled
def _window(k: int, inputs: SegmentInputs) -> tuple[int, int]:
    """The window of the kept token k: neighbours j with first <= j < last, j not k."""
    reach = np.int64(inputs.window)
    if inputs.is_window_reduced:
        bits = _hash(inputs.window_key, np.uint64(inputs.positions[k]))
        reach = np.int64(1) + np.int64(((bits >> _S32) * np.uint64(inputs.window)) >> _S32)
    return max(inputs.starts[k], k - reach), min(inputs.ends[k], k + reach + 1)


@compiled
def _draw_rows(k: int, j: int, inputs: SegmentInputs, rows: Rows) -> int:
    """Fill ``rows`` with those of the step (k, j), the positive first; returns their number."""
    n_rows: int = _count_row(inputs.words[inputs.positions[j]], 1, 0, rows)
    n_words = np.uint64(len(inputs.limits))
    # One counter for every (position, neighbour, draw).
    position = np.uint64(inputs.positions[k])
    neighbour = position * np.uint64(2 * inputs.window + 1) + np.uint64(j - k + inputs.window)
    counter = neighbour * np.uint64(inputs.n_negatives)
    for draw in range(inputs.n_negatives):
        bits = _hash(inputs.negative_key, counter + np.uint64(draw))
        slot = np.int64(((bits >> _S32) * n_words) >> _S32)
        is_own = np.float64(bits & _LOW) * 2.0**-32 < inputs.limits[slot]
        word = slot if is_own else inputs.others[slot]
        n_rows = _count_row(word, 0, n_rows, rows)
    return n_rows


@compiled
def run_steps(
    centre: AnyFloatArray,
    context: AnyFloatArray,
    inputs: SegmentInputs,
    row_log: Int32Array,
    step_log: AnyFloatArray,
    centre_log: AnyFloatArray,
) -> tuple[int, int]:
    """Train over a segment, in place; returns how many rows and how many v were logged.

    Every row with its f_r, and v before each step, is logged unless the logs are empty.
    """
    dim = centre.shape[1]
    one = centre.dtype.type(1)
    is_logged = len(step_log) > 0
    rows = _allocate_rows(inputs)
    steps = np.empty_like(rows.totals)
    moved = np.empty(dim, centre.dtype)
    n_steps = n_pairs = 0
    for k in range(inputs.first, inputs.last):
        position = inputs.positions[k]
        if inputs.weights[position] == 0:
            continue
        rate = inputs.rates[k - inputs.first] * inputs.weights[position]
        v = centre[inputs.words[position]]
        first, last = _window(k, inputs)
        for j in range(first, last):
            if j == k:
                continue
            n_rows = _draw_rows(k, j, inputs, rows)
            for r in range(n_rows):
                u = context[rows.ids[r]]
                x = centre.dtype.type(0)
                for d in range(dim):
                    x += v[d] * u[d]
                steps[r] = rate * (rows.positives[r] - rows.totals[r] / (one + np.exp(-x)))
            if is_logged:
                centre_log[n_pairs] = v
                for r in range(n_rows):
                    row_log[n_steps + r] = rows.ids[r] | (np.int32(rows.totals[r]) << ROW_BITS)
                    step_log[n_steps + r] = steps[r]
                n_pairs += 1
                n_steps += n_rows
            moved[:] = 0
            for r in range(n_rows):
                u, f = context[rows.ids[r]], steps[r]
                for d in range(dim):
                    moved[d] += f * u[d]
                    u[d] += f * v[d]
            for d in range(dim):
                v[d] += moved[d]
    return n_steps, n_pairs


@intrinsic
def _prefetch(typing_context, array, at):  # type: ignore[no-untyped-def]
    """Prefetch, for writing, the cache line of the number ``at`` of a contiguous array."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(numbers, [arguments[1]]), ir.IntType(8).as_pointer())
        int32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, int32, int32, int32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        is_write, locality, is_data = int32(1), int32(3), int32(1)
        builder.call(function, [address, is_write, locality, is_data])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@compiled
def _rows_before(n_steps: int, n_draws: int, row_log: Int32Array) -> int:
    """How many logged rows belong to the last step: those drawn ``n_draws`` times together."""
    n_rows = 0
    while n_draws > 0:
        n_rows += 1
        n_draws -= row_log[n_steps - n_rows] >> ROW_BITS
    return n_rows


@compiled
def reverse_steps(
    lines: tuple[int, ...],
    scratch: AnyFloatArray,
    context: AnyFloatArray,
    centre_adjoints: AnyFloatArray,
    context_adjoints: AnyFloatArray,
    scores: Float64Array,
    inputs: SegmentInputs,
    row_log: Int32Array,
    step_log: AnyFloatArray,
    centre_log: AnyFloatArray,
    n_steps: int,
    n_pairs: int,
) -> tuple[int, int]:
    """The reverse pass over a segment, in place: undoes each step and takes the adjoints before it.

    ``centre_adjoints``, ``context_adjoints`` (n_words, n_probes, dim); ``scores`` (n_positions,
    n_probes), d probe / d w_p, is added to. Returns how much of the log is left: 0, 0.

    Rows fill whole cache lines: the dim of ``context``, of the adjoints and of ``scratch``
    (n_probes + 1, dim), all 0, is that of the logs rounded up, padded with zeros. ``lines`` is a
    tuple with one entry for each line of a row: the compiler knows its length, so it specialises
    every loop over a row for exactly that size. (That is why ``LINE`` is a constant: the compiler
    does not know an array's itemsize.)
    """
    n_probes = centre_adjoints.shape[1]
    dim = len(lines) * LINE
    one = context.dtype.type(1)
    v, gained = scratch[0], scratch[1:]
    found = np.empty(n_probes, context.dtype)
    for k in range(inputs.last - 1, inputs.first - 1, -1):
        position = inputs.positions[k]
        weight = inputs.weights[position]
        if weight == 0:
            continue
        rate = inputs.rates[k - inputs.first] * weight
        av = centre_adjoints[inputs.words[position]]
        found[:] = 0
        first, last = _window(k, inputs)
        for _ in range(last - first - 1):
            n_rows = _rows_before(n_steps, inputs.n_negatives + 1, row_log)
            n_steps -= n_rows
            n_pairs -= 1
            for d in range(centre_log.shape[1]):
                v[d] = centre_log[n_pairs, d]
            behind = max(n_pairs - _LOG_AHEAD, 0) * centre_log.shape[1]
            for line in range(len(lines)):
                _prefetch(centre_log, behind + line * LINE)
            gained[:] = 0
            for r in range(n_rows):
                # Unsigned: the compiler need not test for negative indices.
                row = np.uint64(row_log[n_steps + r] & _WORD_OF)
                n_draws = context.dtype.type(row_log[n_steps + r] >> ROW_BITS)
                f = step_log[n_steps + r]
                # The rows of the step before are prefetched during this one.
                ahead = np.int64(row_log[max(n_steps + r - n_rows, 0)] & _WORD_OF)
                u = context[row]
                for d in range(dim):
                    u[d] -= f * v[d]
                n_positives = context.dtype.type(r == 0)  # the positive comes first
                expected = n_positives - f / rate  # c_r s_r
                h = rate * expected * (one - expected / n_draws)
                for line in range(len(lines)):
                    _prefetch(context, ahead * dim + line * LINE)
                for p in range(n_probes):
                    a_v, a_r, gain = av[p], context_adjoints[row, p], gained[p]
                    e = context.dtype.type(0)
                    for d in range(dim):
                        e += a_v[d] * u[d] + a_r[d] * v[d]
                    eh = e * h
                    found[p] += e * f
                    for d in range(dim):
                        before = a_r[d]
                        gain[d] += f * before - eh * u[d]
                        a_r[d] = before + (f * a_v[d] - eh * v[d])
                    for line in range(len(lines)):  # measured: fastest here, between the probes
                        at = (ahead * n_probes + p) * dim + line * LINE
                        _prefetch(context_adjoints, at)
            for p in range(n_probes):
                for d in range(dim):
                    av[p, d] += gained[p, d]
        for p in range(n_probes):
            scores[position, p] += found[p] / weight
    return n_steps, n_pairs
