"""How words moved: an arrow from the old to the new coordinates, other words in grey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

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

__all__ = ["Arrow", "movement_figure"]

Floats = npt.NDArray[np.float32]
_WIDTH = 900  # pixels that labels are laid out for
_BEYOND = 14.0  # pixels from the head of an arrow to its word
_AROUND = 80  # pixels of the height that the legend and the axis take


@dataclass(frozen=True)
class Arrow:
    """The movement of a word. ``kind``: in set X or Y of the probe, or neither."""

    word: str
    start: tuple[float, float]
    end: tuple[float, float]
    kind: Literal["x", "y", "other"]
    note: str


@drawn_once
def movement_figure(
    ground: Floats,
    arrows: Sequence[Arrow],
    labels: tuple[str, str],
    colours: Palette,
    axis_titles: tuple[str, str] | None = None,
    height: int = 520,
) -> go.Figure:
    """The region of the map around the arrows.

    ``ground`` (n, 2): old coordinates of other words. ``arrows``: most important first, because
    labels that find no room are left out. ``labels``: names of the sets X (teal discs) and Y (plum
    diamonds).
    """
    figure = go.Figure()
    figure.add_scattergl(
        x=ground[:, 0], y=ground[:, 1], mode="markers", hoverinfo="skip", showlegend=False,
        marker={"size": 4, "color": colours.muted_point, "opacity": 0.55},
    )  # fmt: skip
    styles = {
        "x": (colours.set_x, "circle", labels[0]),
        "y": (colours.set_y, "diamond", labels[1]),
        "other": (colours.ink, "square", ""),
    }
    for kind, (colour, symbol, name) in styles.items():
        own = [arrow for arrow in arrows if arrow.kind == kind]
        if own:
            _add_ends(figure, own, colour, symbol, name)
    # All annotations at once: Plotly checks all of them again for each that is added.
    heads = [
        {"x": arrow.end[0], "y": arrow.end[1], "ax": arrow.start[0], "ay": arrow.start[1],
         "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "", "showarrow": True,
         "arrowhead": 2, "arrowsize": 1.1, "arrowwidth": 1.6,
         "arrowcolor": styles[arrow.kind][0], "standoff": 0}
        for arrow in arrows
    ]  # fmt: skip
    low, high = _surroundings(arrows)
    words, crowded = _words(arrows, high - low, colours, height)
    hide_on_phones(figure, (len(heads) + number for number in crowded))
    figure.update_layout(**plain_layout(colours, height))
    figure.update_layout(
        annotations=[*heads, *words],
        dragmode="pan", hovermode="closest", showlegend=any(labels),
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False},
    )  # fmt: skip
    ranges = [[float(low[i]), float(high[i])] for i in (0, 1)]
    if axis_titles is None:
        figure.update_xaxes(visible=False, range=ranges[0])
        figure.update_yaxes(visible=False, range=ranges[1])
        return figure
    across, up = (escape_label(title) for title in axis_titles)
    figure.update_xaxes(**quiet_axis(colours, title_text=across, range=ranges[0]), automargin=True)
    figure.update_yaxes(
        **quiet_axis(colours, title_text=up, range=ranges[1], showticklabels=False, showgrid=False)
    )
    return figure


def _add_ends(
    figure: go.Figure, arrows: Sequence[Arrow], colour: str, symbol: str, name: str
) -> None:
    """The old coordinates as small marks, with the word on hover."""
    figure.add_scatter(
        x=[arrow.start[0] for arrow in arrows],
        y=[arrow.start[1] for arrow in arrows],
        mode="markers",
        name=escape_label(name),
        showlegend=bool(name),
        marker={"symbol": symbol, "size": 7, "color": colour},
        text=[escape_label(arrow.word) for arrow in arrows],
        customdata=[escape_label(arrow.note) for arrow in arrows],
        hovertemplate="<b>%{text}</b><br>%{customdata}<extra></extra>",
    )


def _surroundings(arrows: Sequence[Arrow]) -> tuple[Floats, Floats]:
    """Lowest and highest coordinates shown: all arrows and a margin for their labels."""
    ends = np.array([end for arrow in arrows for end in (arrow.start, arrow.end)])
    low, high = ends.min(axis=0), ends.max(axis=0)
    margin = np.maximum(0.12 * (high - low), 1e-3)
    return (low - margin).astype(np.float32), (high + margin).astype(np.float32)


def _words(
    arrows: Sequence[Arrow], span: Floats, colours: Palette, height: int
) -> tuple[list[dict[str, Any]], Iterable[int]]:
    """Each word by the head of its arrow, where no arrow is; those too many for a phone."""
    lines = np.array([(arrow.start, arrow.end) for arrow in arrows], dtype=np.float32)
    ends, room = lines[:, 1], height - _AROUND
    texts = [arrow.word for arrow in arrows]
    placed = place_labels(ends, texts, span, (_WIDTH, room), _BEYOND, lines)
    written = [
        {"x": float(ends[label.index][0]), "y": float(ends[label.index][1]),
         "xshift": label.right, "yshift": label.up,
         "text": escape_label(texts[label.index]), "showarrow": False,
         "font": {"size": 13, "color": colours.ink}, "bgcolor": colours.paper, "opacity": 0.9,
         "borderpad": 0, "captureevents": False}
        for label in placed
    ]  # fmt: skip
    return written, crowded_on_phones(placed, ends, texts, span, room, lines)
