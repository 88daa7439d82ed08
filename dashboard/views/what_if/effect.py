"""The effect of an edit on the probe: one picture of before and after, predicted and measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st
from markupsafe import Markup

from clif_core import phrases
from clif_core.influence.estimators import ENSEMBLE, find_estimator
from clif_core.interventions.predict import Prediction, TextPrediction
from dashboard.charts.before_after import Row, place_rows
from dashboard.data.attribution import Answer
from dashboard.views.what_if.measured import Measured
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.html import render
from dashboard.widgets.parts import draw_html_table
from dashboard.wording import say

__all__ = ["Predicted", "draw_answer", "draw_other_predictions", "draw_picture", "how_edited",
           "predictions_of"]  # fmt: skip


@dataclass(frozen=True)
class Predicted:
    """One prediction: the probe before and after, in the trainings that it speaks of.

    ``name`` finds its wordings (``predicted_NAME``), which ``values`` fill.
    """

    name: str
    before: float
    after: float
    values: Mapping[str, object]
    interval: tuple[float, float] | None = None

    @property
    def change(self) -> float:
        return self.after - self.before

    def say(self, part: str = "", **more: object) -> str:
        return say(f"what_if.predicted_{self.name}{part}", **self.values, **more)


def predictions_of(
    answer: Answer, prediction: Prediction, of_text: TextPrediction | None
) -> list[Predicted]:
    """Every prediction, first the one that the page shows.

    That is of the text where its ensemble chose the text, else the most faithful one of this
    model. The ensemble's change is one of the mean over its trainings, so it starts there.
    """
    value, exact = answer.influence.probe_value, find_estimator(prediction.derivative)
    changes = {
        "derived": None if exact.name == ENSEMBLE else prediction.derived,
        "resolved": prediction.resolved,
        "moved": prediction.plug_in,
        "quick": prediction.quick,
    }
    told = {"name": exact.in_sentence}
    found = [
        Predicted(name, value, value + change, told)
        for name, change in changes.items()
        if change is not None
    ]
    if of_text is None:
        return found
    ends = (of_text.before + of_text.low, of_text.before + of_text.high)
    told = {"n": str(of_text.n_runs)}
    text = Predicted("text", of_text.before, of_text.after, told, ends)
    is_first = answer.question == "text" or exact.name == ENSEMBLE
    return [text, *found] if is_first else [found[0], text, *found[1:]]


def how_edited(weight: float) -> str:
    """``without it``, ``with it at half weight``, ``with it counted twice``."""
    return say(f"what_if.how_{_WEIGHTS.get(weight, 'weight')}", weight=f"{weight:g}")


_WEIGHTS = {0.0: "without", 0.5: "half", 2.0: "twice"}


def draw_answer(predicted: Predicted, measured: Measured | None, words: phrases.Voice) -> None:
    """What was measured, else what is predicted, as a sentence."""
    before, after = phrases.together(predicted.before, predicted.after)
    said = predicted.say("_sentence", noun=words.noun, before=before, after=after)
    if measured is None:
        st.html(Markup('<p class="clif-answer">{}</p>').format(said))
    else:
        answered = '<p class="clif-answer">{}</p><p class="clif-lead">{}</p>'
        st.html(Markup(answered).format(_sentence(measured, words), said))


def _sentence(measured: Measured, words: phrases.Voice) -> str:
    how = how_edited(measured.weight)
    if measured.before is None or measured.after is None:
        return say("what_if.measured_none", noun=words.noun, how=how)
    kind = "falls" if measured.after < measured.before else "rises"
    before, after = phrases.together(measured.before, measured.after)
    return say(f"what_if.measured_{kind}", how=how, noun=words.noun, before=before, after=after)


def draw_picture(predicted: Predicted, measured: Measured | None, words: phrases.Voice) -> None:
    """One line each: predicted, measured, over seeds, with random text; and the same as a table."""
    rows = [_of_prediction(predicted), *([] if measured is None else _of_measurement(measured))]
    placed, ticks, zero = place_rows(rows)
    numbers = [_told(row) for row in rows]
    said = [f"{r.label} ({r.note}): {a} → {b}" for r, (a, b) in zip(rows, numbers, strict=True)]
    page = render(
        "before_after.html",
        alt=say("what_if.picture_alt", noun=words.noun, rows="; ".join(said)),
        rows=[
            {"row": at.row, "start": at.start, "end": at.end, "marks": at.marks,
             "interval": at.interval, "told": told}
            for at, told in zip(placed, numbers, strict=True)
        ],
        ticks=[{"at": tick.at, "told": phrases.fixed(tick.value, tick.decimals)} for tick in ticks],
        zero=zero,
        caption=say("what_if.picture_caption", noun=phrases.sentence_case(words.noun)),
    )  # fmt: skip
    st.html(page)
    if measured is not None and measured.made is not None:
        st.caption(say("what_if.made_elsewhere", **{"date": "?", "machine": "?", **measured.made}))
    table = pd.DataFrame(
        [(row.label, row.note, row.before, v, v - row.before) for row in rows for v in row.after],
        columns=["what", "of", "before", "after", "change"],
    )
    draw_chart_table(table, "what_if")


def _told(row: Row) -> tuple[str, str]:
    """The values before and after, with equal decimals; of several a range."""
    if row.kind != "random" or len(row.after) < 2:
        before, after = phrases.together(row.before, row.end)
        return before, after
    before, low, high = phrases.together(row.before, min(row.after), max(row.after))
    return before, low if low == high else say("what_if.range", low=low, high=high)


def _of_prediction(predicted: Predicted) -> Row:
    after, note = (predicted.after,), predicted.say("_note", span=_span(predicted))
    return Row(predicted.say(), note, predicted.before, after, "predicted",
               interval=predicted.interval)  # fmt: skip


def _span(predicted: Predicted) -> str:
    """Its interval, with the decimals of the values beside it; empty where it has none."""
    if predicted.interval is None:
        return ""
    return _interval(predicted.before, *predicted.interval)


def _interval(beside: float, low: float, high: float) -> str:
    _, told_low, told_high = phrases.together(beside, low, high)
    return say("what_if.interval", low=told_low, high=told_high)


def _of_measurement(measured: Measured) -> list[Row]:
    if measured.before is None or measured.after is None:
        return []
    label, note = say("what_if.row_measured"), say("what_if.row_measured_note")
    rows = [Row(label, note, measured.before, (measured.after,), "measured")]
    over_seeds = measured.over_seeds
    if over_seeds is not None:
        before = sum(pair[0] for pair in measured.by_seed) / len(measured.by_seed)
        ends = (before + over_seeds.low, before + over_seeds.high)
        note = say("what_if.row_seeds_note", n=len(measured.by_seed), span=_interval(before, *ends))
        after = tuple(pair[1] for pair in measured.by_seed)
        rows.append(Row(label, note, before, after, "seeds", before + over_seeds.mean, ends))
    if measured.random:
        note = say("what_if.row_random_note", n=len(measured.random))
        label = say("what_if.row_random")
        rows.append(Row(label, note, measured.before, measured.random, "random"))
    return rows


def draw_other_predictions(others: list[Predicted]) -> None:
    """The predictions that the picture leaves out, folded."""
    if not others:
        return
    with st.expander(say("what_if.others_predicted", n=len(others)), icon=":material/query_stats:"):
        heads = (
            say("what_if.column_predicted"),
            say("what_if.column_way"),
            say("what_if.column_how"),
        )
        draw_html_table(heads, [(each.say(), _cells(each)) for each in others])


def _cells(predicted: Predicted) -> tuple[str, str, Markup]:
    before, after = phrases.together(predicted.before, predicted.after)
    change = phrases.signed(predicted.change, 3)
    if predicted.interval is not None:
        low, high = (end - predicted.before for end in predicted.interval)
        change = f"{change} ({_interval(predicted.before, low, high)})"
    how = Markup('<span class="clif-how">{}</span>').format(predicted.say("_help"))
    return change, f"{before}\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}{after}", how
