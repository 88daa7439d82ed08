"""What the compiled loops of the run in batches are made of: what numba has no words for.

Loops over draws that take rows as vectors of whole cache lines (``dot_rows`` to ``spread_rows``),
an exponential that vectorises, and a counter that threads share. A loop written in Python would
test whether its arrays overlap, or keep its sums in memory: measured, two to nine times slower; and
its sums would be in an order that the compiler picks.

numba's cache does not notice a change in this file: then also save ``batch_kernels.py`` anew.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from clif_core.training.steps import LINE

__all__ = [
    "AHEAD",
    "FAST",
    "add_to",
    "dot_rows",
    "dot_two_rows",
    "exp",
    "gather_rows",
    "n_merged",
    "offer_core",
    "read_now",
    "spread_rows",
]

AHEAD = 16  # draws, for which rows are fetched early
FAR_AHEAD = 96  # draws, for which what goes from core to core is fetched early
FAST = {"contract", "nsz"}  # never "reassoc": sums have one order


# --- what threads share


@intrinsic
def add_to(typing_context, counters, at, number):
    """Add to a counter that threads share; returns its value before."""

    def generate(context, builder, signature, arguments):
        numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.gep(numbers, [arguments[1]])
        return builder.atomic_rmw("add", address, arguments[2], "seq_cst")

    return types.int64(counters, types.intp, types.int64), generate


@intrinsic
def read_now(typing_context, counters, at):
    """The value of a counter now; what other threads wrote before they added to it is seen."""

    def generate(context, builder, signature, arguments):
        numbers = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load_atomic(builder.gep(numbers, [arguments[1]]), "seq_cst", 8)

    return types.int64(counters, types.intp), generate


def _fetch(builder, address, line, is_written):
    """Fetch a cache line early: the ``line``-th from an address on, of LINE numbers each."""
    int32 = ir.IntType(32)
    address = builder.gep(address, [ir.IntType(64)(line * LINE)])
    address = builder.bitcast(address, ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [address.type, int32, int32, int32])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [address, int32(int(is_written)), int32(3), int32(1)])


@intrinsic
def offer_core(typing_context):
    """Let another thread have this core, where the system has a call for it (not on Windows)."""

    def generate(context, builder, signature, arguments):
        if sys.platform != "win32":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate


def n_merged(n_lines: int) -> int:
    """How many lines of a thread are summed before others hear of them: a power of two.

    Lines are summed as a tree, pairs of neighbours first, so that the order is the same for any
    number of threads; this is the largest branch that a thread holds alone.
    """
    return n_lines & -n_lines


@intrinsic
def dot_rows(
    typing_context, lines, parts, at, apart, source, start, stride, rows, first, n, other, place
):
    """parts[at + i + line apart] = line of source[start + stride rows[first + i]] . other[place].

    For n draws i. A row is as many lines as ``lines`` has entries. Rows of the draws soon to come
    are fetched early.
    """

    def generate(context, builder, signature, arguments):
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
def dot_two_rows(
    typing_context,
    lines,
    parts,
    at,
    apart,
    step,
    a,
    start_a,
    stride_a,
    b,
    start_b,
    stride_b,
    rows,
    first,
    n,
    with_a,
    place_a,
    with_b,
    place_b,
):
    """As ``dot_rows``, for a . with_a + b . with_b; ``step``: from one draw's place to the next."""

    def generate(context, builder, signature, arguments):
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
def gather_rows(
    typing_context,
    lines,
    target,
    at,
    source,
    start,
    stride,
    rows,
    first,
    n,
    sign,
    factors,
    place,
    step,
):
    """target[at] += sign sum of factors[place + step i] source[start + stride rows[first + i]].

    The sum is over n draws i. A row is as many lines as ``lines`` has entries.
    """

    def generate(context, builder, signature, arguments):
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
def spread_rows(
    typing_context,
    lines,
    target,
    start,
    stride,
    rows,
    first,
    n,
    sign,
    factors,
    place,
    step,
    source,
    at,
):
    """target[start + stride rows[first + i]] += sign factors[place + step i] source[at].

    For n draws i in turn. A row is as many lines as ``lines`` has entries.
    """

    def generate(context, builder, signature, arguments):
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

    def __init__(self, context, builder, signature, arguments):
        self.context, self.builder = context, builder
        self.kinds, self.arguments = signature.args, arguments
        self.data = {
            i: context.make_array(kind)(context, builder, arguments[i]).data
            for i, kind in enumerate(signature.args)
            if isinstance(kind, types.Array)
        }

    def vector(self, array):
        return ir.VectorType(self.context.get_value_type(self.kinds[array].dtype), LINE)

    def _address(self, array, at, line):
        at = self.builder.add(at, at.type(line * LINE))
        address = self.builder.gep(self.data[array], [at])
        return self.builder.bitcast(address, self.vector(array).as_pointer())

    def load(self, array, at, line):
        loaded = self.builder.load(self._address(array, at, line))
        loaded.align = self.kinds[array].dtype.bitwidth // 8
        return loaded

    def store(self, array, at, line, value):
        stored = self.builder.store(value, self._address(array, at, line))
        stored.align = self.kinds[array].dtype.bitwidth // 8

    def fused(self, factor, vector, added):
        """factor vector + added, rounded once where the machine can."""
        kind = ir.FunctionType(vector.type, [vector.type] * 3)
        name = (
            f"llvm.fmuladd.v{LINE}f{64 if isinstance(vector.type.element, ir.DoubleType) else 32}"
        )
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [factor, vector, added])

    def place(self, rows, draw, start, stride):
        """Where the row of a draw begins."""
        build = self.builder
        row = build.sext(build.load(build.gep(self.data[rows], [draw])), draw.type)
        return build.add(build.mul(row, self.arguments[stride]), self.arguments[start])

    def prefetch(self, array, at, line=0, is_written=False):
        _fetch(self.builder, self.builder.gep(self.data[array], [at]), line, is_written)

    def put_parts(self, array, at, apart, sums):
        """Store the sums of the lines, each ``n_merged`` of them as one."""
        build, n = self.builder, n_merged(len(sums))
        for first in range(0, len(sums), n):
            part = sums[first : first + n]
            while len(part) > 1:
                part = [build.fadd(a, b) for a, b in zip(part[::2], part[1::2], strict=True)]
            build.store(part[0], build.gep(self.data[array], [at]))
            self.prefetch(array, build.add(at, at.type(FAR_AHEAD)), is_written=True)
            at = build.add(at, self.arguments[apart])

    def factor(self, i, sign, factors, place, step):
        """The factor of the i-th draw, for a whole line."""
        build, arguments = self.builder, self.arguments
        at = build.add(arguments[place], build.mul(i, arguments[step]))
        factor = build.fmul(arguments[sign], build.load(build.gep(self.data[factors], [at])))
        vector = ir.VectorType(factor.type, LINE)
        single = build.insert_element(ir.Constant(vector, ir.Undefined), factor, ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LINE), [0] * LINE)
        return build.shuffle_vector(single, ir.Constant(vector, ir.Undefined), everywhere)


def _summed(builder, vector):
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
def _scaled_by_two_to(typing_context, x, n):
    """x 2^n in float32, for a whole float32 n in [-126, 127]."""

    def generate(context, builder, signature, arguments):
        int32 = ir.IntType(32)
        exponent = builder.add(builder.fptosi(arguments[1], int32), int32(127))
        power = builder.bitcast(builder.shl(exponent, int32(23)), ir.FloatType())
        return builder.fmul(arguments[0], power)

    return types.float32(types.float32, types.float32), generate


def exp(x: Any) -> Any:
    raise NotImplementedError


@overload(exp, jit_options={"forceinline": True, "fastmath": FAST, "_nrt": False})
def _exp_of(x):
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

    def exp32(x):
        x = min(max(x, -most), most)
        n = np.rint(x * log2_e)
        r = x - n * high - n * low
        p = ((((c7 * r + c6) * r + c5) * r + c4) * r + c3) * r + c2
        return _scaled_by_two_to(p * r * r + r + one, n)

    return exp32
