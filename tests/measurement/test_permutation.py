"""Permutation p-values: against brute force and scipy, and uniform under the null."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from clif_core import probes
from clif_core.measurement import measure, permutation_test
from tests.probe_examples import random_model, weat


def brute_force(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    pool = [*first, *second]
    observed = np.mean(first) - np.mean(second)
    differences = []
    for members in itertools.combinations(range(len(pool)), len(first)):
        rest = [i for i in range(len(pool)) if i not in members]
        differences.append(np.mean([pool[i] for i in members]) - np.mean([pool[i] for i in rest]))
    at_least = np.array(differences) >= observed - 1e-12
    as_far = np.abs(differences) >= abs(observed) - 1e-12
    return float(at_least.mean()), float(as_far.mean())


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (4, 4), (5, 3), (6, 6)])
def test_exact_p_equals_brute_force(n: int, m: int) -> None:
    rng = np.random.default_rng(n * 10 + m)
    for shift in (0.0, 1.0):
        first, second = rng.normal(size=n) + shift, rng.normal(size=m)
        test = permutation_test(first, second)
        assert test.scheme == "exact"
        assert (test.p_one_sided, test.p_two_sided) == pytest.approx(brute_force(first, second))


def test_exact_p_equals_scipy_and_sampled_p_is_close() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=8) + 0.7, rng.normal(size=8)
    ours = permutation_test(first, second)
    assert ours.n_draws == 12_870
    for alternative, p in (("greater", ours.p_one_sided), ("two-sided", ours.p_two_sided)):
        theirs = stats.permutation_test(
            (first, second),
            lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
            vectorized=True,
            n_resamples=np.inf,
            alternative=alternative,
        )
        assert p == pytest.approx(theirs.pvalue)
    sampled = permutation_test(first, second, n_draws=20_000, max_exact=0)
    assert sampled.scheme == "sampled"
    assert sampled.p_one_sided == pytest.approx(ours.p_one_sided, abs=0.005)
    assert sampled == permutation_test(first, second, n_draws=20_000, max_exact=0)


def test_ties_count_as_extreme_and_sampled_p_is_never_zero() -> None:
    assert permutation_test(np.ones(4), np.ones(4)).p_one_sided == 1
    clear = permutation_test(np.arange(40.0) + 100, np.arange(40.0), n_draws=999)
    assert clear.p_one_sided == clear.p_two_sided == 1 / 1000


@pytest.mark.slow
@pytest.mark.parametrize("max_exact", [200_000, 0])
def test_under_the_null_p_values_are_uniform(max_exact: int) -> None:
    """500 WEATs on random vectors; the test that the CLIF authors released rejects 10 % at .05."""
    rng = np.random.default_rng(11)
    vectors = rng.normal(size=(500, 32, 20))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    direction = vectors[:, 16:24].mean(axis=1) - vectors[:, 24:].mean(axis=1)
    lean = np.einsum("nwd,nd->nw", vectors[:, :16], direction)
    tests = [
        permutation_test(row[:8], row[8:], seed=i, n_draws=500, max_exact=max_exact)
        for i, row in enumerate(lean)
    ]
    for p in ([t.p_one_sided for t in tests], [t.p_two_sided for t in tests]):
        assert stats.kstest(p, "uniform").pvalue > 0.01
        n_rejected = int((np.array(p) <= 0.05).sum())
        assert stats.binomtest(n_rejected, len(p), 0.05).pvalue > 0.005
        assert n_rejected / len(p) < 0.08


def released_p_values(lean: np.ndarray) -> np.ndarray:
    """The CLIF authors' p of (n, 8 + 8): subsets of X against subsets of Y, no exchange."""
    subsets = {(*range(s, m), last) for s in range(8) for m in range(s, 8) for last in range(m, 8)}
    member = np.array([[i in subset for i in range(8)] for subset in sorted(subsets)], dtype=float)
    of_x, of_y = np.nonzero(member.sum(axis=1)[:, None] == member.sum(axis=1))
    x, y = lean[:, :8], lean[:, 8:]
    draws = (x @ member.T)[:, of_x] - (y @ member.T)[:, of_y]
    observed = x.sum(axis=1) - y.sum(axis=1)
    share: np.ndarray = (draws > observed[:, None]).mean(axis=1)
    return share


@pytest.mark.slow
def test_the_released_test_rejects_too_often_and_ours_does_not() -> None:
    lean = np.random.default_rng(2).normal(size=(1000, 16))
    ours = [permutation_test(row[:8], row[8:]).p_one_sided for row in lean[:400]]
    assert 0.09 < (released_p_values(lean) <= 0.05).mean() < 0.13
    assert stats.binomtest(int((np.array(ours) <= 0.05).sum()), 400, 0.05).pvalue > 0.01


def test_weat_p_holds_for_all_three_quantities() -> None:
    model = random_model(n_extra=100)
    reports = [measure(weat(q), model, n_nulls=50, n_resamples=50) for q in probes.QUANTITIES]
    assert len({report.permutation for report in reports}) == 1
