"""The compiled loops of the run in batches on the CPU: forward and reverse, on any number of cores.

Every thread calls ``play`` or ``play_back`` with its own number and goes through the same batches;
between the phases of a batch all wait for each other (``_meet``). A phase is cut in items, which
threads take from a common counter (``_take``):

- contexts, in *chunks*: draw, compute f, and sort what was drawn by the owner of its row;
- rows, by *owners* (row % OWNERS): each row is moved by its owner only, in the order of the chunks.

What an item computes does not depend on which thread takes it, and every sum has one fixed order.
So the result is bitwise the same for any number of threads, and no sum needs atomic additions.

The draws are those of ``clif_core.training.steps``: numba's cache of a function does not notice
changes in another file, but these two must never change, because they define kept trainings.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from clif_core.training.steps import LINE, SegmentInputs, _hash, _window

__all__ = ["CHUNK", "OWNERS", "BatchLog", "Scratch", "count_pairs", "play", "play_back"]

AnyFloatArray = npt.NDArray[np.floating[Any]]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]

CHUNK = 16  # contexts
AHEAD = 24  # draws, for which rows are fetched early
OWNERS = 16  # a power of two
_OWNER_OF = np.int32(OWNERS - 1)
_S32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_SPINS = 2000  # looks at the counter before a thread offers its core to others

FAST = {"contract", "reassoc", "nsz", "arcp"}
compiled = numba.njit(cache=True, nogil=True, forceinline=True, _nrt=False, fastmath=FAST)


class BatchLog(NamedTuple):
    """The steps of some batches in a row, in the order of the run.

    Of the draws of a chunk, sorted by the owner of their row: ``rows``, ``contexts`` (number of the
    context in its batch) and ``steps`` (f). ``slots`` tells where in this order each draw is.
    ``bounds`` (n_chunks, OWNERS + 1): where the draws of an owner begin. Of the contexts:
    ``centres`` (n_contexts, width), v before the batch; ``order``, the contexts of a chunk sorted
    by the owner of the centre row, with ``order_bounds`` (n_chunks, OWNERS + 1).
    """

    rows: Int32Array
    contexts: Int32Array
    steps: AnyFloatArray
    slots: Int32Array
    bounds: IntArray
    centres: AnyFloatArray
    order: Int32Array
    order_bounds: IntArray


class Batch(NamedTuple):
    """Contexts first <= k < last, with their chunks in the log.

    ``shift``: how many contexts the log has before them.
    """

    first: int
    last: int
    first_chunk: int
    last_chunk: int
    shift: int


class Chunk(NamedTuple):
    """Contexts first <= k < last of a batch, and where the batch and the log begin."""

    first: int
    last: int
    batch: int
    origin: int
    number: int  # of the chunk in the log


class Scratch(NamedTuple):
    """Room of one batch, shared by all threads, and their counters."""

    gains: AnyFloatArray  # (length, n_probes or 1, width), by which centre rows move
    olds: AnyFloatArray  # (length, n_probes, width), adjoints of centre rows after the batch
    curved: AnyFloatArray  # (n_draws, n_probes), e h of each draw, in sorted order
    counters: IntArray  # arrivals, at [0], and items taken, at [LINE]


class Room(NamedTuple):
    """Room of one chunk, of one thread."""

    drawn: Int32Array  # rows, and AHEAD further ones
    bits: UInt64Array  # of the draws of a context
    heads: IntArray  # of the draws of each owner
    found: AnyFloatArray  # one number a draw of a context, or a probe


# --- what threads share


@intrinsic
def _add(typing_context, counters, at, number):  # type: ignore[no-untyped-def]
    """Add to a counter that threads share; returns its value before."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.gep(numbers, [arguments[1]])
        return builder.atomic_rmw("add", address, arguments[2], "seq_cst")

    return types.int64(counters, types.intp, types.int64), generate


