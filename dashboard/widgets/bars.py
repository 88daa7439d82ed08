"""Bars of removal effects, and how sure each is where the trainings of an ensemble can tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from clif_core import phrases
from dashboard.charts.influence import group_figure
from dashboard.widgets.theme import current_palette
from dashboard.wording import say

__all__ = ["effect_bars"]


def effect_bars(
    labels: list[str], shown: pd.DataFrame, column: str, details: list[str], title: str
) -> go.Figure:
    """One bar for each row of ``shown``, as long as its ``column`` says.

    With the columns of ``UnitStatistics.table`` a bar has its interval, its label a mark, and what
    is not sure is hatched; ``details``, shown on hover, then say it in words.
    """
    effects, colours = shown[column].to_numpy(np.float64), current_palette()
    if "holds" not in shown:
        return group_figure(labels, effects, details, title, colours)
    per = np.ones(len(shown))
    if column == "effect_per_1000":
        per = 1000 / shown["n_tokens"].to_numpy(np.float64).clip(min=1)
    holds = shown["holds"].to_numpy(bool)
    low, high = (shown[name].to_numpy(np.float64) for name in ("low", "high"))
    agreed, n_runs = (shown[name].to_numpy(np.int64) for name in ("n_agree", "n_runs"))
    said = [
        say(
            "influence.sure_detail",
            detail=detail,
            standing=phrases.standing(bool(holds[at])),
            trainings=phrases.in_trainings(int(agreed[at]), int(n_runs[at])),
            interval=phrases.likely(float(low[at]), float(high[at])),
        )
        for at, detail in enumerate(details)
    ]
    marks = [phrases.MARKS[bool(held)] for held in holds]
    bounds = (low * per, high * per)
    return group_figure(labels, effects, said, title, colours, bounds, holds, marks)
