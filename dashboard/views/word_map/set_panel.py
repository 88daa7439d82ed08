"""The selected word set, from a lasso, a paste or a cluster; and a probe made from it."""

from __future__ import annotations

import streamlit as st

from clif_core.probes import join_words, match, split_words
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import Vocabulary
from dashboard import state
from dashboard.widgets import navigation
from dashboard.widgets.notice import show_empty
from dashboard.widgets.word_entry import chips
from dashboard.widgets.word_field import draw_marks
from dashboard.wording import say

__all__ = ["draw_set_panel"]


def draw_set_panel(bundle: Bundle) -> None:
    """Name, words and actions of the set."""
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
        key=state.control("map_paste", join_words(selection.words)),
        on_change=_pasted,
        args=(bundle.model.vocabulary,),
        help=say("map.paste_help"),
        height=110,
    )
    draw_marks(selection.words, bundle.model.vocabulary, "map_paste", _take)


def _take(word: str, taken: tuple[str, ...]) -> None:
    """Put what was clicked in the place of a word of the set."""
    words = [w for one in state.current().words for w in (taken if one == word else (one,))]
    state.update(words=tuple(dict.fromkeys(words)))


def _pasted(vocabulary: Vocabulary) -> None:
    """Take each word in the model's spelling; those that it lacks stay as written."""
    matches = [match(word, vocabulary) for word in split_words(st.session_state["map_paste"])]
    state.update(words=tuple(dict.fromkeys(found.word or found.written for found in matches)))


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
