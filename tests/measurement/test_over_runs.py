"""What several runs say of many units: against closed forms, and in simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from clif_core.errors import InputError
from clif_core.measurement.over_runs import UnitStatistics, judge_units, moderate


def luck(generator: np.random.Generator, n_units: int, usual_freedom: float) -> np.ndarray:
    """True variances of luck: scaled inverse chi-square around 4, as the model takes them."""
    return 4.0 * usual_freedom / generator.chisquare(usual_freedom, n_units)


def simulated(
    seed: int, n_units: int, n_runs: int, truth: np.ndarray, usual_freedom: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """(n_runs, n_units) effects around ``truth``, and the spread of luck of each unit."""
    generator = np.random.default_rng(seed)
    spread = np.sqrt(luck(generator, n_units, usual_freedom))
    return truth + spread * generator.normal(size=(n_runs, n_units)), spread


def test_few_units_have_the_t_test_and_the_interval_of_student() -> None:
    runs = np.random.default_rng(0).normal(0.5, 1.0, (8, 5))
    found, expected = judge_units(runs), stats.ttest_1samp(runs, 0.0)
    np.testing.assert_allclose(found.p, expected.pvalue)
    interval = expected.confidence_interval(0.95)
    np.testing.assert_allclose(found.low, interval.low)
    np.testing.assert_allclose(found.high, interval.high)
    np.testing.assert_allclose(found.standard_error, stats.sem(runs))
    np.testing.assert_allclose(found.q, stats.false_discovery_control(expected.pvalue))


def test_a_variance_is_drawn_towards_the_usual_one_by_its_degrees_of_freedom() -> None:
    generator = np.random.default_rng(1)
    true = luck(generator, 50_000, usual_freedom=6.0)
    seen = true * generator.chisquare(7, true.shape) / 7
    drawn, freedom = moderate(seen, 7)
    assert freedom == pytest.approx(7 + 6, rel=0.05)
    np.testing.assert_allclose(drawn, (6 * 4.0 + 7 * seen) / 13, rtol=0.05)
    # 1 / drawn is the expected precision: nearer the true one than 1 / seen, and right on average.
    errors = [np.square(np.log(found / true)).mean() for found in (drawn, seen)]
    assert errors[0] < 0.7 * errors[1]
    assert (true / drawn).mean() == pytest.approx((6 + 7) / (6 + 7 - 2), rel=0.03)


def test_variances_that_differ_by_luck_alone_become_one() -> None:
    seen = 2.0 * np.random.default_rng(2).chisquare(3, 100_000) / 3
    drawn, freedom = moderate(seen, 3)
    assert freedom > 100
    np.testing.assert_allclose(drawn.mean(), 2.0, rtol=0.02)
    assert drawn.std() < 0.1 * seen.std()
    drawn, freedom = moderate(np.full(400, 2.0), 3)  # they differ less than luck would have it
    assert freedom > 1e5
    assert drawn.std() < 1e-12


def test_units_that_are_not_counted_keep_their_variance_and_count_for_nothing() -> None:
    seen = np.random.default_rng(3).chisquare(7, 200)
    counted = np.arange(200) < 100
    drawn, freedom = moderate(seen, 7, counted)
    np.testing.assert_array_equal(drawn[100:], seen[100:])
    alone, alone_freedom = moderate(seen[:100], 7)
    np.testing.assert_allclose(drawn[:100], alone)
    assert freedom == alone_freedom


def false_and_found(found: UnitStatistics, is_null: np.ndarray) -> tuple[float, int]:
    """The share of false ones among what holds, and how many true ones do."""
    n_held = int(found.holds.sum())
    return (found.holds & is_null).sum() / max(n_held, 1), int((found.holds & ~is_null).sum())


def test_false_discoveries_stay_rare_and_true_ones_are_found_more_often_than_by_student() -> None:
    n_units, shares, n_found, n_by_student = 3000, [], 0, 0
    is_null = np.arange(n_units) >= 300
    truth = np.where(is_null, 0.0, 5.0)
    for seed in range(20):
        runs, _ = simulated(seed, n_units, 6, truth)
        share, n_true = false_and_found(judge_units(runs), is_null)
        shares.append(share)
        n_found += n_true
        by_student = stats.false_discovery_control(stats.ttest_1samp(runs, 0.0).pvalue) <= 0.05
        n_by_student += int((by_student & ~is_null).sum())
    assert 0.02 < np.mean(shares) < 0.065
    assert n_found > 1.2 * n_by_student > 0


def test_where_nothing_is_true_hardly_anything_holds() -> None:
    runs = [simulated(seed, 2000, 8, np.zeros(2000))[0] for seed in range(20)]
    assert sum(judge_units(of_seed).holds.any() for of_seed in runs) <= 4  # 5 % of 20 expected


@pytest.mark.parametrize("n_runs", [4, 8, 16])
def test_intervals_hold_the_truth_about_95_times_in_100(n_runs: int) -> None:
    truth = np.random.default_rng(5).normal(size=5000)
    found = judge_units(simulated(n_runs, 5000, n_runs, truth)[0])
    assert np.mean((found.low <= truth) & (truth <= found.high)) == pytest.approx(0.95, abs=0.01)


def test_the_interval_of_a_drawn_effect_holds_the_truth_of_the_strongest_too() -> None:
    """Chosen by the plain mean, the strongest were lucky; drawn towards what is known, they fit."""
    generator = np.random.default_rng(6)
    known = generator.normal(size=20_000)
    truth = known + generator.normal(size=known.shape)
    runs = truth + 2.0 * generator.normal(size=(4, *known.shape))  # luck of the mean: variance 1
    drawn, plain = judge_units(runs, known, share=0.5), judge_units(runs)
    covered, errors = [], []
    for found in (drawn, plain):
        top = np.argsort(-np.abs(found.effect))[:200]
        covered.append(np.mean((found.low <= truth) & (truth <= found.high), where=np.isin(
            np.arange(len(truth)), top)))  # fmt: skip
        errors.append(np.abs((truth / found.effect)[top].mean() - 1))
    assert covered[0] > 0.95 > 0.9 > covered[1]
    assert errors[0] < 0.05 < 0.15 < errors[1]


def test_the_sure_bound_is_the_one_nearest_to_0_and_0_where_the_interval_holds_0() -> None:
    one = np.ones(3)
    found = UnitStatistics(
        8, one, one, one, low=np.array([1.0, -3.0, -1.0]), high=np.array([2.0, -2.0, 1.0]),
        n_agree=np.array([8, 8, 8]), p=one, q=one,
    )  # fmt: skip
    assert found.sure.tolist() == [1.0, -2.0, 0.0]


def test_what_holds_has_a_small_q_a_shared_sign_and_enough_runs() -> None:
    steady = np.tile([10.0, 10.0, -10.0], (8, 4)) + np.random.default_rng(7).normal(size=(8, 12))
    assert judge_units(steady).holds.all()
    assert judge_units(steady[:4]).holds.all()
    assert not judge_units(steady[:3]).holds.any()
    assert not judge_units(steady, known=-30 * steady.mean(0), share=0.9).holds.any()
    split = np.where(np.arange(8)[:, None] < 2, -0.1, 40.0) + steady * 0.001
    assert judge_units(split).n_agree.tolist() == [6] * 12
    assert not judge_units(split).holds.any()


def test_a_unit_that_no_run_sees_is_no_test() -> None:
    runs = np.random.default_rng(8).normal(1.0, 1.0, (6, 40))
    with_empty = np.concatenate([runs, np.zeros((6, 400))], axis=1)
    found, alone = judge_units(with_empty), judge_units(runs)
    np.testing.assert_allclose(found.q[:40], alone.q)
    assert (found.p[40:] == 1).all() and (found.q[40:] == 1).all()
    assert not found.standard_error[40:].any() and not found.holds[40:].any()


def test_one_run_says_nothing_of_its_error() -> None:
    found = judge_units(np.array([[1.0, -2.0]]))
    assert found.effect.tolist() == [1.0, -2.0]
    assert np.isinf(found.standard_error).all() and not found.holds.any()
    assert found.sure.tolist() == [0.0, 0.0]
    for shape in ((0, 3), (3,)):
        with pytest.raises(InputError, match="must be \\(n_runs, n_units\\)"):
            judge_units(np.zeros(shape))


def test_a_table_has_a_row_a_unit_in_the_given_order() -> None:
    found = judge_units(np.random.default_rng(9).normal(size=(5, 20)))
    table = found.table([7, 3])
    assert table.columns.tolist() == [
        "standard_error", "low", "high", "n_agree", "n_runs", "q", "holds",
    ]  # fmt: skip
    assert table["low"].tolist() == found.low[[7, 3]].tolist()
    assert (table["n_runs"] == 5).all()
    assert len(found.table()) == 20
