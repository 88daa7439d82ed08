"""p-values by permutation, and the p-value rule for draws in general.

One-sided means "as large or larger"; two-sided means "as far from zero or farther". Exact p-values
count the observed split itself, which makes them valid. Sampled ones are (b + 1) / (m + 1), with b
of m draws as extreme (Davison & Hinkley 1997, section 4.2.5), so they are never zero.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError

__all__ = ["N_DRAWS", "PermutationTest", "p_values", "permutation_test"]

Floats = npt.NDArray[np.float64]

MAX_EXACT_SPLITS = 200_000
N_DRAWS = 10_000
_RELATIVE_TIE = 1e-10  # differences this small, relative to the values' size, are rounding error


@dataclass(frozen=True)
class PermutationTest:
    """Is the split into two groups unusual among all splits of the same sizes?

    ``difference`` is the mean of the first group minus the mean of the second; ``n_draws`` counts
    all splits when the scheme is exact and the random ones when it is sampled. ``smallest_p``: the
    smallest two-sided p that any values could give on groups of these sizes.
    """

    difference: float
    p_one_sided: float
    p_two_sided: float
    scheme: Literal["exact", "sampled"]
    n_draws: int
    smallest_p: float


def permutation_test(
    first: Floats,
    second: Floats,
    seed: int = 0,
    n_draws: int = N_DRAWS,
    max_exact: int = MAX_EXACT_SPLITS,
) -> PermutationTest:
    """Test the difference of means by exchanging members of the groups; the sizes stay the same.

    Exact over all C(n + m, n) splits when there are at most ``max_exact``, else over ``n_draws``
    seeded random splits. For a given pool the p-values hold for every statistic that increases with
    the sum of the first group, so for WEAT's difference, statistic and effect size alike.
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, pool = len(first), np.concatenate([first, second])
    if n == 0 or len(second) == 0:
        raise InputError(
            f"a permutation test needs at least one value in each group, got {n} and {len(second)}."
        )
    if n_draws < 1:
        raise InputError(f"n_draws must be at least 1, got {n_draws}.")
    centred = pool - pool.mean()  # the difference is then (1/n + 1/m) times the first group's sum
    observed = centred[:n].sum()
    tie = _RELATIVE_TIE * np.abs(centred).sum()
    n_splits = math.comb(len(pool), n)
    is_exact = n_splits <= max_exact
    sums = _all_sums(centred, n) if is_exact else _random_sums(centred, n, n_draws, seed)
    one_sided, two_sided = p_values(observed, sums, is_exact, tie)
    return PermutationTest(
        difference=float(first.mean() - second.mean()),
        p_one_sided=one_sided,
        p_two_sided=two_sided,
        scheme="exact" if is_exact else "sampled",
        n_draws=len(sums),
        smallest_p=_smallest_p(len(sums), is_exact, n == len(second)),
    )


def _smallest_p(n_draws: int, is_exact: bool, is_even: bool) -> float:
    """The most extreme split alone; of groups of one size its mirror image lies as far out."""
    if not is_exact:
        return 1 / (n_draws + 1)
    return (2 if is_even else 1) / n_draws


def p_values(
    observed: float, draws: Floats, is_exact: bool = False, tie: float = 0.0
) -> tuple[float, float]:
    """(one-sided, two-sided) p of ``observed`` among draws under the null hypothesis.

    ``is_exact``: the draws are all there are, the observed one included. Draws closer than ``tie``
    to the observed value count as extreme.
    """
    n_larger = int((draws >= observed - tie).sum())
    n_farther = int((np.abs(draws) >= abs(observed) - tie).sum())
    extra = 0 if is_exact else 1
    return (n_larger + extra) / (len(draws) + extra), (n_farther + extra) / (len(draws) + extra)


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
