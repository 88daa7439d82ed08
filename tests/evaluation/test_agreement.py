"""Agreement of two estimates of the same effects."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clif_core.evaluation.agreement import N_TOP, agreement, chance_overlap


def test_an_estimate_agrees_with_itself_at_any_scale() -> None:
    effects = np.random.default_rng(0).normal(size=500)
    found = agreement(effects, 3 * effects)
    assert (found.rank_correlation, found.shared, found.n) == (pytest.approx(1), N_TOP, 500)
    assert agreement(effects, -effects).rank_correlation == pytest.approx(-1)


def test_texts_without_an_effect_in_either_do_not_count() -> None:
    first, second = np.zeros(50), np.zeros(50)
    first[:2], second[1:3] = 1.0, 2.0
    assert agreement(first, second)[1:] == (1, 3)
    few = agreement(first[:2], second[:2])
    assert math.isnan(few.rank_correlation) and few.shared == 0


def test_chance_overlap_is_that_of_random_choices() -> None:
    assert chance_overlap(10_000) == pytest.approx(N_TOP**2 / 10_000)
    assert chance_overlap(50) == pytest.approx(50)
