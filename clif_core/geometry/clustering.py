"""Clusters of words, and a readable name for each cluster.

k-means is meant for unit vectors, where it compares directions, as neighbours and probes do.
HDBSCAN finds clusters of any shape and assigns the words between them to none (-1); in many
dimensions it finds almost no clusters, so it is meant for the coordinates of a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.geometry.samples import LARGE, random_rows

__all__ = [
    "Clustering",
    "central_words",
    "families",
    "hdbscan",
    "kmeans",
    "majority_around",
    "name_clusters",
    "nearest_other",
    "telling_weights",
]

FloatArray = npt.NDArray[np.float32]
Int32Array = npt.NDArray[np.int32]
IntArray = npt.NDArray[np.int64]

# Pronouns, articles, prepositions, conjunctions, auxiliaries, adverbs of degree. scikit-learn has a
# list too, but importing it takes two seconds.
_ENGLISH = """
    a about above across after again against all almost alone along already also although always
    am among an and another any are as at away be became because become been before behind being
    below beside between beyond both but by can cannot could did do does doing done down during
    each either else enough even ever every except few for from further had has have having he
    her here hers herself him himself his how however i if in indeed into is it its itself just
    least less many may me might mine more most much must my myself near neither never no none
    nor not nothing now of off often on once one only onto or other others our ours ourselves
    out over own perhaps quite rather same seem several shall she should since so some still
    such than that the their theirs them themselves then there therefore these they this those
    though through thus till to together too toward towards under unless until unto up upon us
    very was we well were what whatever when where whether which while who whole whom whose why
    will with within without would yes yet you your yours yourself art dost doth hast hath thee
    thine thou thy tis wilt
