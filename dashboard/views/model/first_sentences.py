"""The strongest sentences behind the first screen's question: shipped, or once the text is open."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.probes import Probe
from clif_core.sgns.model import SkipGram
from dashboard import warming
from dashboard.data.shipped_answer import answer_to_come, shipped_answer
from dashboard.widgets.sentence_card import AnyAnswer, card_html, make_card, sure_line
from dashboard.wording import say

if TYPE_CHECKING:
    from dashboard.data.attribution import Answer

__all__ = ["draw_first_sentences"]

_N_CARDS = 2


def draw_first_sentences(model: SkipGram, probe: Probe, words: phrases.Voice) -> None:
    """The strongest sentences, or their place until the text is open."""
    shipped = shipped_answer(model, probe)
    coming = answer_to_come(model, probe.resolve(model.vocabulary))  # the next click needs it
    st.html(
        Markup('<p class="clif-kicker">{}</p>').format(
            say(f"model.sentences_{words.asked}", noun=words.noun)
        )
    )
    with st.container(key="first_sentences", gap="small"):
        if shipped is not None:
            _draw_cards(shipped, shipped, words)
        elif coming.done():
            attribution = warming.import_late("dashboard.data.attribution")
            _draw_cards(coming.result(), attribution.beside(coming.result()), words)
        else:
            st.fragment(_wait, run_every=0.5)(coming)


def _wait(coming: Future[Answer]) -> None:
    if coming.done():
        st.rerun()
    st.html(Markup('<p class="clif-small">{}</p>').format(say("model.opening")))


def _draw_cards(answer: AnyAnswer, other: AnyAnswer | None, words: phrases.Voice) -> None:
    top = answer.influence.top_sentences(_N_CARDS, words.asked, by="sure")
    value = answer.influence.probe_value
    for rank, sentence in enumerate(top["sentence"].tolist(), start=1):
        card = make_card(answer, int(sentence))
        st.html(card_html(card, value, words, rank, sure=sure_line(answer, other, int(sentence))))
