"""The compiled loops of the coupled trainer: its draws, its step, and the step's exact reverse.

All of it stands in one file, because numba's cache of a compiled function notices only changes in
that function's own file.
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
    "MOST_MEETINGS",
    "MOST_WORDS",
    "Plan",
    "Rows",
    "alias_table",
    "key_of",
    "run_back",
    "run_forward",
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
LINE = 16  # numbers of float32 in a cache line; float64, for tests alone, takes two
_LOG_AHEAD = 16  # pairs
#: A logged row is its word and, above these bits, how often it is met.
ROW_BITS = 24
MOST_WORDS, MOST_MEETINGS = 2**ROW_BITS, 2 ** (31 - ROW_BITS) - 1
_WORD_OF = np.int32(MOST_WORDS - 1)


# Sums may be reordered so that they vectorise; nothing may assume that there is no infinity.
compiled = numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"})


@compiled
def _hash(key: np.uint64, counter: np.uint64) -> np.uint64:
    """64 random bits for a place: the finaliser of splitmix64 (Steele et al. 2014)."""
    # All of it unsigned: one signed operand would make numba shift in copies of the sign.
    z = np.uint64(key) + np.uint64(counter) * GOLDEN
    z = (z ^ (z >> _S30)) * MIX_1
    z = (z ^ (z >> _S27)) * MIX_2
    return z ^ (z >> _S31)


@compiled
def uniforms(key: np.uint64, n: int) -> Float64Array:
    """(n,) numbers in [0, 1), the i-th a function of key and i alone."""
    out = np.empty(n)
    for i in range(n):
        out[i] = (_hash(key, np.uint64(i)) >> np.uint64(11)) * _TO_UNIT
    return out


def key_of(seed: int, stream: int, epoch: int = 0) -> np.uint64:
    """A key for one purpose of one epoch of one seed."""
    with np.errstate(over="ignore"):
        key = np.uint64(seed)
        for part in (stream, epoch):
            key = np.uint64(_hash(key, np.uint64(part + 1)))
    return key


@compiled
def alias_table(p: Float64Array) -> tuple[Float64Array, Int32Array]:
    """Walker's alias table: slot i gives i with chance limits[i], else others[i]."""
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
    for k in range(n_small):  # rounding leaves a few just under 1
        limits[small[k]] = 1.0
    return limits, others


class Plan(NamedTuple):
    """A segment as the compiled loops see it; fields as in Segment, TrainingText and Schedule."""

    first: int
    last: int
    positions: Int32Array
    starts: Int32Array
    ends: Int32Array
    words: Int32Array
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
    """The distinct context rows of one pair, and how often each is met."""

    ids: Int32Array
    positives: AnyFloatArray  # n_r
    totals: AnyFloatArray  # n_r + m_r


@compiled
def _make_room(plan: Plan) -> Rows:
    most, dtype = plan.n_negatives + 1, plan.weights.dtype
    return Rows(np.empty(most, np.int32), np.empty(most, dtype), np.empty(most, dtype))


@compiled
def _meet(word: int, n_positives: int, n_rows: int, room: Rows) -> int:
    """Count one meeting with a context row; returns how many distinct rows there are now."""
    for row in range(n_rows):
        if room.ids[row] == word:
            room.positives[row] += n_positives
            room.totals[row] += 1
            return n_rows
    room.ids[n_rows] = word
    room.positives[n_rows] = n_positives
    room.totals[n_rows] = 1
    return n_rows + 1


@compiled
def _reach(k: int, plan: Plan) -> tuple[int, int]:
    """The window of the kept occurrence k: neighbours j with first <= j < last, j not k."""
    reach = np.int64(plan.window)
    if plan.is_window_reduced:
        bits = _hash(plan.window_key, np.uint64(plan.positions[k]))
        reach = np.int64(1) + np.int64(((bits >> _S32) * np.uint64(plan.window)) >> _S32)
    return max(plan.starts[k], k - reach), min(plan.ends[k], k + reach + 1)


@compiled
def _gather(k: int, j: int, plan: Plan, room: Rows) -> int:
    """Fill ``room`` with the rows of the pair (k, j), positive first; returns how many."""
    n_rows: int = _meet(plan.words[plan.positions[j]], 1, 0, room)
    n_words = np.uint64(len(plan.limits))
    # One counter for every (place, neighbour, draw).
    place = np.uint64(plan.positions[k])
    neighbour = place * np.uint64(2 * plan.window + 1) + np.uint64(j - k + plan.window)
    counter = neighbour * np.uint64(plan.n_negatives)
    for draw in range(plan.n_negatives):
        bits = _hash(plan.negative_key, counter + np.uint64(draw))
        slot = np.int64(((bits >> _S32) * n_words) >> _S32)
        is_own = np.float64(bits & _LOW) * 2.0**-32 < plan.limits[slot]
        word = slot if is_own else plan.others[slot]
        n_rows = _meet(word, 0, n_rows, room)
    return n_rows


