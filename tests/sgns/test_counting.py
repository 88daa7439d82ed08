"""The table of pairs has the same bits however it is divided into shards."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.sgns import counting
from clif_core.sgns.windows import Windows, build_windows


def windows_of(n_words: int, n_positions: int) -> Windows:
    """A text whose words are as unevenly frequent as those of a real one; some never come."""
    generator = np.random.default_rng(1)
    words = np.minimum(generator.zipf(1.3, n_positions) - 1, n_words - 3).astype(np.int32)
    units = np.append(np.arange(0, n_positions, 23), n_positions)
    counts = np.bincount(words, minlength=n_words)
    return build_windows(words, units, counts, window=5, subsampling_threshold=1e-3)


@pytest.mark.parametrize("shard", [1, 100, 4_000])
def test_shards_give_the_bits_of_one_table(shard, monkeypatch):
    windows = windows_of(200, 9_000)
    whole = windows.expected_pairs()
    monkeypatch.setattr(counting, "_SHARD", shard)
    found = windows.expected_pairs()
    for name in ("offsets", "context_words", "weights"):
        expected = getattr(whole, name)
        assert getattr(found, name).dtype == expected.dtype
        assert getattr(found, name).tobytes() == expected.tobytes()


def test_shards_cover_every_word_once_and_are_about_even(monkeypatch):
    monkeypatch.setattr(counting, "_SHARD", 500)
    windows = windows_of(400, 20_000)
    shards = counting._divide(windows.by_word_offsets)
    assert [a for a, _ in shards] == [0, *(b for _, b in shards[:-1])]
    assert shards[-1][1] == 400
    most = max(np.bincount(windows.words))
    assert max(np.diff(windows.by_word_offsets[[a, b]])[0] for a, b in shards) <= 500 + most


def test_a_text_without_positions_has_no_pairs():
    windows = build_windows(
        np.empty(0, np.int32), np.array([0]), np.array([1, 1]), window=2, subsampling_threshold=0
    )
    pairs = windows.expected_pairs()
    assert pairs.offsets.tolist() == [0, 0, 0] and pairs.n_pairs == 0
