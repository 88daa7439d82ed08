"""Predicted, then measured: the sentence, the figures and the chart."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from clif_core import phrases
from clif_core.influence.estimators import find_estimator
from clif_core.interventions.predict import Prediction
from clif_core.workspace.tasks import RetrainQuestion
from dashboard.charts.figure import CONFIG
from dashboard.charts.what_if import Row, values_figure
from dashboard.data import retraining
from dashboard.data.attribution import Answer
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["Measured", "draw_answer", "draw_values", "how_edited", "measured_of"]

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


def measured_of(answer: Answer, asked: RetrainQuestion) -> Measured | None:
    """The measurement of a question where it is done."""
    model, key = answer.engine.model, answer.resolved.probe.key
    found = retraining.status(model, RetrainQuestion(asked.edit, asked.probes))
    if found is None or found.result is None:
        return None
    compared = retraining.status(model, asked) if asked.n_random else None
    return Measured(found.result, None if compared is None else compared.result, key)


def how_edited(weight: float) -> str:
    """``without it``, ``with it at half weight``, ``with it counted twice``."""
    return say(f"what_if.how_{_WEIGHTS.get(weight, 'weight')}", weight=f"{weight:g}")


_WEIGHTS = {0.0: "without", 0.5: "half", 2.0: "twice"}


# --- in words and figures


def draw_answer(
    answer: Answer, prediction: Prediction, measured: Measured | None, words: phrases.Voice
) -> None:
    """The sentence and the figures, predictions first, then what was measured."""
    value = answer.influence.probe_value
    told = say(
        "what_if.predicted",
        noun=words.noun,
        before=phrases.number(value, 3),
        after=phrases.number(value + prediction.best, 3),
    )
    lead = "" if measured is None else f'<p class="clif-answer">{_sentence(measured, words)}</p>'
    kind = "clif-answer" if measured is None else "clif-lead"
    st.html(f'{lead}<p class="{kind}">{html.escape(told)}</p>')
    _draw_figures(prediction, measured)


def _sentence(measured: Measured, words: phrases.Voice) -> str:
    if measured.before is None or measured.after is None:
        return html.escape(say("what_if.measured_none", noun=words.noun, how=_how(measured)))
    kind = "falls" if measured.after < measured.before else "rises"
    return html.escape(
        say(
            f"what_if.measured_{kind}",
            how=_how(measured),
            noun=words.noun,
            before=phrases.number(measured.before, 3),
            after=phrases.number(measured.after, 3),
        )
    )


def _how(measured: Measured) -> str:
    return how_edited(float(measured.result["edit"]["weight"]))


def _draw_figures(prediction: Prediction, measured: Measured | None) -> None:
    derived_by = find_estimator(prediction.derivative).label
    figures = [("quick", prediction.quick, True), ("moved", prediction.plug_in, True)]
    figures.append(("resolved", prediction.resolved, True))
    if prediction.derived is not None:
        figures.append(("derived", prediction.derived, True))
    if measured is not None and measured.change is not None:
        figures.append(("measured", measured.change, False))
    cells = [
        _figure(name, phrases.signed(change, 3), is_predicted, estimator=derived_by)
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
    label = html.escape(say(f"what_if.figure_{name}", **values))
    return (
        f'<span class="clif-figure {kind}" title="{tip}">'
        f"<b>{label}</b><strong>{shown}</strong></span>"
    )


def draw_values(
    answer: Answer, prediction: Prediction, measured: Measured | None, words: phrases.Voice
) -> None:
    """The chart of the same: as it is, as predicted, as measured, and random text."""
    value = answer.influence.probe_value
    rows = [Row(say("what_if.row_before"), (value,), "before")]
    changes = {
        "quick": prediction.quick,
        "moved": prediction.plug_in,
        "resolved": prediction.resolved,
        "derived": prediction.derived,
    }
    derived_by = find_estimator(prediction.derivative).in_sentence
    for name, change in changes.items():
        if change is not None:
            rows.append(
                Row(say(f"what_if.row_{name}", name=derived_by), (value + change,), "predicted")
            )
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
    draw_chart_table(table, "what_if", figure)
