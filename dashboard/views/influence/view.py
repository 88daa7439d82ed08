"""Influence: the sentences of the training text that raise or lower a probe (data attribution).

What is at hand shows at once. A finer answer is computed in the background and replaces it when it
is ready; the trainings of a seed ensemble are shown as they come in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import CapabilityError, ClifError
from clif_core.probes import Probe, ResolvedProbe, Weat
from dashboard import state
from dashboard.data import attribution, models
from dashboard.data.attribution import Answer
from dashboard.selection import Selection
from dashboard.views.influence import tables
from dashboard.views.influence.answer import answer_of
from dashboard.views.influence.controls import draw_controls, shown_sentences
from dashboard.views.influence.question import draw_question
from dashboard.views.influence.reader import draw_reader
from dashboard.widgets import escape, navigation
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.offer import draw_missing, offer_probe, offer_view
from dashboard.widgets.sentence_card import ARROWS, card_html, make_card, sure_line
from dashboard.widgets.ticks import draw_tick
from dashboard.wording import say

__all__ = ["show"]

_LOST_SHOWN = 6  # words out of vocabulary
_PAGE = 5  # cards a column at first, and more at each request
_SHOWN = "clif_influence_shown"
_SIDE = "influence_side"
Direction = Literal["raises", "lowers"]  # what removing the text does


def show() -> None:
    """Draw the view."""
    selection = state.current()
    model = models.selected_bundle().model
    if not selection.probe:
        draw_heading("influence")
        offer_probe("influence")
        return
    try:
        probe = attribution.read_probe(selection.probe)
        resolved = attribution.resolve(probe, model)
        value = resolved.value(model.centre_vectors)
    except ClifError as error:
        draw_heading("influence")
        show_problem(str(error), say("influence.no_value"))
        offer_view("probe", say("influence.choose"), "influence_choose")
        return
    words = phrases.voice(probe, value)
    _draw_question(probe, resolved)
    try:
        with st.spinner(say("influence.opening"), show_time=False):
            engine = models.selected_engine()
    except CapabilityError as error:
        draw_missing(error, "influence")
        return
    answer = answer_of(engine, resolved, selection)
    other = attribution.beside(answer)
    draw_question(answer, other)
    draw_controls(answer, other, probe)
    _draw_level(answer, other, words, selection)


def _draw_question(probe: Probe, resolved: ResolvedProbe) -> None:
    bundle = models.selected_bundle()
    figures = resolved.quantities(bundle.model.centre_vectors)
    names = [n for n in ("difference", "effect_size", "value") if n in figures]
    figure = Markup("<span>{} <b>{}</b></span>")
    shown = Markup("").join(
        figure.format(say(f"probe.figure_{name}"), phrases.number(figures[name], 3))
        for name in names
    )
    lost = resolved.out_of_vocabulary
    if lost:
        named = ", ".join((*lost[:_LOST_SHOWN], *["…"] * (len(lost) > _LOST_SHOWN)))
        shown += Markup("<span>{}</span>").format(say("influence.lost", words=named))
    title, question = phrases.probe_title(probe), attribution.known_question(resolved, bundle)
    kicker = Markup('<p class="clif-kicker">{}</p>').format(title)
    meaning = Markup('<p class="clif-through">{}</p>').format(resolved.meaning)
    st.html(
        Markup(
            '{}<h1 class="clif-question">{}</h1><p class="clif-ask-figures"><span>{}</span>{}</p>{}'
        ).format(
            Markup("") if title == question else kicker,  # a circle is called by its question
            question,
            say("influence.of_this_model"),
            shown,
            # The lists of a WEAT say what their text draws where; those of others do not.
            Markup("") if isinstance(probe, Weat) else meaning,
        )
    )


# --- what is listed


class _Listing(NamedTuple):
    """What the lists of sentences are drawn from, the same for both sides."""

    answer: Answer
    other: Answer | None  # what other trainings say of the same probe
    words: phrases.Voice
    among: attribution.Bools | None  # the sentences that pass the filters; None: all


def _draw_level(
    answer: Answer, other: Answer | None, words: phrases.Voice, selection: Selection
) -> None:
    draw: dict[str, Callable[[Answer, phrases.Voice], None]] = {
        "documents": tables.draw_documents,
        "groups": tables.draw_groups,
        "pairs": tables.draw_pairs,
        "spread": tables.draw_spread,
    }
    document = _document(answer, selection)
    if document is None:
        if selection.level in draw:
            with guard():
                draw[selection.level](answer, words)
        else:
            with guard():
                _draw_both(_list(answer, other, words, selection))
        return
    with st.container(key="influence_desk"):
        listed, read = st.columns([5, 7], gap="large")
    with listed, guard():
        if selection.level in draw:
            draw[selection.level](answer, words)
        else:
            _draw_one(_list(answer, other, words, selection), selection)
    with read, st.container(key="reader"), guard():
        draw_reader(answer, document, words)


def _list(
    answer: Answer, other: Answer | None, words: phrases.Voice, selection: Selection
) -> _Listing:
    return _Listing(answer, other, words, shown_sentences(answer, other, selection))


def _document(answer: Answer, selection: Selection) -> int | None:
    """The document to read; None for a number that the text does not have."""
    if selection.document is None:
        return None
    if selection.document < answer.corpus.n_documents:
        return selection.document
    show_problem(say("influence.no_document", n=answer.corpus.n_documents))
    return None


def _draw_both(listing: _Listing) -> None:
    columns = st.columns(2, gap="large")
    for column, direction in zip(columns, listing.words.sides, strict=True):
        with column, guard():
            _draw_column(listing, direction)


def _draw_one(listing: _Listing, selection: Selection) -> None:
    """One direction at a time, beside the document; at first that of the sentence being read."""
    words, sides = listing.words, listing.words.sides
    if _SIDE not in st.session_state:
        effects, here = listing.answer.influence.sentence_effects, selection.sentence
        is_raised = here is not None and here < len(effects) and effects[here] > 0
        st.session_state[_SIDE] = "raises" if is_raised else "lowers"
    headings = {"lowers": words.raising, "raises": words.lowering}
    side = st.segmented_control(
        say("influence.side"),
        sides,
        key=_SIDE,
        format_func=lambda name: escape.markdown(headings[name]),
        required=True,
        label_visibility="collapsed",
    )
    _draw_column(listing, side or sides[0], is_headed=False)


def _draw_column(listing: _Listing, direction: Direction, is_headed: bool = True) -> None:
    selection, answer = state.current(), listing.answer
    shown = _n_shown(answer, selection)
    top = answer.influence.top_sentences(shown + 1, direction, among=listing.among, by="sure")
    if is_headed:
        st.html(_heading_html(listing.words, direction))
    if top.empty:
        is_strict = selection.only_holding and listing.other is not None
        st.caption(say("influence.none_holds" if is_strict else "influence.none_here"))
        return
    for rank, sentence in enumerate(top["sentence"].head(shown).tolist(), start=1):
        _draw_card(listing, int(sentence), rank)
    if len(top) > shown:
        st.button(
            say("influence.more", n=_PAGE),
            key=f"influence_more_{direction}",
            on_click=_show_more,
            args=(answer, selection),
            type="tertiary",
            icon=":material/expand_more:",
        )


def _heading_html(words: phrases.Voice, direction: Direction) -> Markup:
    side, title, lead = "raises", words.raising, words.raising_lead
    if direction == "raises":  # text whose removal raises the probe lowers it
        side, title, lead = "lowers", words.lowering, words.lowering_lead
    return Markup(
        '<div class="clif-side"><h2 class="clif-{}"><span aria-hidden="true">{}</span> {}</h2>'
        "<p>{}</p></div>"
    ).format(side, ARROWS[side], title, lead)


def _draw_card(listing: _Listing, sentence: int, rank: int) -> None:
    answer, words = listing.answer, listing.words
    card = make_card(answer, sentence)
    is_open = state.current().sentence == sentence
    with st.container(
        key=f"influence_card_{sentence}", horizontal=True, vertical_alignment="center"
    ):
        sure = sure_line(answer, listing.other, sentence)
        st.html(card_html(card, answer.influence.trained_value, words, rank, is_open, sure))
        st.button(
            say("influence.read"),
            key=f"influence_read_{sentence}",
            type="tertiary",
            icon=":material/menu_book:",
            on_click=_open,
            args=(card.document, sentence, card.effect),
            disabled=is_open,
        )
        if navigation.has_view("what_if"):
            draw_tick(sentence)


def _open(document: int, sentence: int, effect: float) -> None:
    st.session_state[_SIDE] = "raises" if effect > 0 else "lowers"
    state.update(document=document, sentence=sentence)


def _list_key(answer: Answer, selection: Selection) -> tuple[str, ...]:
    chosen = (selection.only_column, selection.only_value, selection.search)
    return (*answer.key, *chosen, str(selection.only_holding))


def _n_shown(answer: Answer, selection: Selection) -> int:
    key, n = st.session_state.get(_SHOWN, ((), _PAGE))
    return int(n) if key == _list_key(answer, selection) else _PAGE


def _show_more(answer: Answer, selection: Selection) -> None:
    n = _n_shown(answer, selection) + _PAGE
    st.session_state[_SHOWN] = (_list_key(answer, selection), n)
