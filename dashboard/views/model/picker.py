"""The models as cards to pick from, and a button that fetches a sample's text."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core.text.fetch import SAMPLES
from clif_core.workspace.workspace import CatalogueEntry
from dashboard import state
from dashboard.data import models
from dashboard.widgets.notice import guard, show_problem
from dashboard.wording import say

__all__ = ["close_form", "draw_picker", "draw_text_fetcher", "is_form_open"]

_PER_ROW = 3
_FORM_OPEN = "model_form_open"


def draw_picker(entries: list[CatalogueEntry]) -> None:
    """One card for each model, samples first, and one that opens the import form."""
    for start in range(0, len(entries) + 1, _PER_ROW):
        columns = st.columns(_PER_ROW, gap="medium")
        for at, column in enumerate(columns, start=start):
            if at < len(entries):
                entry = entries[at]
                key = f"model_card_{entry.kind}_{entry.name}"
                with column.container(border=True, height="stretch", key=key):
                    _draw_entry(entry)
            elif at == len(entries):
                with column.container(border=True, height="stretch", key="model_card_new"):
                    _draw_own_card()


def is_form_open() -> bool:
    """Whether the import form is shown."""
    return bool(st.session_state.get(_FORM_OPEN))


def close_form() -> None:
    st.session_state[_FORM_OPEN] = False


def _draw_own_card() -> None:
    head = Markup('<p class="clif-kicker">{}</p><h3 class="clif-word">{}</h3><p>{}</p>')
    st.html(head.format(say("model.kind_own"), say("model.own_open"), say("model.own_card")))

    def toggle() -> None:
        st.session_state[_FORM_OPEN] = not is_form_open()

    label = say("model.own_close") if is_form_open() else say("model.own_open")
    st.button(label, key="model_own_open", icon=":material/upload:", on_click=toggle)


def _draw_entry(entry: CatalogueEntry) -> None:
    card, is_chosen = entry.card, entry.name == state.current().model
    head = (
        '<p class="clif-kicker">{}</p><h3 class="clif-word">{}</h3><p>{}</p>'
        '<p class="clif-small">{}</p>'
    )
    kind, description = say(f"model.kind_{entry.kind}"), str(card.get("description") or "")
    st.html(Markup(head).format(kind, entry.title, description, _size(entry)))
    if entry.problem:
        show_problem(entry.problem, say("model.damaged"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if is_chosen:
            st.markdown(f":material/check: **{say('model.chosen')}**", width="content")
        else:
            st.button(
                say("model.choose"),
                type="primary",
                key=f"model_choose_{entry.kind}_{entry.name}",
                disabled=bool(entry.problem),
                on_click=_choose,
                args=(entry.name,),
            )
        if entry.kind == "own":
            _draw_removal(entry)


def _choose(name: str) -> None:
    """Select another model; the open document and sentence are of the old one's text."""
    state.update(model=name)


def _size(entry: CatalogueEntry) -> str:
    if not entry.card:
        return ""
    words, dim = int(entry.card.get("n_words") or 0), int(entry.card.get("dim") or 0)
    text = say("model.text_here") if entry.has_corpus else say("model.text_absent")
    return say("model.size", words=words, dim=dim, text=text)


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
