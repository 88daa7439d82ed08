"""The compiled loops of the run in batches on the CPU: forward and reverse, on several cores.

The vectors are cut by dimension: every thread holds some cache lines of each row (``LINE`` numbers)
and does all the work on them, in the order of the run. What the threads must tell each other is one
number a draw and line, its part of a dot product. So a batch has two phases, after each of which
all threads meet (``_meet``): dot products and moves, by lines; steps from the sums, and the draws
of the next batch, by contexts. Rows are never sent from core to core.

Every sum has one fixed order: the numbers of a line (``_dot``), then the lines, and the moves of a
row in the order of the run. So the result is bitwise the same for any number of threads. (That is
why the compiler may not reorder sums here.)

The draws are those of ``clif_core.training.steps``: numba's cache of a function does not notice
changes in another file, but these must never change, because they define stored trainings.
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

__all__ = ["AHEAD", "BatchLog", "Room", "Scratch", "count_pairs", "noise_table", "play", "play_back"]

AnyFloatArray = npt.NDArray[np.floating[Any]]
Float64Array = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]

AHEAD = 16  # draws, for which rows are fetched early
FAR_AHEAD = 96  # draws, for which what goes from core to core is fetched early
_S32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_SPINS = 2000  # looks at the counter before a thread offers its core to others

# All in one function: a called one would be compiled twice, and a cached run differ in rounding from
# a fresh one. No reference counts: threads would wait for each other's.
FAST = {"contract", "nsz"}
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

    parts: AnyFloatArray  # (n_parts, n_draws * n_probes), of dot products, in the order of the lines
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


def _fetch(builder, address, line, is_written):  # type: ignore[no-untyped-def]
    """Fetch a cache line early: the ``line``-th from an address on, of LINE numbers each."""
    int32 = ir.IntType(32)
    address = builder.gep(address, [ir.IntType(64)(line * LINE)])
    address = builder.bitcast(address, ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [address.type, int32, int32, int32])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [address, int32(int(is_written)), int32(3), int32(1)])


@intrinsic
def _offer_core(typing_context):  # type: ignore[no-untyped-def]
    """Let another thread have this core, where the system has a call for it (not on Windows)."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        if sys.platform != "win32":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate


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


def n_merged(n_lines: int) -> int:
    """How many lines of a thread are summed before others hear of them: a power of two.

    Lines are summed as a tree, pairs of neighbours first, so that the order is the same for any
    number of threads; this is the largest branch that a thread holds alone.
    """
    return n_lines & -n_lines


@intrinsic
def _dot(typing_context, lines, parts, at, apart, source, start, stride, rows, first, n, other, place):  # type: ignore[no-untyped-def]
    """parts[at + i + line apart] = line of source[start + stride rows[first + i]] . other[place].

    For n draws i. A row is as many lines as ``lines`` has entries. Rows of the draws soon to come
    are fetched early.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        it = _Loop(context, builder, signature, arguments)
        size = range(len(signature.args[0]))
        fixed = [it.load(10, arguments[11], line) for line in size]
        with cgutils.for_range(builder, arguments[9]) as loop:
            draw = builder.add(arguments[8], loop.index)
            row = it.place(7, draw, 5, 6)
            ahead = it.place(7, builder.add(draw, draw.type(AHEAD)), 5, 6)
            for line in size:
                it.prefetch(4, ahead, line)
            target = builder.add(arguments[2], loop.index)
            products = [builder.fmul(it.load(4, row, line), fixed[line]) for line in size]
            it.put_parts(1, target, 3, [_summed(builder, product) for product in products])
        return context.get_dummy_value()

    i = types.intp
    of = (lines, parts, i, i, source, i, i, rows, i, i, other, i)
    return types.void(*of), generate


@intrinsic
def _two_dots(typing_context, lines, parts, at, apart, step, a, start_a, stride_a, b, start_b, stride_b, rows, first, n, with_a, place_a, with_b, place_b):  # type: ignore[no-untyped-def]
    """As ``_dot``, for a . with_a + b . with_b; ``step``: from the place of a draw to the next."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        it = _Loop(context, builder, signature, arguments)
        size = range(len(signature.args[0]))
        fixed_a = [it.load(14, arguments[15], line) for line in size]
        fixed_b = [it.load(16, arguments[17], line) for line in size]
        with cgutils.for_range(builder, arguments[13]) as loop:
            draw = builder.add(arguments[12], loop.index)
            soon = builder.add(draw, draw.type(AHEAD))
            row_a, row_b = it.place(11, draw, 6, 7), it.place(11, draw, 9, 10)
            soon_a, soon_b = it.place(11, soon, 6, 7), it.place(11, soon, 9, 10)
            for line in size:
                it.prefetch(5, soon_a, line)
                it.prefetch(8, soon_b, line)
            target = builder.add(arguments[2], builder.mul(loop.index, arguments[4]))
            products = [builder.fmul(it.load(5, row_a, line), fixed_a[line]) for line in size]
            both = [
                it.fused(it.load(8, row_b, line), fixed_b[line], product)
                for line, product in enumerate(products)
            ]
            it.put_parts(1, target, 3, [_summed(builder, one) for one in both])
        return context.get_dummy_value()

    i = types.intp
    of = (lines, parts, i, i, i, a, i, i, b, i, i, rows, i, i, with_a, i, with_b, i)
    return types.void(*of), generate


