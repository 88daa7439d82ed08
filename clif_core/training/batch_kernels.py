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


class Scratch(NamedTuple):
    """Room of one batch, shared by all threads, and their counters."""

    gains: AnyFloatArray  # (length, n_probes or 1, width), by which centre rows move
    olds: AnyFloatArray  # (length, n_probes, width), adjoints of centre rows after the batch
    curved: AnyFloatArray  # (n_draws, n_probes), e h of each draw, in sorted order
    counters: IntArray  # arrivals, at [0], and items taken, at [LINE]


class Room(NamedTuple):
    """Room of one chunk, of one thread."""

    drawn: Int32Array  # rows
    bits: UInt64Array  # of the draws of a context
    heads: IntArray  # (OWNERS,)
    found: AnyFloatArray


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
    """(last - first + 1,) pairs in the contexts before each one."""
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
    first: int,
    last: int,
    batch: int,
    chunk: int,
    base: int,
    inputs: SegmentInputs,
    before: IntArray,
    table: UInt64Array,
    log: BatchLog,
    room: Room,
) -> None:
    """Draw the rows of the contexts first <= k < last and sort them by owner, into the log.

    ``base``: the number of pairs before where the log begins.
    """
    n_rows = inputs.n_negatives + 1
    start = (before[first - inputs.first] - base) * n_rows
    drawn, heads, bits = room.drawn, room.heads, room.bits
    n = 0
    for k in range(first, last):
        if before[k - inputs.first + 1] > before[k - inputs.first]:
            n = _draw(k, inputs, table, bits, drawn, n)
    for owner in range(OWNERS):
        heads[owner] = 0
    for i in range(n):
        heads[np.uint64(drawn[i] & _OWNER_OF)] += 1
    at = start
    for owner in range(OWNERS):
        n_here = heads[owner]
        log.bounds[chunk, owner] = heads[owner] = at
        at += n_here
    log.bounds[chunk, OWNERS] = at
    i = 0
    for k in range(first, last):
        for _ in range((before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows):
            owner = np.uint64(drawn[i] & _OWNER_OF)
            slot = np.uint64(heads[owner])
            heads[owner] += 1
            log.rows[slot] = drawn[i]
            log.contexts[slot] = k - batch
            log.slots[start + i] = slot
            i += 1


@compiled
def _sort_contexts(
    first: int, last: int, origin: int, chunk: int, inputs: SegmentInputs, log: BatchLog
) -> None:
    """Sort the contexts of a chunk by the owner of their centre row."""
    at = first - origin
    for owner in range(OWNERS):
        log.order_bounds[chunk, owner] = at
        for k in range(first, last):
            if inputs.words[inputs.positions[k]] & _OWNER_OF == owner:
                log.order[at] = k - origin
                at += 1
    log.order_bounds[chunk, OWNERS] = at


@compiled
def _compute_chunk(
    lines: tuple[int, ...],
    first: int,
    last: int,
    origin: int,
    batch: int,
    chunk: int,
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
    base = before[origin - inputs.first]
    _sort_draws(first, last, batch, chunk, base, inputs, before, table, log, room)
    _sort_contexts(first, last, origin, chunk, inputs, log)
    gains, centres = scratch.gains, log.centres
    drawn, found = room.drawn, room.found
    at = 0  # of the draws of the chunk
    start = (before[first - inputs.first] - base) * n_rows
    for k in range(first, last):
        position = inputs.positions[k]
        word = np.uint64(inputs.words[position])
        rate = inputs.rates[k - inputs.first] * inputs.weights[position]
        own, here = np.uint64(k - origin), np.uint64(k - batch)
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        for d in range(dim):
            centres[own, d] = centre[word, d]
            gains[here, 0, d] = zero
        for i in range(n):
            row = np.uint64(drawn[at + i])
            x = zero
            for d in range(dim):
                x += centre[word, d] * context[row, d]
            found[i] = x
        for i in range(n):
            found[i] = -rate / (one + _exp(-found[i]))
        for i in range(0, n, n_rows):
            found[i] += rate
        for i in range(n):
            row, f = np.uint64(drawn[at + i]), found[i]
            log.steps[np.uint64(log.slots[start + at + i])] = f
            for d in range(dim):
                gains[here, 0, d] += f * context[row, d]
        at += n


@compiled
def _move_rows(
    lines: tuple[int, ...],
    owner: int,
    first_chunk: int,
    last_chunk: int,
    shift: int,
    sign: int,
    context: AnyFloatArray,
    log: BatchLog,
) -> None:
    """u += sign f v for all rows of an owner; ``shift``: the first context of the batch in the
    log."""
    dim = len(lines) * LINE
    centres = log.centres
    for chunk in range(first_chunk, last_chunk):
        for i in range(log.bounds[chunk, owner], log.bounds[chunk, owner + 1]):
            at = np.uint64(i)
            row, own = np.uint64(log.rows[at]), np.uint64(shift + log.contexts[at])
            f = sign * log.steps[at]
            for d in range(dim):
                context[row, d] += f * centres[own, d]


@compiled
def _move_centres(
    lines: tuple[int, ...],
    owner: int,
    first_chunk: int,
    last_chunk: int,
    shift: int,
    positions: Int32Array,
    words: Int32Array,
    first: int,
    centre: AnyFloatArray,
    log: BatchLog,
    gains: AnyFloatArray,
) -> None:
    """Move the centre rows of an owner by what their contexts gained."""
    dim = len(lines) * LINE
    for chunk in range(first_chunk, last_chunk):
        for i in range(log.order_bounds[chunk, owner], log.order_bounds[chunk, owner + 1]):
            own = log.order[i]
            word, here = np.uint64(words[positions[first + own]]), np.uint64(own - shift)
            for d in range(dim):
                centre[word, d] += gains[here, 0, d]


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

    ``before``: ``count_pairs`` of the inputs. ``log`` has room for all batches where ``is_logged``,
    else for one. ``lines``: see ``steps.reverse_steps``.
    """
    counters = scratch.counters
    n_met, n_taken, n_chunks_before = 1, 0, 0
    for batch in range(inputs.first, inputs.last, length):
        end = min(batch + length, inputs.last)
        origin = inputs.first if is_logged else batch
        n_chunks = (end - batch + CHUNK - 1) // CHUNK
        item = _take(counters, n_taken)
        while item < n_chunks:
            first = batch + item * CHUNK
            _compute_chunk(
                lines,
                first,
                min(first + CHUNK, end),
                origin,
                batch,
                n_chunks_before + item,
                centre,
                context,
                inputs,
                before,
                table,
                log,
                scratch,
                room,
            )
            item = _take(counters, n_taken)
        n_taken += n_chunks + n_threads
        n_met = _meet(counters, n_threads, n_met)
        chunks_end, shift = n_chunks_before + n_chunks, batch - origin
        item = _take(counters, n_taken)
        while item < OWNERS:
            _move_rows(lines, item, n_chunks_before, chunks_end, shift, 1, context, log)
            _move_centres(
                lines,
                item,
                n_chunks_before,
                chunks_end,
                shift,
                inputs.positions,
                inputs.words,
                origin,
                centre,
                log,
                scratch.gains,
            )
            item = _take(counters, n_taken)
        n_taken += OWNERS + n_threads
        n_met = _meet(counters, n_threads, n_met)
        if is_logged:
            n_chunks_before = chunks_end
