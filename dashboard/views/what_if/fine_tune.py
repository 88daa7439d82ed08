"""Fine-tune the model: unlearn text that drives the probe, reinforce text that works against it.

The CLIF authors' method: a few more training steps on chosen texts, without training again. A
sweep over N (texts) and K (passes over them) is a short job. The user picks one of its outcomes,
sees what else it changed, and may save it as a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.errors import ClifError
from clif_core.probes import Probe
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks.fine_tune import FineTuneQuestion
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.what_if import fine_tuning_figure
from dashboard.data import edits, expected, fine_tuning
from dashboard.data.attribution import Answer
from dashboard.selection import FINE_TUNE_MODES, FINE_TUNE_PASSES, FINE_TUNE_TOPS
from dashboard.widgets import navigation
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.job_line import draw_job_line, draw_trouble
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.parts import Figure, draw_figures
from dashboard.widgets.table import draw_table
from dashboard.widgets.theme import current_palette
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["draw_fine_tuning"]

Row = Mapping[str, Any]


def draw_fine_tuning(answer: Answer, words: phrases.Voice) -> None:
    """The direction of fine-tuning, the sweep, and the picked outcome."""
    model, probe = answer.engine.model, answer.resolved.probe
    _draw_modes(words)
    problem = fine_tuning.why_not_fine_tuned(model)
    if problem:
        show_problem(problem, say("fine_tune.cannot_title"))
        return
    asked = fine_tuning.question(model, probe, state.current())
    job = fine_tuning.status(model, asked)
    if job is not None and not job.is_finished:
        st.fragment(_poll, run_every=1.0)(answer, asked)
    elif job is None or job.result is None:
        _draw_begin(answer, asked, job)
    else:
        _draw_outcome(answer, job.result, words)


def _draw_modes(words: phrases.Voice) -> None:
    mode = state.current().fine_tune_mode
    st.segmented_control(
        say("fine_tune.mode"),
        FINE_TUNE_MODES,
        key=state.control("fine_tune_mode", mode),
        format_func=lambda name: say(f"fine_tune.mode_{name}"),
        required=True,
        on_change=lambda: state.update(fine_tune_mode=st.session_state["fine_tune_mode"]),
        label_visibility="collapsed",
    )
    lead = say(f"fine_tune.lead_{mode}", noun=words.noun)
    st.html(Markup('<p class="clif-lead">{}</p>').format(lead))


def _draw_begin(answer: Answer, asked: FineTuneQuestion, job: JobStatus | None) -> None:
    model = answer.engine.model
    takes = expected.of_fine_tuning(model, answer.corpus, asked)
    if job is not None:
        draw_trouble(job, say("fine_tune.failed_title"))
    with st.container(horizontal=True, vertical_alignment="center", key="fine_tune_start"):
        is_asked = st.button(
            say("fine_tune.begin"),
            type="primary",
            key="fine_tune_begin",
            icon=":material/healing:",
            help=say("fine_tune.begin_help"),
        )
        st.caption(say("fine_tune.begin_takes", time=on_this_machine(takes)), width="content")
    if is_asked:
        try:
            fine_tuning.submit(model, asked)
        except ClifError as error:
            show_problem(str(error), say("fine_tune.failed_title"))
        else:
            st.rerun()


def _poll(answer: Answer, asked: FineTuneQuestion) -> None:
    model = answer.engine.model
    job = fine_tuning.status(model, asked)
    if job is None or job.is_finished:
        st.rerun()
    draw_job_line(
        job,
        "fine_tune.running",
        lambda: fine_tuning.cancel(model, asked),
        "fine_tune",
        expected=expected.of_fine_tuning(model, answer.corpus, asked),
    )


# --- the outcome


def _draw_outcome(answer: Answer, result: Row, words: phrases.Voice) -> None:
    selection = state.current()
    rows: list[Row] = list(result["rows"])
    row = _picked(rows, selection.fine_tune_top, selection.fine_tune_passes)
    key = str(result["probe"])
    left, right = st.columns([1, 1], gap="large")
    with left:
        _draw_picks()
        _draw_result(row, result, key, words)
        if not row["problem"]:
            _draw_save(answer.resolved.probe)
    with right, guard():
        _draw_curve(rows, row, float(result["before"][key]), key, words)
    if not row["problem"]:
        _draw_others(answer, row, result)


def _picked(rows: Sequence[Row], top: int, passes: int) -> Row:
    return next((r for r in rows if r["top"] == top and r["passes"] == passes), rows[0])


def _draw_picks() -> None:
    selection = state.current()
    picks = (
        ("fine_tune_top", FINE_TUNE_TOPS, selection.fine_tune_top),
        ("fine_tune_passes", FINE_TUNE_PASSES, selection.fine_tune_passes),
    )
    with st.container(horizontal=True, key="fine_tune_picks"):
        for name, options, value in picks:
            st.segmented_control(
                say(f"fine_tune.{name}"),
                options,
                key=state.control(name, value),
                format_func=lambda n: f"{n:,}",
                required=True,
                on_change=lambda field=name: state.update(**{field: st.session_state[field]}),
                help=say(f"fine_tune.{name}_help"),
            )


def _draw_result(row: Row, result: Row, key: str, words: phrases.Voice) -> None:
    if row["problem"]:
        show_problem(str(row["problem"]), say("fine_tune.ran_away"))
        return
    before, after = float(result["before"][key]), float(row["values"][key])
    kind = "falls" if after < before else "rises"
    shown = phrases.together(before, after)
    answer = say(f"fine_tune.result_{kind}", noun=words.noun, before=shown[0], after=shown[1])
    figures = [("change", phrases.signed(after - before, 3))]
    if row["predicted"] is not None:
        figures.append(("predicted", phrases.signed(float(row["predicted"]), 3)))
    if result["wordsim353_before"] is not None and row["wordsim353"] is not None:
        pair = phrases.together(result["wordsim353_before"], row["wordsim353"])
        figures.append(("wordsim", " → ".join(pair)))
    figures.append(("shift", phrases.number(float(row["mean_shift"]))))
    share = 100 * row["n_tokens"] / result["n_tokens_text"]
    figures.append(("text", f"{phrases.number(share)}\u00a0%"))
    st.html(Markup('<p class="clif-answer">{}</p>').format(answer))
    draw_figures(
        Figure(
            say(f"fine_tune.figure_{name}"),
            shown,
            say(f"fine_tune.figure_{name}_help"),
            "clif-predicted" if name == "predicted" else "",
        )
        for name, shown in figures
    )
    st.html(Markup('<p class="clif-small">{}</p>').format(say("fine_tune.caution")))


def _draw_curve(
    rows: Sequence[Row], row: Row, before: float, key: str, words: phrases.Voice
) -> None:
    lines = []
    for top in dict.fromkeys(r["top"] for r in rows):
        own = [r for r in rows if r["top"] == top and not r["problem"]]
        own = [r for r in own if r["values"][key] is not None]
        if own:
            name = say("fine_tune.line", n=top)
            values = [float(r["values"][key]) for r in own]
            lines.append((name, [r["passes"] for r in own], values, top == row["top"]))
    chosen = None if row["problem"] else (int(row["passes"]), float(row["values"][key]))
    titles = (say("fine_tune.axis_passes"), phrases.sentence_case(words.noun))
    figure = fine_tuning_figure(lines, chosen, before, titles, current_palette())
    config = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
    st.plotly_chart(
        figure, theme=None, key="fine_tune_curve", alt=say("fine_tune.alt"), config=config
    )
    names = ["mode", "top", "n_undo", "n_redo", "passes", "n_tokens", "predicted", "change",
             "wordsim353", "mean_shift", "problem"]  # fmt: skip
    draw_chart_table(
        pd.DataFrame([{n: r[n] for n in names} for r in rows]), "fine_tune_sweep", figure
    )


def _draw_others(answer: Answer, row: Row, result: Row) -> None:
    known = edits.known_probes(answer.engine.model)
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
    with st.expander(say("fine_tune.others"), icon=":material/balance:"):
        draw_table(
            table,
            hide_index=True,
            key="fine_tune_others",
            column_config={
                "name": st.column_config.TextColumn(say("what_if.column_probe")),
                "before": number(say("what_if.column_before"), format="%.3f"),
                "after": number(say("fine_tune.column_after"), format="%.3f"),
                "change": number(say("fine_tune.column_change"), format="%+.4f"),
            },
        )


def _draw_save(probe: Probe) -> None:
    selection = state.current()
    if not st.button(
        say("fine_tune.save"),
        key="fine_tune_keep",
        icon=":material/book_2:",
        help=say("fine_tune.save_help"),
    ):
        return
    try:
        with st.spinner(say("fine_tune.saving"), show_time=True):
            name = fine_tuning.save_fine_tuned(
                selection.model,
                probe,
                selection.fine_tune_mode,
                selection.fine_tune_top,
                selection.fine_tune_passes,
            )
    except ClifError as error:
        show_problem(str(error), say("fine_tune.failed_title"))
        return
    if navigation.has_view("compare"):
        navigation.go("compare", other_model=name)
    else:
        navigation.go("model", model=name)
    st.rerun()
