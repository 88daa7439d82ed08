"""Beyond the one figure: the course as more text goes, and what else moved."""

from __future__ import annotations

import html

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from clif_core import phrases
from clif_core.influence.estimators import find_estimator
from dashboard.charts.figure import CONFIG
from dashboard.charts.what_if import course_of_removal_figure
from dashboard.data import attribution, edits, retraining
from dashboard.data.attribution import Answer
from dashboard.state import Selection
from dashboard.views.what_if.answer import Measured
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_course", "draw_others"]


def draw_course(answer: Answer, selection: Selection, words: phrases.Voice) -> None:
    """The probe against the number of texts taken away: predicted lines, measured dots."""
    level = say(f"what_if.removal_{selection.removal}").lower()
    values = edits.course(answer, selection)
    if len(values) < 2:
        return
    st.html(
        f'<div class="clif-side"><h2>{html.escape(say("what_if.curve"))}</h2>'
        f"<p>{html.escape(say('what_if.curve_lead'))}</p></div>"
    )
    estimator = find_estimator(answer.influence.estimator)
    name = say("what_if.curve_predicted", name=estimator.label)
    measured, random = retraining.measured_points(answer, selection)
    debiased = edits.debiased_value(answer.engine.model, answer.resolved.probe)
    levels = [] if debiased is None else [(say("what_if.curve_debiased"), debiased)]
    figure = course_of_removal_figure(
        [(name, values, "solid" if estimator.is_of_runs else "dash")],
        measured,
        random,
        answer.influence.probe_value,
        (say("what_if.curve_x", level=phrases.sentence_case(level)),
         phrases.sentence_case(words.noun)),
        (say("what_if.curve_measured"), say("what_if.curve_random")),
        current_palette(),
        levels,
    )  # fmt: skip
    _draw(figure, "what_if_course_chart", say("what_if.curve_alt", level=level))
    rows = [("predicted", at, float(values[at - 1])) for at in (1, 3, 10, 30, 100, 300, 1000)
            if at <= len(values)]  # fmt: skip
    rows += [("measured", n, v) for n, v in measured] + [("random", n, v) for n, v in random]
    rows += [("hard debias", 0, v) for _, v in levels]
    draw_chart_table(pd.DataFrame(rows, columns=["kind", "n", "value"]), "what_if_course", figure)
    _draw_measure_all(answer, selection)


def _draw_measure_all(answer: Answer, selection: Selection) -> None:
    """Ask for every size that was not trained again yet, one job after another."""
    model = answer.engine.model
    asked = retraining.course_questions(answer, selection)
    if retraining.why_not_retrained(model, asked[0][1].edit):
        return
    jobs = [(question, retraining.status(model, question)) for _, question in asked]
    missing = [question for question, job in jobs if job is None or job.state != "done"]
    waiting = sum(job is not None and not job.is_finished for _, job in jobs)
    if waiting:
        st.caption(say("what_if.measuring_all", n=waiting))
    elif missing and st.button(
        say("what_if.measure_all", n=len(missing)),
        key="what_if_measure_all",
        type="tertiary",
        icon=":material/timeline:",
        help=say("what_if.measure_all_help"),
    ):
        for question in missing:
            retraining.submit(model, question)
        st.rerun()


def _draw(figure: go.Figure, key: str, alt: str) -> None:
    config = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
    st.plotly_chart(figure, theme=None, key=key, alt=alt, config=config)


def draw_others(answer: Answer, measured: Measured) -> None:
    """Other probes, mean shift and word similarity before and after; folded."""
    with st.expander(say("what_if.others"), icon=":material/balance:"):
        st.caption(say("what_if.others_lead"))
        _draw_others(answer, measured)


def _draw_others(answer: Answer, measured: Measured) -> None:
    probe = attribution.resolve(answer.resolved.probe, answer.engine.model).probe
    table = retraining.others_table(answer.engine, measured.result)
    table["name"] = [phrases.title_of(name) for name in table["name"]]
    table = table[[named["key"] != probe.key for named in measured.result["probes"]]]
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        key="what_if_others",
        column_config={
            "name": st.column_config.TextColumn(say("what_if.column_probe")),
            "before": number(say("what_if.column_before"), format="%.3f"),
            "predicted": number(say("what_if.column_predicted"), format="%+.4f"),
            "after": number(say("what_if.column_after"), format="%.3f"),
            "change": number(say("what_if.column_change"), format="%+.4f"),
        },
    )
    notes = []
    shift = measured.result["mean_shift"]
    if shift is not None:
        notes.append(say("what_if.shift", shift=phrases.number(shift)))
    before, after = measured.result["wordsim353"]
    if before is not None and after is not None:
        told = {"before": phrases.number(before, 3), "after": phrases.number(after, 3)}
        notes.append(say("what_if.wordsim", **told))
    notes.append(say("what_if.how_coupled" if measured.is_coupled else "what_if.how_gensim"))
    lines = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    st.html(f'<div class="clif-notes">{lines}</div>')
