"""Groups of words, and a name for each group that a person can read.

k-means is run on unit vectors (so it compares directions, as neighbours and probes do). HDBSCAN
finds islands of any shape and leaves the words between them alone (cluster -1); in many dimensions
it finds nearly none, so it is meant for the coordinates of a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError

__all__ = ["Clustering", "central_words", "hdbscan", "kmeans", "name_clusters", "nearest_other"]

FloatArray = npt.NDArray[np.float32]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clustering:
    """A partition of words.

    Parameters
    ----------
    labels : (n_words,) int32 cluster of each word, -1 for none; 0 is the largest cluster
    silhouette : mean silhouette in -1..1 (Rousseeuw 1987) over ``n_judged`` seeded random words;
        nan where fewer than two clusters were found
    """

    labels: Int32Array
    silhouette: float
    n_judged: int

    @property
    def n_clusters(self) -> int:
        return int(self.labels.max(initial=-1)) + 1


def kmeans(vectors: FloatArray, k: int, seed: int = 1, n_starts: int = 3) -> Clustering:
    """k-means with ``n_starts`` seeded k-means++ starts, best inertia kept.

    The silhouette is judged on at most 2,000 words. Cost: n_words * k * dim a step.
    """
    if not 2 <= k <= len(vectors):
        raise InputError(f"k must lie between 2 and the number of words, {len(vectors)}; got {k}.")
    from sklearn.cluster import KMeans

    found = KMeans(k, n_init=n_starts, random_state=seed).fit_predict(vectors)
    return _clustering(vectors, found, seed)


def hdbscan(points: FloatArray, min_size: int = 15, seed: int = 1) -> Clustering:
    """Islands of at least ``min_size`` points (Campello et al. 2013); the rest are in none (-1)."""
    if not 2 <= min_size <= len(points):
        raise InputError(
            f"min_size must lie between 2 and the number of words, {len(points)}; got {min_size}."
        )
    from sklearn.cluster import HDBSCAN

    found = HDBSCAN(min_cluster_size=min_size, copy=True).fit_predict(points)
    return _clustering(points, found, seed)


def _clustering(vectors: FloatArray, found: npt.NDArray[np.int32], seed: int) -> Clustering:
    """Number the clusters by size, largest first, and judge them."""
    kept = found >= 0
    old, sizes = np.unique(found[kept], return_counts=True)
    new_of_old = np.full(int(found.max(initial=-1)) + 2, -1, dtype=np.int32)  # last slot: none
    new_of_old[old[np.argsort(-sizes, kind="stable")]] = np.arange(len(old), dtype=np.int32)
    labels = new_of_old[found]
    rows = np.flatnonzero(kept)
    judged = np.random.default_rng(seed).permutation(rows)[:2_000]
    if not 2 <= len(np.unique(labels[judged])) < len(judged):
        return Clustering(labels, float("nan"), len(judged))
    from sklearn.metrics import silhouette_score

    return Clustering(labels, float(silhouette_score(vectors[judged], labels[judged])), len(judged))


def name_clusters(
    words: Sequence[str],
    counts: IntArray,
    unit_vectors: FloatArray,
    labels: Int32Array,
    n_words: int = 3,
) -> list[tuple[str, ...]]:
    """A name for each cluster 0..k-1: its ``n_words`` most characteristic well-known words.

    Characteristic: the cosine with its own centroid less the greatest with another one. Well-known:
    in the more frequent third of the cluster, so that nobody has to look the names up.
    """
    centroids = _centroids(unit_vectors, labels)
    cosines = unit_vectors @ centroids.T  # (n_words, n_clusters)
    names = []
    for cluster in range(len(centroids)):
        members = np.flatnonzero(labels == cluster)
        known = members[np.argsort(-counts[members], kind="stable")]
        known = known[: max(n_words, len(members) // 3)]
        others = np.delete(cosines[known], cluster, axis=1).max(axis=1, initial=-1.0)
        best = known[np.argsort(others - cosines[known, cluster], kind="stable")]
        names.append(tuple(words[row] for row in best[:n_words]))
    return names


def central_words(
    words: Sequence[str], unit_vectors: FloatArray, labels: Int32Array, cluster: int, n: int
) -> tuple[str, ...]:
    """The ``n`` words of a cluster nearest to its centroid, nearest first."""
    members = np.flatnonzero(labels == cluster)
    if not len(members):
        raise InputError(
            f"There is no cluster {cluster}; there are 0 to {int(labels.max(initial=-1))}."
        )
    closeness = unit_vectors[members] @ _centroids(unit_vectors, labels)[cluster]
    return tuple(words[row] for row in members[np.argsort(-closeness, kind="stable")][:n])


def nearest_other(unit_vectors: FloatArray, labels: Int32Array, row: int) -> int:
    """Of the clusters that a word is not in, the one whose centroid is nearest (Euclidean)."""
    centroids = _mean_vectors(unit_vectors, labels)
    distances = np.linalg.norm(centroids - unit_vectors[row], axis=1)
    if labels[row] >= 0:
        distances[labels[row]] = np.inf
    if not np.isfinite(distances).any():
        raise InputError("There is no other cluster to compare with; ask for at least two.")
    return int(distances.argmin())


def _mean_vectors(unit_vectors: FloatArray, labels: Int32Array) -> FloatArray:
    """(n_clusters, dim) plain means of the members' vectors."""
    n_clusters = int(labels.max(initial=-1)) + 1
    sums = np.zeros((n_clusters, unit_vectors.shape[1]), dtype=np.float64)
    kept = labels >= 0
    np.add.at(sums, labels[kept], unit_vectors[kept])
    sizes = np.bincount(labels[kept], minlength=n_clusters)[:, None]
    return (sums / np.maximum(sizes, 1)).astype(np.float32)


def _centroids(unit_vectors: FloatArray, labels: Int32Array) -> FloatArray:
    """The means scaled to length 1, to be compared by cosine."""
    means = _mean_vectors(unit_vectors, labels)
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12))
