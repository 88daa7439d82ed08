"""The clusters of the map, to select the words of one."""

from __future__ import annotations

import streamlit as st

from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data.word_geometry import Grouping
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["draw_clusters_panel"]


def draw_clusters_panel(bundle: Bundle, grouping: Grouping) -> None:
    """Every cluster by name and size; picking one selects its words as the word set."""
    clustering, names = grouping
    rows_of = [(clustering.labels == c).nonzero()[0] for c in range(clustering.n_clusters)]

    def picked() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            words = bundle.model.vocabulary.words
            chosen = tuple(words[row] for row in rows_of[rows[0]])
            state.update(word="", words=chosen, set_name=", ".join(names[rows[0]]))
            st.session_state["map_panel"] = "why"

    st.caption(say("map.clusters_hint"))
    if clustering.silhouette == clustering.silhouette:  # not nan
        st.caption(
            say("map.silhouette", value=clustering.silhouette, n=clustering.n_judged),
            help=say("map.silhouette_help"),
        )
    key = "map_clusters"
    draw_table(
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
