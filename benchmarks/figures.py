"""Figures beside the result tables: bars, curves with intervals and heat maps, drawn by matplotlib.

Every figure is an SVG file that depends on its data alone: fixed identifiers, no date, text as
text. matplotlib is a development dependency; ``clif_core`` and ``dashboard`` never import it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

__all__ = [
    "Bar",
    "Curve",
    "CurvePanel",
    "HeatPanel",
    "figure",
    "write_bars",
    "write_curves",
    "write_heat",
]

STYLE: dict[str, Any] = {
    "svg.hashsalt": "clif",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "legend.frameon": False,
}
PREDICTED, RETRAINED, RANDOM = "#9ecae1", "#08519c", "#777777"
COLOURS = {"blue": "#1f5fa8", "orange": "#b8500f", "grey": "#6b6b6b", "green": "#1d7a4c"}
LOWERED_TO_RAISED = LinearSegmentedColormap.from_list("effect", ["#2166ac", "white", "#b2182b"])
FULL_COLOUR = 6.0  # random standard deviations
DARK = 0.6 * FULL_COLOUR  # from here on white figures are legible, black ones are not
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bar:
    """One removal: predicted, retrained, and the changes without random text of the same size."""

    label: str
    predicted: float
    retrained: float
    random: tuple[float, ...] = ()


@dataclass(frozen=True)
class Curve:
    """A line through (x, y, low, high); no interval where low is None; dashed for predictions."""

    label: str
    colour: str
    points: Sequence[tuple[str, float, float | None, float | None]]
    is_predicted: bool = False


@dataclass(frozen=True)
class CurvePanel:
    """Curves over the same categories on the x axis."""

    title: str
    x_label: str
    y_label: str
    x_values: Sequence[str]
    curves: Sequence[Curve]


@dataclass(frozen=True, eq=False)
class HeatPanel:
    """values (n_rows, n_names): columns are ``names``, rows the first n_rows of them."""

    title: str
    names: Sequence[str]
    values: Floats


@contextmanager
def figure(path: Path, size: tuple[float, float], title: str) -> Iterator[Figure]:
    """A figure of ``size`` inches to draw on, written as SVG on leaving; ``title`` names it."""
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=size, layout="constrained", facecolor="white")
        FigureCanvasAgg(drawn)
        yield drawn
        written = io.StringIO()
        drawn.savefig(written, format="svg", metadata={"Date": None, "Title": title})
    svg = written.getvalue()
    path.write_text(svg[svg.index("<svg") :], "utf-8")  # without XML declaration and DTD


def write_bars(path: Path, title: str, bars: Sequence[Bar]) -> None:
    """Two bars a row from zero, and a grey mark for each random set."""
    with figure(path, (8.6, 0.9 + 0.36 * len(bars)), title) as drawn:
        axes = drawn.subplots()
        rows = np.arange(len(bars))
        predicted = [bar.predicted for bar in bars]
        retrained = [bar.retrained for bar in bars]
        axes.barh(rows - 0.18, predicted, 0.34, color=PREDICTED, label="predicted")
        shown = axes.barh(rows + 0.18, retrained, 0.34, color=RETRAINED, label="retrained")
        axes.bar_label(shown, [f"{value:+.3f}" for value in retrained], padding=3)
        at = [row for row, bar in enumerate(bars) for _ in bar.random]
        marks = [value for bar in bars for value in bar.random]
        axes.scatter(marks, at, 160, RANDOM, marker="|", label="random text")
        axes.axvline(0, color="black", linewidth=0.8)
        drawn.suptitle(title)
        axes.set(yticks=rows, yticklabels=[bar.label for bar in bars])
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


def write_curves(path: Path, title: str, panels: Sequence[CurvePanel]) -> None:
    """The panels side by side, each with its legend below."""
    with figure(path, (4.8 * len(panels), 3.8), title) as drawn:
        for axes, panel in zip(drawn.subplots(1, len(panels), squeeze=False)[0], panels,
                               strict=True):  # fmt: skip
            _draw_curves(axes, panel)


def _draw_curves(axes: Any, panel: CurvePanel) -> None:
    axes.axhline(0, color="#555555", linewidth=0.8)
    axes.grid(axis="y", color="#e2e2e2")
    axes.set_axisbelow(True)
    for at, curve in enumerate(panel.curves):
        shift = 0.05 * (at - (len(panel.curves) - 1) / 2)  # so that intervals do not overlap
        names, y, low, high = zip(*curve.points, strict=True)
        x = np.array([panel.x_values.index(name) + shift for name in names])
        colour = COLOURS[curve.colour]
        axes.plot(
            x, y, "--o" if curve.is_predicted else "-o", color=colour, label=curve.label,
            markersize=4.5, markerfacecolor="white" if curve.is_predicted else colour,
        )  # fmt: skip
        known = np.array([bound is not None for bound in low])
        if known.any():
            bounds = [np.array(values, dtype=np.float64)[known] for values in (low, high)]
            axes.vlines(x[known], *bounds, color=colour, linewidth=1.8)
    axes.set(title=panel.title, xlabel=panel.x_label, ylabel=panel.y_label)
    axes.set_xticks(range(len(panel.x_values)), panel.x_values)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)


def write_heat(path: Path, title: str, panels: Sequence[HeatPanel]) -> None:
    """The panels side by side: blue where a value is below 0, red above, its figure in each cell.

    The colour is full at six.
    """
    widths = [2.2 + 0.95 * len(panel.names) for panel in panels]
    height = 1.4 + 0.75 * max(len(panel.values) for panel in panels)
    with figure(path, (sum(widths), height), title) as drawn:
        ratios = {"width_ratios": widths}
        row = drawn.subplots(1, len(panels), squeeze=False, gridspec_kw=ratios)[0]
        for axes, panel in zip(row, panels, strict=True):
            _draw_heat(axes, panel)


def _draw_heat(axes: Any, panel: HeatPanel) -> None:
    axes.imshow(panel.values, LOWERED_TO_RAISED, vmin=-FULL_COLOUR, vmax=FULL_COLOUR)
    for (row, column), value in np.ndenumerate(panel.values):
        colour = "white" if abs(value) > DARK else "black"
        axes.text(column, row, f"{value:+.1f}", ha="center", va="center", color=colour)
    named = [name.replace("_", "\n") for name in panel.names]
    axes.set_xticks(range(len(named)), named)
    axes.set_yticks(range(len(panel.values)), panel.names[: len(panel.values)])
    axes.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.set_title(
        f"{panel.title}\ntext of the row removed; change of the column in random spreads"
    )
