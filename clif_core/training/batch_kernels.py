"""The compiled loops of the run in batches on the CPU: forward and reverse, on several cores.

The vectors are cut by dimension: every thread holds some cache lines of each row (``LINE`` numbers)
and does all the work on them, in the order of the run. What the threads must tell each other is one
number a draw, its part of a dot product. So a batch has two phases, after each of which all threads
meet (``_meet``): dot products and moves, by lines; the steps from the sums, by contexts. Rows are
never sent from core to core. (Measured: with the contexts cut instead, and each row moved by one
owner, two threads were slower than one wherever a line took long from one core to the other.)

Every sum has one fixed order: the numbers of a line (``dot_rows``), then the lines, and the moves
of a row in the order of the run. So the result is bitwise the same for any number of threads. (That
is why the compiler may not reorder sums here.)

The draws are those of ``clif_core.training.steps``: numba's cache of a function does not notice
changes in another file, but these must never change, because they define stored trainings.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from clif_core.training.line_loops import (
    FAST,
    add_to,
    dot_rows,
    dot_two_rows,
    exp,
    gather_rows,
    offer_core,
    read_now,
    spread_rows,
)
from clif_core.training.steps import LINE, SegmentInputs, _hash, _window

__all__ = [
    "BatchLog",
    "Room",
    "Scratch",
    "count_pairs",
    "noise_table",
    "play",
    "play_back",
]

AnyFloatArray = npt.NDArray[np.floating[Any]]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]

_S32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_SPINS = 2000  # looks at the counter before a thread offers its core to others

# All in one function: a called one would be compiled twice, and a run from the cache would round
# otherwise than a fresh one. No reference counts: threads would wait for each other's.
compiled = numba.njit(cache=True, nogil=True, forceinline=True, _nrt=False, fastmath=FAST)


class BatchLog(NamedTuple):
    """The steps of some batches in a row, in the order of the run.

    ``rows`` (n_threads, n_draws + AHEAD), the same for all threads, and ``steps`` (n_draws,): the
    context row and f of each draw; ``centres`` (n_threads, n_contexts, width), v before the batch.
    """

    rows: Int32Array
    steps: AnyFloatArray
    centres: AnyFloatArray


class Scratch(NamedTuple):
    """Room of one batch, shared by all threads."""

    parts: (
        AnyFloatArray  # (n_parts, n_draws * n_probes), of dot products, in the order of the lines
    )
    sums: AnyFloatArray  # (n_draws * n_probes,), e h of each draw
    olds: AnyFloatArray  # (n_threads, length, n_probes, width), a_v after the batch
    counters: IntArray  # arrivals, at [0]


class Room(NamedTuple):
    """Room of one thread."""

    bits: UInt64Array  # of the draws of a context
    found: AnyFloatArray  # (n_probes,)
    sums: AnyFloatArray  # (n_parts, n_draws * n_probes)


class Batch(NamedTuple):
    """Contexts first <= k < last; its first context and its first draw in the log."""

    first: int
    last: int
    context: int
    draw: int


@compiled
def _meet(counters: IntArray, n_threads: int, n_met: int) -> int:
    """Wait until all threads are here, for the ``n_met``-th time; returns n_met + 1."""
    add_to(counters, 0, 1)
    n_looks = 0
    while read_now(counters, 0) < n_met * n_threads:
        n_looks += 1
        if n_looks > _SPINS:
            offer_core()
    return n_met + 1


# --- forward


def noise_table(limits: Float64Array, others: Int32Array) -> UInt64Array:
    """The alias table with both numbers of a slot in one: (n_words,).

    The lower half is the number of the 2^32 draws that the slot keeps, the upper half the other
    word. A slot that keeps all has no other word: it is its own.
    """
    kept, own = np.ceil(limits * 2.0**32).astype(np.uint64), np.arange(len(limits))
    is_full = kept > _LOW
    other = np.where(is_full, own, others).astype(np.uint64)
    return np.asarray((other << _S32) | np.where(is_full, np.uint64(0), kept))


@compiled
def count_pairs(inputs: SegmentInputs, before: IntArray) -> None:
    """Fill ``before`` (last - first + 1,): the pairs in the contexts before each one."""
    before[0] = 0
    for k in range(inputs.first, inputs.last):
        n_pairs = 0
        if inputs.weights[inputs.positions[k]] != 0:
            first, last = _window(k, inputs)
            n_pairs = last - first - 1
        before[k - inputs.first + 1] = before[k - inputs.first] + n_pairs


@compiled
def _draw(
    k: int,
    inputs: SegmentInputs,
    table: UInt64Array,
    bits: UInt64Array,
    drawn: Int32Array,
    n: int,
) -> int:
    """Draw the rows of a context, K + 1 for each pair, to ``drawn`` from n on; returns the end.

    ``table``: ``noise_table``. ``bits``: room.
    """
    position = np.uint64(inputs.positions[k])
    n_words, n_negatives = np.uint64(len(table)), np.uint64(inputs.n_negatives)
    first, last = _window(k, inputs)
    neighbour = position * np.uint64(2 * inputs.window + 1) + np.uint64(first - k + inputs.window)
    counter = neighbour * n_negatives
    for i in range((last - first) * inputs.n_negatives):  # one loop, so that it vectorises
        bits[np.uint64(i)] = _hash(inputs.negative_key, counter + np.uint64(i))
    at, end = np.uint64(0), np.uint64(n)
    for j in range(first, last):
        if j == k:
            at += n_negatives
            continue
        drawn[end] = inputs.words[np.uint64(inputs.positions[np.uint64(j)])]
        for draw in range(n_negatives):
            drawn_bits = bits[at + np.uint64(draw)]
            slot = ((drawn_bits >> _S32) * n_words) >> _S32
            entry = table[slot]
            is_own = (drawn_bits & _LOW) < (entry & _LOW)
            drawn[end + np.uint64(1 + draw)] = np.int32(slot if is_own else entry >> _S32)
        at += n_negatives
        end += np.uint64(1) + n_negatives
    drawn_to: int = np.int64(end)  # type: ignore[assignment]
    return drawn_to


@compiled
def _batch(
    number: int, length: int, is_logged: bool, inputs: SegmentInputs, before: IntArray
) -> Batch:
    """The ``number``-th batch of a segment; without a log there is room for one."""
    first = inputs.first + number * length
    last = min(first + length, inputs.last)
    n_rows = inputs.n_negatives + 1
    if is_logged:
        return Batch(first, last, number * length, before[first - inputs.first] * n_rows)
    return Batch(first, last, 0, 0)


@compiled
def _share(thread: int, n_threads: int, at: Batch) -> tuple[int, int]:
    """The contexts of a batch that a thread draws and whose steps it computes."""
    n = at.last - at.first
    return at.first + n * thread // n_threads, at.first + n * (thread + 1) // n_threads


@compiled
def _draw_batch(
    thread: int,
    at: Batch,
    inputs: SegmentInputs,
    before: IntArray,
    table: UInt64Array,
    log: BatchLog,
    room: Room,
) -> None:
    """Draw the rows of a batch, into the thread's own log.

    Every thread draws all: that is sooner done than sent from core to core.
    """
    n = at.draw
    for k in range(at.first, at.last):
        if before[k - inputs.first + 1] > before[k - inputs.first]:
            n = _draw(k, inputs, table, room.bits, log.rows[thread], n)


@compiled
def _dots(
    lines: tuple[int, ...],
    thread: int,
    at: Batch,
    centre: AnyFloatArray,
    context: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
    parts: AnyFloatArray,
) -> None:
    """What a thread's lines add to v.u of every draw of a batch; v is kept in the log."""
    dim, n_rows = len(lines) * LINE, inputs.n_negatives + 1
    begin, apart = thread * context.shape[1] * dim, parts.shape[1]
    place = thread * (len(parts) // len(centre)) * apart
    v, i = (thread * log.centres.shape[1] + at.context) * dim, at.draw
    i += thread * log.rows.shape[1]
    for k in range(at.first, at.last):
        word, own = np.uint64(inputs.words[inputs.positions[k]]), at.context + k - at.first
        for d in range(dim):
            log.centres[thread, np.uint64(own), d] = centre[thread, word, 0, d]
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        dot_rows(lines, parts, place, apart, context, begin, dim, log.rows, i, n, log.centres, v)
        place += n
        v += dim
        i += n


@compiled
def _sum_parts(begin: int, end: int, parts: AnyFloatArray, sums: AnyFloatArray) -> None:
    """sums[0, i] = sum of parts[:, begin + i], as a tree, neighbours first."""
    n_parts, n = len(parts), end - begin
    for part in range(n_parts):
        for i in range(n):
            sums[part, i] = parts[part, np.uint64(begin + i)]
    apart = 1
    while apart < n_parts:
        for part in range(0, n_parts - apart, 2 * apart):
            for i in range(n):
                sums[part, i] += sums[part + apart, i]
        apart *= 2


@compiled
def _steps(
    thread: int,
    n_threads: int,
    at: Batch,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
    parts: AnyFloatArray,
    room: Room,
) -> None:
    """f of the draws of a thread's contexts."""
    first, last = _share(thread, n_threads, at)
    one, n_rows = log.steps.dtype.type(1), inputs.n_negatives + 1
    base = before[at.first - inputs.first]
    begin = (before[first - inputs.first] - base) * n_rows
    end = (before[last - inputs.first] - base) * n_rows
    sums = room.sums
    _sum_parts(begin, end, parts, sums)
    for i in range(end - begin):
        sums[0, i] = one / (one + exp(-sums[0, i]))
    n = 0
    for k in range(first, last):
        rate = inputs.rates[k - inputs.first] * inputs.weights[inputs.positions[k]]
        n_pairs = before[k - inputs.first + 1] - before[k - inputs.first]
        here = np.uint64(at.draw + begin)
        for i in range(n, n + n_pairs * n_rows):
            log.steps[here + np.uint64(i)] = -rate * sums[0, np.uint64(i)]
        for i in range(n, n + n_pairs * n_rows, n_rows):
            log.steps[here + np.uint64(i)] += rate
        n += n_pairs * n_rows


@compiled
def _move_centres(
    lines: tuple[int, ...],
    thread: int,
    at: Batch,
    centre: AnyFloatArray,
    context: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
) -> None:
    """v += sum of f u over the draws of each context, from the rows before the batch."""
    dim, n_rows = len(lines) * LINE, inputs.n_negatives + 1
    begin, i, one = thread * context.shape[1] * dim, at.draw, context.dtype.type(1)
    of_thread = thread * log.rows.shape[1]
    for k in range(at.first, at.last):
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        v = begin + inputs.words[inputs.positions[k]] * dim
        gather_rows(
            lines, centre, v, context, begin, dim, log.rows, of_thread + i, n, one, log.steps, i, 1
        )
        i += n


@compiled
def _move_rows(
    lines: tuple[int, ...],
    thread: int,
    at: Batch,
    sign: np.floating[Any],
    context: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
) -> None:
    """u += sign f v for all draws of a batch."""
    dim, n_rows = len(lines) * LINE, inputs.n_negatives + 1
    begin, i = thread * context.shape[1] * dim, at.draw
    of_thread = thread * log.rows.shape[1]
    v = (thread * log.centres.shape[1] + at.context) * dim
    for k in range(at.first, at.last):
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        r = of_thread + i
        spread_rows(
            lines, context, begin, dim, log.rows, r, n, sign, log.steps, i, 1, log.centres, v
        )
        v += dim
        i += n


@compiled
def play(
    lines: tuple[int, ...],
    thread: int,
    n_threads: int,
    length: int,
    is_logged: bool,
    centre: AnyFloatArray,
    context: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    table: UInt64Array,
    log: BatchLog,
    scratch: Scratch,
    room: Room,
) -> None:
    """Train over the batches of a segment, in place, as one of ``n_threads`` threads.

    ``centre`` (n_threads, n_words, 1, width) and ``context`` (n_threads, n_words, width), where
    each thread has its lines of all rows; ``lines`` is a tuple with one entry for each line of a
    thread, so that the compiler knows their number. ``length``: contexts a batch; ``before``:
    ``count_pairs`` of the inputs; ``table``: ``noise_table``. ``log`` has room for all batches
    where ``is_logged``, else for one.
    """
    n_met = 1
    for number in range((inputs.last - inputs.first + length - 1) // length):
        at = _batch(number, length, is_logged, inputs, before)
        _draw_batch(thread, at, inputs, before, table, log, room)
        _dots(lines, thread, at, centre, context, inputs, before, log, scratch.parts)
        n_met = _meet(scratch.counters, n_threads, n_met)
        _steps(thread, n_threads, at, inputs, before, log, scratch.parts, room)
        n_met = _meet(scratch.counters, n_threads, n_met)
        _move_centres(lines, thread, at, centre, context, inputs, before, log)
        _move_rows(lines, thread, at, context.dtype.type(1), context, inputs, before, log)


# --- reverse


@compiled
def _reverse_dots(
    lines: tuple[int, ...],
    thread: int,
    at: Batch,
    context: AnyFloatArray,
    centre_adjoints: AnyFloatArray,
    context_adjoints: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
    scratch: Scratch,
) -> None:
    """What a thread's lines add to e = a_v.u + a_u.v of every draw; a_v is kept in ``olds``."""
    dim, n_rows = len(lines) * LINE, inputs.n_negatives + 1
    n_probes, length, apart = (
        context_adjoints.shape[2],
        scratch.olds.shape[1],
        scratch.parts.shape[1],
    )
    row, rows = dim * n_probes, log.rows
    begin, part = (
        thread * context.shape[1] * dim,
        thread * (len(scratch.parts) // len(context)) * apart,
    )
    v = (thread * log.centres.shape[1] + at.context) * dim
    i = thread * rows.shape[1] + at.draw
    for k in range(at.first, at.last):
        word, here = np.uint64(inputs.words[inputs.positions[k]]), k - at.first
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        for p in range(n_probes):
            for d in range(dim):
                scratch.olds[thread, np.uint64(here), p, d] = centre_adjoints[thread, word, p, d]
            dot_two_rows(
                lines,
                scratch.parts,
                part + p,
                apart,
                n_probes,
                context,
                begin,
                dim,
                context_adjoints,
                begin * n_probes + p * dim,
                row,
                rows,
                i,
                n,
                scratch.olds,
                (thread * length + here) * row + p * dim,
                log.centres,
                v,
            )
        part += n * n_probes
        v += dim
        i += n


@compiled
def _reverse_steps(
    thread: int,
    n_threads: int,
    at: Batch,
    scores: Float64Array,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
    scratch: Scratch,
    room: Room,
) -> None:
    """e h of the draws of a thread's contexts, and the scores of their positions."""
    first, last = _share(thread, n_threads, at)
    zero, one, n_rows = log.steps.dtype.type(0), log.steps.dtype.type(1), inputs.n_negatives + 1
    n_probes, sums, found = scores.shape[1], room.sums, room.found
    base = before[at.first - inputs.first]
    begin = (before[first - inputs.first] - base) * n_rows
    end = (before[last - inputs.first] - base) * n_rows
    _sum_parts(begin * n_probes, end * n_probes, scratch.parts, sums)
    n = begin
    for k in range(first, last):
        position = inputs.positions[k]
        weight = inputs.weights[position]
        if weight == 0:
            continue
        rate = inputs.rates[k - inputs.first] * weight
        for p in range(n_probes):
            found[p] = zero
        n_draws = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        for i in range(n_draws):
            f = log.steps[np.uint64(at.draw + n)]
            s = (one if i % n_rows == 0 else zero) - f / rate
            h = rate * s * (one - s)
            for p in range(n_probes):
                e = sums[0, np.uint64((n - begin) * n_probes + p)]
                found[p] += e * f
                scratch.sums[np.uint64(n * n_probes + p)] = e * h
            n += 1
        for p in range(n_probes):
            scores[position, p] += found[p] / weight


@compiled
def _move_adjoints(
    lines: tuple[int, ...],
    thread: int,
    at: Batch,
    context: AnyFloatArray,
    centre_adjoints: AnyFloatArray,
    context_adjoints: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
    scratch: Scratch,
) -> None:
    """a_v += sum of f a_u - e h u, then a_u += f a_v - e h v, all from those after the batch."""
    dim, n_rows, n_probes = len(lines) * LINE, inputs.n_negatives + 1, context_adjoints.shape[2]
    one, row, begin = context.dtype.type(1), dim * n_probes, thread * context.shape[1] * dim
    rows, steps, sums, a_u, a_v = (
        log.rows,
        log.steps,
        scratch.sums,
        context_adjoints,
        centre_adjoints,
    )
    r = thread * rows.shape[1]
    i, s = at.draw, 0  # the first draw of a context in the log, and its first sum
    for k in range(at.first, at.last):
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        v = (thread * context.shape[1] + inputs.words[inputs.positions[k]]) * row
        for p in range(n_probes):
            start = begin * n_probes + p * dim
            gather_rows(lines, a_v, v + p * dim, a_u, start, row, rows, r + i, n, one, steps, i, 1)
            gather_rows(
                lines,
                a_v,
                v + p * dim,
                context,
                begin,
                dim,
                rows,
                r + i,
                n,
                -one,
                sums,
                s + p,
                n_probes,
            )
        i += n
        s += n * n_probes
    i, s = at.draw, 0
    v = (thread * log.centres.shape[1] + at.context) * dim
    old = thread * scratch.olds.shape[1] * row
    for k in range(at.first, at.last):
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        for p in range(n_probes):
            start = begin * n_probes + p * dim
            spread_rows(
                lines,
                a_u,
                start,
                row,
                rows,
                r + i,
                n,
                one,
                steps,
                i,
                1,
                scratch.olds,
                old + p * dim,
            )
            spread_rows(
                lines, a_u, start, row, rows, r + i, n, -one, sums, s + p, n_probes, log.centres, v
            )
        i += n
        s += n * n_probes
        v += dim
        old += row


@compiled
def play_back(
    lines: tuple[int, ...],
    thread: int,
    n_threads: int,
    length: int,
    context: AnyFloatArray,
    centre_adjoints: AnyFloatArray,
    context_adjoints: AnyFloatArray,
    scores: Float64Array,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
    scratch: Scratch,
    room: Room,
) -> None:
    """The reverse pass over a logged segment, in place, as one of ``n_threads`` threads.

    ``context`` is that after the segment and becomes that before it, but for rounding;
    ``centre_adjoints``, ``context_adjoints`` (n_threads, n_words, n_probes, width) after it become
    those before it; ``scores`` (n_positions, n_probes) are added to.
    """
    n_met = 1
    for number in range((inputs.last - inputs.first + length - 1) // length - 1, -1, -1):
        at = _batch(number, length, True, inputs, before)
        _move_rows(lines, thread, at, context.dtype.type(-1), context, inputs, before, log)
        _reverse_dots(
            lines,
            thread,
            at,
            context,
            centre_adjoints,
            context_adjoints,
            inputs,
            before,
            log,
            scratch,
        )
        n_met = _meet(scratch.counters, n_threads, n_met)
        _reverse_steps(thread, n_threads, at, scores, inputs, before, log, scratch, room)
        n_met = _meet(scratch.counters, n_threads, n_met)
        _move_adjoints(
            lines,
            thread,
            at,
            context,
            centre_adjoints,
            context_adjoints,
            inputs,
            before,
            log,
            scratch,
        )
