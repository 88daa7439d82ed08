"""The current model, probe and words, in every view, and the link to the screen."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core.phrases import described_title
from dashboard.links import to_query
from dashboard.selection import Selection
from dashboard.widgets.copy_link import draw_copy_link
from dashboard.wording import say

__all__ = ["draw_selection_bar"]

_MAX_WORDS_SHOWN = 6


def draw_selection_bar(selection: Selection, model_title: str) -> None:
    """Model, probe and words, and the link to this screen."""
    with st.container(horizontal=True, vertical_alignment="center", key="selection_bar"):
        st.html(_summary(selection, model_title), width="stretch")
        draw_copy_link(_link_note(selection))


def _summary(selection: Selection, model_title: str) -> Markup:
    items = {
        "model": model_title,
        "probe": described_title(selection.probe) if selection.probe else "",
        "words": _words(selection),
    }
    shown = {kind: value for kind, value in items.items() if value}
    cell = Markup('<span title="{}: {}">{}</span>')
    cells = Markup("").join(
        cell.format(say(f"selection.{kind}"), value, value) for kind, value in shown.items()
    )
    return Markup('<div class="clif-bar">{}</div>').format(cells)


def _words(selection: Selection) -> str:
    if not selection.words:
        return ""
    shown = ", ".join(selection.words[:_MAX_WORDS_SHOWN])
    n_more = len(selection.words) - _MAX_WORDS_SHOWN
    name = f"{selection.set_name}: " if selection.set_name else ""
    return f"{name}{shown}" + (f" and {n_more:,} more" if n_more > 0 else "")


def _link_note(selection: Selection) -> str:
    """What the link holds, and how many words it leaves out for length."""
    shown = len([w for w in to_query(selection).get("words", "").split(",") if w])
    if shown == len(selection.words):
        return say("selection.link_help")
    cut = say("selection.link_note", shown=shown, total=len(selection.words))
    return f"{say('selection.link_help')} {cut}"
