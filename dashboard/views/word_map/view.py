"""Word map: see, search and select the words of a model, and ask why they lie in a cluster."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.charts.word_map import word_map_figure
from dashboard.data import models, word_geometry
from dashboard.data.word_geometry import name_of_cluster
from dashboard.views.word_map.analogy_panel import draw_analogy_panel
from dashboard.views.word_map.chart import baked_words, draw_map_chart
from dashboard.views.word_map.clusters_panel import draw_clusters_panel
from dashboard.views.word_map.scene import Scene, build_scene
from dashboard.views.word_map.set_panel import draw_set_panel
from dashboard.views.word_map.toolbar import draw_toolbar
from dashboard.views.word_map.umap_job import draw_map_job
from dashboard.views.word_map.word_panel import draw_search, draw_word_panel
from dashboard.widgets import escape
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.notice import guard
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["show"]


def show() -> None:
    """Draw the view."""
    draw_heading("map")
    selection, bundle = state.current(), models.selected_bundle()
    is_offered = bool(selection.clustering) and state.is_from_link("clustering")
    with st.spinner(say("map.clustering_now"), show_time=True):
        grouping = word_geometry.clusters(bundle, "" if is_offered else selection.clustering)
    left, right = st.columns([2.4, 1], gap="medium")
    with right:  # first, so that the answer is there while the browser still draws the map
        draw_search(bundle)
        _draw_panel(bundle, grouping)
    with left:
        draw_toolbar(bundle, selection)
        if is_offered:
            _draw_offer()
        with guard():
            _draw_chart(bundle, grouping)


def _draw_offer() -> None:
    """A link asked for another clustering, which takes seconds: only a press computes it."""
    with st.container(horizontal=True, vertical_alignment="center", key="map_offer"):
        st.caption(say("map.linked"), width="content")
        st.button(
            say("map.cluster_linked"),
            key="map_offered",
            on_click=state.press,
            args=("clustering",),
        )


def _draw_chart(bundle: Bundle, grouping: word_geometry.Grouping) -> None:
    selection, colours = state.current(), current_palette()
    scene = build_scene(bundle, selection, baked_words(selection), grouping, colours)
    figure = word_map_figure(
        scene.points, scene.paint, colours, scene.labels, scene.selected, scene.focus
    )
    for note in scene.notes:
        st.caption(escape.markdown(note))
    with st.container(key="map_canvas", height="stretch"):
        draw_map_chart(figure, scene, selection)
    if selection.layout == "umap" and scene.layout != "umap":
        draw_map_job(bundle)
    _draw_chart_table(bundle, grouping, scene, figure)


def _draw_chart_table(
    bundle: Bundle,
    grouping: word_geometry.Grouping,
    scene: Scene,
    figure: go.Figure,
) -> None:
    clustering, names = grouping
    chosen = set(state.current().words)
    frame = pd.DataFrame(
        {
            "word": scene.points.words,
            "count": bundle.model.vocabulary.counts[scene.rows],
            "cluster": [name_of_cluster(names, int(clustering.labels[r])) for r in scene.rows],
            **{axis: scene.points.coordinates[:, i] for i, axis in enumerate("xyz"[: scene.dims])},
            "colour": scene.paint.values,
            "selected": [word in chosen for word in scene.points.words],
        }
    )
    draw_chart_table(frame, "word_map", figure)


def _draw_panel(bundle: Bundle, grouping: word_geometry.Grouping) -> None:
    st.session_state.setdefault("map_panel", "set" if state.current().words else "word")
    panel = st.segmented_control(
        say("map.panel"),
        ("word", "set", "clusters", "analogy"),
        key="map_panel",
        required=True,
        format_func=lambda name: say(f"map.panel_{name}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    with guard():
        if panel == "set":
            draw_set_panel(bundle)
        elif panel == "clusters":
            draw_clusters_panel(bundle, grouping)
        elif panel == "analogy":
            draw_analogy_panel(bundle)
        else:
            draw_word_panel(bundle, grouping)
