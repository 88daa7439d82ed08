"""What retraining said of this model's estimates: the tables of its card as a page."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from clif_core import phrases
from clif_core.evaluation import Row, Table
from clif_core.phrases import fixed
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.trust import agreement_figure, prediction_figure
from dashboard.widgets import fidelity_words
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.estimator_words import label_of
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_tables"]

_STATIC = {**CONFIG, "scrollZoom": False, "displayModeBar": False}


def draw_tables(tables: Sequence[Table], made: dict[str, Any]) -> None:
    """Verdict, chart, scatter and figures of the trial that the selection names."""
    names = [table.removed for table in tables]
    wanted = state.current().judged
    table = tables[names.index(wanted)] if wanted in names else tables[0]
    said = [fidelity_words.verdict(table), *fidelity_words.sizes(table)]
    notes = "".join(f"<p>{html.escape(text)}</p>" for text in said[1:])
    st.html(
        f'<p class="clif-answer">{html.escape(said[0])}</p><div class="clif-notes">{notes}'
        f"<p>{html.escape(fidelity_words.kind_of_truth(table, made))}</p></div>"
    )
    if len(tables) > 1:
        st.segmented_control(
            say("trust.judged"),
            names,
            key=state.control("trust_judged", table.removed),
            required=True,
            on_change=lambda: state.update(judged=st.session_state["trust_judged"]),
            label_visibility="collapsed",
        )
    left, right = st.columns([7, 5], gap="large")
    with left:
        _draw_agreement(table)
    with right:
        _draw_points(table)
    _draw_probes(table)
    st.caption(say("trust.made", **{k: made.get(k, "?") for k in ("command", "date", "machine")}))


def _side(title: str, lead: str) -> None:
    st.html(
        f'<div class="clif-side"><h2>{html.escape(say(title))}</h2>'
        f"<p>{html.escape(say(lead))}</p></div>"
    )


def _draw_agreement(table: Table) -> None:
    _side("trust.agreement", "trust.agreement_lead")
    frame = table.frame()
    shown = frame[np.isfinite(frame["lds"])].reset_index(drop=True)
    if shown.empty:
        st.caption(say("trust.no_lds"))
    else:
        named = [label_of(name) for name in shown["estimator"]]
        titles = (say("trust.axis"), say("trust.chance"), say("trust.ceiling"))
        figure = agreement_figure(shown, named, table.ceiling, titles, current_palette())
        _draw(figure, "trust_lds", say("trust.agreement_alt", n=len(shown)))
        draw_chart_table(frame, "trust_fidelity", figure)


def _draw_points(table: Table) -> None:
    """Predicted against actual, an estimator and a probe at a time."""
    choices = [(row, at) for row in table.rows for at in range(len(row.points))]
    if not choices:
        return
    _side("trust.points", "trust.points_lead")
    labels = {_point_label(row, at): (row, at) for row, at in choices}
    picked = st.selectbox(
        say("trust.points_pick"), list(labels), key="trust_points", label_visibility="collapsed"
    )
    row, at = labels[picked or next(iter(labels))]
    points = row.points[at]
    predicted, actual = np.array(points.predicted), np.array(points.actual)
    titles = (say("trust.predicted"), say("trust.actual"), say("trust.equal"))
    figure = prediction_figure(predicted, actual, titles, current_palette())
    _draw(figure, "trust_points_chart", say("trust.points_alt", n=len(predicted)))
    twin = pd.DataFrame({"predicted": predicted, "actual": actual})
    draw_chart_table(twin, "trust_predicted_actual", figure)


def _point_label(row: Row, at: int) -> str:
    title = phrases.title_of(row.points[at].probe)
    return f"{label_of(row.estimator)} · {title}"


def _draw_probes(table: Table) -> None:
    """Agreement probe by probe: one mean hides much."""
    rows = [row for row in table.rows if row.per_probe]
    if not rows:
        return
    _side("trust.probes", "trust.probes_lead")
    head = "".join(f'<th scope="col">{html.escape(label_of(row.estimator))}</th>' for row in rows)
    body = "".join(_probe_html(rows, probe.key, probe.probe) for probe in rows[0].per_probe)
    st.html(
        '<div class="clif-wide"><table class="clif-compare"><thead><tr>'
        f'<th scope="col">{html.escape(say("trust.probe"))}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    found = [table.probe_frame(row.estimator).assign(estimator=row.estimator) for row in rows]
    draw_chart_table(pd.concat(found, ignore_index=True), "trust_by_probe")


def _probe_html(rows: Sequence[Row], key: str, name: str) -> str:
    cells = ""
    for row in rows:
        found = next((p for p in row.per_probe if p.key == key), None)
        lds = math.nan if found is None else found.lds
        span = ""
        if found is not None and math.isfinite(found.lds_low):
            low, high = fixed(found.lds_low, 2), fixed(found.lds_high, 2)
            span = f'<br><span class="clif-near">{low}\u00a0…\u00a0{high}</span>'
        cells += f"<td>{fixed(lds, 2)}{span}</td>"
    title = html.escape(phrases.title_of(name))
    return f'<tr><th scope="row">{title}</th>{cells}</tr>'


def _draw(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, theme=None, key=key, alt=alt, config=_STATIC)
