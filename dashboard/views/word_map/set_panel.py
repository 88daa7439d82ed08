"""The word set in hand: from a lasso, pasted, or a whole cluster; and the question to put to it."""

from __future__ import annotations

import streamlit as st

from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data import services
from dashboard.widgets import navigation
from dashboard.widgets.notice import show_empty
from dashboard.widgets.word_entry import chips, draw_unknown, split_words
from dashboard.wording import say

__all__ = ["draw_clusters_panel", "draw_set_panel"]


def draw_set_panel(bundle: Bundle) -> None:
    """Name, words and uses of the set."""
    selection = state.current()
    if not selection.words:
        show_empty(say("map.no_set_title"), say("map.no_set"))
    else:
        st.text_input(
            say("map.set_name"),
            key=state.control("map_set_name", selection.set_name),
            on_change=lambda: state.update(set_name=st.session_state["map_set_name"].strip()[:80]),
            placeholder=say("map.set_name_hint"),
        )
        known = [word for word in selection.words if word in bundle.model.vocabulary]
        st.caption(say("map.set_size", n=len(known)))
        st.html(chips(known))
        _draw_set_actions()
    st.text_area(
        say("map.paste"),
        key=state.control("map_paste", ", ".join(selection.words)),
        on_change=lambda: state.update(words=split_words(st.session_state["map_paste"])),
        help=say("map.paste_help"),
        height=110,
    )
    draw_unknown(selection.words, bundle.model.vocabulary)


def _draw_set_actions() -> None:
    with st.container(horizontal=True, gap="small"):
        if navigation.has_view("probe"):
            st.button(
                say("map.ask_probe"),
                type="primary",
                key="map_ask_probe",
                on_click=navigation.go,
                args=("probe",),
            )
        st.button(
            say("map.clear_set"),
            key="map_clear",
            on_click=lambda: state.update(words=(), set_name=""),
        )


def draw_clusters_panel(bundle: Bundle, grouping: services.Grouping) -> None:
    """Every cluster by name and size; picking one makes its words the word set."""
    clustering, names = grouping
    rows_of = [(clustering.labels == c).nonzero()[0] for c in range(clustering.n_clusters)]

    def picked() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            words = bundle.model.vocabulary.words
            chosen = tuple(words[row] for row in rows_of[rows[0]])
            state.update(words=chosen, set_name=", ".join(names[rows[0]]))
            st.session_state["map_panel"] = "set"

    st.caption(say("map.clusters_hint"))
    if clustering.silhouette == clustering.silhouette:  # not nan
        st.caption(
            say("map.silhouette", value=clustering.silhouette, n=clustering.n_judged),
            help=say("map.silhouette_help"),
        )
    key = "map_clusters"
    st.dataframe(
        {
            "cluster": [", ".join(name) for name in names],
            "words": [len(rows) for rows in rows_of],
        },
        hide_index=True,
        key=key,
        on_select=picked,
        selection_mode="single-row",
        height=430,
        alt=say("map.clusters_alt"),
        column_config={
            "cluster": st.column_config.TextColumn(say("map.column_cluster")),
            "words": st.column_config.NumberColumn(say("map.column_words"), format="localized"),
        },
    )
