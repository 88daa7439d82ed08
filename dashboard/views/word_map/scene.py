"""What the map shows for a selection: words, coordinates, colours and labels.

A word that is picked on the map is drawn already, so a pick changes nothing here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from clif_core.errors import ClifError
from clif_core.geometry.projection import sample_words
from clif_core.sgns.bundle import Bundle
from dashboard.charts.paint import paint_clusters, paint_counts, paint_diverging
from dashboard.charts.palette import Palette
from dashboard.charts.word_map import PointColours
from dashboard.data import word_colours, word_geometry
from dashboard.selection import Selection
from dashboard.wording import say

__all__ = ["Scene", "build_scene", "positions", "rows_of"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
_N_ENDS = 18  # words written at each end of a named axis


@dataclass(frozen=True, eq=False)
class Scene:
    """A map ready to draw: ids of the drawn words in ``rows``, everything else a row each of them.

    ``version`` names what is drawn, without its colours. ``titles`` : of the axes, if it has any.
    """

    version: str
    rows: IntArray
    places: FloatArray  # (n, 2)
    paint: PointColours
    weights: FloatArray  # which word is labelled before which; not above 0: only close by
    labels: list[tuple[str, float, float]]
    layout: str
    titles: tuple[str, str] | None
    notes: list[str]


def build_scene(
    bundle: Bundle, selection: Selection, grouping: word_geometry.Grouping, colours: Palette
) -> Scene:
    """The scene of a selection."""
    model, notes = bundle.model, list[str]()
    rows = _drawn(bundle, selection)
    places, layout, titles = _coordinates(bundle, selection, notes)
    areas = word_geometry.areas(
        model.content_hash,
        selection.clustering,
        repr((layout, selection.axis_from, selection.axis_to) if titles else layout),
        len(colours.clusters),
        bundle,
        places,
    )
    paint = _paint(bundle, selection, areas, colours, rows, notes)
    drawn = (model.content_hash, layout, titles, selection.axis_from, selection.axis_to)
    content = (repr((drawn, selection.clustering)).encode(), rows.tobytes(), paint.values.tobytes())
    return Scene(
        version=hashlib.sha256(b"".join(content)).hexdigest()[:16],
        rows=rows,
        places=places[rows],
        paint=paint,
        weights=(_ends(places) if titles else areas.weights)[rows],
        labels=[]
        if titles
        else [
            (", ".join(name[:2]), float(x), float(y))
            for name, (x, y) in zip(areas.names, areas.places, strict=True)
        ],
        layout=layout,
        titles=titles,
        notes=notes,
    )


def _drawn(bundle: Bundle, selection: Selection) -> IntArray:
    """Ids of the words to draw: a sample of many, and always what is picked or in the probe."""
    wanted = (selection.word, *selection.words, *_probe_words(selection))
    always = np.unique(rows_of(bundle, wanted))
    return sample_words(bundle.model.vocabulary.frequencies, selection.max_points, always.tolist())


def rows_of(bundle: Bundle, words: tuple[str, ...]) -> IntArray:
    """Ids of those words that the model has."""
    index = bundle.model.vocabulary.index
    return np.array([index[word] for word in words if word in index], dtype=np.int64)


def positions(rows: IntArray, wanted: IntArray) -> IntArray:
    """Positions of the wanted ids among the (sorted) drawn ones, in the order wanted."""
    return np.searchsorted(rows, wanted).astype(np.int64)


def _probe_words(selection: Selection) -> tuple[str, ...]:
    """Every string in the lists of the probe's description; untrusted, so only looked up."""
    lists = [v for v in (selection.probe or {}).values() if isinstance(v, list | tuple)]
    return tuple(word for words in lists for word in words if isinstance(word, str))


def _coordinates(
    bundle: Bundle, selection: Selection, notes: list[str]
) -> tuple[FloatArray, str, tuple[str, str] | None]:
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
    return *word_geometry.coordinates(bundle, wanted), None


def _ends(places: FloatArray) -> FloatArray:
    """(n_words,) weights of labels on a named axis: the outermost of the more frequent words."""
    known = np.flatnonzero(places[:, 1] >= np.median(places[:, 1]))
    order = known[np.argsort(places[known, 0], kind="stable")]
    outermost = np.stack([order[:_N_ENDS], order[::-1][:_N_ENDS]], axis=1).ravel()
    weights = np.abs(places[:, 0] - np.median(places[:, 0]))
    weights[outermost] += weights.max(initial=0.0)
    return np.asarray(weights, dtype=np.float32)


def _paint(
    bundle: Bundle,
    selection: Selection,
    areas: word_geometry.Areas,
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
    return paint_clusters(areas.of_word[rows], colours)