@intrinsic
def _read(typing_context, counters, at):  # type: ignore[no-untyped-def]
    """The value of a counter now; what other threads wrote before they added to it is seen."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load_atomic(builder.gep(numbers, [arguments[1]]), "seq_cst", 8)

    return types.int64(counters, types.intp), generate


@intrinsic
def _offer_core(typing_context):  # type: ignore[no-untyped-def]
    """Let another thread have this core, where the system has a call for it (not on Windows)."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        if sys.platform != "win32":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _prefetch(typing_context, array, at):  # type: ignore[no-untyped-def]
    """Prefetch the cache line of the number ``at`` of a contiguous array."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(numbers, [arguments[1]]), ir.IntType(8).as_pointer())
        int32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, int32, int32, int32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        is_write, locality, is_data = int32(0), int32(3), int32(1)
        builder.call(function, [address, is_write, locality, is_data])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@compiled
def _meet(counters: IntArray, n_threads: int, n_met: int) -> int:
    """Wait until all threads are here, for the ``n_met``-th time; returns n_met + 1."""
    _add(counters, 0, 1)
    n_looks = 0
    while _read(counters, 0) < n_met * n_threads:
        n_looks += 1
        if n_looks > _SPINS:
            _offer_core()
    return n_met + 1


@compiled
def _take(counters: IntArray, base: int) -> int:
    """The next item of a phase that nobody has taken; ``base``, the counter when it began."""
    taken: int = _add(counters, LINE, 1) - base
    return taken


# --- exp, in a form that vectorises


@intrinsic
def _scaled_by_two_to(typing_context, x, n):  # type: ignore[no-untyped-def]
    """x 2^n in float32, for a whole float32 n in [-126, 127]."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        int32 = ir.IntType(32)
        exponent = builder.add(builder.fptosi(arguments[1], int32), int32(127))
        power = builder.bitcast(builder.shl(exponent, int32(23)), ir.FloatType())
        return builder.fmul(arguments[0], power)

    return types.float32(types.float32, types.float32), generate


def _exp(x: Any) -> Any:
    raise NotImplementedError


@overload(_exp, jit_options={"forceinline": True, "fastmath": FAST, "_nrt": False})
def _overload_exp(x):  # type: ignore[no-untyped-def]
    """float32: within 2 units in the last place, held in [2^-126, 2^126]; float64: as numpy."""
    if x != types.float32:
        return lambda x: np.exp(x)
    f = np.float32
    log2_e, high, low = f(1.44269504), f(0.693359375), f(-2.12194440e-4)
    c2, c3, c4, c5, c6, c7 = (
        f(5.0000001201e-1),
        f(1.6666665459e-1),
        f(4.1665795894e-2),
        f(8.3334519073e-3),
        f(1.3981999507e-3),
        f(1.9875691500e-4),
    )  # Cephes, expf
    most, one = f(87.0), f(1)

    def exp(x):  # type: ignore[no-untyped-def]
        x = min(max(x, -most), most)
        n = np.rint(x * log2_e)
        r = x - n * high - n * low
        p = ((((c7 * r + c6) * r + c5) * r + c4) * r + c3) * r + c2
        return _scaled_by_two_to(p * r * r + r + one, n)

    return exp


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
    return np.int64(end)


@compiled
def _sort_draws(
    at: Chunk,
    inputs: SegmentInputs,
    before: IntArray,
    table: UInt64Array,
    log: BatchLog,
    room: Room,
) -> None:
    """Draw the rows of a chunk and sort them by owner, into the log."""
    n_rows = inputs.n_negatives + 1
    start = (before[at.first - inputs.first] - before[at.origin - inputs.first]) * n_rows
    drawn, heads = room.drawn, room.heads
    n = 0
    for k in range(at.first, at.last):
        if before[k - inputs.first + 1] > before[k - inputs.first]:
            n = _draw(k, inputs, table, room.bits, drawn, n)
    for owner in range(OWNERS):
        heads[owner] = 0
    for i in range(n):
        heads[np.uint64(drawn[np.uint64(i)] & _OWNER_OF)] += 1
    head = start
    for owner in range(OWNERS):
        n_here = heads[owner]
        log.bounds[at.number, owner] = heads[owner] = head
        head += n_here
    log.bounds[at.number, OWNERS] = head
    i = np.uint64(0)
    for k in range(at.first, at.last):
        n_pairs = before[k - inputs.first + 1] - before[k - inputs.first]
        for _ in range(n_pairs * n_rows):
            owner = np.uint64(drawn[i] & _OWNER_OF)
            slot = np.uint64(heads[owner])
            heads[owner] += 1
            log.rows[slot] = drawn[i]
            log.contexts[slot] = k - at.batch
            log.slots[np.uint64(start) + i] = slot
            i += np.uint64(1)


