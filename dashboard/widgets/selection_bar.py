"""The line under the navigation that says, in every view, what is being looked at."""

from __future__ import annotations

import html

import streamlit as st

from dashboard.state import Selection, to_query
from dashboard.widgets.copy_link import draw_copy_link
from dashboard.widgets.phrases import title_of
from dashboard.wording import say

__all__ = ["draw_selection_bar"]

_MAX_WORDS_SHOWN = 6


def draw_selection_bar(selection: Selection, model_title: str) -> None:
    """Model, probe and words in hand, and the link to exactly this screen."""
    with st.container(horizontal=True, vertical_alignment="center", key="selection_bar"):
        st.html(_summary(selection, model_title), width="stretch")
        draw_copy_link(_link_note(selection))


def _summary(selection: Selection, model_title: str) -> str:
    name = (selection.probe or {}).get("name") or (selection.probe or {}).get("kind")
    items = [
        (say("selection.model"), html.escape(model_title)),
        (say("selection.probe"), html.escape(title_of(str(name))) if name else _absent("no_probe")),
        (say("selection.words"), _words(selection)),
    ]
    cells = "".join(f"<span><b>{label}</b> {value}</span>" for label, value in items)
    return f'<div class="clif-bar">{cells}</div>'


def _words(selection: Selection) -> str:
    if not selection.words:
        return _absent("no_words")
    shown = ", ".join(html.escape(word) for word in selection.words[:_MAX_WORDS_SHOWN])
    more = len(selection.words) - _MAX_WORDS_SHOWN
    name = f"{html.escape(selection.set_name)}: " if selection.set_name else ""
    return f"{name}{shown}" + (f" and {more:,} more" if more > 0 else "")


def _absent(key: str) -> str:
    return f"<i>{say(f'selection.{key}')}</i>"


def _link_note(selection: Selection) -> str:
    """What the link holds, and what is too long for one."""
    shown = len([w for w in to_query(selection).get("words", "").split(",") if w])
    if shown == len(selection.words):
        return say("selection.link_help")
    cut = say("selection.link_note", shown=shown, total=len(selection.words))
    return f"{say('selection.link_help')} {cut}"
