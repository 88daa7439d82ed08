"""Adjusted p-values, percentile intervals and the spread over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.measurement import adjust_p_values
from clif_core.measurement.uncertainty import percentile_interval, seed_spread


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
