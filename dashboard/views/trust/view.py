"""Trust: how far to believe each estimate, on this model and on the selected probe.

First how the estimates compare with retraining: for *this text* under held-out seeds, for *this
model* by repeating this very training. Then what needs no retraining: whether they agree, and how
far the quick one depends on its damping.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import CapabilityError
from clif_core.evaluation import ListTable, Table, read_card
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.results import QUESTIONS, Question
from dashboard import state
from dashboard.data import agreement, attribution, held_out, models
from dashboard.views.trust.estimates import draw_agreement, draw_sweep
from dashboard.views.trust.fidelity import draw_tables
from dashboard.views.trust.held_out import draw_list_tables, draw_plans
from dashboard.widgets import navigation
from dashboard.widgets.heading import draw_heading
from dashboard.widgets.next_step import draw_next_step
from dashboard.widgets.notice import guard, show_empty, show_problem
from dashboard.widgets.offer import offer_probe
from dashboard.wording import say

__all__ = ["show"]


def show() -> None:
    """Draw the view."""
    draw_heading("trust")
    bundle = models.selected_bundle()
    of_text: Sequence[ListTable] = ()
    with guard():
        of_text = held_out.tables(bundle)
    with guard():
        of_model = read_card(bundle.card, bundle.model.content_hash)
        if of_text and _asked(of_model) == "text":
            draw_list_tables(of_text, held_out.made(bundle))
        elif of_model:
            draw_tables(of_model, dict(bundle.card["fidelity"]["made"]))
        else:
            _draw_unjudged(bundle)
    with guard():
        _draw_live(bundle, {table.key for table in of_text})
    if state.current().probe:
        draw_next_step("trust", "report")


def _asked(of_model: Sequence[Table]) -> Question:
    """Which of the two questions to judge; a choice where both were judged.

    A link that names a trial of this model shows that.
    """
    if not of_model:
        return "text"
    selection = state.current()
    is_trial = selection.judged in {table.removed for table in of_model}
    asked: Question = selection.question or ("model" if is_trial else "text")
    st.segmented_control(
        say("trust.of_which"),
        QUESTIONS,
        key=state.control("trust_question", asked),
        format_func=lambda name: say(f"trust.of_{name}"),
        required=True,
        help=say("trust.of_help"),
        on_change=lambda: state.update(question=st.session_state["trust_question"], judged=""),
        label_visibility="collapsed",
    )
    return asked


def _draw_unjudged(bundle: Bundle) -> None:
    """Say why there is no table, and how to get one."""
    name = bundle.model.name
    is_stale = "fidelity" in bundle.card
    show_empty(say("trust.none_title"), say("trust.stale" if is_stale else "trust.none"))
    entry = models.catalogue_entry(name)
    if entry is not None and entry.kind == "sample":
        st.caption(say("trust.how"))
        st.code(f"make fidelity NAME={name}", language="sh")
    else:
        st.caption(say("trust.how_own"))
        if navigation.has_view("what_if"):
            st.button(
                say("trust.to_what_if"),
                key="trust_to_what_if",
                icon=":material/content_cut:",
                on_click=navigation.go,
                args=("what_if",),
            )


def _draw_live(bundle: Bundle, judged: Container[str]) -> None:
    """Of the selected probe; ``judged``: keys of the probes whose lists came with the model."""
    selection = state.current()
    if not selection.probe:
        offer_probe("trust")
        return
    probe = attribution.read_probe(selection.probe)
    resolved = attribution.resolve(probe, bundle.model)
    try:
        with st.spinner(say("influence.opening"), show_time=False):
            engine = models.selected_engine()
    except CapabilityError as error:
        show_problem(str(error), say("influence.missing_title"))
        return
    title = phrases.probe_title(probe)
    st.html(Markup('<p class="clif-kicker clif-part">{}</p>').format(title))
    if probe.key not in judged:
        with guard():
            draw_plans(engine, resolved)
    answers = agreement.cached_answers(engine, resolved)
    left, right = st.columns(2, gap="large")
    with left, guard():
        draw_agreement(engine, answers)
    with right, guard():
        draw_sweep(engine, resolved, answers)
