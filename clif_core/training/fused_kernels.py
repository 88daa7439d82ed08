"""The Triton kernels of the fused run: its draws, its batches, and their exact reverse.

X holds the centre rows 0 to n_words - 1 and the context rows n_words to 2 n_words - 1. A *stretch*
is some consecutive batches of an epoch whose pairs are laid out in memory; its batches, contexts
and pairs count from 0. NC = 1 + K context rows belong to a pair, the positive first.

Updates of a batch are added up by atomics, whose order is not fixed, and yet to the same sum bit
for bit: each number is split into a multiple of a coarse quantum and the rest, rounded to a
multiple of a fine one (``quanta``). Sums of such multiples below 2^24 quanta are exact in float32,
so their order does not matter. (64-bit integers do the same; their atomics take twice the time,
measured on an H100.) Only sums beyond that range depend on the order, in their last bits.
"""

# mypy: disable-error-code="no-untyped-def,untyped-decorator,operator"
from __future__ import annotations

import math

import triton
import triton.language as tl

__all__ = [
    "UNFUSED",
    "back_moves",
    "count_pairs",
    "keep_tokens",
    "lay_pairs",
    "moves",
    "quanta",
    "settle",
    "settle_back",
]

#: Of every launch: a product is rounded before it is added to, as on the CPU. Without it the bits
#: would follow Triton's default, which changes in 3.10 (3.9 warns of it).
UNFUSED = {"enable_fp_fusion": False}

GOLDEN = tl.constexpr(0x9E3779B97F4A7C15)
MIX_1 = tl.constexpr(0xBF58476D1CE4E5B9)
MIX_2 = tl.constexpr(0x94D049BB133111EB)


def quanta(largest: float, n_addends: float) -> tuple[float, float]:
    """Numbers c and f such that (x + c) - c rounds x to the coarse quantum, and f to the fine one.

    Sums below ``largest`` of at most ``n_addends`` numbers are exact in float32.
    """
    coarse = 2.0 ** math.ceil(math.log2(largest) - 24)
    fine = 2.0 ** math.ceil(math.log2(coarse * n_addends / 2) - 24)
    return 1.5 * 2**23 * coarse, 1.5 * 2**23 * fine


@triton.jit
def _hash(key, counters):
    """``steps._hash``: 64 random bits for each counter."""
    z = key + counters.to(tl.uint64) * GOLDEN
    z = (z ^ (z >> 30)) * MIX_1
    z = (z ^ (z >> 27)) * MIX_2
    return z ^ (z >> 31)


@triton.jit(do_not_specialize=["n"])
def keep_tokens(key, words, keep, is_kept, n, BLOCK: tl.constexpr):
    """Which token positions subsampling keeps in an epoch, as ``Schedule.epoch``."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    bits = _hash(tl.load(key).to(tl.uint64, bitcast=True), at)
    draws = (bits >> 11).to(tl.float64) * (2.0**-53)
    chance = tl.load(keep + tl.load(words + at, mask=inside, other=0), mask=inside, other=0.0)
    tl.store(is_kept + at, (draws < chance).to(tl.int8), mask=inside)


@triton.jit
def _window(k, inside, positions, starts, ends, window_key, WINDOW, IS_REDUCED: tl.constexpr):
    """Position and window of the kept tokens k, as ``steps._window``."""
    position = tl.load(positions + k, mask=inside, other=0).to(tl.int64)
    reach = tl.zeros_like(k) + WINDOW
    if IS_REDUCED:
        bits = _hash(tl.load(window_key).to(tl.uint64, bitcast=True), position)
        reach = 1 + (((bits >> 32) * WINDOW) >> 32).to(tl.int64)
    first = tl.maximum(tl.load(starts + k, mask=inside, other=0), k - reach)
    last = tl.minimum(tl.load(ends + k, mask=inside, other=0), k + reach + 1)
    return position, first, last


@triton.jit(do_not_specialize=["k_first", "n"])
def count_pairs(
    k_first, n, positions, starts, ends, weights, window_key, n_pairs,
    WINDOW: tl.constexpr, IS_REDUCED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """How many pairs each context of a stretch trains: none where its weight is 0."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    position, first, last = _window(
        k_first + at, inside, positions, starts, ends, window_key, WINDOW, IS_REDUCED
    )
    is_trained = tl.load(weights + position, mask=inside, other=0.0) != 0.0
    tl.store(n_pairs + at, tl.where(is_trained, last - first - 1, 0).to(tl.int32), mask=inside)


