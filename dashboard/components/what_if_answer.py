"""Predicted, then measured: the sentence, the figures, the job that measures, and the chart."""

from __future__ import annotations

import html
import time
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from clif_core.errors import ClifError
from clif_core.influence import UNROLLED
from clif_core.jobs import JobStatus
from clif_core.what_if import Question
from dashboard import attribution, removal, services, state
from dashboard.attribution import Answer
from dashboard.charts.figure import CONFIG
from dashboard.charts.what_if import Row, values_figure
from dashboard.components import navigation, phrases
from dashboard.components.notice import show_problem
from dashboard.components.theme import current_palette
from dashboard.components.twin import draw_twin
from dashboard.removal import Prediction
from dashboard.state import RANDOM_SETS
from dashboard.wording import say

__all__ = [
    "Measured",
    "draw_answer",
    "draw_keep",
    "draw_measure",
    "draw_values",
    "measured_of",
]

Result = Mapping[str, Any]


class Measured:
    """What retraining gave for one probe: before, after and the random sets."""

    def __init__(self, result: Result, compared: Result | None, probe_key: str) -> None:
        run = result["runs"][0]
        self.before: float | None = run["before"][probe_key]
        self.after: float | None = run["after"][probe_key]
        drawn = [] if compared is None else compared["runs"][0]["random"]
        self.random = [r[probe_key] for r in drawn if r[probe_key] is not None]
        self.is_coupled = bool(result["is_coupled"])
        self.result = result

    @property
    def change(self) -> float | None:
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


def measured_of(answer: Answer, asked: Question) -> Measured | None:
    """The measurement of a question where it is done."""
    model, key = answer.engine.model, answer.resolved.probe.key
    found = removal.status(model, Question(asked.edit, asked.probes))
    if found is None or found.result is None:
        return None
    compared = removal.status(model, asked) if asked.n_random else None
    return Measured(found.result, None if compared is None else compared.result, key)


# --- in words and figures


def draw_answer(
    answer: Answer, prediction: Prediction, measured: Measured | None, words: phrases.Voice
) -> None:
    """The sentence and the figures, predictions first, then what was measured."""
    value = answer.influence.probe_value
    best = prediction.moved if prediction.exact is None else prediction.exact
    told = say(
        "what_if.predicted",
        noun=words.noun,
        before=phrases.number(value, 3),
        after=phrases.number(value + best, 3),
    )
    lead = "" if measured is None else f'<p class="clif-answer">{_sentence(measured, words)}</p>'
    kind = "clif-answer" if measured is None else "clif-lead"
    st.html(f'{lead}<p class="{kind}">{html.escape(told)}</p>')
    _draw_figures(prediction, measured)


def _sentence(measured: Measured, words: phrases.Voice) -> str:
    if measured.before is None or measured.after is None:
        return html.escape(say("what_if.measured_none", noun=words.noun))
    kind = "falls" if measured.after < measured.before else "rises"
    return html.escape(
        say(
            f"what_if.measured_{kind}",
            noun=words.noun,
            before=phrases.number(measured.before, 3),
            after=phrases.number(measured.after, 3),
        )
    )


def _draw_figures(prediction: Prediction, measured: Measured | None) -> None:
    figures = [("quick", prediction.quick, True), ("moved", prediction.moved, True)]
    if prediction.exact is not None:
        figures.append(("exact", prediction.exact, True))
    if measured is not None and measured.change is not None:
        figures.append(("measured", measured.change, False))
    cells = [
        _figure(name, phrases.signed(change, 3), is_predicted)
        for name, change, is_predicted in figures
    ]
    if measured is not None and measured.random and measured.before is not None:
        changes = [value - measured.before for value in measured.random]
        told = say(
            "what_if.random_range",
            low=phrases.signed(min(changes), 2),
            high=phrases.signed(max(changes), 2),
        )
        cells.append(_figure("random", told, False, n=len(changes), level="text"))
    st.html(f'<div class="clif-figures">{"".join(cells)}</div>')


def _figure(name: str, shown: str, is_predicted: bool, **values: Any) -> str:
    tip = html.escape(say(f"what_if.figure_{name}_help", **values), quote=True)
    kind = "clif-predicted" if is_predicted else "clif-measured"
    return (
        f'<span class="clif-figure {kind}" title="{tip}">'
        f"<b>{html.escape(say(f'what_if.figure_{name}'))}</b><strong>{shown}</strong></span>"
    )


def draw_values(
    answer: Answer, prediction: Prediction, measured: Measured | None, words: phrases.Voice
) -> None:
    """The chart of the same: as it is, as predicted, as measured, and random text."""
    value = answer.influence.probe_value
    rows = [Row(say("what_if.row_before"), (value,), "before")]
    for name in ("quick", "moved", "exact"):
        change = getattr(prediction, name)
        if change is not None:
            rows.append(Row(say(f"what_if.row_{name}"), (value + change,), "predicted"))
    if measured is not None and measured.after is not None:
        rows.append(Row(say("what_if.row_measured"), (measured.after,), "measured"))
        if measured.random:
            rows.append(Row(say("what_if.row_random"), tuple(measured.random), "random"))
    axis = phrases.sentence_case(say("what_if.axis", noun=words.noun))
    figure = values_figure(rows, value, axis, current_palette())
    config = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
    st.plotly_chart(
        figure, theme=None, key="what_if_values", alt=say("what_if.chart_alt"), config=config
    )
    table = pd.DataFrame(
        [(row.label, row.kind, v, v - value) for row in rows for v in row.values],
        columns=["what", "kind", "value", "change"],
    )
    draw_twin(table, "what_if", figure)