@intrinsic
def _gather(typing_context, lines, target, at, source, start, stride, rows, first, n, sign, factors, place, step):  # type: ignore[no-untyped-def]
    """target[at] += sign sum of factors[place + step i] source[start + stride rows[first + i]].

    The sum is over n draws i. A row is as many lines as ``lines`` has entries.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        it = _Loop(context, builder, signature, arguments)
        sums = [cgutils.alloca_once(builder, it.vector(1)) for _ in signature.args[0]]
        for line, total in enumerate(sums):
            builder.store(it.load(1, arguments[2], line), total)
        with cgutils.for_range(builder, arguments[8]) as loop:
            row = it.place(6, builder.add(arguments[7], loop.index), 4, 5)
            factor = it.factor(loop.index, 9, 10, 11, 12)
            for line, total in enumerate(sums):
                moved = it.fused(factor, it.load(3, row, line), builder.load(total))
                builder.store(moved, total)
        for line, total in enumerate(sums):
            it.store(1, arguments[2], line, builder.load(total))
        return context.get_dummy_value()

    i = types.intp
    of = (lines, target, i, source, i, i, rows, i, i, factors.dtype, factors, i, i)
    return types.void(*of), generate


@intrinsic
def _spread(typing_context, lines, target, start, stride, rows, first, n, sign, factors, place, step, source, at):  # type: ignore[no-untyped-def]
    """target[start + stride rows[first + i]] += sign factors[place + step i] source[at].

    For n draws i in turn. A row is as many lines as ``lines`` has entries.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        it = _Loop(context, builder, signature, arguments)
        added = [it.load(11, arguments[12], line) for line in range(len(signature.args[0]))]
        with cgutils.for_range(builder, arguments[6]) as loop:
            row = it.place(4, builder.add(arguments[5], loop.index), 2, 3)
            factor = it.factor(loop.index, 7, 8, 9, 10)
            for line, vector in enumerate(added):
                it.store(1, row, line, it.fused(factor, vector, it.load(1, row, line)))
        return context.get_dummy_value()

    i = types.intp
    of = (lines, target, i, i, rows, i, i, factors.dtype, factors, i, i, source, i)
    return types.void(*of), generate


class _Loop:
    """What loops over draws are made of, as instructions; arguments are named by their number."""

    def __init__(self, context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        self.context, self.builder = context, builder
        self.kinds, self.arguments = signature.args, arguments
        self.data = {
            i: context.make_array(kind)(context, builder, arguments[i]).data
            for i, kind in enumerate(signature.args)
            if isinstance(kind, types.Array)
        }

    def vector(self, array):  # type: ignore[no-untyped-def]
        return ir.VectorType(self.context.get_value_type(self.kinds[array].dtype), LINE)

    def _address(self, array, at, line):  # type: ignore[no-untyped-def]
        at = self.builder.add(at, at.type(line * LINE))
        address = self.builder.gep(self.data[array], [at])
        return self.builder.bitcast(address, self.vector(array).as_pointer())

    def load(self, array, at, line):  # type: ignore[no-untyped-def]
        loaded = self.builder.load(self._address(array, at, line))
        loaded.align = self.kinds[array].dtype.bitwidth // 8
        return loaded

    def store(self, array, at, line, value):  # type: ignore[no-untyped-def]
        stored = self.builder.store(value, self._address(array, at, line))
        stored.align = self.kinds[array].dtype.bitwidth // 8

    def fused(self, factor, vector, added):  # type: ignore[no-untyped-def]
        """factor vector + added, rounded once where the machine can."""
        kind = ir.FunctionType(vector.type, [vector.type] * 3)
        name = f"llvm.fmuladd.v{LINE}f{64 if isinstance(vector.type.element, ir.DoubleType) else 32}"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [factor, vector, added])

    def place(self, rows, draw, start, stride):  # type: ignore[no-untyped-def]
        """Where the row of a draw begins."""
        build = self.builder
        row = build.sext(build.load(build.gep(self.data[rows], [draw])), draw.type)
        return build.add(build.mul(row, self.arguments[stride]), self.arguments[start])

    def prefetch(self, array, at, line=0, is_written=False):  # type: ignore[no-untyped-def]
        _fetch(self.builder, self.builder.gep(self.data[array], [at]), line, is_written)

    def put_parts(self, array, at, apart, sums):  # type: ignore[no-untyped-def]
        """Store the sums of the lines, each ``n_merged`` of them as one."""
        build, n = self.builder, n_merged(len(sums))
        for first in range(0, len(sums), n):
            part = sums[first : first + n]
            while len(part) > 1:
                part = [build.fadd(a, b) for a, b in zip(part[::2], part[1::2], strict=True)]
            build.store(part[0], build.gep(self.data[array], [at]))
            self.prefetch(array, build.add(at, at.type(FAR_AHEAD)), is_written=True)
            at = build.add(at, self.arguments[apart])

    def factor(self, i, sign, factors, place, step):  # type: ignore[no-untyped-def]
        """The factor of the i-th draw, for a whole line."""
        build, arguments = self.builder, self.arguments
        at = build.add(arguments[place], build.mul(i, arguments[step]))
        factor = build.fmul(arguments[sign], build.load(build.gep(self.data[factors], [at])))
        vector = ir.VectorType(factor.type, LINE)
        single = build.insert_element(ir.Constant(vector, ir.Undefined), factor, ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LINE), [0] * LINE)
        return build.shuffle_vector(single, ir.Constant(vector, ir.Undefined), everywhere)


