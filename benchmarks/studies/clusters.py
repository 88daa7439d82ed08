"""Why is this word in this cluster? The paper's second experiment, on any model and its text.

    k-means -> a word, its own cluster, the nearest other -> probe -> text -> training without it

Two probes are asked. The *margin*, squared distance to the own centroid less that to the nearest
other one, answers the question: below 0 the word is nearer to its own. The authors' *position*,
mean squared distance of the word from its first vector (Silva, Chopra & Gombolay 2022,
arXiv:2012.01685), asks how far the word has moved in any direction; the coupled trainer's first
vectors are known, so it can be read. These functions read models; the caller trains them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from clif_core.errors import CapabilityError
from clif_core.geometry.clustering import Clustering, central_words, kmeans, nearest_other
from clif_core.geometry.neighbours import nearest
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.probes import ClusterMembership, Position
from clif_core.sgns.model import SkipGram
from clif_core.training.coupled import start_vectors

__all__ = [
    "Choice",
    "Standing",
    "choose_k",
    "cluster_words",
    "locate",
    "margin_probe",
    "nearest_cluster",
    "position_probe",
    "pulling_text",
]

MAX_MEMBERS = 30  # of a cluster in a probe


@dataclass(frozen=True)
class Choice:
    """One k, with the mean silhouette of its clusters in -1..1."""

    k: int
    silhouette: float


@dataclass(frozen=True)
class Standing:
    """A word and two clusters in one model.

    ``margin`` below 0: nearer to its own. ``cluster`` has the nearest of all centroids.
    """

    margin: float
    cluster: int
    neighbours: tuple[str, ...]


def cluster_words(model: SkipGram, k: int, min_count: int = 20, seed: int = 1) -> Clustering:
    """k-means of the unit vectors of words seen at least ``min_count`` times; the rest get -1.

    Rare words lie near their first vectors, and would fill a cluster of their own.
    """
    rows = np.flatnonzero(model.vocabulary.counts >= min_count)
    found = kmeans(model.unit_vectors[rows], k, seed)
    labels = np.full(model.n_words, -1, dtype=np.int32)
    labels[rows] = found.labels
    return Clustering(labels, found.silhouette, found.n_judged)


def choose_k(model: SkipGram, ks: Iterable[int], min_count: int = 20) -> list[Choice]:
    """The silhouette of each k, in the order asked."""
    return [Choice(k, cluster_words(model, k, min_count).silhouette) for k in ks]


def margin_probe(model: SkipGram, clustering: Clustering, word: str) -> ClusterMembership:
    """The margin of a word between its own cluster and the nearest other one.

    Each is represented by its ``MAX_MEMBERS`` most central words, the word itself left out.
    """
    row = model.vocabulary.id(word)
    own = int(clustering.labels[row])
    if own < 0:
        raise CapabilityError(
            f"{word!r} is in no cluster: it is seen {int(model.vocabulary.counts[row])} times, too"
            " seldom to have been clustered. Choose a more frequent word."
        )
    other = nearest_other(model.unit_vectors, clustering.labels, row)
    members = [_members(model, clustering, cluster) for cluster in (own, other)]
    named = [", ".join(names[:3]) for names in members]
    return ClusterMembership(
        word,
        tuple(name for name in members[0] if name != word),
        tuple(name for name in members[1] if name != word),
        label_own=f"its own cluster ({named[0]})",
        label_other=f"the nearest other ({named[1]})",
        name=f"Cluster of {word}",
    )


def _members(model: SkipGram, clustering: Clustering, cluster: int) -> tuple[str, ...]:
    words, unit = model.vocabulary.words, model.unit_vectors
    return central_words(words, unit, clustering.labels, cluster, MAX_MEMBERS + 1)[:MAX_MEMBERS]


def position_probe(model: SkipGram, word: str) -> Position:
    """The authors' probe: mean squared distance of a word from its vector before training."""
    if not model.is_repeatable:
        raise CapabilityError(
            f"the first vectors of model {model.name!r} are not known; only the coupled trainer"
            " gives them. Train one on the same text with 'clif train --backend coupled'."
        )
    centre, _ = start_vectors(model.n_words, model.require_settings())
    return Position(word, tuple(centre[model.vocabulary.id(word)].tolist()))


def pulling_text(influence: Influence, n_sentences: int, towards: bool) -> tuple[Edit, float]:
    """The sentences that pull a word into its cluster (``towards``) or away from it, and the
    predicted change of the margin without them, which is positive for those that pull it in."""
    found = influence.top_sentences(n_sentences, "raises" if towards else "lowers")
    return Edit("sentences", tuple(found["sentence"])), float(found["effect"].sum())


def locate(
    model: SkipGram, clustering: Clustering, probe: ClusterMembership, n_neighbours: int = 8
) -> Standing:
    """The word on (retrained) vectors; clusters keep the members given by ``clustering``."""
    resolved = probe.resolve(model.vocabulary)
    return Standing(
        resolved.value(model.centre_vectors),
        nearest_cluster(model, clustering, probe.word),
        tuple(nearest(model, probe.word, n_neighbours)["word"]),
    )


def nearest_cluster(model: SkipGram, clustering: Clustering, word: str) -> int:
    """The cluster whose centroid is nearest to a word, the word itself left out of it.

    Centroids are plain means of the members' unit vectors in this model.
    """
    row = model.vocabulary.id(word)
    labels = clustering.labels.copy()
    labels[row] = -1
    return nearest_other(model.unit_vectors, labels, row)
