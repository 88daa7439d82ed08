"""Figures of a probe: association of its words, what each carries, and random-word values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.figure import drawn_once, escape_label, plain_layout, quiet_axis
from dashboard.charts.palette import Palette

__all__ = ["association_figure", "carried_figure", "null_figure"]

_ROW = 20  # pixels a word


@drawn_once
def association_figure(
    words: pd.DataFrame, labels: tuple[str, str], poles: tuple[str, str], colours: Palette
) -> go.Figure:
    """One row a word, placed by its association: set X as teal discs, set Y as plum diamonds.

    ``words``: columns ``set``, ``word``, ``count``, ``association``, of the two sets ``labels``.
    Size grows with the square root of the count. The rules mark the means of the two sets.
    """
    table = words[words["set"].isin(labels)].sort_values("association", kind="stable")
    rows = np.arange(len(table))
    figure = go.Figure()
    styles = ((colours.set_x, "circle"), (colours.set_y, "diamond"))
    for label, (colour, symbol) in zip(labels, styles, strict=True):
        at = (table["set"] == label).to_numpy()
        part = table[at]
        mean = float(part["association"].mean())
        figure.add_shape(
            type="line", x0=mean, x1=mean, y0=-0.6, y1=len(table) - 0.4,
            line={"color": colour, "width": 1.5, "dash": "dot"}, layer="below",
        )  # fmt: skip
        figure.add_scatter(
            x=part["association"].to_numpy(np.float32),
            y=rows[at],
            mode="markers",
            name=escape_label(label),
            marker={"color": colour, "symbol": symbol, "size": _sizes(part["count"]),
                    "line": {"color": colours.paper, "width": 1}},
            customdata=np.stack(
                [part["word"].map(escape_label), part["set"].map(escape_label), part["count"]],
                axis=1,
            ),
            hovertemplate="<b>%{customdata[0]}</b> (%{customdata[1]})<br>association %{x:+.3f}"
            "<br>%{customdata[2]} times in the text<extra></extra>",
        )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 84 + _ROW * len(table)))
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemclick": False},
        margin={"l": 8, "r": 8, "t": 34, "b": 44},
    )
    figure.update_xaxes(**quiet_axis(colours, zeroline=True, zerolinecolor=colours.ink_soft))
    low, high = escape_label(poles[1]), escape_label(poles[0])
    figure.update_xaxes(title_text=f"← {low}   association   {high} →")
    figure.update_yaxes(
        **quiet_axis(colours, gridcolor=colours.panel, tickvals=rows, automargin=True,
                     ticktext=table["word"].map(escape_label).tolist(),
                     range=[-0.7, len(table) - 0.3])
    )  # fmt: skip
    return figure


def _sizes(counts: pd.Series[int]) -> npt.NDArray[np.float32]:
    roots = np.sqrt(counts.to_numpy(np.float32))
    sizes: npt.NDArray[np.float32] = 8 + 9 * roots / np.maximum(roots.max(initial=1), 1)
    return sizes


@drawn_once
def carried_figure(words: pd.DataFrame, colours: Palette, n: int = 24) -> go.Figure:
    """How much of the value each word carries: the value less the value without that word."""
    table = words.dropna(subset=["carried"])
    strongest = table["carried"].abs().sort_values(ascending=False, kind="stable").index[:n]
    table = table.loc[strongest].sort_values("carried", kind="stable")
    rows = np.arange(len(table))
    raises = table["carried"].to_numpy() > 0
    figure = go.Figure(
        go.Bar(
            x=table["carried"].to_numpy(np.float32),
            y=rows,
            orientation="h",
            marker={"color": np.where(raises, colours.raises, colours.lowers).tolist()},
            customdata=np.stack(
                [
                    table["word"].map(escape_label),
                    table["set"].map(escape_label),
                    table["value_without"],
                ],
                axis=1,
            ),
            hovertemplate="<b>%{customdata[0]}</b> (%{customdata[1]})<br>carries %{x:+.4f}"
            "<br>value without it %{customdata[2]:.4f}<extra></extra>",
        )
    )
    figure.update_layout(**plain_layout(colours, 70 + _ROW * len(table)), bargap=0.35)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 44})
    figure.update_xaxes(**quiet_axis(colours, zeroline=True, zerolinecolor=colours.ink_soft))
    figure.update_xaxes(title_text="← lowers the value   what the word carries   raises it →")
    ticks = [
        escape_label(f"{word} · {label}")
        for word, label in zip(table["word"], table["set"], strict=True)
    ]
    figure.update_yaxes(
        **quiet_axis(
            colours, tickvals=rows, ticktext=ticks, automargin=True, gridcolor=colours.paper
        )
    )
    return figure


@drawn_once
def null_figure(values: npt.NDArray[np.float64], value: float, colours: Palette) -> go.Figure:
    """The probe's value among those of the same probe filled with random words."""
    finite = values[np.isfinite(values)]
    low, high = min(finite.min(), value), max(finite.max(), value)
    margin = 0.05 * (high - low or 1.0)
    counts, edges = np.histogram(finite, bins=48, range=(low - margin, high + margin))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges) * 0.92,
            marker={"color": colours.muted_point},
            hovertemplate="%{y} random probes near %{x:.3f}<extra></extra>",
        )
    )
    figure.add_vline(x=value, line={"color": colours.ink, "width": 2})
    figure.add_annotation(
        x=value, y=1, yref="paper", yanchor="bottom", text="this probe", showarrow=False,
        font={"color": colours.ink, "size": 13},
        xanchor="right" if value > (low + high) / 2 else "left",
    )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 230))
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 44})
    figure.update_xaxes(**quiet_axis(colours, title_text="value with random words of like count"))
    figure.update_yaxes(**quiet_axis(colours, showticklabels=False, showgrid=False))
    return figure
