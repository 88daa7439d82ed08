"""A document beside the list: its title, the course of its effects, its text, and buttons that
step from one strong sentence to the next."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.report.rendering import sureness_html
from clif_core.report.sureness import sureness
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.influence import document_figure
from dashboard.data.attribution import Answer
from dashboard.views.influence.document import document_html, rank_in_document
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_reader"]


def draw_reader(answer: Answer, document: int, words: phrases.Voice) -> None:
    """Draw the document that the selection names."""
    corpus = answer.corpus
    first, last = (int(s) for s in corpus.document_offsets[document : document + 2])
    ranked = rank_in_document(answer, document)
    sentence = state.current().sentence
    if sentence is None or not first <= sentence < last:
        sentence = ranked[0] if ranked else None
    effect = float(answer.influence.document_effects[document])
    statistics = answer.influence.document_statistics
    sure = Markup("") if statistics is None else sureness_html(sureness(statistics, document))
    title = str(corpus.documents["title"].iloc[document])
    with st.container(horizontal=True, vertical_alignment="center", key="reader_head"):
        st.html(
            Markup('<h2 class="clif-reader-title">{}</h2><p class="clif-through">{}</p>').format(
                title, phrases.removal(effect, words.noun, "this document")
            ),
            width="stretch",
        )
        _draw_steps(ranked, sentence)
    if sure:
        st.html(sure)
    figure = document_figure(
        answer.influence.sentence_effects[first:last],
        None if sentence is None else sentence - first,
        current_palette(),
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="reader_course",
        alt=say("influence.course_alt", n=last - first),
        config={**CONFIG, "displayModeBar": False},
    )
    st.html(document_html(answer, document, sentence, words), unsafe_allow_javascript=True)


def _draw_steps(ranked: list[int], sentence: int | None) -> None:
    """To the next stronger and weaker sentence of the document, and back to the list."""
    rank = ranked.index(sentence) if sentence in ranked else 0
    if len(ranked) > 1:
        st.button(
            say("influence.stronger"),
            key="reader_stronger",
            icon=":material/keyboard_arrow_up:",
            type="tertiary",
            on_click=state.update,
            kwargs={"sentence": ranked[max(rank - 1, 0)]},
            disabled=rank == 0,
        )
        st.button(
            say("influence.weaker"),
            key="reader_weaker",
            icon=":material/keyboard_arrow_down:",
            type="tertiary",
            on_click=state.update,
            kwargs={"sentence": ranked[min(rank + 1, len(ranked) - 1)]},
            disabled=rank >= len(ranked) - 1,
        )
    st.button(
        say("influence.close"),
        key="reader_close",
        icon=":material/close:",
        on_click=state.update,
        kwargs={"document": None, "sentence": None},
    )
