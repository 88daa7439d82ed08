"""The map on the screen, and what a click or a lasso on it does.

Plotly forgets a lasso when the figure changes. So the words that are lit are *baked* into the
figure only when they change by other means (pasted, cleared, from a link); while the words in hand
are those of the last lasso, the figure is left as it is. A new figure gets a new widget key, which
keeps the old selection from coming back.
"""

from __future__ import annotations

import hashlib
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.state import Selection
from dashboard.views.word_map.scene import Scene
from dashboard.widgets.theme import draw_phone_rules
from dashboard.wording import say

__all__ = ["baked_words", "draw_map_chart"]

_LASSOED, _BAKED, _REVISION = "map_lassoed", "map_baked", "map_revision"


def baked_words(selection: Selection) -> tuple[str, ...]:
    """The words to be lit by the figure itself; see the module's docstring."""
    store = st.session_state
    if selection.words and selection.words == store.get(_LASSOED):
        return tuple(store.get(_BAKED, ()))
    if store.get(_BAKED, ()) != selection.words or store.get(_LASSOED):
        store[_REVISION] = store.get(_REVISION, 0) + 1
    store[_BAKED], store[_LASSOED] = selection.words, None
    return selection.words


def draw_map_chart(figure: go.Figure, scene: Scene, selection: Selection) -> None:
    """The chart; a lasso, box or shift-click makes a word set, one click puts a word in focus."""
    description = say(
        "map.alt", shown=len(scene.rows), layout=scene.layout, colour=selection.colour
    )
    if scene.points.coordinates.shape[1] == 3:
        st.plotly_chart(
            figure, theme=None, height="stretch", key="map_solid", alt=description, config=CONFIG
        )
        return
    draw_phone_rules(figure, "map_canvas")
    key = f"map_chart_{st.session_state.get(_REVISION, 0)}_{_fingerprint(selection)}"

    def on_select() -> None:
        _take_selection(st.session_state[key], scene)

    st.plotly_chart(
        figure,
        theme=None,
        height="stretch",
        key=key,
        on_select=on_select,
        selection_mode=("points", "box", "lasso"),
        alt=description,
        config=CONFIG,
    )


def _fingerprint(selection: Selection) -> str:
    """Changes with everything that changes the figure, except the words in hand."""
    shown = (
        selection.model,
        selection.word,
        selection.layout,
        selection.colour,
        selection.clustering,
        selection.max_points,
        selection.axis_from,
        selection.axis_to,
        st.context.theme.type,
        str(selection.probe) if selection.colour in ("association", "influence") else "",
    )
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:10]


def _take_selection(event: Any, scene: Scene) -> None:
    points = event["selection"]["points"] if event else []
    places = [int(p["point_index"]) for p in points if p.get("curve_number", 0) == 0]
    words = tuple(dict.fromkeys(scene.points.words[i] for i in places if i < len(scene.rows)))
    is_area = bool(event["selection"].get("box") or event["selection"].get("lasso"))
    if len(words) == 1 and not is_area:
        state.update(word=words[0])
        st.session_state["map_panel"] = "word"
    elif words:
        st.session_state[_LASSOED] = words
        state.update(words=words)
        st.session_state["map_panel"] = "set"
    elif st.session_state.get(_LASSOED):
        state.update(words=())
