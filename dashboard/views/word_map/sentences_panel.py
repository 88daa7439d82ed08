"""The sentences that answer a pick on the map, by the quick estimate."""

from __future__ import annotations

import json
from typing import Literal

import streamlit as st
from markupsafe import Markup

from clif_core.errors import CapabilityError
from clif_core.report.carriers import pair_effects, strongest_pairs
from clif_core.sgns.bundle import Bundle
from dashboard import state
from dashboard.data import attribution, models
from dashboard.data.attribution import Answer
from dashboard.data.map_question import MapQuestion, question_of
from dashboard.data.word_geometry import Grouping
from dashboard.widgets import navigation
from dashboard.widgets.escape import markdown
from dashboard.widgets.notice import show_empty
from dashboard.widgets.offer import draw_missing
from dashboard.widgets.sentence_card import compact_card_html, make_card
from dashboard.wording import say

__all__ = ["draw_sentences_panel"]

_N_SENTENCES = 5
_N_PULLS = 6  # arrows of a sentence


def draw_sentences_panel(bundle: Bundle, grouping: Grouping) -> None:
    """The question, its strongest sentences, and the way to all of them."""
    selection = state.current()
    asked = question_of(bundle, grouping, selection.word, selection.words)
    if asked is None:
        if not selection.word:
            show_empty(say("map.no_pick_title"), say("map.no_pick"))
            _offer_example(bundle, grouping)
        return
    st.html(Markup('<h2 class="clif-map-question">{}</h2>').format(asked.text))
    try:
        engine = models.selected_engine()
    except CapabilityError as error:
        draw_missing(error, "map")
        return
    resolved = attribution.resolve(asked.probe, engine.model)
    found = attribution.answer(
        engine, resolved, attribution.BEST, None, is_computed=True,
        question=attribution.asked(selection),
    )  # fmt: skip
    assert found is not None
    if asked.is_doubtful(found.influence.probe_value):
        st.caption(asked.doubt)
    _draw_sentences(found, asked)
    st.button(
        say("map.all_sentences"),
        type="primary",
        key="map_why",
        help=say("map.all_sentences_help"),
        on_click=lambda: navigation.go("influence", probe=asked.probe.to_dict()),
    )


def _draw_sentences(found: Answer, asked: MapQuestion) -> None:
    # What removing the text does.
    direction: Literal["lowers", "raises"] = "lowers" if asked.is_raised else "raises"
    top = found.influence.top_sentences(_N_SENTENCES, direction, by="sure")
    if top.empty:
        st.caption(say("map.no_sentence"))
        return
    strongest = float(top["effect"].abs().max())
    st.caption(say("map.sentences_lead"))
    cards = [
        _card(found, int(sentence), abs(effect) / strongest)
        for sentence, effect in zip(top["sentence"], top["effect"], strict=True)
    ]
    st.html(Markup('<div class="clif-map-cards">{}</div>').format(Markup("").join(cards)))


def _card(found: Answer, sentence: int, strength: float) -> Markup:
    """The card of a sentence with the word pairs that carry it, which the map shows as arrows."""
    card = make_card(found, sentence)
    parts = found.explain(sentence)
    pairs = pair_effects(parts).reset_index()
    top = pairs.iloc[(-pairs["effect"].abs()).argsort(kind="stable")[:_N_PULLS]]
    largest = float(top["effect"].abs().max()) if len(top) else 1.0
    pulls = [
        [centre, word, float(e), abs(float(e)) / largest]
        for centre, word, e in zip(top["centre"], top["context_word"], top["effect"], strict=True)
    ]
    lead = _lead(strongest_pairs(parts, card.effect))
    return compact_card_html(card, strength, lead, json.dumps(pulls))


def _lead(found: tuple[str, tuple[str, ...]] | None) -> Markup:
    """``Pulls juliet towards dead, dies``: the pairs that carry most of a sentence's effect."""
    if found is None:
        return Markup("")
    centre, contexts = found
    bold, slanted = Markup("<b>{}</b>"), Markup("<em>{}</em>")
    words = Markup(", ").join(slanted.format(word) for word in contexts)
    return Markup(say("map.pulls", centre="{centre}", contexts="{contexts}")).format(
        centre=bold.format(centre), contexts=words
    )


def _offer_example(bundle: Bundle, grouping: Grouping) -> None:
    _, names = grouping
    example = names[0][0] if names else bundle.model.vocabulary.words[0]
    st.button(
        say("map.try_word", word=markdown(example)),
        key="map_try",
        type="primary",
        on_click=state.update,
        kwargs={"word": example, "words": ()},
    )
