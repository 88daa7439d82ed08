"""The map as a Plotly chart, and the effect of a click or a lasso on it.

Plotly forgets a lasso when the figure changes. So the highlighted words are *baked* into the figure
only when they change by other means (pasted, cleared, from a link); while the selected words are
those of the last lasso, the figure stays as it is. A new figure gets a new widget key, which keeps
the old selection from coming back.
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
    """The words that the figure itself highlights; see the module's docstring."""
    store = st.session_state
    if selection.words and selection.words == store.get(_LASSOED):
        return tuple(store.get(_BAKED, ()))
    if store.get(_BAKED, ()) != selection.words or store.get(_LASSOED):
        store[_REVISION] = store.get(_REVISION, 0) + 1
    store[_BAKED], store[_LASSOED] = selection.words, None
    return selection.words


def draw_map_chart(figure: go.Figure, scene: Scene, selection: Selection) -> None:
    """The chart; a lasso, box or shift-click selects a word set, one click a single word."""
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
    """A hash of everything that changes the figure, except the selected words."""
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
    drawn = [int(p["point_index"]) for p in points if p.get("curve_number", 0) == 0]
    words = tuple(dict.fromkeys(scene.points.words[i] for i in drawn if i < len(scene.rows)))
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
