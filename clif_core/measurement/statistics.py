"""Permutation tests, intervals and corrections, on plain arrays; the words live elsewhere.

Everything random takes a seed and uses ``numpy.random.default_rng``. One-sided means "as large or
larger"; two-sided means "as far from zero or farther". Sampled p-values are (b + 1) / (m + 1), with
b of m draws as extreme (Davison & Hinkley 1997, section 4.2.5), so they are never zero; exact ones
count the observed split itself, as they must to be valid.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from clif_core.errors import InputError

__all__ = [
    "Interval",
    "PermutationTest",
    "SeedSpread",
    "adjust_p_values",
    "frequency_neighbours",
    "percentile_interval",
    "permutation_test",
    "random_replacements",
    "reliability",
    "sampled_p_values",
    "seed_spread",
    "shrinkage",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_EXACT_SPLITS = 200_000
N_DRAWS = 10_000
_RELATIVE_TIE = 1e-10  # differences this small, relative to the values' size, are rounding


@dataclass(frozen=True)
class PermutationTest:
    """Is the split into two groups unusual among all splits of the same sizes?

    ``difference`` is mean of the first group minus mean of the second; ``n_draws`` counts all
    splits when the scheme is exact and the random ones when it is sampled.
    """

    difference: float
    p_one_sided: float
    p_two_sided: float
    scheme: Literal["exact", "sampled"]
    n_draws: int


@dataclass(frozen=True)
class Interval:
    """A bootstrap percentile interval; ``n_draws`` resamples gave a number."""

    low: float
    high: float
    level: float
    n_draws: int


@dataclass(frozen=True)
class SeedSpread:
    """The same quantity on trainings that differ in the seed alone; std has ddof 1."""

    values: dict[int, float]
    mean: float
    std: float


def permutation_test(
    first: Floats,
    second: Floats,
    seed: int = 0,
    n_draws: int = N_DRAWS,
    max_exact: int = MAX_EXACT_SPLITS,
) -> PermutationTest:
    """Test the difference of means by exchanging the groups' members, sizes kept.

    Exact over all C(n + m, n) splits when there are at most ``max_exact``, else over ``n_draws``
    seeded random splits. The p-values hold for every statistic that rises with the first group's
    sum while the pool stays the same, so for WEAT's difference, statistic and effect size alike.
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, pool = len(first), np.concatenate([first, second])
    if n == 0 or len(second) == 0:
        raise InputError("a permutation test needs at least one value in each group.")
    if n_draws < 1:
        raise InputError(f"n_draws must be at least 1, got {n_draws}.")
    centred = pool - pool.mean()  # the difference is then (1/n + 1/m) times the first group's sum
    observed = centred[:n].sum()
    tie = _RELATIVE_TIE * np.abs(centred).sum()
    n_splits = math.comb(len(pool), n)
    is_exact = n_splits <= max_exact
    sums = _all_sums(centred, n) if is_exact else _random_sums(centred, n, n_draws, seed)
    larger = int((sums >= observed - tie).sum())
    farther = int((np.abs(sums) >= abs(observed) - tie).sum())
    extra = 0 if is_exact else 1
    return PermutationTest(
        difference=float(first.mean() - second.mean()),
        p_one_sided=(larger + extra) / (len(sums) + extra),
        p_two_sided=(farther + extra) / (len(sums) + extra),
        scheme="exact" if is_exact else "sampled",
        n_draws=len(sums),
    )


def _all_sums(values: Floats, n: int) -> Floats:
    splits = itertools.chain.from_iterable(itertools.combinations(range(len(values)), n))
    total = math.comb(len(values), n)
    members = np.fromiter(splits, dtype=np.intp, count=total * n).reshape(total, n)
    sums: Floats = values[members].sum(axis=1)
    return sums


def _random_sums(values: Floats, n: int, n_draws: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    order = np.argpartition(rng.random((n_draws, len(values))), n - 1, axis=1)
    sums: Floats = values[order[:, :n]].sum(axis=1)
    return sums


def sampled_p_values(observed: float, draws: Floats) -> tuple[float, float]:
    """(one-sided, two-sided) p of ``observed`` among random ``draws``; NaN draws do not count."""
    draws = draws[np.isfinite(draws)]
    larger = int((draws >= observed).sum())
    farther = int((np.abs(draws) >= abs(observed)).sum())
    return (larger + 1) / (len(draws) + 1), (farther + 1) / (len(draws) + 1)


def percentile_interval(draws: Floats, level: float = 0.95) -> Interval | None:
    """The interval that holds the middle ``level`` of the draws; None when none is a number."""
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}.")
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return None
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, len(draws))


