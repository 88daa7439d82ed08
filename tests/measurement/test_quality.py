"""Quality scores equal gensim's own on real vectors from the gensim wheel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from clif_core.errors import InputError
from clif_core.measurement import quality
from clif_core.sgns.model import SkipGram, Vocabulary


@pytest.fixture(scope="module")
def vectors() -> KeyedVectors:
    """2,747 words x 10 from the wheel, with many of the pairs and some of the analogies."""
    return KeyedVectors.load_word2vec_format(datapath("euclidean_vectors.bin"), binary=True)


@pytest.fixture(scope="module")
def model(vectors: KeyedVectors) -> SkipGram:
    counts = np.arange(len(vectors), 0, -1)
    return SkipGram("euclidean", Vocabulary(vectors.index_to_key, counts), vectors.vectors)


@pytest.mark.parametrize("dataset", list(quality.SIMILARITY_SETS))
def test_similarity_equals_gensim(model: SkipGram, vectors: KeyedVectors, dataset: str) -> None:
    ours = quality.score_similarity(model, dataset)
    pearson, spearman, missing = vectors.evaluate_word_pairs(
        datapath(quality.SIMILARITY_SETS[dataset])
    )
    assert ours.n_known > 20
    assert ours.spearman == pytest.approx(spearman[0], abs=1e-6)
    assert ours.pearson == pytest.approx(pearson[0], abs=1e-6)
    assert 100 * (1 - ours.coverage) == pytest.approx(missing, abs=1e-6)


def test_analogies_equal_gensim(model: SkipGram, vectors: KeyedVectors) -> None:
    ours = quality.score_analogies(model)
    accuracy, sections = vectors.evaluate_word_analogies(datapath(quality.ANALOGIES))
    assert ours.n_questions == 19_544
    assert ours.n_known == sum(
        len(section["correct"]) + len(section["incorrect"]) for section in sections[:-1]
    )
    assert ours.n_known > 100
    assert ours.accuracy == pytest.approx(accuracy)


def test_a_model_without_known_words_scores_nan() -> None:
    rng = np.random.default_rng(0)
    model = SkipGram(
        "x", Vocabulary(["a", "b"], np.ones(2, dtype=np.int64)), rng.normal(size=(2, 3))
    )
    scores = quality.evaluate(model)
    assert math.isnan(scores["wordsim353"]["spearman"])
    assert math.isnan(scores["analogies"]["accuracy"])
    assert scores["simlex999"]["coverage"] == 0
    with pytest.raises(InputError, match="wordsim353"):
        quality.score_similarity(model, "men")
