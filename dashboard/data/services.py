"""What views may ask of the engine: thin wrappers that cache, and nothing else.

Two rules, both learnt by measurement. Heavy objects (models, corpora, engines) live once per
server in ``cache_resource``. Results live in ``cache_data`` keyed by *content hashes*: arrays are
passed as ``_arrays``, because Streamlit hashes only a sample of a big array and then returns stale
answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clif_core.errors import CapabilityError, InputError
from clif_core.geometry import projection
from clif_core.geometry.clustering import Clustering, hdbscan, kmeans, name_clusters
from clif_core.geometry.neighbours import analogy, nearest
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ESTIMATORS
from clif_core.influence.explain import pair_effects
from clif_core.probes import from_dict
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import CatalogueEntry, Workspace
from dashboard import state

__all__ = [
    "Grouping",
    "analogies",
    "associations",
    "axis_places",
    "bundle_named",
    "catalogue",
    "clusters",
    "coordinates",
    "engine_of",
    "is_brought",
    "model_title",
    "neighbours",
    "remove_model",
    "selected_bundle",
    "selected_corpus",
    "selected_engine",
    "settle_model",
    "word_effects",
    "workspace",
]

FloatArray = npt.NDArray[np.float32]
Grouping = tuple[Clustering, list[tuple[str, ...]]]  # a clustering and the names of its clusters


# --- models and texts


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """The models, texts and results of this machine's user (CLIF_HOME)."""
    return Workspace()


def catalogue() -> list[CatalogueEntry]:
    """The models that can be opened: samples first, then one's own, the newest first."""
    entries = workspace().catalogue()
    own = [entry for entry in entries if entry.kind == "own"]
    own.sort(key=lambda entry: _stamp(entry.path), reverse=True)
    return [entry for entry in entries if entry.kind != "own"] + own


def model_title(name: str) -> str:
    """The title of a model in the catalogue, or its bare name."""
    return next((entry.title for entry in catalogue() if entry.name == name), name)


def is_brought(card: Mapping[str, Any]) -> bool:
    """Whether a model came from files, so that more of them may come: no copy of a model did."""
    return card.get("kind") == "own"


def remove_model(name: str) -> None:
    """Delete one of the user's own models; the selection falls back to the default."""
    workspace().remove_model(name)
    if state.current().model == name:
        state.update(model="")


def settle_model() -> str:
    """See to it that the selection names a model that is here: the first where none is picked.

    What to tell the person when a link named a model that is not here, else "".
    """
    names = [entry.name for entry in catalogue()]
    wanted = state.current().model
    if wanted in names or not (wanted or names):
        return ""
    state.update(model=names[0] if names else "")
    if not wanted:
        return ""
    return (
        f"There is no model {wanted!r} here, so the first one is shown instead. Here are: "
        f"{', '.join(names) or 'none'}. To look into {wanted!r}, bring it under Model."
    )


def selected_bundle() -> Bundle:
    """The bundle of the model in the selection.

    Raises InputError when there is no model at all, FormatError when the bundle is damaged.
    """
    found = _bundle(state.current().model)
    if found is None:
        raise InputError("No model is here yet. Run 'make samples', or bring your own under Model.")
    return found


def bundle_named(name: str) -> Bundle:
    """The bundle of another model of the catalogue; raises InputError when there is none."""
    found = _bundle(name)
    if found is None:
        known = ", ".join(entry.name for entry in catalogue()) or "none"
        raise InputError(f"There is no model {name!r} here to compare with. Here are: {known}.")
    return found


def _bundle(name: str) -> Bundle | None:
    for entry in catalogue():
        if entry.name == name:
            return _open_bundle(name, str(entry.path), _stamp(entry.path))
    return None


def _stamp(path: Path) -> int:
    """Changes when the bundle at a path is replaced."""
    try:
        return (path / "card.json").stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(show_spinner=False, max_entries=8)
def _open_bundle(name: str, path: str, stamp: int) -> Bundle:
    return workspace().open_model(name)


def selected_corpus() -> Corpus:
    """The text of the model in the selection; raises CapabilityError where it is not here."""
    return _corpus_of(selected_bundle().model)


def _corpus_of(model: SkipGram) -> Corpus:
    corpus = None if model.corpus_hash is None else _open_corpus(model.corpus_hash, model)
    if corpus is None:
        _open_corpus.clear()
        raise CapabilityError(
            f"The text that {model.name!r} was trained on is not here, so nothing can be traced "
            f"back to sentences. {_way_to_text(model.name)}"
        )
    return corpus


def _way_to_text(name: str) -> str:
    """What to do where the text of a model is not here."""
    entry = next((entry for entry in catalogue() if entry.name == name), None)
    if entry is not None and entry.kind == "sample":
        return "It can be fetched under Model."
    if entry is not None and is_brought(entry.card):
        return "Add it under Model."
    if entry is not None and entry.card.get("history"):
        return "It is a changed copy: look into the model that it was made from instead."
    return "Train it again with 'clif train'."


@st.cache_resource(show_spinner=False, max_entries=4)
def _open_corpus(corpus_hash: str, _model: SkipGram) -> Corpus | None:
    return workspace().open_corpus(_model)


def selected_engine() -> InfluenceEngine:
    """The influence engine of the model in the selection, ready to answer.

    Raises CapabilityError where context vectors, settings or the text are missing.
    """
    return engine_of(selected_bundle().model)


