"""Adjusted p-values, percentile intervals and the spread over seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from clif_core.errors import InputError
from clif_core.measurement import adjust_p_values
from clif_core.measurement.uncertainty import mean_interval, percentile_interval, seed_spread


def test_adjusted_p_values_are_those_of_benjamini_and_hochberg() -> None:
    p = [0.01, 0.04, 0.03, 0.005, 0.8]
    expected = [0.025, 0.05, 0.05, 0.025, 0.8]
    assert adjust_p_values(p) == pytest.approx(expected)
    assert len(adjust_p_values([])) == 0
    with pytest.raises(InputError):
        adjust_p_values([0.5, 1.5])


def test_interval_and_seed_spread() -> None:
    interval = percentile_interval(np.arange(1001.0), level=0.9)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((50, 950))
    assert percentile_interval(np.array([np.nan])) is None
    spread = seed_spread({1: 1.0, 2: 3.0})
    assert spread is not None
    assert (spread.mean, spread.std) == pytest.approx((2, 2**0.5))
    assert seed_spread({1: 1.0}) is None


def test_a_mean_over_seeds_has_students_interval() -> None:
    values = [0.1, 0.3, 0.2, 0.4]
    found = mean_interval(values)
    assert found is not None
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected)
    assert (found.mean, found.standard_error, found.n) == pytest.approx(
        (0.25, stats.sem(values), 4)
    )
    assert mean_interval([0.1]) is None
    with pytest.raises(InputError, match="level"):
        mean_interval(values, level=95)
