"""The words of a model: coordinates on a map, clusters, neighbours and analogies."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clif_core.geometry import projection
from clif_core.geometry.clustering import Clustering, hdbscan, kmeans, name_clusters
from clif_core.geometry.neighbours import analogy, nearest
from clif_core.sgns.bundle import Bundle
from dashboard.state import Layout
from dashboard.wording import say

__all__ = [
    "Grouping",
    "analogies",
    "axis_coordinates",
    "clusters",
    "coordinates",
    "name_of_cluster",
    "neighbours",
]

FloatArray = npt.NDArray[np.float32]
Grouping = tuple[Clustering, list[tuple[str, ...]]]  # a clustering and the names of its clusters
_DEFAULT_CLUSTERING = "kmeans:20"


def coordinates(
    bundle: Bundle, layout: Layout, dims: Literal[2, 3]
) -> tuple[FloatArray, Literal["umap", "pca"]]:
    """(n_words, dims) coordinates of all words, and the layout that they come from.

    That is PCA where UMAP was asked for and the bundle has none. ``axis_coordinates`` serves the
    layout by named axis.
    """
    if layout == "umap" and bundle.map is not None:
        names = ["x", "y"] if dims == 2 else ["x3", "y3", "z3"]
        return bundle.map[names].to_numpy(np.float32), "umap"
    return _pca(bundle.model.content_hash, dims, bundle.model.unit_vectors), "pca"


@st.cache_data(show_spinner=False, max_entries=16)
def _pca(model_hash: str, dims: Literal[2, 3], _unit_vectors: FloatArray) -> FloatArray:
    return projection.pca(_unit_vectors, dims)[0]


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
        found = hdbscan(coordinates(_bundle, "umap", 2)[0], min(int(number), model.n_words))
    else:
        assert _bundle.map is not None
        labels = _bundle.map["cluster"].to_numpy(np.int32)
        found = Clustering(labels, float("nan"), 0)
    names = name_clusters(
        model.vocabulary.words, model.vocabulary.counts, model.unit_vectors, found.labels
    )
    return found, names


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
