"""The two questions, of the text or of this model: which is answered, what the answer cannot say,
and the offer of further trainings."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.influence.ensemble_runs import EnsembleRuns
from clif_core.influence.estimators import ENSEMBLE, UNROLLED, find_estimator
from clif_core.workspace.results import QUESTIONS, Question
from clif_core.workspace.workspace import run_estimator
from dashboard import state
from dashboard.data import attribution, background, expected
from dashboard.data.attribution import Answer
from dashboard.selection import RUN_COUNTS, Selection
from dashboard.widgets.estimator_words import action_help
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["draw_question", "question_shown", "value_in_trainings"]

_NOTE = Markup('<p class="clif-asked">{}</p>')


def question_shown(answer: Answer, selection: Selection) -> Question:
    """The question that the screen answers; a closed form stands in for the one that was asked."""
    return answer.question or attribution.asked(selection) or "text"


def draw_question(answer: Answer, other: Answer | None) -> None:
    """Draw the choice, what the answer is of, and what it cannot say."""
    selection = state.current()
    shown = question_shown(answer, selection)
    with st.container(horizontal=True, vertical_alignment="center", key="influence_asked"):
        st.segmented_control(
            say("influence.asked"),
            QUESTIONS,
            key=state.control("influence_question", shown),
            format_func=lambda name: say(f"influence.asked_{name}"),
            required=True,
            help=say("influence.asked_help"),
            on_change=lambda: state.update(
                question=st.session_state["influence_question"],
                estimator=attribution.BEST,
                damping=None,
            ),
            label_visibility="collapsed",
        )
        st.html(_NOTE.format(_note(answer, other, shown)), width="stretch")
        if selection.level != "spread":
            _draw_only_holding(other)
        _draw_offers(answer, other, shown)


def _note(answer: Answer, other: Answer | None, shown: Question) -> str:
    n_runs, holding = answer.n_runs, answer.holding
    if shown == "text":
        if holding is not None:
            said = say("influence.text_runs", n=n_runs, holding=int(holding.sum()))
            return f"{said} {_value(answer)}"
        if n_runs:
            return f"{say('influence.text_few', n=n_runs)} {_value(answer)}"
        kept_before = answer.question == "text"
        return say("influence.text_kept" if kept_before else "influence.text_quick")
    tail = say("influence.model_alone") if other is None else say(
        "influence.model_beside", n=other.n_runs
    )  # fmt: skip
    own = "model_exact" if answer.question else "model_quick"
    if answer.question is None and not _can_be_exact(answer):
        own = "model_no_exact"
    return f"{say(f'influence.{own}')} {tail}"


def _value(answer: Answer) -> str:
    runs = answer.influence.runs
    return "" if runs is None else value_in_trainings(runs)


def value_in_trainings(runs: EnsembleRuns) -> str:
    """What the probe is in the trainings that the effects are of; this model's value is another."""
    values = runs.values
    told = phrases.together(float(values.mean()), float(values.min()), float(values.max()))
    named = dict(zip(("value", "low", "high"), told, strict=True))
    return say("influence.value_in_trainings", n=runs.n_runs, **named)


def _can_be_exact(answer: Answer) -> bool:
    """Whether the training of this model can be repeated, and so differentiated."""
    return run_estimator(answer.engine.model) == UNROLLED


def _draw_only_holding(other: Answer | None) -> None:
    """The filter "only what holds", where other trainings can tell."""
    if other is None or other.holding is None:
        return
    st.toggle(
        say("influence.only_holding"),
        key=state.control("influence_only_holding", state.current().only_holding),
        help=say("influence.only_holding_help", n=other.n_runs),
        on_change=lambda: state.update(only_holding=st.session_state["influence_only_holding"]),
    )


def _draw_offers(answer: Answer, other: Answer | None, shown: Question) -> None:
    """Further trainings for the text; the exact derivative for this model."""
    n_there, selection = answer.n_runs, state.current()
    is_offered_above = state.is_from_link("n_runs") and selection.n_runs > n_there
    n_next = next((n for n in filter(None, RUN_COUNTS) if n > n_there), None)
    # While a job adds trainings, its line says so: asking again would give the same job.
    is_under_way = background.find_runs(answer.engine, answer.resolved, 0) is not None
    if n_next is not None and not is_offered_above and not is_under_way:
        takes = expected.of_derivative(answer.engine.model, ENSEMBLE, n_next - n_there)
        label = say("influence.runs_more" if n_there else "influence.runs_first", n=n_next)
        if shown == "text" or other is None:
            st.button(
                label,
                key="influence_runs",
                icon=":material/stacks:",
                help=say("influence.runs_help", n=n_next, time=on_this_machine(takes)),
                on_click=state.update,
                kwargs={
                    "question": "text",
                    "estimator": attribution.BEST,
                    "damping": None,
                    "n_runs": n_next,
                },
                disabled=selection.n_runs == n_next,
            )
    exact = find_estimator(UNROLLED)
    if shown == "model" and answer.question is None and _can_be_exact(answer):
        st.button(
            exact.action,
            key="influence_exact",
            icon=":material/target:",
            type="tertiary",
            help=action_help(exact.name, expected.of_derivative(answer.engine.model, exact.name)),
            on_click=state.update,
            kwargs={"estimator": exact.name, "damping": None},
            disabled=selection.estimator == exact.name or _is_running(answer, exact.name),
        )


def _is_running(answer: Answer, estimator: str) -> bool:
    """Whether the job of an estimate is under way, whoever asked for it."""
    job = background.find(answer.engine, answer.resolved, estimator, None)
    return job is not None and job.is_running
