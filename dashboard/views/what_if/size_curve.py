"""The value of the probe against the number of texts edited: predicted line, measured dots."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from clif_core import phrases
from clif_core.influence.estimators import find_estimator
from clif_core.interventions.edit import EditLevel
from clif_core.sgns.model import SkipGram
from clif_core.workspace.rates import Expected
from clif_core.workspace.tasks.retrain import RetrainQuestion
from dashboard.charts.figure import CONFIG
from dashboard.charts.what_if import value_by_size_figure
from dashboard.data import edits, expected, retraining
from dashboard.data.attribution import Answer
from dashboard.data.retraining import Retraining
from dashboard.selection import Selection
from dashboard.widgets.chart_table import draw_chart_table
from dashboard.widgets.notice import guard
from dashboard.widgets.theme import current_palette
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["draw_curve"]

_STATIC = {**CONFIG, "scrollZoom": False, "displayModeBar": False}
_LISTED = (1, 3, 10, 30, 100, 300, 1000)  # sizes in the table under the chart


def draw_curve(
    answer: Answer, selection: Selection, level: EditLevel, words: phrases.Voice
) -> None:
    """Folded until asked for: the probe against the number of texts edited."""
    title = say("what_if.curve")
    fold = st.expander(title, icon=":material/show_chart:", key="what_if_sizes", on_change="rerun")
    if fold.open:
        with fold, guard():
            _draw_curve(answer, selection, level, words)


def _draw_curve(
    answer: Answer, selection: Selection, level: EditLevel, words: phrases.Voice
) -> None:
    values = edits.curve_by_size(answer, selection, level)
    if len(values) < 2:
        return
    st.caption(say("what_if.curve_lead"))
    estimator = find_estimator(answer.influence.estimator)
    name = say("what_if.curve_predicted", name=estimator.label)
    retrainings = retraining.retrainings_by_size(answer, selection, level)
    measured, random = retraining.measured_points(retrainings, answer.resolved.probe.key)
    debiased = edits.debiased_value(answer.engine.model, answer.resolved.probe)
    baselines = [] if debiased is None else [(say("what_if.curve_debiased"), debiased)]
    shown_level = say(f"what_if.removal_{level}").lower()
    figure = value_by_size_figure(
        [(name, values, "solid" if estimator.is_of_runs else "dash")],
        measured,
        random,
        answer.influence.probe_value,
        (say("what_if.curve_x", level=phrases.sentence_case(shown_level)),
         phrases.sentence_case(words.noun)),
        (say("what_if.curve_measured"), say("what_if.curve_random")),
        current_palette(),
        baselines,
    )  # fmt: skip
    alt = say("what_if.curve_alt", level=shown_level)
    st.plotly_chart(figure, theme=None, key="what_if_course_chart", alt=alt, config=_STATIC)
    rows = [("predicted", n, float(values[n - 1])) for n in _LISTED if n <= len(values)]
    rows += [("measured", n, v) for n, v in measured] + [("random", n, v) for n, v in random]
    rows += [("hard debias", 0, v) for _, v in baselines]
    draw_chart_table(pd.DataFrame(rows, columns=["kind", "n", "value"]), "what_if_course", figure)
    _draw_measure_all(answer.engine.model, [found for _, found in retrainings])


def _takes(model: SkipGram, missing: Sequence[RetrainQuestion]) -> Expected:
    parts = [expected.of_retraining(model, asked) for asked in missing]
    return Expected(sum(part.seconds for part in parts), all(part.is_measured for part in parts))


def _draw_measure_all(model: SkipGram, retrainings: Sequence[Retraining]) -> None:
    """Offer to retrain at every size that was not measured yet, one job after another."""
    if retraining.why_not_retrained(model, retrainings[0].question.edit):
        return
    last = [found.jobs[-1] for found in retrainings]
    n_unfinished = sum(job is not None and not job.is_finished for job in last)
    missing = [f.question for f, job in zip(retrainings, last, strict=True)
               if job is None or job.state != "done"]  # fmt: skip
    if n_unfinished:
        st.caption(say("what_if.measuring_all", n=n_unfinished))
    elif missing and st.button(
        say("what_if.measure_all", n=len(missing)),
        key="what_if_measure_all",
        type="tertiary",
        icon=":material/timeline:",
        help=say("what_if.measure_all_help", time=on_this_machine(_takes(model, missing))),
    ):
        with guard():
            retraining.submit_series(model, missing)
            st.rerun()
