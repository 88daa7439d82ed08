"""What if: text taken away, what that is predicted to do, and what it does when trained again.

Predictions stand there at once. The measurement is a job in a process of its own: this page only
looks at it, so it may be left, reloaded or closed meanwhile.
"""

from __future__ import annotations

import html

import streamlit as st

from clif_core.errors import CapabilityError
from clif_core.influence import InfluenceEngine
from clif_core.probes import ResolvedProbe
from dashboard import attribution, removal, services, state
from dashboard.attribution import Answer
from dashboard.components import navigation, phrases, probe_forms
from dashboard.components.heading import draw_heading
from dashboard.components.notice import guard, show_empty, show_problem
from dashboard.components.what_if_answer import (
    draw_answer,
    draw_keep,
    draw_measure,
    draw_values,
    measured_of,
)
from dashboard.components.what_if_choice import describe, draw_choice, draw_text
from dashboard.components.what_if_more import draw_course, draw_others
from dashboard.state import Selection
from dashboard.wording import say

__all__ = ["show"]


def show() -> None:
    """Draw the view."""
    selection = state.current()
    model = services.selected_bundle().model
    if not selection.probe:
        _draw_offer()
        return
    probe = attribution.read_probe(selection.probe)
    resolved = attribution.resolve(probe, model)
    words = phrases.voice(probe, resolved.value(model.centre_vectors))
    try:
        with st.spinner(say("influence.opening"), show_time=False):
            engine = services.selected_engine()
    except CapabilityError as error:
        _draw_missing(error)
        return
    answer = _answer(engine, resolved, selection)
    _draw_asked(answer, words, selection)


def _draw_offer() -> None:
    draw_heading("what_if")
    bundle = services.selected_bundle()
    entry = probe_forms.default_probe(bundle.model, str(bundle.card.get("default_probe", "")))
    show_empty(say("what_if.empty_title"), say("what_if.empty_text"))
    with st.container(horizontal=True):
        st.button(
            say("what_if.try", title=entry.title),
            type="primary",
            key="what_if_try",
            on_click=state.update,
            kwargs={"probe": entry.probe.to_dict()},
        )
        _offer_view("probe", say("what_if.choose"))


def _draw_missing(error: CapabilityError) -> None:
    draw_heading("what_if")
    show_problem(str(error), say("influence.missing_title"))
    _offer_view("model", say("influence.to_model"))


def _offer_view(name: str, label: str) -> None:
    if navigation.has_view(name):
        st.button(label, key=f"what_if_to_{name}", on_click=navigation.go, args=(name,))


def _answer(engine: InfluenceEngine, resolved: ResolvedProbe, selection: Selection) -> Answer:
    """The answer whose order is used: the estimate in hand if it is computed, else the best."""
    wanted = selection.estimator
    if wanted in attribution.ESTIMATORS and wanted != attribution.BEST:
        found = attribution.answer(
            engine, resolved, wanted, selection.damping, is_computed=wanted in attribution.QUICK
        )
        if found is not None:
            return found
    best = attribution.answer(engine, resolved, attribution.BEST, None, is_computed=True)
    assert best is not None
    return best


def _draw_asked(answer: Answer, words: phrases.Voice, selection: Selection) -> None:
    choice = removal.choose(answer, selection)
    described = "" if choice is None else describe(answer, words, selection)
    title = say("what_if.title") if choice is None else say("what_if.question", what=described)
    st.html(
        f'<p class="clif-kicker">{html.escape(phrases.probe_title(answer.resolved.probe))}</p>'
        f'<h1 class="clif-question">{html.escape(title)}</h1>'
    )
    draw_choice(answer, words)
    if choice is None:
        _draw_nothing(selection)
        return
    draw_text(answer, choice, words)
    model, probe = answer.engine.model, answer.resolved.probe
    asked = removal.question(model, probe, choice.edit, selection.n_random)
    measured = measured_of(answer, asked)
    is_series = selection.removal in ("sentences", "documents")
    left, right = st.columns([1, 1], gap="large") if is_series else (st.container(), None)
    with left:
        with guard():
            prediction = removal.predict(answer, choice)
            draw_answer(answer, prediction, measured, words)
            with guard():
                draw_measure(answer, asked)
            draw_values(answer, prediction, measured, words)
        if measured is not None:
            draw_keep(measured, described)
    if right is not None:
        with right, guard():
            draw_course(answer, selection, words)
    if measured is not None:
        with guard():
            draw_others(answer, measured)


def _draw_nothing(selection: Selection) -> None:
    name = {"group": "nothing_picked", "document": "nothing_open", "sentence": "nothing_open"}
    show_empty(say("what_if.title"), say(f"what_if.{name.get(selection.removal, 'nothing_here')}"))
    if selection.removal in ("document", "sentence"):
        _offer_view("influence", say("probe.to_text"))
