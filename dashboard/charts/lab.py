"""Figures of the Lab: the plane with its points and clusters, and estimates against truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.charts.figure import drawn_once, plain_layout, quiet_axis
from dashboard.charts.palette import Palette

__all__ = ["Plane", "agreement_figure", "plane_figure"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SYMBOLS = ("circle", "square", "triangle-up")
_LEAST, _MOST = 7.0, 24.0  # pixels


@dataclass(frozen=True, eq=False)
class Plane:
    """The data of the plane; ``pulls`` are minus removal effects: > 0 raises the loss asked about.

    ``ground`` (m, 2): points of a grid, ``ground_clusters`` (m,): the cluster of each,
    ``ground_shares`` (m,): its probability.
    """

    places: Floats
    labels: Ints
    pulls: Floats
    chosen: int
    ground: Floats
    ground_clusters: Ints
    ground_shares: Floats


@drawn_once
def plane_figure(plane: Plane, names: tuple[str, str, str], colours: Palette) -> go.Figure:
    """Points coloured and sized by their pull on the chosen one; the ground is the clusters.

    Trace 1 is a grid of invisible marks, so that an empty place can be clicked; points are trace 2.
    ``names``: what to call the class, the pull, and the chosen point.
    """
    figure = go.Figure()
    xs, ys = (np.unique(plane.ground[:, axis]) for axis in (0, 1))
    depth = np.clip((plane.ground_shares - 1 / 3) * 1.5, 0, 0.999)
    figure.add_heatmap(
        x=xs, y=ys, z=(plane.ground_clusters + depth).reshape(len(ys), len(xs)), zmin=0, zmax=3,
        colorscale=_ground_scale(colours), showscale=False, opacity=0.3, hoverinfo="skip",
    )  # fmt: skip
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=plane.ground[:, 0], y=plane.ground[:, 1], mode="markers", hoverinfo="none",
        marker={"symbol": "square", "size": 14, "opacity": 0}, selected=unseen, unselected=unseen,
    )  # fmt: skip
    limit = float(np.quantile(np.abs(plane.pulls), 0.98)) or 1e-12
    strength = np.minimum(np.abs(plane.pulls) / limit, 1.0)
    figure.add_scatter(
        x=plane.places[:, 0], y=plane.places[:, 1], mode="markers",
        marker={
            "symbol": [SYMBOLS[label] for label in plane.labels],
            "size": _LEAST + (_MOST - _LEAST) * np.sqrt(strength),
            "color": plane.pulls, "colorscale": [list(stop) for stop in colours.diverging],
            "cmin": -limit, "cmax": limit, "line": {"color": colours.ink, "width": 0.8},
            "opacity": 1.0,
        },
        customdata=np.column_stack([np.arange(len(plane.labels)), plane.labels, plane.pulls]),
        hovertemplate="<b>%{customdata[0]}</b>, " + names[0] + " %{customdata[1]}<br>"
        + names[1] + ": %{customdata[2]:+.2g}<extra></extra>",
        unselected={"marker": {"opacity": 1.0}},
    )  # fmt: skip
    figure.add_scatter(
        x=plane.places[[plane.chosen], 0], y=plane.places[[plane.chosen], 1],
        mode="markers+text", hoverinfo="skip", text=[f"<b>{names[2]}</b>"],
        textposition="top center", textfont={"color": colours.ink, "size": 15},
        marker={
            "symbol": "circle-open", "size": 30, "color": colours.ink, "line": {"width": 3},
        },
        unselected={"marker": {"opacity": 1.0}, "textfont": {"color": colours.ink}},
    )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 520), dragmode="pan", clickmode="event+select")
    figure.update_layout(margin_t=16)  # the highest figure of the axis
    low, high = plane.ground.min(0), plane.ground.max(0)
    figure.update_xaxes(
        **quiet_axis(colours, range=[low[0], high[0]], showgrid=False, automargin=True)
    )
    figure.update_yaxes(
        **quiet_axis(colours, range=[low[1], high[1]], showgrid=False, automargin=True)
    )
    return figure


def _ground_scale(colours: Palette) -> list[tuple[float, str]]:
    """For each cluster c, values c to c + 1: from paper (unsure) to the colour of the cluster."""
    stops = []
    for cluster in range(3):
        stops += [(cluster / 3, colours.paper), ((cluster + 0.999) / 3, colours.clusters[cluster])]
    return [*stops, (1.0, colours.clusters[2])]


@drawn_once
def agreement_figure(
    estimated: Floats, left_out: Floats, labels: Ints, titles: tuple[str, str], colours: Palette
) -> go.Figure:
    """A mark for each point left out, estimate against truth; the line is where both agree."""
    figure = go.Figure()
    low = float(min(left_out.min(), estimated.min(), 0.0))
    high = float(max(left_out.max(), estimated.max(), 0.0))
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", hoverinfo="skip",
        line={"color": colours.ink_soft, "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.add_scatter(
        x=left_out, y=estimated, mode="markers",
        marker={
            "symbol": [SYMBOLS[label] for label in labels], "size": 9, "opacity": 0.8,
            "color": [colours.clusters[label] for label in labels],
            "line": {"color": colours.paper, "width": 0.5},
        },
        customdata=np.arange(len(labels)),
        hovertemplate="<b>%{customdata}</b><br>" + titles[0] + " %{x:+.3g}<br>"
        + titles[1] + " %{y:+.3g}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 380))
    figure.update_layout(margin={"l": 8, "r": 16, "t": 8, "b": 48})
    axis = quiet_axis(colours, zeroline=True, zerolinecolor=colours.rule, tickformat="~g", nticks=6)
    figure.update_xaxes(**axis, title_text=titles[0])
    figure.update_yaxes(**axis, title_text=titles[1], automargin=True)
    return figure
