"""What the map shows for a selection: which words, where, in which colours, with which labels.

Everything here is computed from the selection and the *baked* words (see ``map_chart``), so the
figure stays the same while somebody lassoes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from clif_core.errors import ClifError
from clif_core.geometry.clustering import Clustering
from clif_core.geometry.projection import sample_words
from clif_core.sgns.bundle import Bundle
from dashboard.charts.labels import colour_classes
from dashboard.charts.paint import paint_clusters, paint_counts, paint_diverging
from dashboard.charts.palette import Palette
from dashboard.charts.word_map import MapPoints, PointColours
from dashboard.data import services
from dashboard.data.questions import name_of_cluster
from dashboard.state import Selection
from dashboard.wording import say

__all__ = ["Scene", "build_scene"]

IntArray = npt.NDArray[np.int64]
_N_ENDS = 18  # words written at each end of a named axis


@dataclass(frozen=True, eq=False)
class Scene:
    """A map ready to draw. ``rows`` are the drawn words' rows; positions below refer to it."""

    rows: IntArray
    points: MapPoints
    paint: PointColours
    labels: list[tuple[str, float, float]]
    selected: IntArray | None
    focus: IntArray | None
    layout: str
    notes: list[str]

    @property
    def dims(self) -> int:
        return int(self.points.coordinates.shape[1])


def build_scene(
    bundle: Bundle,
    selection: Selection,
    baked: tuple[str, ...],
    grouping: services.Grouping,
    colours: Palette,
) -> Scene:
    """The scene of a selection, with ``baked`` as the words that are lit from the start."""
    model, (clustering, names) = bundle.model, grouping
    notes: list[str] = []
    lit, ringed = _known(bundle, baked), _ringed(bundle, selection.word)
    keep = np.unique(np.concatenate([lit, ringed, _known(bundle, _probe_words(selection))]))
    rows = sample_words(model.vocabulary.counts, selection.max_points, keep.tolist())
    if len(rows) < model.n_words:
        notes.append(say("map.sampled", shown=len(rows), total=model.n_words))
    everything, layout, titles = _places(bundle, selection, notes)
    labels = clustering.labels
    centres = _label_places(everything[:, :2], labels, clustering.n_clusters)
    written = _cluster_labels(names, centres) if layout != "axis" else _ends(bundle, everything)
    return Scene(
        rows=rows,
        points=MapPoints(
            words=[model.vocabulary.words[row] for row in rows],
            coordinates=everything[rows],
            hover=[
                say(
                    "map.hover",
                    count=model.vocabulary.counts[row],
                    cluster=name_of_cluster(names, int(labels[row])),
                )
                for row in rows
            ],
            axis_titles=titles,
        ),
        paint=_paint(bundle, selection, clustering, centres, colours, rows, notes),
        labels=written,
        selected=_positions(rows, lit) if len(lit) else None,
        focus=_positions(rows, ringed) if len(ringed) else None,
        layout=layout,
        notes=notes,
    )


def _known(bundle: Bundle, words: tuple[str, ...]) -> IntArray:
    index = bundle.model.vocabulary.index
    return np.array([index[word] for word in words if word in index], dtype=np.int64)


def _ringed(bundle: Bundle, word: str) -> IntArray:
    """The word in focus and its neighbours, the word first; empty where it is unknown."""
    if word not in bundle.model.vocabulary:
        return np.empty(0, dtype=np.int64)
    return _known(bundle, (word, *services.neighbours(bundle, word)["word"]))


def _probe_words(selection: Selection) -> tuple[str, ...]:
    """Every string in the lists of the probe's description; a stranger's, so only looked up."""
    lists = [v for v in (selection.probe or {}).values() if isinstance(v, list | tuple)]
    return tuple(word for words in lists for word in words if isinstance(word, str))


def _positions(rows: IntArray, wanted: IntArray) -> IntArray:
    """Where the wanted rows stand among the (sorted) drawn rows, in the order wanted."""
    return np.searchsorted(rows, wanted).astype(np.int64)


def _places(
    bundle: Bundle, selection: Selection, notes: list[str]
) -> tuple[npt.NDArray[np.float32], str, tuple[str, str] | None]:
    if selection.layout == "axis":
        try:
            places = services.axis_places(bundle, selection.axis_from, selection.axis_to)
        except ClifError as error:
            notes.append(say("map.axis_missing", reason=error))
        else:
            counts = np.log10(np.maximum(bundle.model.vocabulary.counts, 1))
            ends = [", ".join(w[:3]) for w in (selection.axis_from, selection.axis_to)]
            titles = (say("map.axis_title", start=ends[0], end=ends[1]), say("map.axis_count"))
            return np.stack([places, counts], axis=1).astype(np.float32), "axis", titles
    wanted = "umap" if selection.layout == "axis" else selection.layout
    places, layout = services.coordinates(bundle, wanted, selection.dims)
    return places, layout, None


def _label_places(
    flat: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], n_clusters: int
) -> npt.NDArray[np.float32]:
    """(n_clusters, 2) the median place of each cluster, which strays do not move."""
    places = [np.median(flat[labels == c], axis=0) for c in range(n_clusters)]
    return np.array(places, dtype=np.float32).reshape(n_clusters, 2)


def _cluster_labels(
    names: list[tuple[str, ...]], centres: npt.NDArray[np.float32]
) -> list[tuple[str, float, float]]:
    return [
        (", ".join(name[:2]), float(x), float(y))
        for name, (x, y) in zip(names, centres, strict=True)
    ]


def _ends(bundle: Bundle, places: npt.NDArray[np.float32]) -> list[tuple[str, float, float]]:
    """On a named axis the outermost of the better-known words are written, most extreme first."""
    known = np.flatnonzero(places[:, 1] >= np.median(places[:, 1]))
    order = known[np.argsort(places[known, 0], kind="stable")]
    outermost = np.stack([order[:_N_ENDS], order[::-1][:_N_ENDS]], axis=1).ravel()
    words = bundle.model.vocabulary.words
    return [(words[int(row)], float(places[row, 0]), float(places[row, 1])) for row in outermost]


def _paint(
    bundle: Bundle,
    selection: Selection,
    clustering: Clustering,
    centres: npt.NDArray[np.float32],
    colours: Palette,
    rows: IntArray,
    notes: list[str],
) -> PointColours:
    if selection.colour == "count":
        counts = bundle.model.vocabulary.counts[rows]
        return paint_counts(counts, colours, say("map.colour_count"))
    try:
        if selection.colour == "association":
            values, ends = services.associations(bundle, selection.probe)
            title = say("map.colour_association")
            return paint_diverging(values[rows], colours.pull, title, (ends[1], ends[0]))
        if selection.colour == "influence":
            with st.spinner(say("map.computing_influence")):
                effects = services.word_effects(selection)
            ends = (say("map.effect_lowers"), say("map.effect_raises"))
            title = say("map.colour_influence")
            # Orange is text that raises the probe, so its removal effect is negative.
            return paint_diverging(-effects[rows], colours.diverging, title, ends)
    except ClifError as error:
        notes.append(str(error))
    classes = colour_classes(centres, len(colours.clusters))
    by_word = np.append(classes, np.int32(-1))[clustering.labels]  # label -1 takes the last
    return paint_clusters(by_word[rows], colours)
