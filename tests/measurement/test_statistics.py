"""p-values against brute force and scipy, uniformity under the null, and the null probes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from clif_core import probes
from clif_core.errors import InputError
from clif_core.measurement import statistics
from clif_core.measurement.probe_report import measure
from clif_core.sgns.model import SkipGram, Vocabulary
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
        test = statistics.permutation_test(first, second)
        assert test.scheme == "exact"
        assert (test.p_one_sided, test.p_two_sided) == pytest.approx(brute_force(first, second))


def test_exact_p_equals_scipy_and_sampled_p_comes_near_it() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=8) + 0.7, rng.normal(size=8)
    ours = statistics.permutation_test(first, second)
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
    sampled = statistics.permutation_test(first, second, n_draws=20_000, max_exact=0)
    assert sampled.scheme == "sampled"
    assert sampled.p_one_sided == pytest.approx(ours.p_one_sided, abs=0.005)
    assert sampled == statistics.permutation_test(first, second, n_draws=20_000, max_exact=0)


def test_ties_count_as_extreme_and_sampled_p_is_never_zero() -> None:
    assert statistics.permutation_test(np.ones(4), np.ones(4)).p_one_sided == 1
    clear = statistics.permutation_test(np.arange(40.0) + 100, np.arange(40.0), n_draws=999)
    assert clear.p_one_sided == clear.p_two_sided == 1 / 1000


@pytest.mark.parametrize("max_exact", [200_000, 0])
def test_under_the_null_p_values_are_uniform(max_exact: int) -> None:
    """500 WEATs on random vectors; the released test of the CLIF authors rejects 10 % at .05."""
    rng = np.random.default_rng(11)
    vectors = rng.normal(size=(500, 32, 20))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    direction = vectors[:, 16:24].mean(axis=1) - vectors[:, 24:].mean(axis=1)
    lean = np.einsum("nwd,nd->nw", vectors[:, :16], direction)
    tests = [
        statistics.permutation_test(row[:8], row[8:], seed=i, n_draws=500, max_exact=max_exact)
        for i, row in enumerate(lean)
    ]
    for p in ([t.p_one_sided for t in tests], [t.p_two_sided for t in tests]):
        assert stats.kstest(p, "uniform").pvalue > 0.01
        n_rejected = int((np.array(p) <= 0.05).sum())
        assert stats.binomtest(n_rejected, len(p), 0.05).pvalue > 0.005
        assert n_rejected / len(p) < 0.08


def released_p_values(lean: np.ndarray) -> np.ndarray:
    """The CLIF authors' p of (n, 8 + 8): subsets of X against subsets of Y, never an exchange."""
    subsets = {(*range(s, m), last) for s in range(8) for m in range(s, 8) for last in range(m, 8)}
    member = np.array([[i in subset for i in range(8)] for subset in sorted(subsets)], dtype=float)
    of_x, of_y = np.nonzero(member.sum(axis=1)[:, None] == member.sum(axis=1))
    x, y = lean[:, :8], lean[:, 8:]
    draws = (x @ member.T)[:, of_x] - (y @ member.T)[:, of_y]
    observed = x.sum(axis=1) - y.sum(axis=1)
    share: np.ndarray = (draws > observed[:, None]).mean(axis=1)
    return share


def test_the_released_test_raises_too_many_false_alarms_and_ours_does_not() -> None:
    lean = np.random.default_rng(2).normal(size=(1000, 16))
    ours = [statistics.permutation_test(row[:8], row[8:]).p_one_sided for row in lean[:400]]
    assert 0.09 < (released_p_values(lean) <= 0.05).mean() < 0.13
    assert stats.binomtest(int((np.array(ours) <= 0.05).sum()), 400, 0.05).pvalue > 0.01


def test_weat_p_holds_for_all_three_quantities() -> None:
    model = random_model(n_extra=100)
    reports = [measure(weat(q), model, n_nulls=50, n_resamples=50) for q in probes.QUANTITIES]
    assert len({report.permutation for report in reports}) == 1


