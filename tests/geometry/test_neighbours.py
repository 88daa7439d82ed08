"""Neighbours and analogies against a plain Python reference and gensim."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.errors import InputError, UnknownWordError
from clif_core.geometry.neighbours import analogy, nearest, nearest_to_vector
from clif_core.sgns.model import SkipGram, Vocabulary


@pytest.fixture
def model() -> SkipGram:
    generator = np.random.default_rng(0)
    words = [f"w{i}" for i in range(200)]
    vectors = generator.normal(size=(200, 8)).astype(np.float32)
    return SkipGram("random", Vocabulary(words, np.arange(200, 0, -1)), vectors)


def test_nearest_equals_a_full_sort(model: SkipGram) -> None:
    found = nearest(model, "w3", 12)
    unit = model.unit_vectors
    cosines = {w: float(unit[i] @ unit[3]) for i, w in enumerate(model.vocabulary.words) if i != 3}
    assert list(found["word"]) == sorted(cosines, key=lambda w: -cosines[w])[:12]
    np.testing.assert_allclose(found["cosine"], sorted(cosines.values(), reverse=True)[:12], 1e-5)
    assert found["count"][0] == 200 - int(found["word"][0][1:])


def test_analogy_equals_that_of_gensim(model: SkipGram) -> None:
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(8)
    vectors.add_vectors(list(model.vocabulary.words), model.centre_vectors)
    expected = vectors.most_similar(positive=["w1", "w2"], negative=["w0"], topn=7)
    assert list(analogy(model, ["w1", "w2"], ["w0"], 7)["word"]) == [word for word, _ in expected]


def test_equal_cosines_are_ordered_by_row() -> None:
    vectors = np.array([[1, 0], [0, 1], [2, 0], [3, 0], [4, 0]], dtype=np.float32)
    model = SkipGram("ties", Vocabulary(list("abcde"), np.full(5, 9)), vectors)
    assert list(nearest(model, "a", 2)["word"]) == ["c", "d"]
    assert list(nearest(model, "a", 99)["word"]) == ["c", "d", "e", "b"]


def test_a_zero_vector_has_neighbours_without_nan() -> None:
    vectors = np.array([[0, 0], [0, 1], [1, 0]], dtype=np.float32)
    model = SkipGram("zero", Vocabulary(list("abc"), np.full(3, 9)), vectors)
    assert nearest(model, "a", 2)["cosine"].tolist() == [0.0, 0.0]


def test_invalid_searches_raise_clear_errors(model: SkipGram) -> None:
    with pytest.raises(UnknownWordError, match=r"'W3' is not among.*nearest: 'w3'"):
        nearest(model, "W3")
    with pytest.raises(InputError, match="at least one word to add"):
        analogy(model, [], ["w1"])
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        nearest_to_vector(model, np.ones(3))
    with pytest.raises(InputError, match="k must be at least 1"):
        nearest(model, "w1", 0)
