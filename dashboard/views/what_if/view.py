"""What if: edit the text or fine-tune the model; what is predicted, and what is measured.

Predictions are shown at once. Retraining is a job in a process of its own, which goes on while this
page is left, reloaded or closed.
"""

from __future__ import annotations

from typing import get_args

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import CapabilityError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.thinned import thinned_words
from clif_core.probes import ResolvedProbe
from dashboard import state
from dashboard.data import attribution, background, edits, models, retraining
from dashboard.data.attribution import Answer
from dashboard.data.edits import Choice
from dashboard.selection import Selection, WhatIf
from dashboard.views.what_if.effect import (
    draw_answer,
    draw_other_predictions,
    draw_picture,
    predictions_of,
)
from dashboard.views.what_if.fine_tune import draw_fine_tuning
from dashboard.views.what_if.measured import Measured, measured_of
from dashboard.views.what_if.other_probes import draw_others
from dashboard.views.what_if.retrain import draw_measure, draw_save
from dashboard.views.what_if.size_curve import draw_curve
from dashboard.views.what_if.text_controls import describe, draw_choice
from dashboard.views.what_if.text_list import draw_text
from dashboard.widgets import escape
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.movement_map import draw_movement
from dashboard.widgets.next_step import draw_next_step
from dashboard.widgets.notice import guard, show_empty
from dashboard.widgets.offer import draw_missing, offer_probe, offer_view
from dashboard.wording import say

__all__ = ["show"]

_ASKED = {0.0: "what_if.question", 0.5: "what_if.question_half", 2.0: "what_if.question_twice"}


def show() -> None:
    """Draw the view."""
    selection = state.current()
    model = models.selected_bundle().model
    if not selection.probe:
        draw_heading("what_if")
        offer_probe("what_if")
        return
    probe = attribution.read_probe(selection.probe)
    resolved = attribution.resolve(probe, model)
    words = phrases.voice(probe, resolved.value(model.centre_vectors))
    try:
        with st.spinner(say("influence.opening"), show_time=False):
            engine = models.selected_engine()
    except CapabilityError as error:
        draw_heading("what_if")
        draw_missing(error, "what_if")
        return
    background.measure_machine(engine, resolved)
    answer = _answer(engine, resolved, selection)
    if selection.what_if == "fine_tune":
        _draw_head(answer, say("fine_tune.question"))
        draw_fine_tuning(answer, words)
    else:
        _draw_edit(answer, words, selection)


def _answer(engine: InfluenceEngine, resolved: ResolvedProbe, selection: Selection) -> Answer:
    """The answer that orders the texts: by the selected estimate if computed, else the best."""
    wanted = selection.estimator
    if wanted in attribution.ESTIMATORS and wanted != attribution.BEST:
        found = attribution.answer(
            engine, resolved, wanted, selection.damping, is_computed=wanted in attribution.QUICK
        )
        if found is not None:
            return found
    best = attribution.answer(
        engine,
        resolved,
        attribution.BEST,
        None,
        is_computed=True,
        question=attribution.asked(selection),
    )
    assert best is not None
    return best


def _draw_head(answer: Answer, question: str) -> None:
    """The question, and the switch between editing and fine-tuning."""
    head = '<p class="clif-kicker">{}</p><h1 class="clif-question">{}</h1>'
    st.html(Markup(head).format(phrases.probe_title(answer.resolved.probe), question))
    st.segmented_control(
        say("what_if.way"),
        get_args(WhatIf),
        key=state.control("what_if_way", state.current().what_if),
        format_func=lambda name: say(f"what_if.way_{name}"),
        required=True,
        on_change=lambda: state.update(what_if=st.session_state["what_if_way"]),
        help=say("what_if.way_help"),
        label_visibility="collapsed",
    )


def _draw_edit(answer: Answer, words: phrases.Voice, selection: Selection) -> None:
    choice = edits.choose(answer, selection)
    described = "" if choice is None else describe(answer, words, selection)
    wording = _ASKED[selection.removal_weight]
    _draw_head(answer, say("what_if.title") if choice is None else say(wording, what=described))
    draw_choice(answer, words, choice)
    if choice is None:
        _draw_nothing(selection)
        return
    asked = retraining.question(
        answer.engine.model,
        answer.resolved.probe,
        choice.edit,
        selection.n_random,
        selection.n_seeds,
    )
    found = retraining.look_up(answer.engine.model, asked)
    measured = measured_of(found, answer.resolved.probe)
    left, right = st.columns([3, 2], gap="large")
    with left, guard():
        prediction = edits.predict(answer, choice)
        shown, *others = predictions_of(answer, prediction, edits.predict_text(answer, choice.edit))
        draw_answer(shown, measured, words)
        _draw_thinned(answer, choice, is_measured=measured is not None)
        draw_picture(shown, measured, words)
        with guard():
            draw_measure(answer, found, is_measured=measured is not None)
        if measured is not None:
            draw_next_step("what_if", "trust")
        draw_other_predictions(others)
        if selection.removal == "sentences" or selection.removal == "documents":
            draw_curve(answer, selection, choice.edit.level, words)
    with right, guard():
        draw_text(answer, choice, words)
    if measured is not None and measured.result is not None:
        draw_save(answer, measured, described)
        _draw_consequences(answer, choice, measured)


def _draw_thinned(answer: Answer, choice: Choice, *, is_measured: bool) -> None:
    """Warn where a word of the probe loses much of its text: the prediction may not be trusted."""
    words = thinned_words(answer.engine, answer.resolved, choice.edit)
    if words:
        takes = escape.markdown(phrases.thinned(words, choice.edit.weight))
        then = say("what_if.thinned_measured" if is_measured else "what_if.thinned_train")
        st.caption(":material/warning: " + say("what_if.thinned", takes=takes, next=then))


def _draw_consequences(answer: Answer, choice: Choice, measured: Measured) -> None:
    """What else the retraining changed: other probes, and how words moved."""
    with guard():
        draw_others(answer, measured)
    with guard():
        model = answer.engine.model
        found = retraining.movement(model, choice.edit, measured.is_coupled)
        if found is not None:
            draw_movement(found, answer.resolved.probe, "what_if_movement")


def _draw_nothing(selection: Selection) -> None:
    if selection.removal == "ticked":
        st.caption(say("what_if.nothing_ticked"))
        return
    reasons = {
        "group": "nothing_picked",
        "document": "nothing_open",
        "sentence": "nothing_open",
    }
    show_empty(
        say("what_if.title"), say(f"what_if.{reasons.get(selection.removal, 'nothing_here')}")
    )
    if selection.removal in ("document", "sentence"):
        offer_view("influence", say("probe.to_text"), "what_if_to_influence")
