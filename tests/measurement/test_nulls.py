"""Null probes: frequency neighbours, random replacements, and p-values uniform under the null."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from clif_core import probes
from clif_core.errors import InputError
from clif_core.measurement import measure
from clif_core.measurement.nulls import frequency_neighbours, random_replacements
from clif_core.sgns.model import SkipGram, Vocabulary
from tests.probe_examples import random_model, weat


def test_frequency_neighbours_are_near_in_count_and_never_excluded() -> None:
    counts = (1e6 / np.arange(1, 2001)).astype(np.int64)
    rows = np.array([5, 500, 1990])
    near = frequency_neighbours(counts, rows, excluded=np.array([5, 6, 500]))
    assert near.shape == (3, 100)
    assert not np.isin([5, 6, 500], near).any()
    ratio = np.abs(np.log(counts[near[1]] / counts[500]))
    others = np.setdiff1d(np.arange(2000), [*near[1], 5, 6, 500])
    assert ratio.max() <= np.abs(np.log(counts[others] / counts[500])).min() + 1e-9
    with pytest.raises(InputError, match="too small"):
        frequency_neighbours(counts[:5], np.arange(3), np.arange(3))


def test_ties_are_ordered_by_row() -> None:
    counts = np.array([5, 5, 5, 9, 5, 5, 80, 5])
    near = frequency_neighbours(counts, np.array([2]), np.array([2]), n_neighbours=4)
    assert near.tolist() == [[0, 1, 4, 5]]


def test_without_counts_the_rank_in_the_file_stands_for_frequency() -> None:
    words = [f"w{i}" for i in range(5_000)]
    vocabulary = Vocabulary(words, np.zeros(5_000, dtype=np.int64))
    assert not vocabulary.has_counts and (np.diff(vocabulary.frequencies) < 0).all()
    rows = np.array([20, 3_000])
    near = frequency_neighbours(vocabulary.frequencies, rows, rows)
    assert near[0].max() < 130 and near[1].min() > 2_900 and near[1].max() < 3_100
    counted = Vocabulary(words[:3], np.array([7, 3, 0]))
    assert counted.frequencies.tolist() == [7, 3, 1]


def test_the_report_says_that_ranks_stand_for_counts() -> None:
    model = random_model(n_extra=400)
    assert not any("rank" in note for note in measure(weat(), model).notes)
    bare = replace(
        model, vocabulary=Vocabulary(model.vocabulary.words, np.zeros(model.n_words, int))
    )
    assert any("words of like rank in its file" in note for note in measure(weat(), bare).notes)


def test_random_replacements_never_repeat_a_word_in_a_draw() -> None:
    near = np.tile(np.arange(40), (20, 1))  # the hardest case: all words share their neighbours
    drawn = random_replacements(near, 300, seed=1)
    assert (np.sort(drawn, axis=1)[:, 1:] > np.sort(drawn, axis=1)[:, :-1]).all()
    assert (drawn == random_replacements(near, 300, seed=1)).all()
    assert np.bincount(drawn.ravel(), minlength=40).std() < 30  # about 150 times each


def test_null_probes_equal_the_probe_with_other_targets() -> None:
    """A probe with the drawn words, resolved by itself, has the value of the vectorised path."""
    model = random_model(n_extra=400)
    report = measure(weat(), model, seed=4, n_nulls=5)
    assert report.nulls is not None
    assert report.nulls.replaced == ("men", "women")
    resolved = report.resolved
    rows = np.concatenate([resolved.sets[0].ids, resolved.sets[1].ids])
    near = frequency_neighbours(model.vocabulary.counts, rows, resolved.word_ids)
    for drawn, value in zip(random_replacements(near, 5, seed=4), report.nulls.values, strict=True):
        words = [model.vocabulary.words[row] for row in drawn]
        probe = probes.Weat("n", words[:4], words[4:], weat().attributes_a, weat().attributes_b)
        expected = probe.resolve(model.vocabulary).value(model.centre_vectors)
        assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_null_p_values_are_uniform_for_random_probes() -> None:
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


def test_a_vocabulary_too_small_for_nulls_gives_a_note() -> None:
    words = ["he", "she", "war", "love", "the"]
    vectors = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    model = SkipGram("tiny", Vocabulary(words, np.arange(5, 0, -1)), vectors)
    report = measure(probes.Weat("t", ("he",), ("she",), ("war",), ("love",)), model)
    assert report.nulls is None
    assert any("too small" in note for note in report.notes)