# --- the job that measures


def draw_measure(answer: Answer, asked: Question) -> None:
    """The button that trains again, and its progress; the exact derivative beside it."""
    model = answer.engine.model
    problem = removal.why_not_retrained(model)
    if problem:
        show_problem(problem, say("what_if.cannot_title"))
        return
    plain = Question(asked.edit, asked.probes)
    jobs = [(removal.status(model, plain), "running")]
    if asked.n_random:
        jobs.append((removal.status(model, asked), "running_random"))
    unfinished = [(job, name) for job, name in jobs if job is not None and not job.is_finished]
    if unfinished:
        st.fragment(_poll, run_every=1.0)(answer, asked)
    elif any(job is None or job.state != "done" for job, _ in jobs):
        _draw_troubles([job for job, _ in jobs if job is not None])
        _draw_begin(answer, asked)
    _draw_exact(answer)


def _draw_troubles(jobs: list[JobStatus]) -> None:
    for job in jobs:
        if job.state == "cancelled":
            st.caption(say("what_if.cancelled"))
            return
        if job.state == "failed":
            show_problem(job.error, say("what_if.failed_title"))
            return


def _draw_begin(answer: Answer, asked: Question) -> None:
    is_measured = measured_of(answer, asked) is not None  # then only the random sets are missing
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_begin"):
        if st.button(
            say("what_if.compare" if is_measured else "what_if.retrain"),
            type="secondary" if is_measured else "primary",
            key="what_if_retrain",
            icon=":material/replay:",
            help=say("what_if.retrain_help"),
        ):
            try:
                removal.submit(answer.engine.model, asked)
            except ClifError as error:
                show_problem(str(error), say("what_if.failed_title"))
            else:
                st.rerun()
        st.selectbox(
            say("what_if.n_random"),
            RANDOM_SETS,
            key=state.control("what_if_n_random", asked.n_random),
            format_func=lambda n: (
                say("what_if.n_random_value", n=n) if n else say("what_if.n_random_0")
            ),
            on_change=lambda: state.update(n_random=st.session_state["what_if_n_random"]),
            label_visibility="collapsed",
            width=260,
        )


def _poll(answer: Answer, asked: Question) -> None:
    """Runs once a second, alone, until the first unfinished job is finished."""
    model = answer.engine.model
    plain = removal.status(model, Question(asked.edit, asked.probes))
    is_first = plain is not None and not plain.is_finished
    job = plain if is_first else removal.status(model, asked)
    was_first = st.session_state.setdefault("what_if_first", is_first)
    if job is None or job.is_finished or was_first != is_first:
        st.session_state.pop("what_if_first", None)
        st.rerun()
    message = say("what_if.waiting") if job.state == "waiting" else job.message
    text = say("what_if.running" if is_first else "what_if.running_random", message=message)
    left = _time_left(job)
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_progress"):
        st.progress(min(max(job.fraction, 0.01), 1.0), f"{text} {left}")
        if st.button(say("what_if.cancel"), key="what_if_cancel"):
            removal.cancel(model, asked)
            st.rerun()


def _time_left(job: JobStatus) -> str:
    spent = time.time() - job.submitted
    if job.state != "running" or job.fraction < 0.05 or spent < 3:
        return ""
    seconds = spent * (1 - job.fraction) / job.fraction
    told = (
        say("what_if.minutes", n=round(seconds / 60))
        if seconds > 90
        else say("what_if.seconds", n=max(1, round(seconds)))
    )
    return f"· {say('what_if.left', time=told)}"


def _draw_exact(answer: Answer) -> None:
    """Offer the exact derivative where it is not computed yet, as a job."""
    model, probe = answer.engine.model, answer.resolved.probe
    workspace = services.workspace()
    settings = model.settings
    if settings is None or settings.backend != "coupled":
        return
    exact = attribution.answer(answer.engine, answer.resolved, UNROLLED, None, is_computed=False)
    if exact is not None:
        return
    job = workspace.find_unrolled(model, [probe])
    if job is not None and not job.is_finished:
        st.fragment(_poll_exact, run_every=1.0)(answer)
        return
    if job is not None and job.state == "failed":
        show_problem(job.error, say("what_if.failed_title"))
    if st.button(
        say("what_if.compute_exact"),
        key="what_if_exact",
        type="tertiary",
        icon=":material/function:",
        help=say("what_if.compute_exact_help"),
    ):
        try:
            workspace.submit_unrolled(model, [probe])
        except ClifError as error:
            show_problem(str(error), say("what_if.failed_title"))
        else:
            st.rerun()


def _poll_exact(answer: Answer) -> None:
    workspace = services.workspace()
    job = workspace.find_unrolled(answer.engine.model, [answer.resolved.probe])
    if job is None or job.is_finished:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_exact_progress"):
        st.progress(
            min(max(job.fraction, 0.01), 1.0),
            f"{say('what_if.exact_running')} {job.message} {_time_left(job)}",
        )
        if st.button(say("what_if.cancel"), key="what_if_exact_cancel"):
            workspace.jobs.cancel(job.key)
            st.rerun()


def draw_keep(measured: Measured, described: str) -> None:
    """Keep the retrained model and go to it."""
    if not st.button(
        say("what_if.keep"),
        key="what_if_keep",
        icon=":material/book_2:",
        help=say("what_if.keep_help"),
    ):
        return
    try:
        with st.spinner(say("what_if.keeping"), show_time=False):
            name = removal.keep(state.current().model, measured.result["edit"], described)
    except ClifError as error:
        show_problem(str(error))
        return
    navigation.go("model", model=name, document=None, sentence=None)
    st.rerun()
