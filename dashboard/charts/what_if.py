"""Figures of a what-if: the probe by amount of text, and by passes of fine-tuning.

Lines are predictions, filled marks are measured by training again; grey marks are random text of
equal size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.charts.figure import drawn_once, escape_label, plain_layout, quiet_axis
from dashboard.charts.palette import Palette

__all__ = ["fine_tuning_figure", "value_by_size_figure"]

Floats = npt.NDArray[np.float64]


def _mark(kind: str, colours: Palette) -> dict[str, object]:
    if kind == "measured":
        return {"symbol": "diamond", "size": 14, "color": colours.ink}
    return {"symbol": "circle", "size": 9, "color": colours.ink_soft, "opacity": 0.6}


@drawn_once
def value_by_size_figure(
    lines: Sequence[tuple[str, Floats, str]],
    measured: Sequence[tuple[int, float]],
    random: Sequence[tuple[int, float]],
    before: float,
    titles: tuple[str, str],
    names: tuple[str, str],
    colours: Palette,
    baselines: Sequence[tuple[str, float]] = (),
) -> go.Figure:
    """The probe against the number of texts edited, on a logarithmic axis.

    Parameters
    ----------
    lines : (name, (n,) predicted values after 1, 2, ... texts, dash)
    measured, random : (number edited, value) of trainings
    titles : of the two axes
    names : of the measured and the random marks; a grey line joins the means of the random ones
    baselines : (name, value) to compare with, as dotted lines
    """
    figure = go.Figure()
    for name, values, dash in lines:
        counts = np.unique(np.geomspace(1, len(values), 120).astype(int))
        figure.add_trace(
            go.Scatter(
                x=counts,
                y=values[counts - 1],
                mode="lines",
                name=name,
                line={"color": colours.ink_soft, "width": 2, "dash": dash},
                hovertemplate=f"{name}<br>%{{x:,}}: %{{y:.4f}}<extra></extra>",
            )
        )
    means = [(n, np.mean([v for m, v in random if m == n])) for n in sorted({n for n, _ in random})]
    if len(means) > 1:
        figure.add_scatter(
            x=[n for n, _ in means], y=[v for _, v in means], mode="lines", showlegend=False,
            line={"color": colours.ink_soft, "width": 1.5}, hoverinfo="skip",
        )  # fmt: skip
    for name, points, kind in ((names[1], random, "random"), (names[0], measured, "measured")):
        if points:
            figure.add_trace(
                go.Scatter(
                    x=[x for x, _ in points],
                    y=[y for _, y in points],
                    mode="markers",
                    name=name,
                    marker=_mark(kind, colours),
                    hovertemplate=f"{name}<br>%{{x:,}}: %{{y:.4f}}<extra></extra>",
                )
            )
    figure.add_hline(y=before, line={"color": colours.ink_soft, "width": 1, "dash": "dot"})
    for name, value in baselines:
        figure.add_hline(
            y=value, line={"color": colours.ink, "width": 1.5, "dash": "longdashdot"},
            annotation={"text": name, "xshift": 8, "font": {"size": 13, "color": colours.ink_soft}},
            annotation_position="top left",
        )  # fmt: skip
    figure.update_layout(**plain_layout(colours, 320))
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin={"l": 8, "r": 16, "t": 30, "b": 48},
    )
    ticks = [n for n in (1, 3, 10, 30, 100, 300, 1000) if n <= max(len(v) for _, v, _ in lines)]
    figure.update_xaxes(
        **quiet_axis(colours, type="log", title_text=escape_label(titles[0]), tickvals=ticks,
                     ticktext=[f"{n:,}" for n in ticks])
    )  # fmt: skip
    figure.update_yaxes(
        **quiet_axis(colours, title_text=escape_label(titles[1]), tickformat="~g", automargin=True)
    )
    return figure


@drawn_once
def fine_tuning_figure(
    lines: Sequence[tuple[str, Sequence[int], Sequence[float], bool]],
    chosen: tuple[int, float] | None,
    before: float,
    titles: tuple[str, str],
    colours: Palette,
) -> go.Figure:
    """The probe against the number of passes K, one line for each number of texts N.

    ``lines``: (name, passes, values, is selected); ``chosen``: (passes, value) of the selected one.
    """
    figure = go.Figure()
    dashes = ("dot", "dash", "dashdot", "solid")
    for at, (name, passes, values, is_chosen) in enumerate(lines):
        colour = colours.ink if is_chosen else colours.ink_soft
        figure.add_scatter(
            x=list(passes), y=list(values), mode="lines+markers", name=name, opacity=1.0,
            line={"color": colour, "width": 3 if is_chosen else 1.5, "dash": dashes[at % 4]},
            marker={"size": 6, "color": colour},
            hovertemplate=f"{name}, K = %{{x:,}}: %{{y:.4f}}<extra></extra>",
        )  # fmt: skip
    if chosen is not None:
        figure.add_scatter(
            x=[chosen[0]], y=[chosen[1]], mode="markers", marker=_mark("measured", colours),
            showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    figure.add_hline(y=before, line={"color": colours.ink_soft, "width": 1, "dash": "dot"})
    figure.add_hline(y=0, line={"color": colours.rule, "width": 2})
    figure.update_layout(**plain_layout(colours, 340))
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin={"l": 8, "r": 16, "t": 30, "b": 48},
    )
    ticks = sorted({k for _, passes, _, _ in lines for k in passes})
    figure.update_xaxes(
        **quiet_axis(colours, type="log", title_text=escape_label(titles[0]), tickvals=ticks,
                     ticktext=[f"{k:,}" for k in ticks])
    )  # fmt: skip
    figure.update_yaxes(
        **quiet_axis(colours, title_text=escape_label(titles[1]), tickformat="~g", automargin=True)
    )
    return figure