@compiled
def _sort_contexts(at: Chunk, inputs: SegmentInputs, log: BatchLog) -> None:
    """Sort the contexts of a chunk by the owner of their centre row."""
    n = at.first - at.origin
    for owner in range(OWNERS):
        log.order_bounds[at.number, owner] = n
        for k in range(at.first, at.last):
            if inputs.words[inputs.positions[k]] & _OWNER_OF == owner:
                log.order[n] = k - at.origin
                n += 1
    log.order_bounds[at.number, OWNERS] = n


@compiled
def _compute_chunk(
    lines: tuple[int, ...],
    at: Chunk,
    centre: AnyFloatArray,
    context: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    table: UInt64Array,
    log: BatchLog,
    scratch: Scratch,
    room: Room,
) -> None:
    """Draw a chunk, compute its f, and keep v and what it gains."""
    dim = len(lines) * LINE
    zero, one = centre.dtype.type(0), centre.dtype.type(1)
    n_rows = inputs.n_negatives + 1
    gains, centres, drawn, found = scratch.gains, log.centres, room.drawn, room.found
    _sort_draws(at, inputs, before, table, log, room)
    _sort_contexts(at, inputs, log)
    start = (before[at.first - inputs.first] - before[at.origin - inputs.first]) * n_rows
    n_done = 0  # draws of the chunk
    for k in range(at.first, at.last):
        position = inputs.positions[k]
        word = np.uint64(inputs.words[position])
        rate = inputs.rates[k - inputs.first] * inputs.weights[position]
        own, here = np.uint64(k - at.origin), np.uint64(k - at.batch)
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        for d in range(dim):
            centres[own, d] = centre[word, 0, d]
            gains[here, 0, d] = zero
        for i in range(n):
            row = np.uint64(drawn[np.uint64(n_done + i)])
            ahead = np.int64(drawn[np.uint64(n_done + i + AHEAD)])
            for line in range(len(lines)):
                _prefetch(context, ahead * dim + line * LINE)
            x = zero
            for d in range(dim):
                x += centre[word, 0, d] * context[row, d]
            found[np.uint64(i)] = x
        for i in range(n):
            found[np.uint64(i)] = -rate / (one + _exp(-found[np.uint64(i)]))
        for i in range(0, n, n_rows):
            found[np.uint64(i)] += rate
        for i in range(n):
            row, f = np.uint64(drawn[np.uint64(n_done + i)]), found[np.uint64(i)]
            log.steps[np.uint64(log.slots[np.uint64(start + n_done + i)])] = f
            for d in range(dim):
                gains[here, 0, d] += f * context[row, d]
        n_done += n


@compiled
def _move_rows(
    lines: tuple[int, ...],
    owner: int,
    at: Batch,
    sign: int,
    context: AnyFloatArray,
    log: BatchLog,
) -> None:
    """u += sign f v for all rows of an owner."""
    dim = len(lines) * LINE
    centres = log.centres
    for chunk in range(at.first_chunk, at.last_chunk):
        for i in range(log.bounds[chunk, owner], log.bounds[chunk, owner + 1]):
            slot = np.uint64(i)
            row, own = np.uint64(log.rows[slot]), np.uint64(at.shift + log.contexts[slot])
            f = sign * log.steps[slot]
            for d in range(dim):
                context[row, d] += f * centres[own, d]


