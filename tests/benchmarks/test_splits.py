"""What disjoint parts of runs share: figures that are known where the noise is."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.splits import over_splits, sixteen, spearman_brown


def test_spearman_brown_tells_longer_means_from_shorter() -> None:
    assert spearman_brown(0.5, 1, 2) == pytest.approx(2 * 0.5 / 1.5)
    assert spearman_brown(spearman_brown(0.3, 1, 8), 8, 16) == pytest.approx(
        spearman_brown(0.3, 1, 16)
    )
    assert spearman_brown(0.7, 16) == 0.7


def test_runs_of_one_effect_and_noise_share_what_their_noise_allows() -> None:
    rng = np.random.default_rng(0)
    effect = rng.standard_normal(4_000)
    runs = effect + rng.standard_normal((16, 4_000))  # two runs: r .5
    found = over_splits(runs, 6)
    assert found.two == pytest.approx(0.5, abs=0.03)
    assert found.halves == pytest.approx(spearman_brown(0.5, 1, 8), abs=0.02)
    assert 45 < found.strongest < 70
    assert found.n_holding > 1_500 and found.kept > 0.97


def test_noise_alone_shares_and_holds_nothing() -> None:
    runs = np.random.default_rng(1).standard_normal((16, 4_000))
    found = over_splits(runs, 6)
    assert abs(found.halves) < 0.05 and found.strongest < 10 and found.n_holding < 4
    assert over_splits(runs[:4], 1).n_holding == 0  # three runs hold nothing
    assert np.isnan(over_splits(runs[:4], 1).kept)


def test_halves_of_eight_tell_what_sixteen_share_with_sixteen() -> None:
    """Effects with heavy tails, as those of sentences have."""
    rng = np.random.default_rng(2)
    effect = rng.standard_t(3, 20_000)
    runs = effect + 2 * rng.standard_normal((32, 20_000))
    of_all = over_splits(runs, 6)
    told = sixteen(over_splits(runs[:16], 6), 8)
    assert told == pytest.approx((of_all.halves, of_all.strongest), rel=0.04)
    assert of_all.strongest > over_splits(runs[:16], 6).strongest
