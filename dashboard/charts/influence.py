"""Figures of an influence: by group of text, by sentence over all text, and along a document.

Every horizontal axis shows what *removing* text does, lowering to the left. Colours go by what the
*text* does: orange text raises the probe, so removing it lowers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.figure import drawn_once, escape_label, plain_layout, quiet_axis
from dashboard.charts.palette import Palette

__all__ = ["document_figure", "group_figure", "spread_figure", "strongest_both_ways"]

_ROW = 24  # pixels a bar
_FOOT = 66  # pixels below the bars: numbers, and a title of two lines, which a phone has room for


def _lines(title: str) -> str:
    return escape_label(title).replace("\n", "<br>")


def strongest_both_ways(frame: pd.DataFrame, column: str, n: int) -> pd.DataFrame:
    """The n rows with the lowest and the n with the highest values of a column, lowest first.

    Where the frame has intervals (``low``, ``high``), the surest rows come before the largest: by
    the bound nearest to 0, per unit of the column.
    """
    ordered = frame.sort_values(column, kind="stable")
    if "low" in frame and "effect" in frame and len(frame):
        sure = frame["low"].clip(lower=0) + frame["high"].clip(upper=0)
        if column == "effect_per_1000":
            sure = 1000 * sure / frame["n_tokens"].clip(lower=1)
        ordered = ordered.assign(_sure=sure).sort_values(["_sure", column], kind="stable")
        ordered = ordered.drop(columns="_sure")
    below = ordered[ordered[column] < 0].head(n)
    above = ordered[ordered[column] > 0].tail(n)
    chosen = pd.concat([below, above]).sort_values(column, kind="stable")
    return chosen.reset_index(drop=True)


@drawn_once
def group_figure(
    labels: list[str],
    effects: npt.NDArray[np.float64],
    details: list[str],
    axis_title: str,
    colours: Palette,
    bounds: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
    holds: npt.NDArray[np.bool_] | None = None,
    marks: Sequence[str] = (),
) -> go.Figure:
    """Bars to the left where removing a group lowers the probe, to the right where it raises it.

    ``details`` are shown on hover. The first label is drawn at the top. ``bounds``: lower and upper
    ends of intervals; ``holds``: False hatches a bar; ``marks``: one behind each label.
    """
    rows = np.arange(len(labels))[::-1]
    tones = np.where(effects < 0, colours.raises, colours.lowers).tolist()
    marker: dict[str, Any] = {"color": tones}
    if holds is not None:
        marker["pattern"] = {
            "shape": np.where(holds, "", "/").tolist(),
            "fillmode": "overlay",
            "fgcolor": colours.paper,
            "size": 5,
            "solidity": 0.55,
        }
    error = None if bounds is None else {
        "type": "data",
        "symmetric": False,
        "array": np.maximum(bounds[1] - effects, 0),
        "arrayminus": np.maximum(effects - bounds[0], 0),
        "color": colours.ink,
        "thickness": 1.2,
        "width": 3,
    }  # fmt: skip
    figure = go.Figure(
        go.Bar(
            x=effects.astype(np.float32),
            y=rows,
            orientation="h",
            marker=marker,
            error_x=error,
            customdata=np.stack(
                [[escape_label(text) for text in texts] for texts in (labels, details)], axis=1
            ),
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )
    )
    figure.update_layout(**plain_layout(colours, _FOOT + 30 + _ROW * len(labels)), bargap=0.4)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": _FOOT}, clickmode="event+select")
    figure.update_xaxes(**quiet_axis(colours, zeroline=True, zerolinecolor=colours.ink_soft))
    figure.update_xaxes(title_text=_lines(axis_title), tickformat="~g")
    short = [escape_label(label if len(label) <= 42 else f"{label[:40]}…") for label in labels]
    if marks:
        short = [f"{label} {mark}" for label, mark in zip(short, marks, strict=True)]
    figure.update_yaxes(
        **quiet_axis(colours, tickvals=rows, ticktext=short, gridcolor=colours.paper,
                     tickfont={"color": colours.ink, "size": 14}, fixedrange=True, automargin=True)
    )  # fmt: skip
    return figure


@drawn_once
def spread_figure(effects: npt.NDArray[np.float64], axis_title: str, colours: Palette) -> go.Figure:
    """How many sentences have an effect of each size; counts on a logarithmic axis."""
    most = float(np.abs(effects).max(initial=0.0)) or 1.0
    counts, edges = np.histogram(effects[effects != 0], bins=61, range=(-most, most))
    middles = (edges[:-1] + edges[1:]) / 2
    tones = np.where(middles < 0, colours.raises, colours.lowers)
    tones[len(tones) // 2] = colours.muted_point
    figure = go.Figure(
        go.Bar(
            x=middles,
            y=counts,
            width=np.diff(edges) * 0.9,
            marker={"color": tones.tolist()},
            hovertemplate="%{y:,} sentences near %{x:.2g}<extra></extra>",
        )
    )
    figure.update_layout(**plain_layout(colours, 272 + _FOOT))
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": _FOOT})
    figure.update_xaxes(**quiet_axis(colours, title_text=_lines(axis_title), tickformat="~g"))
    figure.update_yaxes(
        **quiet_axis(
            colours,
            type="log",
            title_text="sentences (logarithmic)",
            dtick=1,
            tickformat=",",
            automargin=True,
        )
    )
    return figure


@drawn_once
def document_figure(
    effects: npt.NDArray[np.float64], chosen: int | None, colours: Palette
) -> go.Figure:
    """Effects of the sentences of a document in their order; ``chosen``: index of the open one."""
    tones = np.where(effects < 0, colours.raises, colours.lowers)
    figure = go.Figure(
        go.Bar(
            x=np.arange(1, len(effects) + 1),
            y=-effects,
            width=1.0,
            marker={"color": tones.tolist(), "line": {"width": 0}},
            hovertemplate="sentence %{x}<extra></extra>",
        )
    )
    if chosen is not None:
        figure.add_vline(x=chosen + 1, line={"color": colours.ink, "width": 1.5}, layer="below")
    figure.update_layout(**plain_layout(colours, 84), bargap=0)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 2, "b": 2})
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(
        visible=True, showgrid=False, showticklabels=False, zeroline=True,
        zerolinecolor=colours.rule, fixedrange=True,
    )  # fmt: skip
    return figure