@compiled
def run_forward(
    centre: AnyFloatArray,
    context: AnyFloatArray,
    plan: Plan,
    row_log: Int32Array,
    step_log: AnyFloatArray,
    centre_log: AnyFloatArray,
) -> tuple[int, int]:
    """Train over a plan, in place; log every row and its f_r, and v before each step, if there is
    room.

    Returns how many rows and how many v were logged.
    """
    dim = centre.shape[1]
    one = centre.dtype.type(1)
    is_logged = len(step_log) > 0
    room = _make_room(plan)
    steps = np.empty_like(room.totals)
    moved = np.empty(dim, centre.dtype)
    n_steps = n_pairs = 0
    for k in range(plan.first, plan.last):
        place = plan.positions[k]
        if plan.weights[place] == 0:
            continue
        rate = plan.rates[k - plan.first] * plan.weights[place]
        v = centre[plan.words[place]]
        first, last = _reach(k, plan)
        for j in range(first, last):
            if j == k:
                continue
            n_rows = _gather(k, j, plan, room)
            for r in range(n_rows):
                u = context[room.ids[r]]
                x = centre.dtype.type(0)
                for d in range(dim):
                    x += v[d] * u[d]
                steps[r] = rate * (room.positives[r] - room.totals[r] / (one + np.exp(-x)))
            if is_logged:
                centre_log[n_pairs] = v
                for r in range(n_rows):
                    row_log[n_steps + r] = room.ids[r] | (np.int32(room.totals[r]) << ROW_BITS)
                    step_log[n_steps + r] = steps[r]
                n_pairs += 1
                n_steps += n_rows
            moved[:] = 0
            for r in range(n_rows):
                u, f = context[room.ids[r]], steps[r]
                for d in range(dim):
                    moved[d] += f * u[d]
                    u[d] += f * v[d]
            for d in range(dim):
                v[d] += moved[d]
    return n_steps, n_pairs


@intrinsic
def _prefetch(typing_context, array, at):  # type: ignore[no-untyped-def]
    """Ask for the cache line of the number ``at`` of a contiguous array, to be written to."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(numbers, [arguments[1]]), ir.IntType(8).as_pointer())
        int32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, int32, int32, int32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        is_write, locality, is_data = int32(1), int32(3), int32(1)
        builder.call(function, [place, is_write, locality, is_data])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@compiled
def _rows_before(n_steps: int, n_meetings: int, row_log: Int32Array) -> int:
    """How many logged rows make the last pair: those met ``n_meetings`` times together."""
    n_rows = 0
    while n_meetings > 0:
        n_rows += 1
        n_meetings -= row_log[n_steps - n_rows] >> ROW_BITS
    return n_rows


@compiled
def run_back(
    lines: tuple[int, ...],
    scratch: AnyFloatArray,
    context: AnyFloatArray,
    centre_adjoints: AnyFloatArray,
    context_adjoints: AnyFloatArray,
    scores: Float64Array,
    plan: Plan,
    row_log: Int32Array,
    step_log: AnyFloatArray,
    centre_log: AnyFloatArray,
    n_steps: int,
    n_pairs: int,
) -> tuple[int, int]:
    """Walk a plan backwards, in place, undoing each step and pulling the adjoints through it.

    ``centre_adjoints``, ``context_adjoints`` (n_words, n_probes, dim); ``scores`` (n_positions,
    n_probes) is added to. Returns how much of the log is left: 0, 0.

    Rows fill whole cache lines: the dim of ``context``, of the adjoints and of ``scratch``
    (n_probes + 1, dim), all 0, is that of the logs rounded up, zeros in the rest. ``lines`` is a
    tuple with one entry for each line of a row: its length is the one number that the compiler
    knows, so it lays out every loop over a row for exactly that size. (``LINE`` must stay a
    constant for that: an array's itemsize is none.)
    """
    n_probes = centre_adjoints.shape[1]
    dim = len(lines) * LINE
    one = context.dtype.type(1)
    v, gained = scratch[0], scratch[1:]
    found = np.empty(n_probes, context.dtype)
    for k in range(plan.last - 1, plan.first - 1, -1):
        place = plan.positions[k]
        weight = plan.weights[place]
        if weight == 0:
            continue
        rate = plan.rates[k - plan.first] * weight
        av = centre_adjoints[plan.words[place]]
        found[:] = 0
        first, last = _reach(k, plan)
        for _ in range(last - first - 1):
            n_rows = _rows_before(n_steps, plan.n_negatives + 1, row_log)
            n_steps -= n_rows
            n_pairs -= 1
            for d in range(centre_log.shape[1]):
                v[d] = centre_log[n_pairs, d]
            behind = max(n_pairs - _LOG_AHEAD, 0) * centre_log.shape[1]
            for line in range(len(lines)):
                _prefetch(centre_log, behind + line * LINE)
            gained[:] = 0
            for r in range(n_rows):
                # Unsigned and in one bracket: no wrap-around to test for, no view to make.
                row = np.uint64(row_log[n_steps + r] & _WORD_OF)
                met = context.dtype.type(row_log[n_steps + r] >> ROW_BITS)
                f = step_log[n_steps + r]
                # The next pair's rows are fetched while this one's are worked on.
                ahead = np.int64(row_log[max(n_steps + r - n_rows, 0)] & _WORD_OF)
                u = context[row]
                for d in range(dim):
                    u[d] -= f * v[d]
                n_positives = context.dtype.type(r == 0)  # the positive comes first
                expected = n_positives - f / rate  # c_r s_r
                h = rate * expected * (one - expected / met)
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
                    for line in range(len(lines)):  # here, between the probes, they wait least
                        at = (ahead * n_probes + p) * dim + line * LINE
                        _prefetch(context_adjoints, at)
            for p in range(n_probes):
                for d in range(dim):
                    av[p, d] += gained[p, d]
        for p in range(n_probes):
            scores[place, p] += found[p] / weight
    return n_steps, n_pairs
