"""Word map: see, search and select the words of a model, and ask why they lie where they do."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data import models, word_geometry
from dashboard.data.word_geometry import Grouping, name_of_cluster
from dashboard.selection import Selection
from dashboard.views.word_map.analogy_panel import draw_analogy_panel
from dashboard.views.word_map.clusters_panel import draw_clusters_panel
from dashboard.views.word_map.living import cannot_draw, draw_pick, draw_scene
from dashboard.views.word_map.scene import Scene, build_scene
from dashboard.views.word_map.sentences_panel import draw_sentences_panel
from dashboard.views.word_map.set_panel import draw_set_panel
from dashboard.views.word_map.simple import draw_simple_map, map_figure
from dashboard.views.word_map.toolbar import draw_toolbar
from dashboard.views.word_map.umap_job import draw_map_job
from dashboard.views.word_map.word_panel import draw_search, draw_unknown_word, draw_word_panel
from dashboard.widgets import escape, navigation
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
    if is_offered:
        selection = replace(selection, clustering="")
    with st.spinner(say("map.clustering_now"), show_time=True):
        grouping = word_geometry.clusters(bundle, selection.clustering)
    with st.container(key="map_desk"):
        left, right = st.columns([2, 1], gap="medium")
    scene: Scene | None = None
    with left:
        if is_offered:
            _draw_offer()
        with guard():
            scene = _draw_map(bundle, grouping, selection)
    with right:
        _draw_beside(bundle, grouping, scene)


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


def _draw_map(bundle: Bundle, grouping: Grouping, selection: Selection) -> Scene:
    colours = current_palette()
    scene = build_scene(bundle, selection, grouping, colours)
    if cannot_draw():
        draw_simple_map(bundle, scene, grouping, selection, colours)
    else:
        draw_scene(bundle, scene, grouping, selection, colours)
    draw_toolbar(bundle, state.current())
    for note in scene.notes:
        st.caption(escape.markdown(note))
    shown, total = len(scene.rows), bundle.model.n_words
    sampled = "sampled" if bundle.model.vocabulary.has_counts else "sampled_by_rank"
    st.caption(say(f"map.{sampled if shown < total else 'drawn'}", shown=shown, total=total))
    if selection.layout == "umap" and scene.layout != "umap":
        draw_map_job(bundle)
    draw_chart_table(
        lambda: _table(bundle, scene, grouping, selection),
        "word_map",
        lambda: map_figure(bundle, scene, grouping, selection, colours),
    )
    return scene


def _table(bundle: Bundle, scene: Scene, grouping: Grouping, selection: Selection) -> pd.DataFrame:
    """One row a word of the map."""
    clustering, names = grouping
    chosen = set(selection.words)
    words = [bundle.model.vocabulary.words[row] for row in scene.rows]
    return pd.DataFrame(
        {
            "word": words,
            "count": bundle.model.vocabulary.counts[scene.rows],
            "cluster": [name_of_cluster(names, int(clustering.labels[r])) for r in scene.rows],
            "x": scene.places[:, 0],
            "y": scene.places[:, 1],
            "colour": scene.paint.values,
            "selected": [word in chosen for word in words],
        }
    )


@st.fragment
def _draw_beside(bundle: Bundle, grouping: Grouping, scene: Scene | None) -> None:
    """What is picked, and the answer to it; a pick runs this part of the page alone."""
    navigation.follow()
    if scene is not None and not cannot_draw():
        draw_pick(bundle, scene)
    elif cannot_draw():
        draw_search(bundle.model.vocabulary)
    draw_unknown_word(bundle)
    st.session_state.setdefault("map_panel", "why")
    panel = st.segmented_control(
        say("map.panel"),
        ("why", "word", "set", "clusters", "analogy"),
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
        elif panel == "word":
            draw_word_panel(bundle, grouping)
        else:
            draw_sentences_panel(bundle, grouping)
