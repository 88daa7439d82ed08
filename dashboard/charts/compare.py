"""The slope chart of Compare: each word's association in one model and in the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.figure import drawn_once, escape_label, plain_layout, quiet_axis
from dashboard.charts.palette import Palette

__all__ = ["slope_figure", "spread_out"]


@drawn_once
def slope_figure(
    words: pd.DataFrame,
    labels: tuple[str, str],
    poles: tuple[str, str],
    models: tuple[str, str],
    colours: Palette,
) -> go.Figure:
    """One line a word, from its association in the first model to that in the second.

    ``words``: columns ``set``, ``word``, ``first``, ``second``. Set X is solid teal with discs, Y
    broken plum with diamonds; the thick lines join the means of the two sets.
    """
    height = max(420, 19 * len(words) + 90)
    figure = go.Figure()
    styles = ((colours.set_x, "circle", "solid"), (colours.set_y, "diamond", "dash"))
    for label, (colour, symbol, dash) in zip(labels, styles, strict=True):
        part = words[words["set"] == label]
        for name, first, second in zip(part["word"], part["first"], part["second"], strict=True):
            figure.add_scatter(
                x=[0, 1], y=[first, second], mode="lines+markers", showlegend=False, opacity=0.75,
                line={"color": colour, "width": 1.5, "dash": dash},
                marker={"symbol": symbol, "size": 8, "color": colour},
                customdata=[[escape_label(name), escape_label(label), second - first]] * 2,
                hovertemplate="<b>%{customdata[0]}</b> (%{customdata[1]})<br>%{y:+.3f}, change "
                "%{customdata[2]:+.3f}<extra></extra>",
            )  # fmt: skip
        if len(part):
            figure.add_scatter(
                x=[0, 1], y=[part["first"].mean(), part["second"].mean()], mode="lines",
                name=escape_label(label),
                line={"color": colour, "width": 5, "dash": dash}, hoverinfo="skip",
            )  # fmt: skip
    figure.update_layout(**plain_layout(colours, height))
    figure.update_layout(
        annotations=_written(words, colours, height),
        showlegend=True, margin={"l": 8, "r": 8, "t": 40, "b": 30},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False},
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=[0, 1], ticktext=[escape_label(model[:40]) for model in models],
        range=[-0.32, 1.32],
        showgrid=False, zeroline=False, fixedrange=True,
        tickfont={"size": 15, "color": colours.ink},
    )  # fmt: skip
    figure.update_yaxes(
        **quiet_axis(colours, zeroline=True, zerolinecolor=colours.ink_soft, fixedrange=True)
    )
    low, high = escape_label(poles[1]), escape_label(poles[0])
    figure.update_yaxes(title_text=f"← {low}   association   {high} →", automargin=True)
    return figure


def _written(words: pd.DataFrame, colours: Palette, height: int) -> list[dict[str, Any]]:
    """The words at both ends, all at once: Plotly checks all annotations again for each added."""
    written = []
    values = words[["first", "second"]].to_numpy(np.float64)
    span = float(values.max() - values.min()) or 1.0
    gap = 17 * span / (height - 90)
    for x, column, anchor, shift in ((0, "first", "right", -9), (1, "second", "left", 9)):
        places = spread_out(words[column].to_numpy(np.float64), gap)
        for word, y in zip(words["word"], places, strict=True):
            written.append({
                "x": x, "y": float(y), "text": escape_label(str(word)), "showarrow": False,
                "xanchor": anchor, "xshift": shift, "font": {"size": 13, "color": colours.ink},
            })  # fmt: skip
    return written


def spread_out(values: npt.NDArray[np.float64], gap: float) -> npt.NDArray[np.float64]:
    """(n,) positions near the values, in their order and with their mean, ``gap`` or more apart."""
    order = np.argsort(values, kind="stable")
    placed = values[order].astype(np.float64)
    for _ in range(200):
        short = gap - np.diff(placed)
        if not (short > 1e-9 * gap).any():
            break
        push = np.maximum(short, 0.0) / 2
        placed[1:] += push
        placed[:-1] -= push
    result = np.empty_like(placed)
    result[order] = placed
    return result
