"""Fitted context vectors: at the minimum of the expected loss, and near those of a training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from clif_core.influence.engine import InfluenceEngine
from clif_core.sgns.expected_loss import ExpectedLoss, Noise, noise_distribution
from clif_core.sgns.fitted_contexts import fit_context_vectors, fit_to_text
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.text.corpus import Corpus


def test_the_gradient_is_zero_in_float64(lee_model: SkipGram, lee_corpus: Corpus) -> None:
    """The gradient is that of ``ExpectedLoss``, which knows nothing of the fit."""
    engine = InfluenceEngine(lee_model, lee_corpus)
    settings = lee_model.require_settings()
    noise = noise_distribution(lee_model.vocabulary.counts, settings.noise_exponent)
    v = torch.from_numpy(lee_model.centre_vectors.astype(np.float64))

    def gradient(u: np.ndarray, ridge: float) -> np.ndarray:
        u_tensor = torch.from_numpy(u)
        loss = ExpectedLoss(v, u_tensor, engine.pairs, Noise.exact(noise), settings.n_negatives)
        return np.asarray((loss.gradient()[1] + ridge * u_tensor).numpy())

    ridge = 5.0
    fitted = fit_context_vectors(
        lee_model.centre_vectors, engine.pairs, noise, settings.n_negatives,
        ridge=ridge, n_centres=10**6, tolerance=1e-9, dtype=torch.float64,
    )  # fmt: skip
    at_zero = np.abs(gradient(np.zeros_like(fitted), ridge)).max()
    assert np.abs(gradient(fitted, ridge)).max() < 1e-7 * at_zero


def test_fitted_vectors_are_near_those_of_the_training(
    lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    bare = replace(lee_model, context_vectors=None)
    fitted = fit_to_text(bare, lee_corpus).context_vectors
    true = lee_model.context_vectors
    assert fitted is not None and true is not None and fitted.dtype == np.float32
    cosine = (fitted * true).sum(1) / np.linalg.norm(fitted, axis=1) / np.linalg.norm(true, axis=1)
    assert np.median(cosine) > 0.93 and np.quantile(cosine, 0.1) > 0.9


def test_a_sample_of_centres_gives_nearly_the_same(lee_model: SkipGram, lee_corpus: Corpus) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    settings = lee_model.require_settings()
    noise = noise_distribution(lee_model.vocabulary.counts, settings.noise_exponent)
    given = (lee_model.centre_vectors, engine.pairs, noise, settings.n_negatives)
    whole, sampled = (fit_context_vectors(*given, n_centres=n) for n in (10**6, 700))
    assert np.corrcoef(whole.ravel(), sampled.ravel())[0, 1] > 0.98


def test_words_that_the_text_does_not_have_keep_zero(
    lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    """Most words of a large file of vectors are of that kind."""
    n = 9_000
    vocabulary = Vocabulary(
        (*lee_model.vocabulary.words, *(f"absent{i}" for i in range(n))),
        np.concatenate([lee_model.vocabulary.counts, np.zeros(n, np.int64)]),
    )
    rows = np.random.default_rng(0).normal(size=(n, lee_model.dim)).astype(np.float32)
    vectors = np.concatenate([lee_model.centre_vectors, rows])
    large = replace(
        lee_model, vocabulary=vocabulary, centre_vectors=vectors, context_vectors=None,
        other_seeds={},
    )  # fmt: skip
    fitted = fit_to_text(large, lee_corpus).context_vectors
    small = fit_to_text(replace(lee_model, context_vectors=None), lee_corpus).context_vectors
    assert fitted is not None and small is not None
    assert not fitted[lee_model.n_words :].any()
    np.testing.assert_allclose(fitted[: lee_model.n_words], small, atol=1e-2)