def test_adjusted_p_values_are_those_of_benjamini_and_hochberg() -> None:
    p = [0.01, 0.04, 0.03, 0.005, 0.8]
    expected = [0.025, 0.05, 0.05, 0.025, 0.8]
    assert statistics.adjust_p_values(p) == pytest.approx(expected)
    assert len(statistics.adjust_p_values([])) == 0
    with pytest.raises(InputError):
        statistics.adjust_p_values([0.5, 1.5])


def test_interval_and_seed_spread() -> None:
    interval = statistics.percentile_interval(np.arange(1001.0), level=0.9)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((50, 950))
    assert statistics.percentile_interval(np.array([np.nan])) is None
    spread = statistics.seed_spread({1: 1.0, 2: 3.0})
    assert spread is not None
    assert (spread.mean, spread.std) == pytest.approx((2, 2**0.5))
    assert statistics.seed_spread({1: 1.0}) is None


def test_frequency_neighbours_are_near_in_count_and_never_excluded() -> None:
    counts = (1e6 / np.arange(1, 2001)).astype(np.int64)
    rows = np.array([5, 500, 1990])
    near = statistics.frequency_neighbours(counts, rows, excluded=np.array([5, 6, 500]))
    assert near.shape == (3, 100)
    assert not np.isin([5, 6, 500], near).any()
    ratio = np.abs(np.log(counts[near[1]] / counts[500]))
    others = np.setdiff1d(np.arange(2000), [*near[1], 5, 6, 500])
    assert ratio.max() <= np.abs(np.log(counts[others] / counts[500])).min() + 1e-9
    with pytest.raises(InputError, match="too small"):
        statistics.frequency_neighbours(counts[:5], np.arange(3), np.arange(3))


def test_random_replacements_never_repeat_a_word_in_a_draw() -> None:
    near = np.tile(np.arange(40), (20, 1))  # the hardest case: all words share their neighbours
    drawn = statistics.random_replacements(near, 300, seed=1)
    assert (np.sort(drawn, axis=1)[:, 1:] > np.sort(drawn, axis=1)[:, :-1]).all()
    assert (drawn == statistics.random_replacements(near, 300, seed=1)).all()
    assert np.bincount(drawn.ravel(), minlength=40).std() < 30  # about 150 times each


def test_null_probes_are_the_probe_with_other_targets() -> None:
    """A frequent word pair drawn by hand gives the very value that the vectorised path gives."""
    model = random_model(n_extra=400)
    report = measure(weat(), model, seed=4, n_nulls=5)
    assert report.nulls is not None
    assert report.nulls.replaced == ("men", "women")
    resolved = report.resolved
    rows = np.concatenate([resolved.sets[0].ids, resolved.sets[1].ids])
    near = statistics.frequency_neighbours(model.vocabulary.counts, rows, resolved.word_ids)
    for drawn, value in zip(
        statistics.random_replacements(near, 5, seed=4), report.nulls.values, strict=True
    ):
        words = [model.vocabulary.words[row] for row in drawn]
        probe = probes.Weat("n", words[:4], words[4:], weat().attributes_a, weat().attributes_b)
        expected = probe.resolve(model.vocabulary).value(model.centre_vectors)
        assert value == pytest.approx(expected, abs=1e-12)


def test_null_p_values_are_uniform_when_the_probe_is_random_itself() -> None:
    model = random_model(n_extra=600, dim=8)
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(60):
        words = [f"word{i}" for i in rng.choice(600, size=20, replace=False)]
        probe = probes.Weat("r", words[:5], words[5:10], words[10:15], words[15:])
        nulls = measure(probe, model, n_nulls=200, n_resamples=10).nulls
        assert nulls is not None
        p_values.append(nulls.p_two_sided)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_leave_one_out_bootstrap_and_seeds_in_the_report() -> None:
    model = random_model(n_extra=200)
    other = random_model(n_extra=200, seed=9).centre_vectors
    model = SkipGram("m", model.vocabulary, model.centre_vectors, other_seeds={7: other})
    report = measure(weat(), model)
    without = probes.Weat(
        "w", ("he", "man", "king"), weat().targets_y, weat().attributes_a, weat().attributes_b
    )
    expected = without.resolve(model.vocabulary).value(model.centre_vectors)
    boy = report.words.set_index("word").loc["boy"]
    assert boy["value_without"] == pytest.approx(expected)
    assert boy["carried"] == pytest.approx(report.value - expected)
    assert report.interval is not None
    assert report.interval.low < report.value < report.interval.high
    assert report.seeds is not None
    assert report.seeds.values[7] == pytest.approx(report.resolved.value(other))
    again = measure(weat(), model)
    assert again.interval == report.interval
    assert np.array_equal(again.nulls.values, report.nulls.values)  # type: ignore[union-attr]


