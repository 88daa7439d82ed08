"""What the map shows for a selection: words, coordinates, colours and labels.

Everything is computed from the selection and the *baked* words (see ``chart``), so that the figure
does not change during a lasso.
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
from dashboard.data import word_colours, word_geometry
from dashboard.data.word_geometry import name_of_cluster
from dashboard.state import Selection
from dashboard.wording import say

__all__ = ["Scene", "build_scene"]

IntArray = npt.NDArray[np.int64]
_N_ENDS = 18  # words written at each end of a named axis


@dataclass(frozen=True, eq=False)
class Scene:
    """A map ready to draw. ``rows``: ids of the drawn words; ``selected``, ``focus`` index it."""

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
    grouping: word_geometry.Grouping,
    colours: Palette,
) -> Scene:
    """The scene of a selection; the figure highlights the words ``baked``."""
    model, (clustering, names) = bundle.model, grouping
    notes: list[str] = []
    highlighted, ringed = _known(bundle, baked), _ringed(bundle, selection.word)
    always = np.unique(
        np.concatenate([highlighted, ringed, _known(bundle, _probe_words(selection))])
    )
    rows = sample_words(model.vocabulary.frequencies, selection.max_points, always.tolist())
    if len(rows) < model.n_words:
        said = "map.sampled" if model.vocabulary.has_counts else "map.sampled_by_rank"
        notes.append(say(said, shown=len(rows), total=model.n_words))
    points, layout, titles = _coordinates(bundle, selection, notes)
    labels = clustering.labels
    centres = _cluster_centres(points[:, :2], labels, clustering.n_clusters)
    written = _cluster_labels(names, centres) if layout != "axis" else _ends(bundle, points)
    return Scene(
        rows=rows,
        points=MapPoints(
            words=[model.vocabulary.words[row] for row in rows],
            coordinates=points[rows],
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
        selected=_positions(rows, highlighted) if len(highlighted) else None,
        focus=_positions(rows, ringed) if len(ringed) else None,
        layout=layout,
        notes=notes,
    )


def _known(bundle: Bundle, words: tuple[str, ...]) -> IntArray:
    index = bundle.model.vocabulary.index
    return np.array([index[word] for word in words if word in index], dtype=np.int64)


def _ringed(bundle: Bundle, word: str) -> IntArray:
    """Ids of the selected word and its neighbours, the word first; empty where it is unknown."""
    if word not in bundle.model.vocabulary:
        return np.empty(0, dtype=np.int64)
    return _known(bundle, (word, *word_geometry.neighbours(bundle, word)["word"]))


def _probe_words(selection: Selection) -> tuple[str, ...]:
    """Every string in the lists of the probe's description; untrusted, so only looked up."""
    lists = [v for v in (selection.probe or {}).values() if isinstance(v, list | tuple)]
    return tuple(word for words in lists for word in words if isinstance(word, str))


def _positions(rows: IntArray, wanted: IntArray) -> IntArray:
    """Positions of the wanted ids among the (sorted) drawn ones, in the order wanted."""
    return np.searchsorted(rows, wanted).astype(np.int64)


def _coordinates(
    bundle: Bundle, selection: Selection, notes: list[str]
) -> tuple[npt.NDArray[np.float32], str, tuple[str, str] | None]:
    if selection.layout == "axis":
        try:
            on_axis = word_geometry.axis_coordinates(bundle, selection.axis_from, selection.axis_to)
        except ClifError as error:
            notes.append(say("map.axis_missing", reason=error))
        else:
            counts = np.log10(np.maximum(bundle.model.vocabulary.counts, 1))
            ends = [", ".join(w[:3]) for w in (selection.axis_from, selection.axis_to)]
            titles = (say("map.axis_title", start=ends[0], end=ends[1]), say("map.axis_count"))
            return np.stack([on_axis, counts], axis=1).astype(np.float32), "axis", titles
    wanted = "umap" if selection.layout == "axis" else selection.layout
    return *word_geometry.coordinates(bundle, wanted, selection.dims), None


def _cluster_centres(
    flat: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], n_clusters: int
) -> npt.NDArray[np.float32]:
    """(n_clusters, 2) median coordinates of each cluster, robust to outliers."""
    centres = [np.median(flat[labels == c], axis=0) for c in range(n_clusters)]
    return np.array(centres, dtype=np.float32).reshape(n_clusters, 2)


def _cluster_labels(
    names: list[tuple[str, ...]], centres: npt.NDArray[np.float32]
) -> list[tuple[str, float, float]]:
    return [
        (", ".join(name[:2]), float(x), float(y))
        for name, (x, y) in zip(names, centres, strict=True)
    ]


def _ends(bundle: Bundle, points: npt.NDArray[np.float32]) -> list[tuple[str, float, float]]:
    """Labels on a named axis: the outermost of the more frequent words, most extreme first."""
    known = np.flatnonzero(points[:, 1] >= np.median(points[:, 1]))
    order = known[np.argsort(points[known, 0], kind="stable")]
    outermost = np.stack([order[:_N_ENDS], order[::-1][:_N_ENDS]], axis=1).ravel()
    words = bundle.model.vocabulary.words
    return [(words[int(row)], float(points[row, 0]), float(points[row, 1])) for row in outermost]


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
            values, ends = word_colours.associations(bundle, selection)
            title = say("map.colour_association")
            return paint_diverging(values[rows], colours.pull, title, (ends[1], ends[0]))
        if selection.colour == "influence":
            with st.spinner(say("map.computing_influence")):
                effects = word_colours.context_word_effects(selection)
            ends = (say("map.effect_lowers"), say("map.effect_raises"))
            title = say("map.colour_influence")
            # Orange is text that raises the probe, so its removal effect is negative.
            return paint_diverging(-effects[rows], colours.diverging, title, ends)
    except ClifError as error:
        notes.append(str(error))
    classes = colour_classes(centres, len(colours.clusters))
    by_word = np.append(classes, np.int32(-1))[clustering.labels]  # label -1 takes the last
    return paint_clusters(by_word[rows], colours)