def engine_of(model: SkipGram) -> InfluenceEngine:
    """As ``selected_engine``, for any model and from any thread."""
    corpus = _corpus_of(model)
    return _open_engine(model.content_hash, corpus.content_hash, model, corpus)


@st.cache_resource(show_spinner=False, max_entries=3)
def _open_engine(
    model_hash: str, corpus_hash: str, _model: SkipGram, _corpus: Corpus
) -> InfluenceEngine:
    return workspace().open_engine(_model, _corpus)


# --- the map


def coordinates(
    bundle: Bundle, layout: state.Layout, dims: Literal[2, 3]
) -> tuple[FloatArray, state.Layout]:
    """(n_words, dims) places of all words, and the layout that they come from.

    That is PCA where UMAP was asked for and the bundle has none. A layout by named axis has its own
    function, ``axis_places``.
    """
    if layout == "umap" and bundle.map is not None:
        names = ["x", "y"] if dims == 2 else ["x3", "y3", "z3"]
        return bundle.map[names].to_numpy(np.float32), "umap"
    return _pca(bundle.model.content_hash, dims, bundle.model.unit_vectors), "pca"


@st.cache_data(show_spinner=False, max_entries=16)
def _pca(model_hash: str, dims: Literal[2, 3], _unit_vectors: FloatArray) -> FloatArray:
    return projection.pca(_unit_vectors, dims)[0]


def axis_places(
    bundle: Bundle, from_words: tuple[str, ...], to_words: tuple[str, ...]
) -> FloatArray:
    """(n_words,) places on a named axis; raises InputError or UnknownWordError."""
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
        method = "kmeans:20"
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


def neighbours(bundle: Bundle, word: str, k: int = 12) -> pd.DataFrame:
    """The words nearest to a word; a millisecond, so not cached."""
    return nearest(bundle.model, word, k)


def analogies(
    bundle: Bundle, plus: tuple[str, ...], minus: tuple[str, ...], k: int = 8
) -> pd.DataFrame:
    """Answers to "minus is to plus[0] as plus[1] is to ...?"."""
    return analogy(bundle.model, plus, minus, k)


# --- what the probe in hand says about every word


def associations(
    bundle: Bundle, probe: Mapping[str, Any] | None
) -> tuple[FloatArray, tuple[str, str]]:
    """(n_words,) mean cosine with the probe's first pole minus that with its second; their labels.

    The poles are a WEAT's attribute sets A and B, or the two clusters of a cluster membership.
    Raises InputError where the probe has no two poles on this model.
    """
    described = dict(probe or {})
    poles = [pole for pole in _POLES if pole[0] in described and pole[1] in described]
    if not poles:
        raise InputError(
            "Colour by association needs a probe with two poles (a WEAT, or a cluster membership). "
            "Pick one under Probe; clusters are shown meanwhile."
        )
    first, second, labels = poles[0]
    vocabulary, unit = bundle.model.vocabulary, bundle.model.unit_vectors
    means = []
    for name in (first, second):
        rows = [vocabulary.index[w] for w in map(str, described[name]) if w in vocabulary]
        if not rows:
            raise InputError(f"None of the words of {name} is known to this model.")
        means.append(unit[rows].mean(axis=0))
    ends = [str(described.get(label) or label)[:40] for label in labels]
    return np.asarray(unit @ (means[0] - means[1]), dtype=np.float32), (ends[0], ends[1])


_POLES = (
    ("attributes_a", "attributes_b", ("label_a", "label_b")),
    ("own", "other", ("label_own", "label_other")),
)


def word_effects(selection: state.Selection) -> FloatArray:
    """(n_words,) removal effect on the probe in hand of each word as company of others.

    The sum over all pairs in which it is the context word; for an estimator that scores no pairs,
    over the contexts of which it is the centre.
    """
    if selection.probe is None:
        raise InputError(
            "Colour by influence needs a probe: pick one under Probe. Clusters are shown meanwhile."
        )
    engine = selected_engine()
    described = json.dumps(dict(selection.probe), sort_keys=True)
    hashes = (engine.model.content_hash, engine.corpus.content_hash)
    resolved = from_dict(selection.probe).resolve(engine.model.vocabulary)
    wanted = selection.estimator
    is_cached = (
        wanted in ESTIMATORS and workspace().cached_influence(engine, resolved, wanted) is not None
    )
    estimator = wanted if is_cached else workspace().best_estimator(engine, resolved)
    return _word_effects(*hashes, described, estimator, engine)


@st.cache_data(show_spinner=False, max_entries=16)
def _word_effects(
    model_hash: str, corpus_hash: str, probe: str, estimator: str, _engine: InfluenceEngine
) -> FloatArray:
    resolved = from_dict(json.loads(probe)).resolve(_engine.model.vocabulary)
    influence = workspace().influence(_engine, resolved, estimator)
    if influence.has_pairs:
        pairs, n_words = _engine.pairs, _engine.model.n_words
        totals = pairs.weights * pair_effects(_engine, influence)
        sums = np.bincount(pairs.context_words, totals, minlength=n_words)
    else:  # an estimator that scores contexts whole, without their pairs
        effects = influence.context_effects[_engine.text.tokens]
        sums = np.bincount(_engine.text.word_ids, effects, minlength=_engine.model.n_words)
    return sums.astype(np.float32)
