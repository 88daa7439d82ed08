"""The words of a model: coordinates on a map, clusters, neighbours and analogies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clif_core.geometry import projection
from clif_core.geometry.clustering import (
    Clustering,
    families,
    hdbscan,
    kmeans,
    majority_around,
    name_clusters,
    telling_weights,
)
from clif_core.geometry.neighbours import analogy, nearest
from clif_core.sgns.bundle import Bundle
from dashboard.selection import Layout
from dashboard.wording import say

__all__ = [
    "Areas",
    "Grouping",
    "analogies",
    "areas",
    "axis_coordinates",
    "clusters",
    "coordinates",
    "name_of_cluster",
    "neighbours",
]

FloatArray = npt.NDArray[np.float32]
Grouping = tuple[Clustering, list[tuple[str, ...]]]  # a clustering and the names of its clusters
_DEFAULT_CLUSTERING = "kmeans:20"


def coordinates(bundle: Bundle, layout: Layout) -> tuple[FloatArray, Literal["umap", "pca"]]:
    """(n_words, 2) coordinates of all words, and the layout that they come from.

    That is PCA where UMAP was asked for and the bundle has none. ``axis_coordinates`` serves the
    layout by named axis.
    """
    if layout == "umap" and bundle.map is not None:
        return bundle.map[["x", "y"]].to_numpy(np.float32), "umap"
    return _pca(bundle.model.content_hash, bundle.model.unit_vectors), "pca"


@st.cache_data(show_spinner=False, max_entries=16)
def _pca(model_hash: str, _unit_vectors: FloatArray) -> FloatArray:
    return projection.pca(_unit_vectors, 2)[0]


def axis_coordinates(
    bundle: Bundle, from_words: tuple[str, ...], to_words: tuple[str, ...]
) -> FloatArray:
    """(n_words,) coordinates on a named axis; raises InputError or UnknownWordError."""
    vocabulary = bundle.model.vocabulary
    return projection.axis(
        bundle.model.unit_vectors, vocabulary.ids(from_words), vocabulary.ids(to_words)
    )


def clusters(bundle: Bundle, method: str) -> Grouping:
    """A clustering of all words and the names of its clusters.

    ``method``: "" for the one that the bundle brings (k-means with k = 20 where it brings none),
    "kmeans:K" on unit vectors, or "islands:N" for HDBSCAN on the 2-D map.
    """
    if not method and bundle.map is None:
        method = _DEFAULT_CLUSTERING
    return _clusters(bundle.model.content_hash, method, bundle.map is not None, bundle)


@st.cache_data(show_spinner=False, max_entries=32)
def _clusters(model_hash: str, method: str, has_map: bool, _bundle: Bundle) -> Grouping:
    model = _bundle.model
    kind, _, number = method.partition(":")
    if kind == "kmeans":
        found = kmeans(model.unit_vectors, min(int(number), model.n_words))
    elif kind == "islands":
        found = hdbscan(coordinates(_bundle, "umap")[0], min(int(number), model.n_words))
    else:
        assert _bundle.map is not None
        labels = _bundle.map["cluster"].to_numpy(np.int32)
        found = Clustering(labels, float("nan"), 0)
    names = name_clusters(
        model.vocabulary.words, model.vocabulary.counts, model.unit_vectors, found.labels
    )
    return found, names


@dataclass(frozen=True, eq=False)
class Areas:
    """The map in a few areas: families of clusters, which a dozen colours can tell apart.

    ``of_word`` : (n_words,) area of each word's place, -1 for none. ``names``, ``places`` : of each
    area, the place where its words are densest. ``weights`` : (n_words,) which word says most about
    its area, above 0 for words to label.
    """

    of_word: npt.NDArray[np.int32]
    names: list[tuple[str, ...]]
    places: FloatArray
    weights: FloatArray


@st.cache_resource(show_spinner=False, max_entries=16)
def areas(
    model_hash: str, method: str, layout: str, n: int, _bundle: Bundle, _places: FloatArray
) -> Areas:
    """At most ``n`` areas of a clustering on a layout whose places are ``_places`` (n_words, 2).

    A place has the family that most of its neighbours on the map have: words of one family lie in
    many spots, and a colour for each word would be confetti.
    """
    model, labels = _bundle.model, clusters(_bundle, method)[0].labels
    family = families(model.unit_vectors, labels, n)
    of_word = np.append(family, np.int32(-1))[labels]  # label -1 takes the last
    facts = (model.vocabulary.words, model.vocabulary.counts, model.unit_vectors, of_word)
    weights = telling_weights(*facts)
    around = majority_around(_places, of_word)
    found = range(int(family.max(initial=-1)) + 1)
    places = [_densest(_places[around == area]) for area in found]
    return Areas(
        around,
        name_clusters(*facts, weights=weights),
        np.array(places, dtype=np.float32).reshape(-1, 2),
        weights,
    )


def _densest(points: FloatArray) -> FloatArray:
    """The middle of the fullest cell of a grid over the points; their mean if there are few."""
    if len(points) < 3:
        return np.asarray(points.mean(axis=0) if len(points) else np.zeros(2, np.float32))
    counts, across, up = np.histogram2d(points[:, 0], points[:, 1], bins=9)
    i, j = np.unravel_index(counts.argmax(), counts.shape)
    return np.array([across[i : i + 2].mean(), up[j : j + 2].mean()], dtype=np.float32)


def name_of_cluster(names: list[tuple[str, ...]], cluster: int) -> str:
    """The name of a cluster on the screen; -1 is no cluster."""
    return ", ".join(names[cluster]) if cluster >= 0 else say("map.no_cluster")


def neighbours(bundle: Bundle, word: str, k: int = 12) -> pd.DataFrame:
    """The words nearest to a word; takes a millisecond, so not cached."""
    return nearest(bundle.model, word, k)


def analogies(
    bundle: Bundle, plus: tuple[str, ...], minus: tuple[str, ...], k: int = 8
) -> pd.DataFrame:
    """Answers to "minus is to plus[0] as plus[1] is to ...?"."""
    return analogy(bundle.model, plus, minus, k)