"""
_FUNCTION_WORDS = frozenset(_ENGLISH.split())
_SAMPLE = 20_000  # words that a large model's clusters are found on
_STEPS_ON_SAMPLE = 100
_BLOCK = 8192  # words whose vectors stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Clustering:
    """A partition of words.

    Parameters
    ----------
    labels : (n_words,) int32 cluster of each word, -1 for none; 0 is the largest cluster
    silhouette : mean silhouette in -1..1 (Rousseeuw 1987) over ``n_judged`` seeded random words;
        NaN where fewer than two clusters were found
    """

    labels: Int32Array
    silhouette: float
    n_judged: int

    @property
    def n_clusters(self) -> int:
        return int(self.labels.max(initial=-1)) + 1


def kmeans(vectors: FloatArray, k: int, seed: int = 1, n_starts: int = 3) -> Clustering:
    """k-means from ``n_starts`` seeded k-means++ starts; the result has the lowest inertia.

    The silhouette is computed on at most 2,000 words. Cost: n_words * k * dim per step. Of more
    than ``samples.LARGE`` words the means are those of a sample, and each joins the nearest mean.
    """
    if not 2 <= k <= len(vectors):
        raise InputError(f"k must lie between 2 and the number of words, {len(vectors)}; got {k}.")
    from sklearn.cluster import KMeans

    if len(vectors) <= LARGE:
        found = KMeans(k, n_init=n_starts, random_state=seed).fit_predict(vectors)
        return _clustering(vectors, found, seed)
    sample = vectors[random_rows(len(vectors), _SAMPLE, seed)]
    fitted = KMeans(k, n_init=n_starts, random_state=seed, max_iter=_STEPS_ON_SAMPLE).fit(sample)
    return _clustering(vectors, fitted.predict(vectors), seed)


def hdbscan(points: FloatArray, min_size: int = 15, seed: int = 1) -> Clustering:
    """Clusters of at least ``min_size`` points (Campello et al. 2013); -1 for other points.

    Of more than ``samples.LARGE`` points those of a sample are clustered, with as much smaller a
    least size, and each point is in the cluster of the nearest one.
    """
    if not 2 <= min_size <= len(points):
        raise InputError(
            f"min_size must lie between 2 and the number of words, {len(points)}; got {min_size}."
        )
    from sklearn.cluster import HDBSCAN

    rows = random_rows(len(points), _SAMPLE if len(points) > LARGE else len(points), seed)
    least = max(2, min_size * len(rows) // len(points))
    found = HDBSCAN(min_cluster_size=least, copy=True).fit_predict(points[rows])
    if len(rows) < len(points):
        from scipy.spatial import KDTree

        found = found[KDTree(points[rows]).query(points, workers=-1)[1]]
    return _clustering(points, found, seed)


def _clustering(vectors: FloatArray, found: npt.NDArray[np.int32], seed: int) -> Clustering:
    """Number the clusters by size, largest first, and compute the silhouette."""
    is_member = found >= 0
    old, sizes = np.unique(found[is_member], return_counts=True)
    new_of_old = np.full(int(found.max(initial=-1)) + 2, -1, dtype=np.int32)  # last entry: none
    new_of_old[old[np.argsort(-sizes, kind="stable")]] = np.arange(len(old), dtype=np.int32)
    labels = new_of_old[found]
    judged = np.random.default_rng(seed).permutation(np.flatnonzero(is_member))[:2_000]
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
    weights: FloatArray | None = None,
) -> list[tuple[str, ...]]:
    """A name for each cluster 0..k-1: its ``n_words`` most telling words.

    ``weights``: ``telling_weights`` of the same, where a caller has them.
    """
    if weights is None:
        weights = telling_weights(words, counts, unit_vectors, labels)
    names = []
    for cluster in range(int(labels.max(initial=-1)) + 1):
        members = np.flatnonzero(labels == cluster)
        best = members[np.argsort(-weights[members], kind="stable")]
        names.append(tuple(words[row] for row in best[:n_words]))
    return names


def telling_weights(
    words: Sequence[str], counts: IntArray, unit_vectors: FloatArray, labels: Int32Array
) -> FloatArray:
    """(n_words,) how well each word tells a reader what its cluster is about; larger is better.

    The cosine with its own centroid minus half the largest with another one, times the logarithm of
    its count, for the words that a person would use in a name: in the more frequent fifth of their
    cluster, and no function words. Those are the most frequent words that make up half of the text
    (at most one word in fifty), in any language, and the English ones. Other words have weights
    below 0, in that order.
    """
    cosines = unit_vectors @ _centroids(unit_vectors, labels).T  # (n_words, n_clusters)
    rows = np.arange(len(words))
    own = cosines[rows, labels]
    cosines[rows, labels] = -1.0
    others = cosines.max(axis=1, initial=-1.0)
    own[labels < 0] = 0.0
    weights = np.maximum(own - 0.5 * others, 0.01) * np.log(np.maximum(counts, 1) + 1)
    is_plain = _is_function_word(words, counts) | (labels < 0)
    for cluster in range(cosines.shape[1]):
        members = np.flatnonzero((labels == cluster) & ~is_plain)
        by_count = members[np.argsort(-counts[members], kind="stable")]
        is_plain[by_count[max(3, len(by_count) // 5) :]] = True
    lowered = weights - weights.max(initial=0.0) - 1.0
    return np.asarray(np.where(is_plain, lowered, weights), dtype=np.float32)


def _is_function_word(words: Sequence[str], counts: IntArray) -> npt.NDArray[np.bool_]:
    order = np.argsort(-counts, kind="stable")
    is_one = np.array([word in _FUNCTION_WORDS for word in words], dtype=bool)
    if counts.sum() > 0:
        common = order[: len(order) // 50]
        is_one[common[np.cumsum(counts[common]) < counts.sum() / 2]] = True
    return is_one


def families(unit_vectors: FloatArray, labels: Int32Array, n: int) -> Int32Array:
    """(n_clusters,) family 0..n-1 of each cluster: centroids merged by Ward's method.

    Each cluster is its own family where there are no more than ``n``.
    """
    centroids = _centroids(unit_vectors, labels)
    if len(centroids) <= n:
        return np.arange(len(centroids), dtype=np.int32)
    from scipy.cluster.hierarchy import fcluster, ward

    return np.asarray(fcluster(ward(centroids), n, "maxclust") - 1, dtype=np.int32)


def majority_around(points: FloatArray, classes: Int32Array, k: int = 24) -> Int32Array:
    """(n,) the class that most of the ``k`` nearest points have, the point itself counted.

    Equal votes go to the lower class; -1 votes for no class as for any other. Of more than
    ``samples.LARGE`` points a sample votes, and any other point has the class of the nearest one
    that does.
    """
    from scipy.spatial import KDTree

    rows = random_rows(len(points), LARGE)
    voters = KDTree(points[rows])
    k = min(k, len(rows))
    near = voters.query(points[rows], k, workers=-1)[1].reshape(len(rows), -1)
    n_classes = int(classes.max(initial=-1)) + 2
    flat = classes[rows][near] + 1 + np.arange(len(rows))[:, None] * n_classes
    votes = np.bincount(flat.ravel(), minlength=len(rows) * n_classes)
    winners: Int32Array = (votes.reshape(len(rows), n_classes).argmax(axis=1) - 1).astype(np.int32)
    if len(rows) == len(points):
        return winners
    of_nearest: Int32Array = winners[voters.query(points, workers=-1)[1]]
    return of_nearest


def central_words(
    words: Sequence[str], unit_vectors: FloatArray, labels: Int32Array, cluster: int, n: int
) -> tuple[str, ...]:
    """The ``n`` words of a cluster nearest to its centroid, nearest first."""
    members = np.flatnonzero(labels == cluster)
    if not len(members):
        raise InputError(
            f"There is no cluster {cluster}; there are 0 to {int(labels.max(initial=-1))}."
        )
    own = unit_vectors[members]
    closeness = own @ _centroids(own, np.zeros(len(members), np.int32))[0]
    return tuple(words[row] for row in members[np.argsort(-closeness, kind="stable")][:n])


def nearest_other(unit_vectors: FloatArray, labels: Int32Array, row: int) -> int:
    """The cluster with the nearest centroid (Euclidean), other than the word's own."""
    centroids = _mean_vectors(unit_vectors, labels)
    distances = np.linalg.norm(centroids - unit_vectors[row], axis=1)
    if labels[row] >= 0:
        distances[labels[row]] = np.inf
    if not np.isfinite(distances).any():
        raise InputError("There is no other cluster to compare with; make at least two clusters.")
    return int(distances.argmin())


def _mean_vectors(unit_vectors: FloatArray, labels: Int32Array) -> FloatArray:
    """(n_clusters, dim) means of the members' vectors."""
    n_clusters = int(labels.max(initial=-1)) + 1
    clusters, sums = np.arange(n_clusters)[:, None], np.zeros((n_clusters, unit_vectors.shape[1]))
    for first in range(0, len(labels), _BLOCK):
        block = slice(first, first + _BLOCK)
        is_member = (labels[block] == clusters).astype(np.float64)
        sums += is_member @ unit_vectors[block].astype(np.float64)
    sizes = np.bincount(labels[labels >= 0], minlength=n_clusters)[:, None]
    return (sums / np.maximum(sizes, 1)).astype(np.float32)


def _centroids(unit_vectors: FloatArray, labels: Int32Array) -> FloatArray:
    """(n_clusters, dim) the means scaled to length 1, to be compared by cosine."""
    means = _mean_vectors(unit_vectors, labels)
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12))
