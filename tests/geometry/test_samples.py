"""Maps of large models on a sample."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.geometry import clustering, projection
from clif_core.geometry.clustering import kmeans, majority_around
from clif_core.geometry.samples import nearest_in_sample, place_by_sample, random_rows

GENERATOR = np.random.default_rng(5)
CENTRES = np.eye(8, dtype=np.float32)[:4]
OWNER = np.arange(400) % 4
VECTORS = CENTRES[OWNER] + GENERATOR.normal(0, 0.02, (400, 8)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "LARGE", 100)
    monkeypatch.setattr(clustering, "_SAMPLE", 60)
    monkeypatch.setattr(projection, "LARGE", 100)


def test_clusters_of_a_sample_hold_every_word():
    labels = kmeans(VECTORS, 4).labels
    assert len({(a, b) for a, b in zip(labels.tolist(), OWNER.tolist(), strict=True)}) == 4


def test_components_of_a_sample_are_near_those_of_all(monkeypatch: pytest.MonkeyPatch):
    sampled = projection.pca_frame(VECTORS, 2)
    monkeypatch.setattr(projection, "LARGE", 400)
    whole = projection.pca_frame(VECTORS, 2)
    assert np.abs(sampled.shares - whole.shares).max() < 0.1
    blocks = whole.coordinates(VECTORS)
    monkeypatch.setattr(projection, "LARGE", 7)
    np.testing.assert_allclose(whole.coordinates(VECTORS), blocks, atol=1e-6)


def test_other_words_lie_among_their_neighbours():
    rows = random_rows(400, 60)
    assert len(rows) == 60 == len(np.unique(rows))
    near, cosines = nearest_in_sample(VECTORS, rows, 5)
    assert (OWNER[rows][near] == OWNER[:, None]).all()
    placed = place_by_sample(VECTORS[rows][:, :4], rows, near, cosines)
    np.testing.assert_array_equal(placed[rows], VECTORS[rows][:, :4])
    assert (placed.argmax(axis=1) == OWNER).all()


def test_a_sample_votes():
    assert (majority_around(VECTORS[:, :4], OWNER.astype(np.int32), 3) == OWNER).all()


def test_means_are_those_of_one_sum_to_the_bit():
    sums = np.zeros((4, 8))
    np.add.at(sums, OWNER, VECTORS)
    expected = (sums / np.bincount(OWNER)[:, None]).astype(np.float32)
    found = clustering._mean_vectors(VECTORS, OWNER.astype(np.int32))
    np.testing.assert_array_equal(found, expected)
