"""How far the estimates of the selected probe agree, without training again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import QUICK, UNROLLED, find_estimator
from clif_core.phrases import fixed
from clif_core.probes import ResolvedProbe
from dashboard.charts.figure import CONFIG
from dashboard.charts.trust import damping_figure
from dashboard.data import agreement, expected
from dashboard.data.attribution import Answer
from dashboard.widgets import estimator_words, navigation
from dashboard.widgets.chart_table import draw_chart_table, draw_downloads
from dashboard.widgets.estimator_words import in_sentence
from dashboard.widgets.parts import draw_html_table, draw_part_heading
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_agreement", "draw_sweep"]


def draw_agreement(engine: InfluenceEngine, answers: dict[str, Answer]) -> None:
    """Every estimate that costs no wait against every other, in a sentence and a table."""
    table = agreement.compare(answers)
    n_sentences = engine.corpus.n_sentences
    draw_part_heading("trust.live", "trust.live_lead")
    exact = table[(table["first"] == UNROLLED) & (table["second"] == QUICK)]
    if len(exact):
        row = exact.iloc[0]
        summary = say("trust.live_exact", shared=int(row["shared"]), n=agreement.N_TOP,
                   rank=fixed(float(row["rank_correlation"]), 2))  # fmt: skip
    else:
        summary = say("trust.live_no_exact")
    st.html(Markup('<p class="clif-lead">{}</p>').format(summary))
    if not len(exact) and engine.model.is_repeatable:
        st.button(
            find_estimator(UNROLLED).action,
            key="trust_exact",
            icon=":material/target:",
            help=estimator_words.action_help(
                UNROLLED, expected.of_derivative(engine.model, UNROLLED)
            ),
            on_click=navigation.go,
            args=("influence",),
            kwargs={"estimator": UNROLLED, "damping": None},
        )
    _draw_pairs(table)
    chance = phrases.number(agreement.chance_overlap(n_sentences))
    st.caption(say("trust.live_note", n=agreement.N_TOP, chance=chance))
    draw_downloads(table, "trust_agreement")


def _draw_pairs(table: pd.DataFrame) -> None:
    columns = (table[name].tolist() for name in ("first", "second", "rank_correlation", "shared"))
    pair, *heads = (
        say(f"trust.live_{name}", n=agreement.N_TOP) for name in ("pair", "rank", "shared")
    )
    rows = [
        (_pair(first, second), (fixed(rank, 2), str(shared)))
        for first, second, rank, shared in zip(*columns, strict=True)
    ]
    draw_html_table(heads, rows, pair)


def _pair(first: str, second: str) -> str:
    names = phrases.sentence_case(in_sentence(first)), in_sentence(second)
    return say("trust.live_and", first=names[0], second=names[1])


def draw_sweep(
    engine: InfluenceEngine, resolved: ResolvedProbe, answers: dict[str, Answer]
) -> None:
    """How far the quick estimate of the selected probe depends on its damping."""
    draw_part_heading("trust.sweep", "trust.sweep_lead")
    with st.spinner(say("trust.sweeping"), show_time=False):
        table = agreement.sweep(engine, resolved, answers.get(UNROLLED))
    default = find_estimator(QUICK).default_damping
    st.html(Markup('<p class="clif-lead">{}</p>').format(_summary(table, default)))
    wanted = st.segmented_control(
        say("trust.sweep_by"),
        ("shared", "rank_correlation"),
        default="shared",
        key="trust_sweep_by",
        format_func=lambda name: say(f"trust.sweep_{name}", n=agreement.N_TOP),
        required=True,
        label_visibility="collapsed",
    )
    by = wanted or "shared"
    lines = [(say("trust.sweep_with_default", default=f"{default:g}"), by)]
    if f"{by}_exact" in table:
        lines.append((say("trust.sweep_with_exact"), f"{by}_exact"))
    titles = (say("influence.damping"), say(f"trust.sweep_{by}", n=agreement.N_TOP),
              say("trust.sweep_default"))  # fmt: skip
    drawn = [(name, table[column].to_numpy(np.float64)) for name, column in lines]
    dampings = table["damping"].to_numpy(np.float64)
    figure = damping_figure(dampings, drawn, default, titles, current_palette())
    config = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
    alt = say("trust.sweep_alt", n=len(table))
    st.plotly_chart(figure, theme=None, key="trust_sweep_chart", alt=alt, config=config)
    draw_chart_table(table, "trust_damping", figure)


def _summary(table: pd.DataFrame, default: float) -> str:
    """How many of the strongest sentences stay with a tenth and ten times the damping."""
    dampings, shared = table["damping"].to_numpy(np.float64), table["shared"].to_numpy(np.int64)
    less, more = (int(shared[np.abs(dampings - d).argmin()]) for d in (default / 10, default * 10))
    return say("trust.sweep_summary", n=agreement.N_TOP, less=less, more=more)
