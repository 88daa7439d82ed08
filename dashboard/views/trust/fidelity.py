"""How this model's estimates compare with retraining: the tables of its card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.evaluation import Row, Table
from clif_core.phrases import fixed
from dashboard import state
from dashboard.charts.figure import CONFIG
from dashboard.charts.trust import agreement_figure, prediction_figure
from dashboard.views.trust.verdict import draw_verdict
from dashboard.widgets import escape, fidelity_words
from dashboard.widgets.chart_table import draw_chart_table, draw_downloads
from dashboard.widgets.estimator_words import label_of
from dashboard.widgets.parts import draw_html_table, draw_part_heading
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["draw_tables"]

_STATIC = {**CONFIG, "scrollZoom": False, "displayModeBar": False}


def draw_tables(tables: Sequence[Table], made: dict[str, Any]) -> None:
    """Verdict, chart, scatter and figures of the trial that the selection names."""
    names = [table.removed for table in tables]
    wanted = state.current().judged
    table = tables[names.index(wanted)] if wanted in names else tables[0]
    notes = [*fidelity_words.sizes(table), fidelity_words.kind_of_truth(table, made)]
    draw_verdict(
        fidelity_words.verdict(table), notes, "judged", names, table.removed, escape.markdown
    )
    left, right = st.columns([7, 5], gap="large")
    with left:
        _draw_agreement(table)
    with right:
        _draw_points(table)
    _draw_probes(table)
    st.caption(fidelity_words.how_made(made))


def _draw_agreement(table: Table) -> None:
    draw_part_heading("trust.agreement", "trust.agreement_lead")
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
    """Predicted against measured changes, for one estimator and probe at a time."""
    choices = [(row, at) for row in table.rows for at in range(len(row.points))]
    if not choices:
        return
    draw_part_heading("trust.points", "trust.points_lead")
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
    frame = pd.DataFrame({"predicted": predicted, "actual": actual})
    draw_chart_table(frame, "trust_predicted_actual", figure)


def _point_label(row: Row, at: int) -> str:
    title = phrases.title_of(row.points[at].probe)
    return f"{label_of(row.estimator)} · {title}"


def _draw_probes(table: Table) -> None:
    """Agreement for each probe."""
    rows = [row for row in table.rows if row.per_probe]
    if not rows:
        return
    draw_part_heading("trust.probes", "trust.probes_lead")
    heads = [label_of(row.estimator) for row in rows]
    body = [
        (phrases.title_of(probe.probe), [_agreement(row, probe.key) for row in rows])
        for probe in rows[0].per_probe
    ]
    draw_html_table(heads, body, say("trust.probe"))
    found = [table.probe_frame(row.estimator).assign(estimator=row.estimator) for row in rows]
    draw_downloads(pd.concat(found, ignore_index=True), "trust_by_probe")


def _agreement(row: Row, key: str) -> Markup:
    """The agreement of an estimator on one probe, with its interval below it."""
    found = next((p for p in row.per_probe if p.key == key), None)
    lds = math.nan if found is None else found.lds
    if found is None or not math.isfinite(found.lds_low):
        return Markup("{}").format(fixed(lds, 2))
    cell = Markup('{}<br><span class="clif-near">{}\u00a0to\u00a0{}</span>')
    return cell.format(*(fixed(x, 2) for x in (lds, found.lds_low, found.lds_high)))


def _draw(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, theme=None, key=key, alt=alt, config=_STATIC)