@triton.jit
def _touch(rows, is_pair, batch, seen, n_seen_words, touched, n_touched, room):
    """Enter rows that their batch has not touched yet into the batch's list."""
    bit = tl.full(rows.shape, 1, tl.int32) << (rows & 31).to(tl.int32)
    word = batch * n_seen_words + (rows >> 5)
    before = tl.atomic_or(seen + word, bit, mask=is_pair, sem="relaxed")
    is_new = is_pair & ((before & bit) == 0)
    slot = tl.atomic_add(
        n_touched + batch, tl.full(rows.shape, 1, tl.int32), mask=is_new, sem="relaxed"
    )
    tl.store(touched + batch * room + slot, rows.to(tl.int32), mask=is_new)


@triton.jit(do_not_specialize=["k_first", "n", "length"])
def lay_pairs(
    k_first, n, length, positions, starts, ends, words, context_rates, befores, n_pairs,
    window_key, negative_key, limits, others, n_words,
    centres, contexts, rates, seen, n_seen_words, touched, n_touched, room,
    WINDOW: tl.constexpr, WIDTH: tl.constexpr, IS_REDUCED: tl.constexpr, NC: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """All pairs of a stretch: centre word, 1 + K context rows (of X) and rate of each.

    Also the distinct rows of each batch, ``touched`` (n_batches, room), in no fixed order.
    ``befores``: how many pairs the contexts before each have.
    """
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    k = k_first + at
    position, first, _ = _window(k, inside, positions, starts, ends, window_key, WINDOW, IS_REDUCED)
    n_own = tl.load(n_pairs + at, mask=inside, other=0)
    centre = tl.load(words + position, mask=inside, other=0)
    batch = at // length
    nth = tl.arange(0, WIDTH)
    is_pair = (nth[None, :] < n_own[:, None]) & inside[:, None]
    j = first[:, None] + nth[None, :]
    j = tl.where(j >= k[:, None], j + 1, j)
    pair = tl.load(befores + at, mask=inside, other=0)[:, None] + nth[None, :]
    zero = tl.zeros_like(pair)
    tl.store(centres + pair, centre[:, None] + zero.to(tl.int32), mask=is_pair)
    rate = tl.load(context_rates + at, mask=inside, other=0.0)
    tl.store(rates + pair, rate[:, None] + zero.to(tl.float32), mask=is_pair)
    batches = batch[:, None] + zero
    _touch(
        centre[:, None] + zero, is_pair & (nth[None, :] == 0), batches,
        seen, n_seen_words, touched, n_touched, room,
    )  # fmt: skip
    positive = tl.load(words + tl.load(positions + j, mask=is_pair, other=0), mask=is_pair, other=0)
    row = n_words + positive.to(tl.int64)
    tl.store(contexts + pair * NC, row.to(tl.int32), mask=is_pair)
    _touch(row, is_pair, batches, seen, n_seen_words, touched, n_touched, room)
    key = tl.load(negative_key).to(tl.uint64, bitcast=True)
    counter = (position[:, None] * (2 * WINDOW + 1) + (j - k[:, None] + WINDOW)) * (NC - 1)
    for draw in tl.static_range(NC - 1):
        bits = _hash(key, counter + draw)
        slot = (((bits >> 32) * n_words) >> 32).to(tl.int64)
        share = (bits & 0xFFFFFFFF).to(tl.float64) * (2.0**-32)
        is_own = share < tl.load(limits + slot, mask=is_pair, other=1.0)
        row = n_words + tl.where(
            is_own, slot, tl.load(others + slot, mask=is_pair, other=0).to(tl.int64)
        )
        tl.store(contexts + pair * NC + draw + 1, row.to(tl.int32), mask=is_pair)
        _touch(row, is_pair, batches, seen, n_seen_words, touched, n_touched, room)


@triton.jit
def _plane(n_words, NUMBERS_A_ROW: tl.constexpr):
    """How far the second plane of sums lies behind the first.

    Computed here, so that the compiler knows what divides it: else the atomics of the second plane
    add one number at a time where those of the first add four.
    """
    return n_words.to(tl.int64) * (2 * NUMBERS_A_ROW)


@triton.jit
def _add(sums, plane, at, values, mask, coarse, fine):
    """Add values to both planes of sums; ``coarse`` and ``fine`` as from ``quanta``."""
    high = (values + coarse) - coarse
    low = ((values - high) + fine) - fine
    tl.atomic_add(sums + at, high, mask=mask, sem="relaxed")
    tl.atomic_add(sums + plane + at, low, mask=mask, sem="relaxed")


@triton.jit
def _rows_of(p, centres, contexts, X, NC: tl.constexpr, NCP: tl.constexpr, D: tl.constexpr,
             BD: tl.constexpr):  # fmt: skip
    """The centre row of a pair, its context rows, where they are in X, and their values."""
    nth, dims = tl.arange(0, NCP), tl.arange(0, BD)
    m, mm = dims < D, (nth[:, None] < NC) & (dims[None, :] < D)
    centre = tl.load(centres + p).to(tl.int64)
    rows = tl.load(contexts + p * NC + nth, mask=nth < NC, other=0).to(tl.int64)
    v = tl.load(X + centre * D + dims, mask=m, other=0.0)
    u = tl.load(X + rows[:, None] * D + dims[None, :], mask=mm, other=0.0)
    return centre, rows, nth, dims, m, mm, v, u


@triton.jit(do_not_specialize=["i", "n_words"])
def moves(
    base, i, bounds, centres, contexts, rates, X, DX, n_words, coarse, fine,
    NC: tl.constexpr, NCP: tl.constexpr, D: tl.constexpr, BD: tl.constexpr,
):  # fmt: skip
    """Add the updates of the pairs of batch ``base + i`` to DX, from the rows before it."""
    b = tl.load(base) + i
    plane = _plane(n_words, D)
    last = tl.load(bounds + b + 1)
    p = tl.load(bounds + b) + tl.program_id(0)
    while p < last:
        centre, rows, nth, dims, m, mm, v, u = _rows_of(p, centres, contexts, X, NC, NCP, D, BD)
        s = 1.0 / (1.0 + tl.exp(-tl.sum(v[None, :] * u, 1)))
        f = tl.load(rates + p) * (tl.where(nth == 0, 1.0, 0.0) - s)
        f = tl.where(nth < NC, f, 0.0)
        at = rows[:, None] * D + dims[None, :]
        _add(DX, plane, at, f[:, None] * v[None, :], mm, coarse, fine)
        _add(DX, plane, centre * D + dims, tl.sum(f[:, None] * u, 0), m, coarse, fine)
        p += tl.num_programs(0)


@triton.jit
def _settle_rows(
    b, touched, n_touched, room, probe, X, DX, n_words, log_starts, log,
    P: tl.constexpr, R: tl.constexpr, D: tl.constexpr, BD: tl.constexpr, LOG: tl.constexpr,
):  # fmt: skip
    """Move the touched rows of batch b by their sums and clear these; log the rows from before."""
    n = tl.load(n_touched + b)
    plane = _plane(n_words, P * D)
    dims = tl.arange(0, BD)
    first = tl.program_id(0) * R
    while first < n:
        e = first + tl.arange(0, R)
        rows = tl.load(touched + b.to(tl.int64) * room + e, mask=e < n, other=0).to(tl.int64)
        m = (e[:, None] < n) & (dims[None, :] < D)
        at = (rows[:, None] * P + probe) * D + dims[None, :]
        x = tl.load(X + at, mask=m, other=0.0)
        d = tl.load(DX + at, mask=m, other=0.0) + tl.load(DX + plane + at, mask=m, other=0.0)
        tl.debug_barrier()  # other threads than those that read a sum may clear it
        if LOG:
            to = (tl.load(log_starts + b) + e)[:, None] * D + dims[None, :]
            tl.store(log + to, x, mask=m)
        tl.store(X + at, x + d, mask=m)
        tl.store(DX + at, tl.zeros_like(d), mask=m)
        tl.store(DX + plane + at, tl.zeros_like(d), mask=m)
        first += tl.num_programs(0) * R


@triton.jit(do_not_specialize=["i", "n_words"])
def settle(
    base, i, touched, n_touched, room, X, DX, n_words, log_starts, log,
    R: tl.constexpr, D: tl.constexpr, BD: tl.constexpr, LOG: tl.constexpr,
):  # fmt: skip
    """The end of batch ``base + i``: its rows move by what was added up in DX."""
    b = tl.load(base) + i
    _settle_rows(b, touched, n_touched, room, 0, X, DX, n_words, log_starts, log, 1, R, D, BD, LOG)


@triton.jit(do_not_specialize=["i", "n_words"])
def back_moves(
    base, i, bounds, centres, contexts, rates, X, A, DA, n_words, coarse, fine,
    pair_scores,
    P: tl.constexpr, NC: tl.constexpr, NCP: tl.constexpr, D: tl.constexpr, BD: tl.constexpr,
):  # fmt: skip
    """Add what batch ``base - i`` adds to the adjoints of one probe to DA; X is before the batch.

    ``pair_scores`` (n_pairs, P): sum of e f over the rows of each pair. The formulas are those of
    ``clif_core.influence.unrolled.coupled``.
    """
    b = tl.load(base) - i
    if b >= 0:
        probe = tl.program_id(1)
        plane = _plane(n_words, P * D)
        last = tl.load(bounds + b + 1)
        p = tl.load(bounds + b) + tl.program_id(0)
        while p < last:
            centre, rows, nth, dims, m, mm, v, u = _rows_of(p, centres, contexts, X, NC, NCP, D, BD)
            at_v = (centre * P + probe) * D + dims
            at_u = (rows[:, None] * P + probe) * D + dims[None, :]
            a_v = tl.load(A + at_v, mask=m, other=0.0)
            a_u = tl.load(A + at_u, mask=mm, other=0.0)
            rate = tl.load(rates + p)
            s = 1.0 / (1.0 + tl.exp(-tl.sum(v[None, :] * u, 1)))
            f = tl.where(nth < NC, rate * (tl.where(nth == 0, 1.0, 0.0) - s), 0.0)
            e = tl.sum(a_v[None, :] * u + a_u * v[None, :], 1)
            eh = e * tl.where(nth < NC, rate * s * (1.0 - s), 0.0)
            moved = f[:, None] * a_v[None, :] - eh[:, None] * v[None, :]
            _add(DA, plane, at_u, moved, mm, coarse, fine)
            gained = tl.sum(f[:, None] * a_u - eh[:, None] * u, 0)
            _add(DA, plane, at_v, gained, m, coarse, fine)
            tl.store(pair_scores + p.to(tl.int64) * P + probe, tl.sum(e * f))
            p += tl.num_programs(0)


@triton.jit(do_not_specialize=["i", "n_words"])
def settle_back(
    base, i, touched, n_touched, room, X, A, DA, n_words, log_starts, log,
    P: tl.constexpr, R: tl.constexpr, D: tl.constexpr, BD: tl.constexpr,
):  # fmt: skip
    """The end of batch ``base - i`` of a reverse pass: adjoints move, X goes one batch back."""
    b = tl.load(base) - i
    probe = tl.program_id(1)
    if b >= 0:
        _settle_rows(
            b, touched, n_touched, room, probe, A, DA, n_words, log_starts, log, P, R, D, BD, False
        )
    if (b >= 1) & (probe == 0):
        n = tl.load(n_touched + b - 1)
        dims = tl.arange(0, BD)
        first = tl.program_id(0) * R
        while first < n:
            e = first + tl.arange(0, R)
            rows = tl.load(touched + (b - 1).to(tl.int64) * room + e, mask=e < n, other=0)
            m = (e[:, None] < n) & (dims[None, :] < D)
            of = (tl.load(log_starts + b - 1) + e)[:, None] * D + dims[None, :]
            x = tl.load(log + of, mask=m, other=0.0)
            tl.store(X + rows.to(tl.int64)[:, None] * D + dims[None, :], x, mask=m)
            first += tl.num_programs(0) * R
