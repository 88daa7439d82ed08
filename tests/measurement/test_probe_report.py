"""The parts of a probe report: leave one out, bootstrap, seeds, pairs."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core import probes
from clif_core.measurement import measure
from clif_core.sgns.model import SkipGram
from tests.probe_examples import random_model, weat


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


def test_zero_draws_leave_the_parts_out() -> None:
    report = measure(weat(), random_model(n_extra=100), n_permutations=0, n_nulls=0, n_resamples=0)
    assert report.permutation is report.nulls is report.interval is None
