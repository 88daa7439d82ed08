"""How long the statistics take; run with ``make bench``. Needs no data: random vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from clif_core.measurement import measure, permutation_test
from clif_core.probes import Weat
from clif_core.sgns.model import SkipGram, Vocabulary


def weat_model(n_words: int = 10_000, dim: int = 100) -> tuple[Weat, SkipGram]:
    """An 8 + 8 against 8 + 8 WEAT on Gaussian vectors."""
    words = [f"word{i}" for i in range(n_words)]
    counts = (1_000_000 / np.arange(1, n_words + 1)).astype(np.int64)
    vectors = np.random.default_rng(0).normal(size=(n_words, dim)).astype(np.float32)
    sets = [tuple(words[start : start + 8]) for start in (100, 200, 300, 400)]
    return Weat("bench", *sets), SkipGram("bench", Vocabulary(words, counts), vectors)


def test_ten_thousand_sampled_permutations_of_8_and_8(benchmark: Any) -> None:
    values = np.random.default_rng(0).normal(size=16)
    benchmark(permutation_test, values[:8], values[8:], n_draws=10_000, max_exact=0)


def test_all_12870_splits_of_8_and_8(benchmark: Any) -> None:
    values = np.random.default_rng(0).normal(size=16)
    benchmark(permutation_test, values[:8], values[8:])


def test_report_with_a_thousand_null_probes(benchmark: Any) -> None:
    probe, model = weat_model()
    benchmark(measure, probe, model)


def test_gradient_of_a_weat(benchmark: Any) -> None:
    probe, model = weat_model()
    resolved = probe.resolve(model.vocabulary)
    benchmark(resolved.gradient, model.centre_vectors)
