"""Small figures of curves with intervals, written as SVG by hand: no library, opens anywhere."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 330, 64, 16, 40, 84
COLOURS = {"blue": "#1f5fa8", "orange": "#b8500f", "grey": "#6b6b6b", "green": "#1d7a4c"}


@dataclass(frozen=True)
class Curve:
    """One line: a point at each x, with an interval where there is one; hollow where predicted."""

    label: str
    colour: str
    points: Sequence[tuple[str, float, float | None, float | None]]  # x, y, low, high
    is_hollow: bool = False


@dataclass(frozen=True)
class Panel:
    title: str
    x_label: str
    y_label: str
    x_values: Sequence[str]
    curves: Sequence[Curve]


def write_figure(path: Path, panels: Sequence[Panel], alt: str) -> None:
    """All panels side by side in one file, on white, legend below each."""
    n = len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n * WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{html.escape(alt)}" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{html.escape(alt)}</title>",
        f'<rect width="{n * WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for at, panel in enumerate(panels):
        parts += [f'<g transform="translate({at * WIDTH},0)">', *_panel(panel), "</g>"]
    path.write_text("\n".join([*parts, "</svg>", ""]), "utf-8")


def _panel(panel: Panel) -> list[str]:
    ys = [v for c in panel.curves for _, *values in c.points for v in values if v is not None]
    low, high = min([*ys, 0.0]), max([*ys, 0.0])
    pad = 0.06 * ((high - low) or 1.0)
    low, high = low - pad, high + pad
    bottom = HEIGHT - BOTTOM

    def x(label: str, shift: float = 0.0) -> float:
        place = (panel.x_values.index(label) + 0.5) / len(panel.x_values)
        return LEFT + place * (WIDTH - LEFT - RIGHT) + shift

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (bottom - TOP)

    parts = [
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="600">{html.escape(panel.title)}'
        "</text>"
    ]
    step = _step(high - low)
    for k in range(math.ceil(low / step), math.floor(high / step) + 1):
        colour = "#555555" if k == 0 else "#e2e2e2"
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(k * step):.1f}" y2="{y(k * step):.1f}"'
            f' stroke="{colour}"/><text x="{LEFT - 6}" y="{y(k * step) + 4:.1f}"'
            f' text-anchor="end">{k * step:.3g}</text>'
        )
    for label in panel.x_values:
        parts.append(
            f'<text x="{x(label):.1f}" y="{bottom + 16}" text-anchor="middle">{label}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts += [
        f'<text x="{middle}" y="{bottom + 33}" text-anchor="middle">{html.escape(panel.x_label)}'
        "</text>",
        f'<text transform="translate(14,{(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">'
        f"{html.escape(panel.y_label)}</text>",
    ]
    for at, curve in enumerate(panel.curves):
        shift = 6.0 * (at - (len(panel.curves) - 1) / 2)
        parts += _curve(
            curve, [(x(p, shift), y(v), low_, high_) for p, v, low_, high_ in curve.points], y
        )
        parts += _legend(curve, at, bottom + 50)
    return parts


def _curve(curve: Curve, points, y) -> list[str]:  # type: ignore[no-untyped-def]
    colour = COLOURS[curve.colour]
    dash = ' stroke-dasharray="4 4"' if curve.is_hollow else ""
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py, _, _ in points)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>']
    for px, py, low, high in points:
        if low is not None and high is not None:
            parts.append(
                f'<line x1="{px:.1f}" x2="{px:.1f}" y1="{y(low):.1f}" y2="{y(high):.1f}"'
                f' stroke="{colour}" stroke-width="2"/>'
            )
        fill = "#ffffff" if curve.is_hollow else colour
        parts.append(
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.6" fill="{fill}" stroke="{colour}"/>'
        )
    return parts


def _legend(curve: Curve, at: int, top: float) -> list[str]:
    colour = COLOURS[curve.colour]
    x, y = LEFT + (at % 2) * 195, top + (at // 2) * 16
    fill = "#ffffff" if curve.is_hollow else colour
    return [
        f'<circle cx="{x}" cy="{y}" r="4" fill="{fill}" stroke="{colour}"/>'
        f'<text x="{x + 9}" y="{y + 4}">{html.escape(curve.label)}</text>'
    ]


def _step(spread: float) -> float:
    rough = spread / 6
    power = 10.0 ** math.floor(math.log10(rough))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= rough)
