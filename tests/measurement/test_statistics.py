"""Reliability of a mean over runs, and shrinkage by it."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.measurement import statistics


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
