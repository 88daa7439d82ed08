"""Mend the model: undo what amplifies the probe, redo what lessens it, both, or the reverse.

The authors' own repairs: a few more steps of the finished training, with no training again. One
sweep over N (texts) and K (passes over them) is a short job; the person then picks one of its
outcomes, looks at what else it changed, and may keep it as a model.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from clif_core import phrases
from clif_core.errors import ClifError
from clif_core.probes import Probe
from clif_core.sgns.model import SkipGram
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks import FineTuneQuestion
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.what_if import mending_figure
from dashboard.data import edits, fine_tuning
from dashboard.data.attribution import Answer
from dashboard.state import MEND_MODES, MEND_PASSES, MEND_TOPS
from dashboard.widgets import navigation
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.job_line import draw_job_line, draw_trouble
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_mend"]

Row = Mapping[str, Any]


def draw_mend(answer: Answer, words: phrases.Voice) -> None:
    """The way of mending, the sweep, and the outcome picked."""
    model, probe = answer.engine.model, answer.resolved.probe
    _draw_modes(words)
    problem = fine_tuning.why_not_mended(model)
    if problem:
        show_problem(problem, say("mend.cannot_title"))
        return
    asked = fine_tuning.question(model, probe, state.current())
    job = fine_tuning.status(model, asked)
    if job is not None and not job.is_finished:
        st.fragment(_poll, run_every=1.0)(model, asked)
    elif job is None or job.result is None:
        _draw_begin(model, asked, job)
    else:
        _draw_outcome(answer, job.result, words)


def _draw_modes(words: phrases.Voice) -> None:
    mode = state.current().mend_mode
    st.segmented_control(
        say("mend.mode"),
        MEND_MODES,
        key=state.control("mend_mode", mode),
        format_func=lambda name: say(f"mend.mode_{name}"),
        required=True,
        on_change=lambda: state.update(mend_mode=st.session_state["mend_mode"]),
        label_visibility="collapsed",
    )
    st.html(f'<p class="clif-lead">{html.escape(say(f"mend.lead_{mode}", noun=words.noun))}</p>')


def _draw_begin(model: SkipGram, asked: FineTuneQuestion, job: JobStatus | None) -> None:
    if job is not None:
        draw_trouble(job, say("mend.failed_title"))
    if st.button(
        say("mend.begin"),
        type="primary",
        key="mend_begin",
        icon=":material/healing:",
        help=say("mend.begin_help"),
    ):
        try:
            fine_tuning.submit(model, asked)
        except ClifError as error:
            show_problem(str(error), say("mend.failed_title"))
        else:
            st.rerun()


def _poll(model: SkipGram, asked: FineTuneQuestion) -> None:
    job = fine_tuning.status(model, asked)
    if job is None or job.is_finished:
        st.rerun()
    draw_job_line(job, "mend.running", lambda: fine_tuning.cancel(model, asked), "mend")


# --- the outcome


def _draw_outcome(answer: Answer, result: Row, words: phrases.Voice) -> None:
    selection = state.current()
    rows: list[Row] = list(result["rows"])
    row = _picked(rows, selection.mend_top, selection.mend_passes)
    key = str(result["probe"])
    left, right = st.columns([1, 1], gap="large")
    with left:
        _draw_picks()
        _draw_told(row, result, key, words)
        if not row["problem"]:
            _draw_keep(answer.resolved.probe)
    with right, guard():
        _draw_curve(rows, row, float(result["before"][key]), key, words)
    if not row["problem"]:
        _draw_others(answer, row, result)


def _picked(rows: Sequence[Row], top: int, passes: int) -> Row:
    return next((r for r in rows if r["top"] == top and r["passes"] == passes), rows[0])


def _draw_picks() -> None:
    selection = state.current()
    picks = (
        ("mend_top", MEND_TOPS, selection.mend_top),
        ("mend_passes", MEND_PASSES, selection.mend_passes),
    )
    with st.container(horizontal=True, key="mend_picks"):
        for name, options, value in picks:
            st.segmented_control(
                say(f"mend.{name}"),
                options,
                key=state.control(name, value),
                format_func=lambda n: f"{n:,}",
                required=True,
                on_change=lambda field=name: state.update(**{field: st.session_state[field]}),
                help=say(f"mend.{name}_help"),
            )


def _draw_told(row: Row, result: Row, key: str, words: phrases.Voice) -> None:
    if row["problem"]:
        show_problem(str(row["problem"]), say("mend.ran_away"))
        return
    before, after = float(result["before"][key]), float(row["values"][key])
    kind = "falls" if after < before else "rises"
    told = say(
        f"mend.told_{kind}",
        noun=words.noun,
        before=phrases.number(before, 3),
        after=phrases.number(after, 3),
    )
    figures = [("change", phrases.signed(after - before, 3))]
    if row["predicted"] is not None:
        figures.append(("predicted", phrases.signed(float(row["predicted"]), 3)))
    if result["wordsim353_before"] is not None and row["wordsim353"] is not None:
        pair = (phrases.number(v, 3) for v in (result["wordsim353_before"], row["wordsim353"]))
        figures.append(("wordsim", " → ".join(pair)))
    figures.append(("shift", phrases.number(float(row["mean_shift"]))))
    share = 100 * row["n_tokens"] / result["n_tokens_text"]
    figures.append(("text", f"{phrases.number(share)}\u00a0%"))
    cells = "".join(
        f'<span class="clif-figure{" clif-predicted" * (name == "predicted")}"'
        f' title="{_quoted(f"mend.figure_{name}_help")}">'
        f"<b>{_quoted(f'mend.figure_{name}')}</b><strong>{shown}</strong></span>"
        for name, shown in figures
    )
    st.html(
        f'<p class="clif-answer">{html.escape(told)}</p><div class="clif-figures">{cells}</div>'
        f'<p class="clif-small">{html.escape(say("mend.caution"))}</p>'
    )


def _quoted(wording: str) -> str:
    return html.escape(say(wording), quote=True)


def _draw_curve(
    rows: Sequence[Row], row: Row, before: float, key: str, words: phrases.Voice
) -> None:
    lines = []
    for top in dict.fromkeys(r["top"] for r in rows):
        own = [r for r in rows if r["top"] == top and not r["problem"]]
        own = [r for r in own if r["values"][key] is not None]
        if own:
            name = say("mend.line", n=top)
            values = [float(r["values"][key]) for r in own]
            lines.append((name, [r["passes"] for r in own], values, top == row["top"]))
    chosen = None if row["problem"] else (int(row["passes"]), float(row["values"][key]))
    titles = (say("mend.axis_passes"), phrases.sentence_case(words.noun))
    figure = mending_figure(lines, chosen, before, titles, current_palette())
    config = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
    st.plotly_chart(figure, theme=None, key="mend_curve", alt=say("mend.alt"), config=config)
    names = ["mode", "top", "n_undo", "n_redo", "passes", "n_tokens", "predicted", "change",
             "wordsim353", "mean_shift", "problem"]  # fmt: skip
    draw_chart_table(pd.DataFrame([{n: r[n] for n in names} for r in rows]), "mend_sweep", figure)


def _draw_others(answer: Answer, row: Row, result: Row) -> None:
    known = edits.known_probes(answer.engine.model.content_hash, answer.engine.model)
    titles = {p.key: phrases.title_of(p.name) for p in known}
    table = pd.DataFrame(
        [
            (titles.get(key, key), before, row["values"][key])
            for key, before in result["before"].items()
            if key != result["probe"]
        ],
        columns=["name", "before", "after"],
    )
    if table.empty:
        return
    table["change"] = table["after"].astype(float) - table["before"].astype(float)
    number = st.column_config.NumberColumn
    with st.expander(say("mend.others"), icon=":material/balance:"):
        st.dataframe(
            table,
            hide_index=True,
            key="mend_others",
            column_config={
                "name": st.column_config.TextColumn(say("what_if.column_probe")),
                "before": number(say("what_if.column_before"), format="%.3f"),
                "after": number(say("mend.column_after"), format="%.3f"),
                "change": number(say("mend.column_change"), format="%+.4f"),
            },
        )


def _draw_keep(probe: Probe) -> None:
    selection = state.current()
    if not st.button(
        say("mend.keep"), key="mend_keep", icon=":material/book_2:", help=say("mend.keep_help")
    ):
        return
    try:
        with st.spinner(say("mend.keeping"), show_time=True):
            name = fine_tuning.keep(
                selection.model,
                probe,
                selection.mend_mode,
                selection.mend_top,
                selection.mend_passes,
            )
    except ClifError as error:
        show_problem(str(error), say("mend.failed_title"))
        return
    if navigation.has_view("compare"):
        navigation.go("compare", other_model=name)
    else:
        navigation.go("model", model=name, document=None, sentence=None)
    st.rerun()
