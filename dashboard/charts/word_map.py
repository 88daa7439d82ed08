"""The simple map of words: one trace for all points, a small one for the words in focus.

For browsers that cannot draw the living map, so it needs no WebGL. Words that are not selected turn
grey; they stay visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.charts.figure import (
    drawn_once,
    escape_label,
    hide_on_phones,
    plain_layout,
    quiet_axis,
)
from dashboard.charts.labels import crowded_on_phones, place_labels
from dashboard.charts.palette import Palette

__all__ = ["MapPoints", "PointColours", "word_map_figure"]

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
_MAX_WORDS_WRITTEN = 45
_CLEAR = 16  # pixels from a ringed word to its name


@dataclass(frozen=True, eq=False)
class PointColours:
    """A number for each point and its colour scale.

    ``ticks`` None: no colour bar (clusters have labels).
    """

    values: FloatArray
    scale: Sequence[tuple[float, str]]
    limits: tuple[float, float]
    title: str = ""
    ticks: tuple[tuple[float, ...], tuple[str, ...]] | None = None

    def at(self, rows: IntArray) -> PointColours:
        """The same scale for some of the points."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, eq=False)
class MapPoints:
    """The points to draw, one row for each drawn word.

    ``hover``: a line about each word. ``axis_titles``: for the layout by named axis (across) and
    count (upwards, powers of ten); None draws no axes.
    """

    words: Sequence[str]
    coordinates: FloatArray  # (n, 2)
    hover: Sequence[str]
    axis_titles: tuple[str, str] | None = None


@drawn_once
def word_map_figure(
    points: MapPoints,
    paint: PointColours,
    colours: Palette,
    labels: Sequence[tuple[str, float, float]] = (),
    selected: IntArray | None = None,
    focus: IntArray | None = None,
    height: int = 464,
) -> go.Figure:
    """The map. ``labels`` = (text, x, y) of clusters, most important first.

    ``selected`` and ``focus`` index the drawn points, or are None. ``focus[0]`` is the selected
    word, the others are its neighbours. They are ringed and labelled; without a focus, the first
    selected words are.
    """
    figure = go.Figure()
    highlighted = [rows for rows in (selected, focus) if rows is not None]
    _add_points(
        figure,
        points,
        paint,
        colours,
        np.unique(np.concatenate(highlighted)) if highlighted else None,
    )
    figure.update_layout(**plain_layout(colours, height), dragmode="pan", hovermode="closest")
    written = focus if focus is not None else selected
    if written is not None:
        _ring(figure, points, colours, written[:_MAX_WORDS_WRITTEN], focus is not None)
        names = [points.words[row] for row in written[:_MAX_WORDS_WRITTEN]]
        centres = points.coordinates[written[:_MAX_WORDS_WRITTEN]]
        labels = [(n, float(x), float(y)) for n, (x, y) in zip(names, centres, strict=True)]
    _style_axes(figure, points, colours)
    _add_labels(figure, points, colours, labels, height, 0 if written is None else _CLEAR)
    return figure


def _marker(paint: PointColours, colours: Palette, n: int) -> dict[str, object]:
    marker: dict[str, object] = {
        "color": paint.values,
        "colorscale": [list(stop) for stop in paint.scale],
        "cmin": paint.limits[0],
        "cmax": paint.limits[1],
        "size": 7 if n < 2_000 else 5 if n < 12_000 else 4,
        "opacity": 0.8,
        "line": {"width": 0},
    }
    if paint.ticks is not None:
        marker["colorbar"] = {
            "orientation": "h",
            "title": {
                "text": escape_label(paint.title),
                "side": "top",
                "font": {"size": 13, "color": colours.ink_soft},
            },
            "tickvals": paint.ticks[0],
            "ticktext": [escape_label(text) for text in paint.ticks[1]],
            "tickfont": {"size": 13, "color": colours.ink},
            "thickness": 8,
            "len": 0.32,
            "x": 0.08,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "top",
            "outlinewidth": 0,
            "bgcolor": colours.paper,
        }
    return marker


def _add_points(
    figure: go.Figure,
    points: MapPoints,
    paint: PointColours,
    colours: Palette,
    selected: IntArray | None,
) -> None:
    grey = {"marker": {"color": colours.muted_point, "opacity": 0.55}}
    figure.add_trace(
        go.Scatter(
            x=points.coordinates[:, 0],
            y=points.coordinates[:, 1],
            mode="markers",
            marker=_marker(paint, colours, len(points.words)),
            selectedpoints=None if selected is None else selected,
            selected={"marker": {"opacity": 1.0}},
            unselected=grey,
            # Object arrays: Plotly takes seconds to walk a list of a hundred thousand.
            text=np.array([escape_label(word) for word in points.words], dtype=object),
            customdata=np.array([escape_label(line) for line in points.hover], dtype=object),
            hovertemplate="<b>%{text}</b><br>%{customdata}<extra></extra>",
        )
    )


def _ring(
    figure: go.Figure, points: MapPoints, colours: Palette, rows: IntArray, has_focus: bool
) -> None:
    """Ring the labelled words, the one in focus larger."""
    figure.add_trace(
        go.Scatter(
            x=points.coordinates[rows, 0],
            y=points.coordinates[rows, 1],
            mode="markers",
            marker={
                "size": [14 if i == 0 and has_focus else 10 for i in range(len(rows))],
                "color": "rgba(0,0,0,0)",
                "line": {"width": 1.5, "color": colours.ink},
            },
            hoverinfo="skip",
        )
    )


def _style_axes(figure: go.Figure, points: MapPoints, colours: Palette) -> None:
    if points.axis_titles is None:
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False, scaleanchor=None)
        return
    across, up = (escape_label(title) for title in points.axis_titles)
    figure.update_xaxes(
        **quiet_axis(colours, title={"text": across, "standoff": 8}), automargin=True
    )
    powers = list(range(9))
    figure.update_yaxes(
        **quiet_axis(colours, title={"text": up, "standoff": 8}),
        tickvals=powers,
        ticktext=[f"{10**power:,}" for power in powers],
        automargin=True,
    )


def _add_labels(
    figure: go.Figure,
    points: MapPoints,
    colours: Palette,
    labels: Sequence[tuple[str, float, float]],
    height: int,
    clear: int,
) -> None:
    """Write the labels that find room, ``clear`` pixels from their marks."""
    if not labels:
        return
    span = np.ptp(points.coordinates, axis=0) * 1.1
    centres = np.array([[x, y] for _, x, y in labels], dtype=np.float32)
    room = (700, height - 120)  # pixels of the chart beside the panel at 1280x720
    texts = [text for text, _, _ in labels]
    placed = place_labels(centres, texts, span, room, clear)
    others = len(figure.layout.annotations)
    crowded = crowded_on_phones(placed, centres, texts, span, room[1])
    hide_on_phones(figure, (others + number for number in crowded))
    for label in placed:
        x, y = centres[label.index].tolist()
        figure.add_annotation(
            x=x,
            y=y,
            text=escape_label(texts[label.index]),
            showarrow=False,
            xshift=label.right,
            yshift=label.up,
            font={"size": 13, "color": colours.ink},
            bgcolor=colours.paper,
            opacity=0.88,
            borderpad=1,
            captureevents=False,
        )
