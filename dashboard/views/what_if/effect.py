"""The effect of an edit on the probe: sentences, figures and chart, predicted then measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.influence.estimators import find_estimator
from clif_core.interventions.predict import Prediction, TextPrediction
from clif_core.measurement.uncertainty import mean_interval
from clif_core.probes import Probe
from clif_core.workspace.tasks import changes_by_seed
from dashboard.charts.figure import CONFIG
from dashboard.charts.what_if import Row, values_figure
from dashboard.data.attribution import Answer
from dashboard.data.retraining import Retraining
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.parts import Figure, draw_figures
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["Measured", "draw_answer", "draw_values", "how_edited", "measured_of"]

Result = Mapping[str, Any]


class Measured:
    """Values of one probe by retraining: before, after, and after the edit of random sets.

    ``changes`` has the change under each seed where several were trained, the model's own first;
    ``over_seeds`` is their mean with its interval.
    """

    def __init__(
        self, result: Result, seeds: Result | None, random: Result | None, probe: Probe
    ) -> None:
        probe_key = probe.key
        run = result["runs"][0]
        self.before: float | None = run["before"][probe_key]
        self.after: float | None = run["after"][probe_key]
        drawn = [] if random is None else random["runs"][0]["random"]
        self.random = [r[probe_key] for r in drawn if r[probe_key] is not None]
        changes = () if seeds is None else changes_by_seed(seeds, probe)
        self.over_seeds = mean_interval(changes)
        self.changes = changes if self.over_seeds else ()
        self.is_coupled = bool(result["is_coupled"])
        self.result = result

    @property
    def change(self) -> float | None:
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


def measured_of(retraining: Retraining, probe: Probe) -> Measured | None:
    """The measurement where the retraining is done, else None."""
    if retraining.result is None:
        return None
    return Measured(retraining.result, retraining.seeds_result, retraining.random_result, probe)


def how_edited(weight: float) -> str:
    """``without it``, ``with it at half weight``, ``with it counted twice``."""
    return say(f"what_if.how_{_WEIGHTS.get(weight, 'weight')}", weight=f"{weight:g}")


_WEIGHTS = {0.0: "without", 0.5: "half", 2.0: "twice"}


# --- sentences and figures


def draw_answer(
    answer: Answer,
    prediction: Prediction,
    of_text: TextPrediction | None,
    measured: Measured | None,
    words: phrases.Voice,
) -> None:
    """The sentence and the figures, predictions first, then what was measured."""
    value = answer.influence.probe_value
    before, after = phrases.together(value, value + prediction.best)
    predicted = say("what_if.predicted", noun=words.noun, before=before, after=after)
    if measured is None:
        st.html(Markup('<p class="clif-answer">{}</p>').format(predicted))
    else:
        answered = '<p class="clif-answer">{}</p><p class="clif-lead">{}</p>'
        st.html(Markup(answered).format(_sentence(measured, words), predicted))
    _draw_figures(prediction, of_text, measured)


def _sentence(measured: Measured, words: phrases.Voice) -> str:
    if measured.before is None or measured.after is None:
        return say("what_if.measured_none", noun=words.noun, how=_how(measured))
    kind = "falls" if measured.after < measured.before else "rises"
    before, after = phrases.together(measured.before, measured.after)
    name = f"what_if.measured_{kind}"
    return say(name, how=_how(measured), noun=words.noun, before=before, after=after)


def _how(measured: Measured) -> str:
    return how_edited(float(measured.result["edit"]["weight"]))


def _draw_figures(
    prediction: Prediction, of_text: TextPrediction | None, measured: Measured | None
) -> None:
    predicted = {
        "quick": prediction.quick,
        "moved": prediction.plug_in,
        "resolved": prediction.resolved,
        "derived": prediction.derived,
    }
    derived_by = find_estimator(prediction.derivative).label
    figures = [
        _figure(name, phrases.signed(change, 3), "clif-predicted", estimator=derived_by)
        for name, change in predicted.items()
        if change is not None
    ]
    if of_text is not None:
        shown = _with_interval(of_text.change, of_text.low, of_text.high, 0.95)
        figures.append(_figure("of_text", shown, "clif-predicted", n=of_text.n_runs))
    if measured is not None and measured.change is not None:
        figures.append(_figure("measured", phrases.signed(measured.change, 3), "clif-measured"))
    if measured is not None and measured.over_seeds is not None:
        found = measured.over_seeds
        shown = _with_interval(found.mean, found.low, found.high, found.level)
        figures.append(_figure("seeds", shown, "clif-measured", n=found.n))
    if measured is not None and measured.random and measured.before is not None:
        changes = [value - measured.before for value in measured.random]
        low, high = (phrases.signed(limit, 2) for limit in (min(changes), max(changes)))
        shown = say("what_if.random_range", low=low, high=high)
        figures.append(_figure("random", shown, "clif-measured", n=len(changes), level="text"))
    draw_figures(figures)


def _with_interval(mean: float, low: float, high: float, level: float) -> str:
    span = phrases.interval(low, high, level)
    return say("what_if.seeds_interval", mean=phrases.signed(mean, 3), span=span)


def _figure(name: str, shown: str, kind: str, **values: Any) -> Figure:
    title = say(f"what_if.figure_{name}", **values)
    return Figure(title, shown, say(f"what_if.figure_{name}_help", **values), kind)


def draw_values(
    answer: Answer,
    prediction: Prediction,
    of_text: TextPrediction | None,
    measured: Measured | None,
    words: phrases.Voice,
) -> None:
    """The same as a chart: the value now, predicted, measured, and with random text edited."""
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
            label = say(f"what_if.row_{name}", name=derived_by)
            rows.append(Row(label, (value + change,), "predicted"))
    if of_text is not None:
        ends = (value + of_text.low, value + of_text.high)
        label = say("what_if.row_of_text", n=of_text.n_runs)
        rows.append(Row(label, (value + of_text.change,), "predicted", ends))
    if measured is not None and measured.after is not None:
        rows.append(Row(say("what_if.row_measured"), (measured.after,), "measured"))
        if measured.over_seeds is not None:
            found = measured.over_seeds
            ends = (value + found.low, value + found.high)
            by_seed = tuple(value + change for change in measured.changes)
            rows.append(Row(say("what_if.row_seeds", n=found.n), by_seed, "seeds", ends))
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
