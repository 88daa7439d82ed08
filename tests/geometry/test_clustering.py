"""Clusters of blobs with known labels, and names from their own members."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.geometry import clustering
from clif_core.geometry.clustering import (
    central_words,
    families,
    hdbscan,
    kmeans,
    majority_around,
    name_clusters,
    nearest_other,
)

SIZES = (60, 30, 20)


@pytest.fixture
def blobs() -> np.ndarray:
    """Three separate directions in four dimensions; (110, 4) unit vectors, largest blob first."""
    generator = np.random.default_rng(0)
    centres = np.repeat(np.eye(4)[:3], SIZES, axis=0)
    vectors = centres + 0.1 * generator.normal(size=centres.shape)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


TRUTH = np.repeat(np.arange(3), SIZES)


def test_kmeans_finds_the_blobs_largest_first(blobs: np.ndarray) -> None:
    found = kmeans(blobs, 3)
    np.testing.assert_array_equal(found.labels, TRUTH)
    assert found.n_clusters == 3
    assert found.silhouette > 0.7
    np.testing.assert_array_equal(found.labels, kmeans(blobs, 3).labels)
    assert kmeans(blobs, 8).silhouette < found.silhouette


def test_hdbscan_assigns_an_outlier_to_no_cluster(blobs: np.ndarray) -> None:
    stray = np.array([[-1, -1, -1, 5]], dtype=np.float32)
    found = hdbscan(np.concatenate([blobs, stray]), min_size=10)
    assert found.labels[-1] == -1
    assert found.n_clusters == 3
    assert (found.labels[:-1] == TRUTH).mean() > 0.9


def test_one_cluster_has_no_silhouette() -> None:
    found = hdbscan(np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32), 25)
    assert np.isnan(found.silhouette)


def test_names_are_characteristic_frequent_members(blobs: np.ndarray) -> None:
    words = [f"w{i}" for i in range(len(blobs))]
    counts = np.arange(len(blobs), 0, -1)
    names = name_clusters(words, counts, blobs, TRUTH.astype(np.int32))
    for cluster, name in enumerate(names):
        members = np.flatnonzero(cluster == TRUTH)
        rows = [int(word[1:]) for word in name]
        assert len(name) == 3
        assert set(rows) <= set(members[: len(members) // 3].tolist())


def test_central_words_and_the_nearest_other_cluster(blobs: np.ndarray) -> None:
    words = [f"w{i}" for i in range(len(blobs))]
    labels = TRUTH.astype(np.int32)
    central = central_words(words, blobs, labels, 1, 5)
    mean = blobs[labels == 1].mean(axis=0)
    closeness = blobs @ mean
    assert list(central) == [
        words[row] for row in np.argsort(-np.where(labels == 1, closeness, -9))[:5]
    ]
    leaning = blobs[70] + np.eye(4)[2]
    blobs[70] = leaning / np.linalg.norm(leaning)
    assert nearest_other(blobs, labels, 70) == 2
    with pytest.raises(InputError, match="no cluster 7; there are 0 to 2"):
        central_words(words, blobs, labels, 7, 5)
    with pytest.raises(InputError, match="no other cluster"):
        nearest_other(blobs, np.zeros(len(blobs), dtype=np.int32), 0)


def test_k_out_of_range_raises_an_error_with_the_range(blobs: np.ndarray) -> None:
    with pytest.raises(InputError, match="between 2 and the number of words, 110; got 1"):
        kmeans(blobs, 1)
    with pytest.raises(InputError, match="got 500"):
        hdbscan(blobs, 500)


def test_names_have_no_function_words() -> None:
    """The commonest words, whatever the language, and the English ones."""
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(400, 8)).astype(np.float32) + np.eye(8)[0].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = ["la", "el", "the", "through", *(f"w{i}" for i in range(396))]
    counts = (1_000_000 / np.arange(1, 401) ** 1.5).astype(np.int64)
    labels = np.zeros(400, dtype=np.int32)
    (name,) = name_clusters(words, counts, vectors, labels, n_words=20)
    assert not {"la", "el", "the", "through"} & set(name)


def test_families_join_what_is_near(blobs: np.ndarray) -> None:
    labels = (2 * TRUTH + np.arange(len(blobs)) % 2).astype(np.int32)  # each blob in two halves
    family = families(blobs, labels, 3)
    assert len(set(family.tolist())) == 3
    assert (family[0::2] == family[1::2]).all()
    assert families(blobs, labels, 6).tolist() == list(range(6))


def test_the_majority_around_a_place() -> None:
    points = np.array([[x, 0.0] for x in range(10)] + [[x, 100.0] for x in range(10)], np.float32)
    classes = np.array([0] * 10 + [1] * 10, dtype=np.int32)
    classes[3], classes[15] = 1, -1
    assert majority_around(points, classes, k=5).tolist() == [0] * 10 + [1] * 10


@pytest.mark.parametrize("block", [64, 8192])
def test_means_of_clusters_leave_out_words_of_none(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clustering, "_BLOCK", block)
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(1_000, 7)).astype(np.float32)
    labels = generator.integers(-1, 4, 1_000).astype(np.int32)
    means = [vectors[labels == cluster].mean(axis=0, dtype=np.float64) for cluster in range(4)]
    found = clustering._mean_vectors(vectors, labels)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, means, rtol=1e-6)