def adjust_p_values(p_values: Sequence[float]) -> Floats:
    """Benjamini-Hochberg adjusted p-values, in the given order (1995, J. R. Stat. Soc. B 57).

    Calling those below q discoveries keeps the expected share of false ones below q. Hand in every
    probe that was tried, not only those that looked promising.
    """
    given = np.asarray(p_values, dtype=np.float64)
    if given.size == 0:
        return given
    if not ((given >= 0) & (given <= 1)).all():
        raise InputError(f"p-values must lie between 0 and 1, got {given.tolist()}.")
    adjusted: Floats = stats.false_discovery_control(given, method="bh")
    return adjusted


def seed_spread(values: dict[int, float]) -> SeedSpread | None:
    """Mean and standard deviation (ddof 1) over seeds; None with fewer than two."""
    if len(values) < 2:
        return None
    numbers = np.array(list(values.values()))
    return SeedSpread(dict(values), float(numbers.mean()), float(numbers.std(ddof=1)))


def frequency_neighbours(
    counts: npt.NDArray[np.integer], rows: Ints, excluded: Ints, n_neighbours: int = 100
) -> Ints:
    """(len(rows), n_neighbours) rows whose counts are nearest in ratio to each given row's.

    Never one of ``excluded``; fewer than ``n_neighbours`` when the vocabulary has no more, but at
    least twice as many as there are rows. Ties are settled by row.
    """
    n_neighbours = max(n_neighbours, 2 * len(rows))
    allowed = np.ones(len(counts), dtype=bool)
    allowed[excluded] = False
    candidates = np.flatnonzero(allowed)
    if len(candidates) < 2 * len(rows):
        raise InputError(
            f"{len(candidates)} words are left to draw from, and {2 * len(rows)} are needed for"
            f" {len(rows)} words: the vocabulary is too small for frequency-matched nulls."
        )
    logs = np.log(np.maximum(counts, 1))
    distance = np.abs(logs[rows][:, None] - logs[candidates][None, :])
    nearest: Ints = candidates[np.argsort(distance, axis=1, kind="stable")[:, :n_neighbours]]
    return nearest


def random_replacements(neighbours: Ints, n_draws: int, seed: int) -> Ints:
    """(n_draws, n_words) rows: each word replaced by a random neighbour of its own.

    Within one draw no row stands twice: repetitions are drawn again until none is left.
    """
    rng = np.random.default_rng(seed)
    n_words, n_neighbours = neighbours.shape
    word = np.broadcast_to(np.arange(n_words), (n_draws, n_words))
    drawn = neighbours[word, rng.integers(n_neighbours, size=(n_draws, n_words))]
    while (repeated := _repetitions(drawn)).any():
        drawn[repeated] = neighbours[
            word[repeated], rng.integers(n_neighbours, size=repeated.sum())
        ]
    return drawn


def _repetitions(drawn: Ints) -> npt.NDArray[np.bool_]:
    """True where a row number has already stood in the same draw."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ordered = np.take_along_axis(drawn, order, axis=1)
    repeated = np.zeros(drawn.shape, dtype=bool)
    np.put_along_axis(repeated, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return repeated


def reliability(by_run: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of a mean over runs that other runs would give again, (n_probes,), 0 to 1.

    ``by_run`` (n_runs, n_probes, n_items): the effect of each item in each run. A mean over K runs
    is what all runs share plus luck, whose mean square is the runs' variance / K; the share is what
    that leaves of the mean's own mean square (Spearman 1910; shrinking by it minimises the expected
    squared error, James & Stein 1961). One run cannot tell: 1.
    """
    n_runs = len(by_run)
    if n_runs == 1:
        return np.ones(by_run.shape[1])
    total = np.square(by_run.mean(0)).mean(-1)
    luck = by_run.var(0, ddof=1).mean(-1) / n_runs
    return np.asarray(np.clip(1 - luck / np.maximum(total, np.finfo(float).tiny), 0.0, 1.0))


def shrinkage(by_run: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """How a mean over runs is best drawn towards another estimate: (factor, share), (n_probes,).

    ``by_run`` (n_runs, n_probes, n_items) and ``prior`` (n_probes, n_items), of the same items. The
    estimate is ``factor * prior + share * (mean - factor * prior)``: the least-squares multiple of
    the prior, not below 0, and of what the runs add to it the share that is not their luck
    (``reliability``). Empirical Bayes towards a regression (Fay & Herriot 1979).
    """
    mean, size = by_run.mean(0), np.square(prior).sum(-1)
    factor = np.maximum((mean * prior).sum(-1) / np.where(size > 0, size, 1.0), 0.0)
    return factor, reliability(by_run - factor[:, None] * prior)
