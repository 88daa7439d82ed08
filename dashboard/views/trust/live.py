"""What can be measured at once, without training again: do the estimates of this probe agree?"""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
import streamlit as st

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import QUICK, UNROLLED, find_estimator
from clif_core.phrases import fixed
from clif_core.probes import ResolvedProbe
from dashboard.charts.figure import CONFIG
from dashboard.charts.trust import damping_figure
from dashboard.data import agreement
from dashboard.widgets import navigation
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.estimator_words import in_sentence
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_agreement", "draw_sweep"]


def draw_agreement(engine: InfluenceEngine, resolved: ResolvedProbe) -> None:
    """Every estimate at hand against every other, in a sentence and a table."""
    table = agreement.compare(agreement.answers_at_hand(engine, resolved))
    n_sentences = engine.corpus.n_sentences
    st.html(
        f'<div class="clif-side"><h2>{html.escape(say("trust.live"))}</h2>'
        f"<p>{html.escape(say('trust.live_lead'))}</p></div>"
    )
    exact = table[(table["first"] == UNROLLED) & (table["second"] == QUICK)]
    if len(exact):
        row = exact.iloc[0]
        told = say("trust.live_exact", shared=int(row["shared"]), n=agreement.N_TOP,
                   rank=fixed(float(row["rank_correlation"]), 2))  # fmt: skip
    else:
        told = say("trust.live_no_exact")
    st.html(f'<p class="clif-lead">{html.escape(told)}</p>')
    if not len(exact) and engine.model.is_repeatable:
        st.button(
            find_estimator(UNROLLED).action,
            key="trust_exact",
            icon=":material/target:",
            help=find_estimator(UNROLLED).action_help,
            on_click=navigation.go,
            args=("influence",),
            kwargs={"estimator": UNROLLED, "damping": None},
        )
    st.html(_pairs_html(table))
    chance = phrases.number(agreement.chance_overlap(n_sentences))
    st.caption(say("trust.live_note", n=agreement.N_TOP, chance=chance))
    draw_chart_table(table, "trust_agreement")


def _pairs_html(table: pd.DataFrame) -> str:
    heads = "".join(
        f'<th scope="col">{html.escape(say(f"trust.live_{name}", n=agreement.N_TOP))}</th>'
        for name in ("pair", "rank", "shared")
    )
    columns = (table[name].tolist() for name in ("first", "second", "rank_correlation", "shared"))
    rows = "".join(
        f'<tr><th scope="row">{html.escape(_pair(first, second))}</th>'
        f"<td>{fixed(rank, 2)}</td><td>{shared}</td></tr>"
        for first, second, rank, shared in zip(*columns, strict=True)
    )
    return (
        '<div class="clif-wide"><table class="clif-compare">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _pair(first: str, second: str) -> str:
    return say(
        "trust.live_and",
        first=phrases.sentence_case(in_sentence(first)),
        second=in_sentence(second),
    )


def draw_sweep(engine: InfluenceEngine, resolved: ResolvedProbe) -> None:
    """How far the quick estimate hangs on its damping, on the probe in hand."""
    st.html(
        f'<div class="clif-side"><h2>{html.escape(say("trust.sweep"))}</h2>'
        f"<p>{html.escape(say('trust.sweep_lead'))}</p></div>"
    )
    with st.spinner(say("trust.sweeping"), show_time=False):
        table = agreement.sweep(engine, resolved)
    default = find_estimator(QUICK).default_damping
    st.html(f'<p class="clif-lead">{html.escape(_sweep_told(table, default))}</p>')
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


def _sweep_told(table: pd.DataFrame, default: float) -> str:
    """What ten times less and ten times more damping do to the strongest sentences."""
    dampings, kept = table["damping"].to_numpy(np.float64), table["shared"].to_numpy(np.int64)
    shared = [int(kept[np.abs(dampings - at).argmin()]) for at in (default / 10, default * 10)]
    return say("trust.sweep_told", n=agreement.N_TOP, less=shared[0], more=shared[1])
