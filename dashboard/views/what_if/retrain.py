"""Retraining from the button to the result: submit the jobs, show their progress, save the model.

A job goes on when the page is left, reloaded or closed; it is found again by its question.
"""

from __future__ import annotations

import streamlit as st

from clif_core import phrases
from clif_core.errors import ClifError
from clif_core.influence.estimators import find_estimator
from clif_core.workspace.tasks.retrain import RetrainQuestion
from clif_core.workspace.workspace import run_estimator
from dashboard import state
from dashboard.data import attribution, background, expected, models, retraining
from dashboard.data.attribution import Answer
from dashboard.data.edits import side_of
from dashboard.data.retraining import Retraining
from dashboard.selection import RANDOM_SETS, SEEDS
from dashboard.views.what_if.effect import how_edited
from dashboard.views.what_if.measured import Measured
from dashboard.widgets import estimator_words, navigation
from dashboard.widgets.job_line import draw_job_line, draw_trouble
from dashboard.widgets.notice import show_problem
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["draw_measure", "draw_save"]

_STAGE = "what_if_stage"


def draw_measure(answer: Answer, found: Retraining, *, is_measured: bool) -> None:
    """The button that trains again, or its progress; below it that of the derivative.

    ``is_measured``: by the jobs, or by those who made the sample.
    """
    model = answer.engine.model
    problem = retraining.why_not_retrained(model, found.question.edit)
    if problem:
        show_problem(problem, say("what_if.cannot_title"))
        return
    if found.is_running:
        st.fragment(_poll, run_every=1.0)(answer, found.question)
    elif not found.is_done:
        # One message is enough where both jobs failed.
        any(draw_trouble(job, say("what_if.failed_title")) for job in found.jobs if job is not None)
        _draw_begin(answer, found, is_measured)
    _draw_derivative(answer)


def _draw_begin(answer: Answer, found: Retraining, is_measured: bool) -> None:
    asked = found.question
    takes = on_this_machine(
        expected.of_retraining(answer.engine.model, asked, n_done=2 * (found.result is not None))
    )
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_begin"):
        if st.button(
            _begin_label(found, is_measured),
            type="secondary" if is_measured else "primary",
            key="what_if_retrain",
            icon=":material/replay:",
            help=say("what_if.retrain_help"),
        ):
            try:
                retraining.submit(answer.engine.model, asked)
            except ClifError as error:
                show_problem(str(error), say("what_if.failed_title"))
            else:
                st.rerun()
        st.selectbox(
            say("what_if.n_seeds"),
            SEEDS,
            key=state.control("what_if_n_seeds", 1 + len(asked.seeds)),
            format_func=lambda n: say(f"what_if.n_seeds_{'value' if n > 1 else '1'}", n=n),
            on_change=lambda: state.update(n_seeds=st.session_state["what_if_n_seeds"]),
            label_visibility="collapsed",
            help=say("what_if.n_seeds_help"),
            width=130,
        )
        st.selectbox(
            say("what_if.n_random"),
            RANDOM_SETS,
            key=state.control("what_if_n_random", asked.n_random),
            format_func=lambda n: (
                say("what_if.n_random_value", n=n) if n else say("what_if.n_random_0")
            ),
            on_change=lambda: state.update(n_random=st.session_state["what_if_n_random"]),
            label_visibility="collapsed",
            width=190,
        )
        st.caption(say("what_if.retrain_takes", time=takes), width="content")


def _begin_label(found: Retraining, is_measured: bool) -> str:
    asked = found.question
    if found.result is not None:  # then only seeds or random sets are missing
        rest = "more_seeds" if asked.seeds and found.seeds_result is None else "compare"
        return say(f"what_if.{rest}", n=1 + len(asked.seeds))
    return say(
        "what_if.repeat" if is_measured else "what_if.retrain", how=how_edited(asked.edit.weight)
    )


def _poll(answer: Answer, asked: RetrainQuestion) -> None:
    """Show the first unfinished job, once a second; rerun the page when that is another one."""
    model = answer.engine.model
    found = retraining.look_up(model, asked)
    unfinished = ((stage, job) for stage, job in found.stages.items() if job is not None)
    stage, job = next(((s, j) for s, j in unfinished if not j.is_finished), (None, None))
    was = st.session_state.setdefault(_STAGE, stage)
    if job is None or stage is None or was != stage:
        st.session_state.pop(_STAGE, None)
        st.rerun()
    draw_job_line(
        job,
        f"what_if.running_{stage}",
        lambda: retraining.cancel(model, asked),
        "what_if",
        expected=expected.of_retraining(model, asked.parts()[stage]),
    )


def _draw_derivative(answer: Answer) -> None:
    """Offer to compute the derivative of a training run, where it is not cached."""
    model, probe = answer.engine.model, answer.resolved.probe
    workspace, exact = models.workspace(), find_estimator(run_estimator(model))
    if attribution.answer(answer.engine, answer.resolved, exact.name, None, is_computed=False):
        return
    job = workspace.find_derivative(model, [probe], exact.name)
    if job is not None and not job.is_finished:
        st.fragment(_poll_derivative, run_every=1.0)(answer)
        return
    if background.at_once(answer.engine, answer.resolved) is not None:
        st.fragment(_poll_derivative, run_every=1.0)(answer)
        return
    if job is not None and job.state == "failed":
        draw_trouble(job, say("what_if.failed_title"))
    if st.button(
        exact.action,
        key="what_if_derivative",
        type="tertiary",
        icon=":material/function:",
        help=estimator_words.action_help(exact.name, expected.of_derivative(model, exact.name)),
    ):
        try:
            background.submit_derivative(answer.engine, answer.resolved, exact.name)
        except ClifError as error:
            show_problem(str(error), say("what_if.failed_title"))
        else:
            st.rerun()


def _poll_derivative(answer: Answer) -> None:
    workspace, model = models.workspace(), answer.engine.model
    exact = find_estimator(run_estimator(model))
    job = workspace.find_derivative(model, [answer.resolved.probe], exact.name)
    if job is None or job.is_finished:
        st.rerun()
    draw_job_line(
        job,
        "what_if.derivative_running",
        lambda: workspace.jobs.cancel(job.key),
        "what_if_derivative",
        exact.label,
        expected.of_derivative(model, exact.name),
    )


def draw_save(answer: Answer, measured: Measured, described: str) -> None:
    """Buttons that save the retrained model, and open it or compare it with this one."""
    with st.container(horizontal=True, key="what_if_kept"):
        is_opened = st.button(
            say("what_if.save"),
            key="what_if_keep",
            icon=":material/book_2:",
            help=say("what_if.save_help"),
        )
        is_compared = navigation.has_view("compare") and st.button(
            say("what_if.save_compare"),
            key="what_if_keep_compare",
            type="tertiary",
            icon=":material/compare_arrows:",
        )
    if not (is_opened or is_compared):
        return
    assert measured.result is not None  # what came with a sample holds no vectors
    words = phrases.voice(answer.resolved.probe, answer.influence.probe_value)
    chosen_by = {
        "probe": answer.resolved.probe.to_dict(),
        "estimator": answer.influence.estimator,
        "removal": state.current().removal,
        "direction": side_of(state.current(), words),
    }
    try:
        with st.spinner(say("what_if.saving"), show_time=False):
            name = retraining.save_retrained(
                state.current().model, measured.result["edit"], described, chosen_by
            )
    except ClifError as error:
        show_problem(str(error))
        return
    if is_compared:
        navigation.go("compare", other_model=name)
    else:
        navigation.go("model", model=name)
    st.rerun()