def test_pairs_are_left_out_together() -> None:
    model = random_model(n_extra=200)
    pairs = (("he", "she"), ("man", "woman"), ("king", "queen"))
    report = measure(probes.Ripa(("war",), pairs), model, n_nulls=50, n_resamples=50)
    rest = probes.Ripa(("war",), pairs[1:]).resolve(model.vocabulary).value(model.centre_vectors)
    for word in ("he", "she"):
        row = report.words.set_index("word").loc[word]
        assert row["value_without"] == pytest.approx(rest)


def test_no_draws_leave_the_parts_out() -> None:
    report = measure(weat(), random_model(n_extra=100), n_permutations=0, n_nulls=0, n_resamples=0)
    assert report.permutation is report.nulls is report.interval is None


def test_a_vocabulary_too_small_for_nulls_says_so() -> None:
    words = ["he", "she", "war", "love", "the"]
    vectors = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    model = SkipGram("tiny", Vocabulary(words, np.arange(5, 0, -1)), vectors)
    report = measure(probes.Weat("t", ("he",), ("she",), ("war",), ("love",)), model)
    assert report.nulls is None
    assert any("too small" in note for note in report.notes)


def test_reliability_is_the_share_that_further_runs_give_again():
    """Scaled by it, a mean of noisy runs has the slope 1 towards what the next runs say."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(3, 20_000))
    luck = np.array([0.0, 1.0, 4.0])[:, None]
    runs = shared + luck * rng.normal(size=(4, 3, 20_000))
    found = statistics.reliability(runs)
    np.testing.assert_allclose(found, 1 / (1 + luck[:, 0] ** 2 / 4), atol=0.02)
    scaled = found[:, None] * runs.mean(0)
    slope = (scaled * shared).sum(1) / np.square(scaled).sum(1)
    np.testing.assert_allclose(slope, 1, atol=0.04)


def test_reliability_of_runs_that_share_nothing_of_nothing_and_of_one():
    noise = np.random.default_rng(1).normal(size=(4, 50, 100))
    found = statistics.reliability(noise)
    assert (found >= 0).all() and np.median(found) < 0.1
    assert statistics.reliability(np.zeros((3, 1, 5))).tolist() == [1.0]  # they agree on it
    assert statistics.reliability(noise[:1]).tolist() == [1.0] * 50


def test_a_noisy_mean_is_drawn_towards_what_is_known_without_noise():
    generator = np.random.default_rng(0)
    prior = generator.normal(size=(40, 300))
    truth = 0.7 * prior + 0.5 * generator.normal(size=prior.shape)
    runs = truth + generator.normal(size=(4, *prior.shape))  # luck of the mean: variance 1/4
    factor, share = statistics.shrinkage(runs, prior)
    np.testing.assert_allclose(factor, 0.7, atol=0.15)
    np.testing.assert_allclose(share, 0.5, atol=0.2)  # 0.25 / (0.25 + 0.25)
    assert share.mean() == pytest.approx(0.5, abs=0.02)
    known = factor[:, None] * prior
    drawn = known + share[:, None] * (runs.mean(0) - known)
    errors = [np.square(found - truth).mean() for found in (drawn, runs.mean(0), known)]
    assert errors[0] < 0.6 * min(errors[1:])


def test_what_contradicts_the_runs_or_says_nothing_is_left_out():
    runs = np.array([[[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.2]]])
    for prior in (-runs.mean(0), np.zeros((1, 3))):
        factor, share = statistics.shrinkage(runs, prior)
        assert factor.tolist() == [0.0]
        np.testing.assert_allclose(share, statistics.reliability(runs))
