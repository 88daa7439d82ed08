"""Analogies: a is to b as c is to ...?"""

from __future__ import annotations

import streamlit as st

from clif_core.probes import match, split_words
from clif_core.sgns.bundle import Bundle
from dashboard.data import word_geometry
from dashboard.widgets.notice import guard, show_empty
from dashboard.widgets.table import draw_table
from dashboard.wording import say

__all__ = ["draw_analogy_panel"]


def draw_analogy_panel(bundle: Bundle) -> None:
    """Three words in, the nearest answers out."""
    st.caption(say("map.analogy_hint"), help=say("map.analogy_help"))
    typed = [
        split_words(st.text_input(say(f"map.analogy_{part}"), key=f"map_analogy_{part}"))
        for part in ("a", "b", "c")
    ]
    words = [[match(w, bundle.model.vocabulary).word or w for w in part] for part in typed]
    if not all(words):
        show_empty(say("map.no_analogy_title"), say("map.no_analogy"))
        return
    with guard():
        frame = word_geometry.analogies(bundle, (words[1][0], words[2][0]), (words[0][0],))
        draw_table(
            frame,
            hide_index=True,
            key="map_analogy_answers",
            column_config={
                "cosine": st.column_config.NumberColumn(say("map.column_cosine"), format="%.2f"),
                "count": st.column_config.NumberColumn(say("map.column_count"), format="localized"),
            },
        )
