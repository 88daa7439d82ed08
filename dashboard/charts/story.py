"""Figures of the story: neighbours, the map with the probe's words, and removal curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.figure import escape_label, hide_on_phones, plain_layout, quiet_axis
from dashboard.charts.labels import crowded_on_phones, place_labels
from dashboard.charts.palette import Palette

__all__ = ["curve_figure", "near_figure", "places_figure"]

_TYPE = 17
_CLEAR = 15  # pixels from a word to its name


def near_figure(near: pd.DataFrame, colours: Palette, height: int = 420) -> go.Figure:
    """The nearest words with their cosine, nearest at the top. Columns ``word``, ``cosine``."""
    rows = np.arange(len(near))[::-1]
    figure = go.Figure(
        go.Bar(
            x=near["cosine"].to_numpy(np.float32),
            y=rows,
            orientation="h",
            marker={"color": colours.muted_point},
            text=[f"{c:.2f}" for c in near["cosine"]],
            textposition="outside",
            textfont={"size": _TYPE - 2, "color": colours.ink_soft},
            cliponaxis=False,
            hovertemplate="cosine %{x:.3f}<extra></extra>",
        )
    )
    figure.update_layout(**plain_layout(colours, height), bargap=0.62)
    figure.update_layout(margin={"l": 8, "r": 48, "t": 8, "b": 8})
    figure.update_xaxes(visible=False, fixedrange=True, rangemode="tozero")
    figure.update_yaxes(
        tickvals=rows, ticktext=near["word"].map(escape_label).tolist(), showgrid=False,
        fixedrange=True, automargin=True, tickfont={"size": _TYPE + 3, "color": colours.ink},
    )  # fmt: skip
    return figure


def places_figure(
    places: npt.NDArray[np.float32],
    groups: Mapping[str, Sequence[tuple[int, str]]],
    colours: Palette,
    height: int = 490,
) -> go.Figure:
    """(n, 2) coordinates as a grey cloud, with four labelled groups of (row, word) on it.

    The first two groups are the sets X and Y, the others are written in ink.
    """
    figure = go.Figure(
        go.Scattergl(
            x=places[:, 0], y=places[:, 1], mode="markers", hoverinfo="skip",
            marker={"color": colours.muted_point, "size": 3.5, "opacity": 0.55},
        )
    )  # fmt: skip
    styles = (
        (colours.set_x, "circle", 10),
        (colours.set_y, "diamond", 11),
        (colours.ink, "cross", 7),
        (colours.ink, "x", 7),
    )
    for (label, members), (colour, symbol, size) in zip(groups.items(), styles, strict=False):
        at = np.array([row for row, _ in members], dtype=np.int64)
        figure.add_scatter(
            x=places[at, 0], y=places[at, 1], mode="markers", name=escape_label(label),
            text=[escape_label(word) for _, word in members],
            customdata=[escape_label(label)] * len(members),
            marker={"color": colour, "symbol": symbol, "size": size,
                    "line": {"color": colours.paper, "width": 1}},
            hovertemplate="<b>%{text}</b> (%{customdata})<extra></extra>",
        )  # fmt: skip
    _write_names(figure, places, list(groups.values()), colours, height)
    figure.update_layout(**plain_layout(colours, height))
    figure.update_layout(
        showlegend=True, margin={"l": 0, "r": 0, "t": 34, "b": 0},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemclick": False,
                "font": {"size": _TYPE - 2}},
    )  # fmt: skip
    figure.data[0].showlegend = False
    low, high = places.min(axis=0), places.max(axis=0)
    pad = 0.03 * (high - low)
    figure.update_xaxes(visible=False, range=[low[0] - pad[0], high[0] + pad[0]])
    figure.update_yaxes(visible=False, range=[low[1] - pad[1], high[1] + pad[1]])
    return figure


def _write_names(
    figure: go.Figure,
    places: npt.NDArray[np.float32],
    groups: Sequence[Sequence[tuple[int, str]]],
    colours: Palette,
    height: int,
) -> None:
    """Label the words where there is room; all of them are in the hover text."""
    tones = (colours.set_x, colours.set_y, colours.ink, colours.ink)
    named = [
        (row, word, tone)
        for members, tone in zip(groups, tones, strict=False)
        for row, word in members
    ]
    span = places.max(axis=0) - places.min(axis=0)
    centres = places[[row for row, _, _ in named]].astype(np.float32)
    texts = [word for _, word, _ in named]
    placed = place_labels(centres, texts, span, (680, height), _CLEAR)
    hide_on_phones(figure, crowded_on_phones(placed, centres, texts, span, height))
    for label in placed:
        (x, y), (_, word, tone) = centres[label.index].tolist(), named[label.index]
        figure.add_annotation(
            x=x, y=y, xshift=label.right, yshift=label.up, text=escape_label(word),
            showarrow=False, font={"size": 14, "color": tone},
        )  # fmt: skip


def curve_figure(
    curves: Mapping[str, npt.NDArray[np.float64]],
    axis_titles: tuple[str, str],
    colours: Palette,
    height: int = 420,
) -> go.Figure:
    """Values after leaving out 0, 1, 2, ... sentences: raising ones, random ones, lowering ones.

    ``curves``: three of them in that order, named for the reader.
    """
    figure = go.Figure()
    styles = ((colours.raises, "solid"), (colours.ink_soft, "dot"), (colours.lowers, "dash"))
    for (name, values), (colour, dash) in zip(curves.items(), styles, strict=True):
        n, falls = np.arange(len(values)), bool(values[-1] < 0.9 * values[0])
        figure.add_scatter(
            x=n, y=values.astype(np.float32), mode="lines", name=name,
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate="%{x:,} left out: %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=n[-1], y=float(values[-1]), text=name, showarrow=False, xanchor="right",
            yanchor="top" if falls else "bottom", yshift=-10 if falls else 6,
            font={"color": colour, "size": _TYPE - 1},
        )  # fmt: skip
    figure.update_layout(**plain_layout(colours, height))
    figure.update_layout(margin={"l": 8, "r": 12, "t": 16, "b": 52})
    titles = [escape_label(title) for title in axis_titles]
    figure.update_xaxes(**quiet_axis(colours, title_text=titles[0], showgrid=False))
    figure.update_xaxes(range=[0, 1.01 * max(len(v) for v in curves.values())])
    figure.update_yaxes(
        **quiet_axis(colours, title_text=titles[1], automargin=True, zeroline=True,
                     zerolinecolor=colours.ink_soft, rangemode="tozero")
    )  # fmt: skip
    return figure
