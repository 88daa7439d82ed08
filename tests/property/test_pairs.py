"""Expected pair weights against a direct enumeration of what the trainer may draw."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clif_core.errors import InputError
from clif_core.sgns.windows import NEGLIGIBLE, Windows, build_windows, keep_probabilities


def _windows(words: list[int], n_words: int, offsets: list[int], **options: object) -> Windows:
    counts = np.maximum(np.bincount(words, minlength=n_words), 1)
    return build_windows(
        np.array(words, np.int32), np.array(offsets, np.int64), counts.astype(np.int64), **options
    )


def _enumerated(windows: Windows, n_words: int) -> np.ndarray:
    """E[pair counts] by going through every subset of kept tokens and every window size."""
    n, w = windows.n_positions, windows.window
    total = np.zeros((n_words, n_words))
    sizes = range(1, w + 1) if windows.is_window_reduced else [w]
    keep, unit = windows.keep[windows.words], np.cumsum(windows.unit_starts)
    for kept in itertools.product([0, 1], repeat=n):
        chance = np.prod(np.where(kept, keep, 1 - keep))
        if chance == 0:
            continue
        rank = np.cumsum(kept) if windows.is_subsampled_first else np.arange(n)
        for p, q in itertools.permutations(np.flatnonzero(kept), 2):
            if unit[p] != unit[q]:
                continue
            distance = abs(int(rank[p]) - int(rank[q]))
            hits = sum(distance <= size for size in sizes) / len(sizes)
            total[windows.words[p], windows.words[q]] += chance * hits
    return total


def _dense(windows: Windows, n_words: int) -> np.ndarray:
    pairs = windows.expected_pairs()
    dense = np.zeros((n_words, n_words))
    dense[pairs.centres(), pairs.context_words] = pairs.weights
    return dense


@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(st.integers(0, 3), min_size=1, max_size=8),
    cut=st.integers(0, 8),
    window=st.integers(1, 4),
    is_reduced=st.booleans(),
    is_first=st.booleans(),
    threshold=st.sampled_from([0.0, 0.05, 0.3]),
)
def test_weights_equal_enumeration(words, cut, window, is_reduced, is_first, threshold):
    windows = _windows(
        words,
        4,
        [0, min(cut, len(words)), len(words)],
        window=window,
        subsampling_threshold=threshold,
        is_window_reduced=is_reduced,
        is_subsampled_first=is_first,
    )
    # A pair is dropped below NEGLIGIBLE, so each occurrence may miss that much.
    slack = 1e-6 + (2 * NEGLIGIBLE * len(words) if is_first and threshold else 0)
    np.testing.assert_allclose(_dense(windows, 4), _enumerated(windows, 4), atol=slack)


@settings(max_examples=30, deadline=None)
@given(
    words=st.lists(st.integers(0, 5), min_size=2, max_size=60),
    seed=st.integers(0, 5),
    n_threads=st.integers(1, 4),
)
def test_contexts_sum_to_pairs_for_any_thread_count(words, seed, n_threads):
    windows = _windows(words, 6, [0, len(words) // 2, len(words)], window=3,
                       subsampling_threshold=0.1)  # fmt: skip
    pairs = windows.expected_pairs()
    values = np.random.default_rng(seed).normal(size=pairs.n_pairs).astype(np.float32)
    by_context = windows.sum_over_contexts(pairs, values, n_threads=n_threads)
    by_pair = float((pairs.weights.astype(np.float64) * values).sum())
    assert by_context.sum() == pytest.approx(by_pair, rel=1e-5, abs=1e-6)
    np.testing.assert_array_equal(by_context, windows.sum_over_contexts(pairs, values, n_threads=1))
    some = np.array([0, 3])
    expected = np.where(np.isin(windows.words, some), by_context, 0)
    # Weights cached for the whole text are float32; those computed for a few words are float64.
    of_some = windows.sum_over_contexts(pairs, values, some)
    np.testing.assert_allclose(of_some, expected, rtol=1e-5, atol=1e-6)


def test_a_text_whose_neighbours_are_too_many_to_keep_gets_the_same_sums(
    monkeypatch: pytest.MonkeyPatch,
):
    words = np.random.default_rng(4).integers(6, size=3_000).tolist()
    settings = {"window": 5, "subsampling_threshold": 0.1}
    kept = _windows(words, 6, [0, 1_000, 3_000], **settings)
    pairs = kept.expected_pairs()
    values = np.random.default_rng(5).normal(size=pairs.n_pairs).astype(np.float32)
    expected = kept.sum_over_contexts(pairs, values)
    monkeypatch.setattr("clif_core.sgns.windows._KEPT_BYTES", 0)
    monkeypatch.setattr("clif_core.sgns.windows.free_bytes", lambda: 0)
    monkeypatch.setattr("clif_core.sgns.windows._SHARD_BYTES", 10_000)
    listed = _windows(words, 6, [0, 1_000, 3_000], **settings)
    assert listed._kept_neighbours is None
    np.testing.assert_array_equal(listed.sum_over_contexts(pairs, values), expected)


def test_neighbour_weights_add_up_to_the_sum_over_contexts():
    windows = _windows([0, 1, 2, 1, 0, 3, 2, 2], 4, [0, 8], window=2, subsampling_threshold=0.2)
    pairs = windows.expected_pairs()
    ones = np.ones(pairs.n_pairs, np.float32)
    sums = windows.sum_over_contexts(pairs, ones)
    for position in range(windows.n_positions):
        where, weights = windows.neighbours(position)
        assert position not in where
        assert weights.sum() == pytest.approx(sums[position])


def test_transposition_lists_the_values_of_the_other_direction():
    windows = _windows([0, 1, 2, 1, 0, 3, 2, 2, 0], 4, [0, 5, 9], window=3)
    pairs = windows.expected_pairs()
    centres = pairs.centres()
    swapped = pairs.transposition()
    np.testing.assert_array_equal(centres[swapped], pairs.context_words)
    np.testing.assert_array_equal(pairs.context_words[swapped], centres)
    np.testing.assert_allclose(pairs.weights[swapped], pairs.weights, rtol=1e-6)


@pytest.mark.parametrize("word", [-1, 2])
def test_word_ids_outside_the_vocabulary_are_refused(word):
    with pytest.raises(InputError, match=r"word ids must lie in 0\.\.1"):
        _windows([0, 1], 2, [0, 2], window=1)  # allowed
        build_windows(np.array([0, word], np.int32), np.array([0, 2]), np.array([1, 1]), window=1)


def test_keep_probabilities_follow_word2vec():
    counts = np.array([900, 90, 10])
    frequency = counts / 1000
    expected = np.minimum((np.sqrt(frequency / 0.1) + 1) * 0.1 / frequency, 1)
    np.testing.assert_allclose(keep_probabilities(counts, 0.1), expected)
    assert (keep_probabilities(counts, 0.0) == 1).all()