def _summed(builder, vector):  # type: ignore[no-untyped-def]
    """The sum of a vector, as a tree of halves: the same order wherever it stands."""
    int32, n = ir.IntType(32), vector.type.count
    while n > 1:
        n //= 2
        halves = [
            builder.shuffle_vector(
                vector,
                ir.Constant(vector.type, ir.Undefined),
                ir.Constant(ir.VectorType(int32, n), [*range(first, first + n)]),
            )
            for first in (0, n)
        ]
        vector = builder.fadd(*halves)
    return builder.extract_element(vector, int32(0))


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
        _dot(lines, parts, place, apart, context, begin, dim, log.rows, i, n, log.centres, v)
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
        sums[0, i] = one / (one + _exp(-sums[0, i]))
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
        _gather(lines, centre, v, context, begin, dim, log.rows, of_thread + i, n, one, log.steps, i, 1)
        i += n


@compiled
def _move_rows(
    lines: tuple[int, ...],
    thread: int,
    at: Batch,
    sign: float,
    context: AnyFloatArray,
    inputs: SegmentInputs,
    before: IntArray,
    log: BatchLog,
) -> None:
    """u += sign f v for all draws of a batch."""
    dim, n_rows = len(lines) * LINE, inputs.n_negatives + 1
    sign = context.dtype.type(sign)
    begin, i = thread * context.shape[1] * dim, at.draw
    of_thread = thread * log.rows.shape[1]
    v = (thread * log.centres.shape[1] + at.context) * dim
    for k in range(at.first, at.last):
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        r = of_thread + i
        _spread(lines, context, begin, dim, log.rows, r, n, sign, log.steps, i, 1, log.centres, v)
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
        _move_rows(lines, thread, at, 1, context, inputs, before, log)


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
    n_probes, length, apart = context_adjoints.shape[2], scratch.olds.shape[1], scratch.parts.shape[1]
    row, rows = dim * n_probes, log.rows
    begin, part = thread * context.shape[1] * dim, thread * (len(scratch.parts) // len(context)) * apart
    v = (thread * log.centres.shape[1] + at.context) * dim
    i = thread * rows.shape[1] + at.draw
    for k in range(at.first, at.last):
        word, here = np.uint64(inputs.words[inputs.positions[k]]), k - at.first
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        for p in range(n_probes):
            for d in range(dim):
                scratch.olds[thread, np.uint64(here), p, d] = centre_adjoints[thread, word, p, d]
            _two_dots(
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
    rows, steps, sums, a_u, a_v = log.rows, log.steps, scratch.sums, context_adjoints, centre_adjoints
    r = thread * rows.shape[1]
    i, s = at.draw, 0  # the first draw of a context in the log, and its first sum
    for k in range(at.first, at.last):
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        v = (thread * context.shape[1] + inputs.words[inputs.positions[k]]) * row
        for p in range(n_probes):
            start = begin * n_probes + p * dim
            _gather(lines, a_v, v + p * dim, a_u, start, row, rows, r + i, n, one, steps, i, 1)
            _gather(lines, a_v, v + p * dim, context, begin, dim, rows, r + i, n, -one, sums, s + p, n_probes)
        i += n
        s += n * n_probes
    i, s = at.draw, 0
    v = (thread * log.centres.shape[1] + at.context) * dim
    old = thread * scratch.olds.shape[1] * row
    for k in range(at.first, at.last):
        n = (before[k - inputs.first + 1] - before[k - inputs.first]) * n_rows
        for p in range(n_probes):
            start = begin * n_probes + p * dim
            _spread(lines, a_u, start, row, rows, r + i, n, one, steps, i, 1, scratch.olds, old + p * dim)
            _spread(lines, a_u, start, row, rows, r + i, n, -one, sums, s + p, n_probes, log.centres, v)
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
        _move_rows(lines, thread, at, -1, context, inputs, before, log)
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
        _reverse_steps(
            thread, n_threads, at, scores, inputs, before, log, scratch, room
        )
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
