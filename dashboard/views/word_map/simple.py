"""The map as a Plotly chart, for browsers without WebGL and for the download.

Plotly forgets a lasso when the figure changes, so the figure shows only words that were picked by
other means than its own lasso.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st

from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.palette import Palette
from dashboard.charts.word_map import MapPoints, word_map_figure
from dashboard.data import word_geometry
from dashboard.data.word_geometry import Grouping, name_of_cluster
from dashboard.selection import Selection
from dashboard.views.word_map.scene import Scene, positions, rows_of
from dashboard.widgets.theme import draw_phone_rules
from dashboard.wording import say

__all__ = ["draw_simple_map", "map_figure"]

IntArray = npt.NDArray[np.int64]
_MOST = 4_000  # words that a browser draws without WebGL, as shapes of a document
_LASSOED = "map_lassoed"


def map_figure(
    bundle: Bundle, scene: Scene, grouping: Grouping, selection: Selection, colours: Palette
) -> go.Figure:
    """The figure of a scene: of its most frequent words and those that are picked."""
    vocabulary, (clustering, names) = bundle.model.vocabulary, grouping
    chosen, ringed, drawn = _shown(bundle, scene, selection)
    at = positions(scene.rows, drawn)
    points = MapPoints(
        words=[vocabulary.words[row] for row in drawn],
        coordinates=scene.places[at],
        hover=[
            say(
                "map.hover",
                count=vocabulary.counts[row],
                cluster=name_of_cluster(names, int(clustering.labels[row])),
            )
            for row in drawn
        ],
        axis_titles=scene.titles,
    )
    return word_map_figure(
        points,
        scene.paint.at(at),
        colours,
        scene.labels,
        positions(drawn, chosen) if len(chosen) else None,
        positions(drawn, ringed) if len(ringed) else None,
    )


def _shown(
    bundle: Bundle, scene: Scene, selection: Selection
) -> tuple[IntArray, IntArray, IntArray]:
    """Ids of the words that are highlighted, ringed (the picked word first), and drawn."""
    is_lassoed = selection.words == st.session_state.get(_LASSOED)
    chosen = rows_of(bundle, () if is_lassoed else selection.words)
    ringed = rows_of(bundle, _with_neighbours(bundle, selection.word))
    chosen, ringed = (rows[np.isin(rows, scene.rows)] for rows in (chosen, ringed))
    # Rows are in order of frequency, as the vocabulary is.
    return chosen, ringed, np.union1d(scene.rows[:_MOST], np.concatenate([chosen, ringed]))


def _with_neighbours(bundle: Bundle, word: str) -> tuple[str, ...]:
    if word not in bundle.model.vocabulary:
        return ()
    return (word, *word_geometry.neighbours(bundle, word)["word"])


def draw_simple_map(
    bundle: Bundle, scene: Scene, grouping: Grouping, selection: Selection, colours: Palette
) -> None:
    """The chart; a lasso or box selects a word set, one click a single word."""
    figure = map_figure(bundle, scene, grouping, selection, colours)
    rows = _shown(bundle, scene, selection)[2]
    words = [bundle.model.vocabulary.words[row] for row in rows]
    st.caption(say("map.without_webgl", most=_MOST))
    draw_phone_rules(figure, "map_canvas")
    is_lassoed = selection.words == st.session_state.get(_LASSOED)
    picked = (selection.word, () if is_lassoed else selection.words)
    shown = repr((scene.version, picked, st.context.theme.type))
    key = f"map_chart_{hashlib.sha256(shown.encode()).hexdigest()[:10]}"
    with st.container(key="map_canvas", height="stretch"):
        st.plotly_chart(
            figure,
            theme=None,
            height="stretch",
            key=key,
            on_select=lambda: _take(st.session_state[key], words),
            selection_mode=("points", "box", "lasso"),
            alt=say("map.alt", shown=len(words), layout=scene.layout, colour=selection.colour),
            config=CONFIG,
        )


def _take(event: Any, drawn: list[str]) -> None:
    points = event["selection"]["points"] if event else []
    rows = [int(p["point_index"]) for p in points if p.get("curve_number", 0) == 0]
    words = tuple(dict.fromkeys(drawn[i] for i in rows if i < len(drawn)))
    is_area = bool(event["selection"].get("box") or event["selection"].get("lasso"))
    if len(words) == 1 and not is_area:
        state.update(word=words[0], words=())
    elif words:
        st.session_state[_LASSOED] = words
        state.update(word="", words=words)
    elif st.session_state.get(_LASSOED):
        state.update(words=())
    st.session_state["map_panel"] = "why"