@compiled
def _move_centres(
    lines: tuple[int, ...],
    owner: int,
    at: Batch,
    inputs: SegmentInputs,
    centre: AnyFloatArray,
    log: BatchLog,
    gains: AnyFloatArray,
) -> None:
    """Move the centre rows (or their adjoints) of an owner by what their contexts gained."""
    dim = len(lines) * LINE
    origin = at.first - at.shift
    for chunk in range(at.first_chunk, at.last_chunk):
        for i in range(log.order_bounds[chunk, owner], log.order_bounds[chunk, owner + 1]):
            own = log.order[i]
            word, here = np.uint64(inputs.words[inputs.positions[origin + own]]), own - at.shift
            for p in range(gains.shape[1]):
                for d in range(dim):
                    centre[word, p, d] += gains[here, p, d]


@compiled
def _batch(number: int, length: int, is_logged: bool, inputs: SegmentInputs) -> Batch:
    """The ``number``-th batch of a segment, and where in the log it is."""
    first = inputs.first + number * length
    last = min(first + length, inputs.last)
    first_chunk = number * ((length + CHUNK - 1) // CHUNK) if is_logged else 0
    last_chunk = first_chunk + (last - first + CHUNK - 1) // CHUNK
    return Batch(first, last, first_chunk, last_chunk, first - inputs.first if is_logged else 0)


@compiled
def _chunk(item: int, at: Batch) -> Chunk:
    first = at.first + item * CHUNK
    last = min(first + CHUNK, at.last)
    return Chunk(first, last, at.first, at.first - at.shift, at.first_chunk + item)


@compiled
def play(
    lines: tuple[int, ...],
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

    ``centre`` (n_words, 1, width), ``context`` (n_words, width). ``length``: contexts a batch;
    ``before``: ``count_pairs`` of the inputs; ``table``: ``noise_table``. ``log`` has room for all
    batches where ``is_logged``, else for one. ``lines``: see ``steps.reverse_steps``.
    """
    counters = scratch.counters
    n_met, n_taken = 1, 0
    for number in range((inputs.last - inputs.first + length - 1) // length):
        at = _batch(number, length, is_logged, inputs)
        n_chunks = at.last_chunk - at.first_chunk
        item = _take(counters, n_taken)
        while item < n_chunks:
            chunk = _chunk(item, at)
            _compute_chunk(
                lines, chunk, centre, context, inputs, before, table, log, scratch, room
            )
            item = _take(counters, n_taken)
        n_taken += n_chunks + n_threads  # each thread has asked once in vain
        n_met = _meet(counters, n_threads, n_met)
        item = _take(counters, n_taken)
        while item < OWNERS:
            _move_rows(lines, item, at, 1, context, log)
            _move_centres(lines, item, at, inputs, centre, log, scratch.gains)
            item = _take(counters, n_taken)
        n_taken += OWNERS + n_threads
        n_met = _meet(counters, n_threads, n_met)


# --- reverse


@compiled
def _reverse_chunk(
    lines: tuple[int, ...],
    at: Chunk,
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
    """Of a chunk: its scores, e h of its draws, and what the adjoints of its centre rows gain.

    All from the vectors before the batch and the adjoints after it.
    """
    dim, n_probes = len(lines) * LINE, centre_adjoints.shape[1]
    zero, one = context.dtype.type(0), context.dtype.type(1)
    n_rows = inputs.n_negatives + 1
    gains, olds, curved, found = scratch.gains, scratch.olds, scratch.curved, room.found
    centres = log.centres
    base = before[at.origin - inputs.first]
    of_batch = (before[at.batch - inputs.first] - base) * n_rows  # where its draws begin
    n_logged = (before[inputs.last - inputs.first] - base) * n_rows
    slot_at = (before[at.first - inputs.first] - base) * n_rows
    for k in range(at.first, at.last):
        position = inputs.positions[k]
        word, weight = np.uint64(inputs.words[position]), inputs.weights[position]
        rate = inputs.rates[k - inputs.first] * weight
        own, here = np.uint64(k - at.origin), np.uint64(k - at.batch)
        for p in range(n_probes):
            found[p] = zero
            for d in range(dim):
                olds[here, p, d] = centre_adjoints[word, p, d]
                gains[here, p, d] = zero
        n_pairs = before[k - inputs.first + 1] - before[k - inputs.first]
        for i in range(n_pairs * n_rows):
            slot = np.uint64(log.slots[np.uint64(slot_at)])
            row, f = np.uint64(log.rows[slot]), log.steps[slot]
            next_slot = np.uint64(log.slots[np.uint64(min(slot_at + AHEAD, n_logged - 1))])
            ahead = np.int64(log.rows[next_slot])
            for line in range(len(lines)):
                _prefetch(context, ahead * dim + line * LINE)
            s = (one if i % n_rows == 0 else zero) - f / rate
            h = rate * s * (one - s)
            for p in range(n_probes):
                for line in range(len(lines)):
                    _prefetch(context_adjoints, (ahead * n_probes + p) * dim + line * LINE)
                e = zero
                for d in range(dim):
                    e += (
                        centre_adjoints[word, p, d] * context[row, d]
                        + context_adjoints[row, p, d] * centres[own, d]
                    )
                found[p] += e * f
                eh = e * h
                curved[slot - np.uint64(of_batch), p] = eh
                for d in range(dim):
                    gains[here, p, d] += f * context_adjoints[row, p, d] - eh * context[row, d]
            slot_at += 1
        if n_pairs > 0:
            for p in range(n_probes):
                scores[position, p] += found[p] / weight


@compiled
def _move_adjoints(
    lines: tuple[int, ...],
    owner: int,
    at: Batch,
    of_batch: int,
    context_adjoints: AnyFloatArray,
    log: BatchLog,
    scratch: Scratch,
) -> None:
    """a_u += f a_v - e h v for all rows of an owner."""
    dim = len(lines) * LINE
    centres, olds, curved = log.centres, scratch.olds, scratch.curved
    for chunk in range(at.first_chunk, at.last_chunk):
        for i in range(log.bounds[chunk, owner], log.bounds[chunk, owner + 1]):
            slot = np.uint64(i)
            row, here = np.uint64(log.rows[slot]), np.uint64(log.contexts[slot])
            own, f = np.uint64(at.shift) + here, log.steps[slot]
            for p in range(context_adjoints.shape[1]):
                eh = curved[slot - np.uint64(of_batch), p]
                for d in range(dim):
                    context_adjoints[row, p, d] += f * olds[here, p, d] - eh * centres[own, d]


@compiled
def play_back(
    lines: tuple[int, ...],
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
    ``centre_adjoints``, ``context_adjoints`` (n_words, n_probes, width) after it become those
    before it; ``scores`` (n_positions, n_probes) are added to.
    """
    counters = scratch.counters
    n_rows = inputs.n_negatives + 1
    n_met, n_taken = 1, 0
    n_batches = (inputs.last - inputs.first + length - 1) // length
    for number in range(n_batches, -1, -1):
        at, earlier = (
            _batch(number, length, True, inputs),
            _batch(number - 1, length, True, inputs),
        )
        of_batch = 0
        if number < n_batches:
            n_chunks = at.last_chunk - at.first_chunk
            of_batch = before[at.first - inputs.first] * n_rows
            item = _take(counters, n_taken)
            while item < n_chunks:
                _reverse_chunk(
                    lines,
                    _chunk(item, at),
                    context,
                    centre_adjoints,
                    context_adjoints,
                    scores,
                    inputs,
                    before,
                    log,
                    scratch,
                    room,
                )
                item = _take(counters, n_taken)
            n_taken += n_chunks + n_threads
            n_met = _meet(counters, n_threads, n_met)
        item = _take(counters, n_taken)
        while item < OWNERS:
            if number < n_batches:
                _move_adjoints(lines, item, at, of_batch, context_adjoints, log, scratch)
                _move_centres(lines, item, at, inputs, centre_adjoints, log, scratch.gains)
            if number > 0:
                _move_rows(lines, item, earlier, -1, context, log)
            item = _take(counters, n_taken)
        n_taken += OWNERS + n_threads
        n_met = _meet(counters, n_threads, n_met)
