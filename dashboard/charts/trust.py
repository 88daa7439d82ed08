"""Figures of trust: agreement with retraining, predicted against measured, agreement by damping.

Filled marks are estimators, hollow ones baselines; colour carries no meaning here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from clif_core.evaluation import ListRow
from clif_core.influence.estimators import ENSEMBLE
from dashboard.charts.figure import drawn_once, escape_label, plain_layout, quiet_axis
from dashboard.charts.palette import Palette

__all__ = ["agreement_figure", "damping_figure", "lists_figure", "prediction_figure"]

_ROW = 30  # pixels an estimator
#: Of the choosers of lists, in their order; hollow ones know no trained vectors.
_SYMBOLS = ("circle", "diamond", "square", "triangle-up-open", "x-thin-open")


@drawn_once
def agreement_figure(
    rows: pd.DataFrame,
    names: Sequence[str],
    ceiling: float | None,
    titles: tuple[str, str, str],
    colours: Palette,
) -> go.Figure:
    """One row an estimator: its LDS with interval, the best at the top.

    Parameters
    ----------
    rows : columns ``lds``, ``lds_low``, ``lds_high``, ``is_baseline``
    names : what to call the rows
    titles : of the axis, of the line at 0 and of the line at the ceiling
    """
    places = np.arange(len(rows))[::-1]
    labels = [escape_label(name) for name in names]
    lds = rows["lds"].to_numpy(np.float64)
    hollow = rows["is_baseline"].to_numpy(bool)
    figure = go.Figure(
        go.Scatter(
            x=lds,
            y=places,
            mode="markers",
            error_x={
                "type": "data", "symmetric": False, "color": colours.ink_soft, "thickness": 1.5,
                "width": 4, "array": rows["lds_high"].to_numpy(np.float64) - lds,
                "arrayminus": lds - rows["lds_low"].to_numpy(np.float64),
            },
            marker={"size": 12, "color": np.where(hollow, colours.paper, colours.ink).tolist(),
                    "line": {"color": colours.ink, "width": 2}},
            customdata=np.stack([labels, rows["lds_low"], rows["lds_high"]], axis=1),
            hovertemplate="<b>%{customdata[0]}</b><br>%{x:.2f} (%{customdata[1]:.2f} to"
            " %{customdata[2]:.2f})<extra></extra>",
        )
    )  # fmt: skip
    lines = [(0.0, titles[1])] + ([] if ceiling is None else [(ceiling, titles[2])])
    for at, text in lines:
        figure.add_vline(x=at, line={"color": colours.ink_soft, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=at, y=1, yref="paper", yanchor="bottom", text=text, showarrow=False,
            font={"color": colours.ink_soft, "size": 13},
        )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 90 + _ROW * len(rows)))
    figure.update_layout(margin={"l": 8, "r": 24, "t": 26, "b": 48})
    low = float(np.nanmin(np.append(rows["lds_low"].to_numpy(np.float64), 0.0)))
    figure.update_xaxes(**quiet_axis(colours, title_text=titles[0], range=[low - 0.06, 1.08]))
    figure.update_yaxes(
        **quiet_axis(colours, tickvals=places, ticktext=labels, gridcolor=colours.panel,
                     tickfont={"color": colours.ink, "size": 14}, fixedrange=True,
                     range=[-0.6, len(rows) - 0.4], automargin=True)
    )  # fmt: skip
    return figure


@drawn_once
def prediction_figure(
    predicted: npt.NDArray[np.float64],
    actual: npt.NDArray[np.float64],
    titles: tuple[str, str, str],
    colours: Palette,
) -> go.Figure:
    """Measured against predicted change, a dot for each set of text; on the line both are equal.

    ``titles``: of the two axes, and what to call the line.
    """
    both = np.concatenate([predicted, actual])
    reach = 1.08 * float(np.abs(both[np.isfinite(both)]).max(initial=0.0)) or 1.0
    figure = go.Figure(
        go.Scatter(
            x=[-reach, reach], y=[-reach, reach], mode="lines", hoverinfo="skip",
            line={"color": colours.ink_soft, "width": 1, "dash": "dot"},
        )
    )  # fmt: skip
    figure.add_scatter(
        x=predicted, y=actual, mode="markers",
        marker={"color": colours.ink, "size": 8, "opacity": 0.75,
                "line": {"color": colours.paper, "width": 1}},
        hovertemplate="predicted %{x:+.4f}<br>measured %{y:+.4f}<extra></extra>",
    )  # fmt: skip
    figure.add_annotation(
        x=reach, y=reach, text=titles[2], showarrow=False, xanchor="right", yanchor="bottom",
        font={"color": colours.ink_soft, "size": 13},
    )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 360))
    figure.update_layout(margin={"l": 8, "r": 12, "t": 24, "b": 48})
    axis = {"zeroline": True, "zerolinecolor": colours.rule, "tickformat": "~g", "nticks": 7}
    span = [-reach, reach]
    figure.update_xaxes(**quiet_axis(colours, title_text=titles[0], range=span, **axis))
    figure.update_yaxes(
        **quiet_axis(colours, title_text=titles[1], range=span, automargin=True, **axis)
    )
    return figure


@drawn_once
def lists_figure(
    rows: Sequence[ListRow],
    choosers: Sequence[str],
    lists: Sequence[str],
    titles: tuple[str, str, str],
    colours: Palette,
) -> go.Figure:
    """Measured against predicted change of lists, a point a list with its intervals.

    Parameters
    ----------
    choosers, lists : what to call who chose each row, and each row; a symbol a chooser
    titles : of the two axes, and what to call the line on which both are equal
    """
    predicted = np.array([row.predicted[ENSEMBLE] for row in rows])
    measured = np.array([row.mean for row in rows])
    ends = [[row.low, row.high, row.interval.low, row.interval.high] for row in rows]
    far = np.abs([*predicted, *measured, *np.ravel(ends)])
    reach = 1.08 * float(far[np.isfinite(far)].max(initial=0.0)) or 1.0
    figure = go.Figure(
        go.Scatter(
            x=[-reach, reach], y=[-reach, reach], mode="lines", hoverinfo="skip",
            showlegend=False, line={"color": colours.ink_soft, "width": 1, "dash": "dot"},
        )
    )  # fmt: skip
    for name, symbol in zip(dict.fromkeys(choosers), _SYMBOLS, strict=False):
        at = [k for k, chooser in enumerate(choosers) if chooser == name]
        low, high, measured_low, measured_high = np.array(ends)[at].T
        figure.add_scatter(
            x=predicted[at], y=measured[at], mode="markers", name=escape_label(name),
            error_x=_reaching(predicted[at], low, high, colours),
            error_y=_reaching(measured[at], measured_low, measured_high, colours),
            marker={"symbol": symbol, "color": colours.ink, "size": 9,
                    "line": {"color": colours.ink, "width": 1.5}},
            customdata=[escape_label(lists[k]) for k in at],
            hovertemplate="<b>%{customdata}</b><br>predicted %{x:+.3f}<br>measured %{y:+.3f}"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.add_annotation(
        x=reach, y=reach, text=titles[2], showarrow=False, xanchor="right", yanchor="bottom",
        font={"color": colours.ink_soft, "size": 13},
    )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 440))
    figure.update_layout(
        margin={"l": 8, "r": 12, "t": 64, "b": 48},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom"},
    )
    axis = {"zeroline": True, "zerolinecolor": colours.rule, "tickformat": "~g", "nticks": 7}
    span = [-reach, reach]
    figure.update_xaxes(**quiet_axis(colours, title_text=titles[0], range=span, **axis))
    figure.update_yaxes(
        **quiet_axis(colours, title_text=titles[1], range=span, automargin=True, **axis)
    )
    return figure


def _reaching(
    values: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    colours: Palette,
) -> dict[str, object]:
    """Bars from ``low`` to ``high`` around the values; none where they are not known."""
    return {
        "type": "data", "symmetric": False, "array": high - values, "arrayminus": values - low,
        "color": colours.ink_soft, "thickness": 1.2, "width": 3,
    }  # fmt: skip


@drawn_once
def damping_figure(
    dampings: npt.NDArray[np.float64],
    lines: Sequence[tuple[str, npt.NDArray[np.float64]]],
    default: float,
    titles: tuple[str, str, str],
    colours: Palette,
) -> go.Figure:
    """Lines over damping, on a logarithmic axis, each named at its right end.

    ``titles``: of the two axes, and what to call the default.
    """
    figure = go.Figure()
    styles = (("solid", "circle"), ("dash", "diamond"))
    for (name, values), (dash, symbol) in zip(lines, styles, strict=False):
        figure.add_scatter(
            x=dampings, y=values, mode="lines+markers", name=name,
            line={"color": colours.ink if dash == "solid" else colours.ink_soft, "width": 2,
                  "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"damping %{{x:.3g}}: %{{y:.3~g}}<extra>{name}</extra>",
        )  # fmt: skip
    figure.add_vline(x=default, line={"color": colours.ink_soft, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=np.log10(default), y=1, yref="paper", yanchor="bottom", text=titles[2], showarrow=False,
        font={"color": colours.ink_soft, "size": 13},
    )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 300))
    figure.update_layout(
        margin={"l": 8, "r": 12, "t": 48, "b": 48},
        showlegend=len(lines) > 1,
        legend={"orientation": "h", "x": 0, "y": 1.08, "yanchor": "bottom", "itemclick": False},
    )
    ticks = [float(d) for d in dampings[::3]]
    figure.update_xaxes(
        **quiet_axis(colours, type="log", title_text=titles[0], tickvals=ticks,
                     ticktext=[f"{d:g}" for d in ticks])
    )  # fmt: skip
    figure.update_yaxes(
        **quiet_axis(colours, title_text=titles[1], rangemode="tozero", automargin=True)
    )
    return figure
