"""The strongest sentences behind the first screen's question, once the text is open."""

from __future__ import annotations

from concurrent.futures import Future

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.probes import Probe
from clif_core.sgns.model import SkipGram
from dashboard.data import attribution, background
from dashboard.data.attribution import Answer
from dashboard.widgets.sentence_card import card_html, make_card, sure_line
from dashboard.wording import say

__all__ = ["draw_first_sentences"]

_N_CARDS = 2


def draw_first_sentences(model: SkipGram, probe: Probe, words: phrases.Voice) -> None:
    """The strongest sentences, or their place until the text is open."""
    coming = background.prepare(model, attribution.resolve(probe, model))
    st.html(Markup('<p class="clif-kicker">{}</p>').format(say("model.sentences", noun=words.noun)))
    with st.container(key="first_sentences", gap="small"):
        if coming.done():
            _draw_cards(coming.result(), words)
        else:
            st.fragment(_wait, run_every=0.5)(coming)


def _wait(coming: Future[Answer]) -> None:
    if coming.done():
        st.rerun()
    st.html(Markup('<p class="clif-small">{}</p>').format(say("model.opening")))


def _draw_cards(answer: Answer, words: phrases.Voice) -> None:
    top = answer.influence.top_sentences(_N_CARDS, "lowers", by="sure")
    value, other = answer.influence.probe_value, attribution.beside(answer)
    for rank, sentence in enumerate(top["sentence"].tolist(), start=1):
        card = make_card(answer, int(sentence))
        st.html(card_html(card, value, words, rank, sure=sure_line(answer, other, int(sentence))))
