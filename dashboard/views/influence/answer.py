"""The answer that the Influence view shows: what is at hand, while a finer one is computed.

The trainings of a seed ensemble are shown as they come in: the answer is drawn again with each.
"""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, find_estimator, run_estimator
from clif_core.probes import ResolvedProbe
from clif_core.workspace.rates import Expected
from dashboard import state
from dashboard.data import attribution, background, expected, models
from dashboard.data.attribution import Answer
from dashboard.selection import RUN_COUNTS, Selection
from dashboard.widgets import escape
from dashboard.widgets.estimator_words import label_of
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.time_words import on_this_machine, time_left
from dashboard.wording import say

__all__ = ["answer_of"]

_N_RUNS = RUN_COUNTS[1]


def answer_of(engine: InfluenceEngine, resolved: ResolvedProbe, selection: Selection) -> Answer:
    """The selected answer, or the best at hand while that is being computed."""
    wanted = selection.estimator
    if wanted not in attribution.ESTIMATORS:
        show_problem(say("influence.unknown_estimator", name=wanted))
        wanted = attribution.BEST
    is_quick = wanted in attribution.QUICK
    asked = attribution.asked(selection)
    found = attribution.answer(
        engine, resolved, wanted, selection.damping, is_computed=is_quick, question=asked
    )
    if wanted == attribution.BEST and found is not None and asked != "text":
        _answer_at_once(found)
    if wanted == ENSEMBLE or (wanted == attribution.BEST and asked != "model"):
        n_wanted = selection.n_runs or (_N_RUNS if found is None else 0)
        with guard():
            _follow_runs(engine, resolved, n_wanted)
    elif found is None:
        with guard():
            _follow(engine, resolved, wanted, selection.damping)
    if found is None:
        found = attribution.answer(
            engine, resolved, attribution.BEST, None, is_computed=True, question=asked
        )
        assert found is not None
    return found


def _answer_at_once(quick: Answer) -> None:
    """Show the progress of the exact answer where it comes within seconds; the page follows."""
    engine, exact = quick.engine, run_estimator(quick.engine.model)
    with guard():
        background.measure_machine(engine, quick.resolved)
        task = background.at_once(engine, quick.resolved)
        if task is not None and exact != ENSEMBLE:  # of which ``_follow_runs`` tells
            _draw_pending(task, exact, engine)


# --- the trainings of a seed ensemble


def _follow_runs(engine: InfluenceEngine, resolved: ResolvedProbe, n_wanted: int) -> None:
    """The line of the job that adds trainings; where ``n_wanted`` are lacking, it is begun."""
    task = background.find_runs(engine, resolved, n_wanted)
    n_there = models.workspace().results.n_runs_at_hand(engine, resolved)
    if task is None:
        if n_there >= n_wanted:
            return
        if state.is_from_link("estimator", "n_runs"):
            _draw_offer(ENSEMBLE, "n_runs", say("influence.runs_first", n=n_wanted), engine)
            return
        task = background.begin_runs(engine, resolved, n_wanted)
    if task.problem:
        show_problem(task.problem, say("influence.no_finer", name=label_of(ENSEMBLE)))
        st.button(
            say("influence.retry"),
            key="influence_retry",
            on_click=_retry_runs,
            args=(engine, resolved, n_wanted),
        )
        return
    st.fragment(_poll_runs, run_every=1.0)(task, engine, resolved, n_there)


def _poll_runs(
    task: background.Pending, engine: InfluenceEngine, resolved: ResolvedProbe, n_shown: int
) -> None:
    n_there = models.workspace().results.n_runs_at_hand(engine, resolved)
    if n_there != n_shown or not task.is_running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="influence_pending"):
        takes = expected.of_derivative(engine.model, ENSEMBLE)
        name = "influence.runs_pending_1" if n_there == 1 else "influence.runs_pending"
        said = _done(task, say(name, n=n_there, message=_opened(task.message)), takes)
        st.progress(min(max(task.fraction, 0.02), 1.0), escape.markdown(said))
        if st.button(say("influence.cancel"), key="influence_cancel"):
            task.cancel()
            state.update(estimator=attribution.BEST, damping=None, n_runs=0)
            st.rerun()


def _retry_runs(engine: InfluenceEngine, resolved: ResolvedProbe, n_runs: int) -> None:
    with guard():
        background.submit_runs(engine, resolved, n_runs)


# --- any other estimate


def _follow(
    engine: InfluenceEngine, resolved: ResolvedProbe, wanted: str, damping: float | None
) -> None:
    """Compute a slower estimate in the background; from a link, offer it."""
    asked = (engine, resolved, wanted, damping)
    task = background.find(*asked)
    if task is None and state.is_from_link("estimator", "damping"):
        _draw_offer(wanted, "damping", "", engine)
        return
    task = task or background.begin(*asked)
    _draw_pending(task, wanted, engine)
    if task.problem and find_estimator(wanted).is_of_runs:
        st.button(
            say("influence.retry"),
            key="influence_retry",
            on_click=_retry,
            args=(engine, resolved, wanted),
        )


def _retry(engine: InfluenceEngine, resolved: ResolvedProbe, wanted: str) -> None:
    with guard():
        background.submit_derivative(engine, resolved, wanted)


def _draw_offer(wanted: str, setting: str, label: str, engine: InfluenceEngine) -> None:
    """A link asked for an estimate that is not computed yet: only a press starts it."""
    estimator = find_estimator(wanted)
    with st.container(horizontal=True, vertical_alignment="center", key="influence_offer"):
        takes: str = estimator.cost
        if estimator.is_of_runs:
            takes = on_this_machine(expected.of_derivative(engine.model, estimator.name))
        cost = say("influence.linked", name=estimator.label, cost=takes)
        st.html(Markup("<p>{}</p>").format(cost), width="content")
        st.button(
            label or estimator.action or say("influence.compute", name=estimator.label),
            key="influence_offered",
            icon=":material/target:",
            on_click=state.press,
            args=("estimator", setting),
        )


def _draw_pending(task: background.Pending, wanted: str, engine: InfluenceEngine) -> None:
    name = label_of(wanted)
    if task.problem:
        show_problem(task.problem, say("influence.no_finer", name=name))
        background.forget(task)
        return
    takes = None
    if find_estimator(wanted).is_of_runs:
        takes = expected.of_derivative(engine.model, wanted)
    st.fragment(_poll, run_every=1.0)(task, name, takes)


def _poll(task: background.Pending, name: str, takes: Expected | None) -> None:
    if not task.is_running:
        background.forget(task)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="influence_pending"):
        done = _done(task, task.message, takes)
        text = escape.markdown(f"{say('influence.pending', name=name)} {done}")
        st.progress(min(max(task.fraction, 0.02), 1.0), text)
        if st.button(say("influence.cancel"), key="influence_cancel"):
            task.cancel()
            background.forget(task)
            state.update(estimator=attribution.BEST, damping=None)
            st.rerun()


def _done(task: background.Pending, message: str, takes: Expected | None) -> str:
    """What a task is doing, and the time that it has left where a job does it."""
    left = "" if task.job is None else time_left(task.job, takes)
    return _opened(" · ".join(filter(None, (message, left))))


def _opened(text: str) -> str:
    """As the beginning of a sentence."""
    return text[:1].upper() + text[1:]
