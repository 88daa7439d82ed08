"""How far the answer of the text holds in other trainings: lists judged under held-out seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import ClifError
from clif_core.evaluation import ListRow, ListTable
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE
from clif_core.probes import ResolvedProbe
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.trust import lists_figure
from dashboard.data import held_out, retraining
from dashboard.data.held_out import Plan
from dashboard.views.trust.verdict import draw_verdict
from dashboard.widgets import escape, fidelity_words, held_out_words
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.estimator_words import in_sentence, label_of
from dashboard.widgets.job_line import draw_job_line, draw_trouble
from dashboard.widgets.notice import show_problem
from dashboard.widgets.parts import draw_html_table, draw_part_heading
from dashboard.widgets.theme import current_palette
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["draw_list_tables", "draw_plans"]

_STATIC = {**CONFIG, "scrollZoom": False, "displayModeBar": False}


def draw_list_tables(tables: Sequence[ListTable], made: Mapping[str, Any] | None) -> None:
    """Verdict, figure and table of the probe that is chosen; ``made`` None: by a job, just now."""
    table = _choose(tables)
    keys = [one.key for one in tables]
    st.html(Markup('<p class="clif-kicker">{}</p>').format(_title(table)))
    draw_verdict(
        held_out_words.verdict(table),
        held_out_words.notes(table),
        "lists_probe",
        keys,
        table.key,
        lambda key: escape.markdown(_title(tables[keys.index(key)])),
    )
    if len(tables) > 1:
        left, right = st.columns([7, 5], gap="large")
        with left:
            figure = _draw_figure(table)
        with right:
            _draw_probes(tables)
    else:  # the verdict says the figures of the only probe
        figure = _draw_figure(table)
    title = say("trust.lists_table")
    draw_chart_table(table.frame(), "trust_held_out", figure, title, partial(_draw_lists, table))
    if made is not None:
        st.caption(fidelity_words.how_made(made))


def _choose(tables: Sequence[ListTable]) -> ListTable:
    """The table that the selection names, else that of the selected probe, else the first."""
    selection = state.current()
    probe = selection.probe or {}
    named = [table for table in tables if table.key == selection.judged]
    selected = [table for table in tables if table.probe == probe.get("name")]
    return [*named, *selected, *tables][0]


def _title(table: ListTable) -> str:
    return phrases.title_of(table.probe)


def _draw_figure(table: ListTable) -> go.Figure:
    """A point a list: what the ensemble predicted, and what the held-out trainings gave."""
    draw_part_heading("trust.lists", "trust.lists_lead")
    rows = [row for row in table.rows if ENSEMBLE in row.predicted]
    names = [label_of(row.chooser) for row in rows]
    sides = [say(f"trust.lists_{row.side}", n=row.size) for row in rows]
    titles = (say("trust.lists_predicted"), say("trust.actual"), say("trust.equal"))
    figure = lists_figure(rows, names, sides, titles, current_palette())
    alt = say("trust.lists_alt", n=len(rows))
    st.plotly_chart(figure, theme=None, key="trust_lists_chart", alt=alt, config=_STATIC)
    return figure


def _draw_probes(tables: Sequence[ListTable]) -> None:
    """The figures of each probe: a mean over probes hides their range."""
    draw_part_heading("trust.lists_probes", "trust.lists_probes_lead")
    heads = [say(f"trust.lists_{n}") for n in ("slope", "held")]
    body = [(_title(table), held_out_words.figures(table)) for table in tables]
    draw_html_table(heads, body, say("trust.probe"))


def _draw_lists(table: ListTable) -> None:
    st.caption(say("trust.lists_table_lead"))
    heads = [say(f"trust.lists_{n}") for n in ("measured_head", "by_ensemble", "is_held")]
    others = [name for name in table.rows[0].predicted if name != ENSEMBLE]
    heads += [label_of(name) for name in others]
    rows = sorted(table.rows, key=lambda row: (row.size, row.side))
    body = [(_list_name(row), held_out_words.cells(row, others)) for row in rows]
    draw_html_table(heads, body, say("trust.lists_list"))


def _list_name(row: ListRow) -> str:
    which = say(f"trust.lists_{row.side}", n=row.size)
    if row.side == "chance":
        return which
    return say("trust.lists_by", which=which, name=in_sentence(row.chooser))


# --- judging a probe of one's own


def draw_plans(engine: InfluenceEngine, resolved: ResolvedProbe) -> None:
    """What was judged of the selected probe, the job that runs, or the offer of one."""
    draw_part_heading("trust.judge", "trust.judge_lead")
    problem = retraining.why_not_retrained(engine.model)
    if problem:
        st.caption(problem)
        return
    plans = held_out.plans(engine, resolved)
    if not plans:
        st.caption(say("trust.judge_no_ensemble"))
        return
    done = [plan.table for plan in plans if plan.table is not None]
    if done:
        draw_list_tables(done[-1:], None)
    running = next((p for p in plans if p.job is not None and not p.job.is_finished), None)
    if running is not None:
        st.fragment(_poll, run_every=1.0)(engine, resolved, running)
        return
    _draw_offer(engine, resolved, [plan for plan in plans if plan.table is None])


def _draw_offer(engine: InfluenceEngine, resolved: ResolvedProbe, plans: Sequence[Plan]) -> None:
    """A button for each choice of sizes, with what it takes."""
    for plan in plans:
        if plan.job is not None:
            draw_trouble(plan.job, say("trust.judge_failed"))
    with st.container(horizontal=True, vertical_alignment="center", key="trust_plans"):
        for plan in plans:
            n_trainings, takes = held_out.expect(engine, resolved, plan.question)
            sizes = ", ".join(map(str, plan.sizes))
            st.button(
                say("trust.judge_sizes", sizes=sizes, n=n_trainings, time=on_this_machine(takes)),
                key=f"trust_judge_{len(plan.sizes)}",
                icon=":material/replay:",
                help=say("trust.judge_help", n=plan.question.n_seeds),
                on_click=_submit,
                args=(engine, plan),
            )


def _submit(engine: InfluenceEngine, plan: Plan) -> None:
    try:
        held_out.submit(engine, plan.question)
    except ClifError as error:
        show_problem(str(error), say("trust.judge_failed"))


def _poll(engine: InfluenceEngine, resolved: ResolvedProbe, plan: Plan) -> None:
    job = held_out.look_up(engine, plan.question)
    if job is None or job.is_finished:
        st.rerun()
    _, takes = held_out.expect(engine, resolved, plan.question)
    draw_job_line(
        job,
        "trust.judge_running",
        lambda: held_out.cancel(engine, plan.question),
        "trust_judge",
        expected=takes,
    )
