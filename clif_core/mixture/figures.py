"""Two figures of the study as plain SVG: estimates against truth, and r by class. No library."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.mixture.study import OneSeed
from clif_core.mixture.written import CELLS, every, name_of

__all__ = ["classes_svg", "scatter_svg"]

Floats = npt.NDArray[np.float64]
SIDE, GAP, TOP, LEFT = 230, 70, 54, 64
COLOURS = ("#CC6677", "#332288", "#117733")  # as on the screen
SHAPES = ("circle", "square", "triangle")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1E242B}.soft{fill:#5C626A}.mid{text-anchor:middle}"
    ".rule{stroke:#DDD8CC;fill:none}.zero{stroke:#5C626A;stroke-dasharray:2 3}"
)


def scatter_svg(one: OneSeed) -> str:
    """Of each cell of the 2 x 2 the probe point with the median r: 150 effects on it."""
    table, parts = one.correlations, []
    for at, (trained, probe) in enumerate(CELLS):
        found = next(j for j in one.judged if (j.trained, j.probe) == (trained, probe))
        kept = table[
            (table["trained"] == trained)
            & (table["probe"] == probe)
            & (table["estimate"] == "held")
            & (table["truth"] == "left_out")
        ].sort_values("r")
        middle = kept.iloc[len(kept) // 2]
        point = int(middle["point"])
        x, y = found.left_out[point].numpy(), found.held[point].numpy()
        place = (LEFT + (at % 2) * (SIDE + GAP), TOP + (at // 2) * (SIDE + GAP + 10))
        title = name_of(trained, probe)
        note = f"point {point}, r = {middle['r']:.2f}"
        parts.append(_panel(x, y, one.points.labels, place, title, note))
    width, height = LEFT + 2 * SIDE + GAP + 20, TOP + 2 * SIDE + GAP + 60
    return _svg(width, height, "Estimated against leave-one-out effects on one point", parts)


def _panel(
    x: Floats,
    y: Floats,
    labels: npt.NDArray[np.int64],
    place: tuple[int, int],
    title: str,
    note: str,
) -> str:
    left, top = place
    ranges = [max(float(np.abs(v).max()), 1e-12) * 1.05 for v in (x, y)]
    px = left + (x / ranges[0] + 1) / 2 * SIDE
    py = top + (1 - y / ranges[1]) / 2 * SIDE
    middle = (left + SIDE / 2, top + SIDE / 2)
    marks = [_mark(a, b, int(label)) for a, b, label in zip(px, py, labels, strict=True)]
    return (
        f'<rect class="rule" x="{left}" y="{top}" width="{SIDE}" height="{SIDE}"/>'
        f'<path class="zero" d="M{left} {middle[1]}h{SIDE}M{middle[0]} {top}v{SIDE}"/>'
        f'<text x="{left}" y="{top - 22}">{html.escape(title)}</text>'
        f'<text class="soft" x="{left}" y="{top - 7}">{html.escape(note)}</text>'
        f'<text class="soft mid" x="{middle[0]}" y="{top + SIDE + 16}">'
        f"left out, up to ±{ranges[0]:.2g}</text>"
        f'<text class="soft mid" transform="rotate(-90 {left - 10} {middle[1]})" x="{left - 10}"'
        f' y="{middle[1]}">estimated, up to ±{ranges[1]:.2g}</text>' + "".join(marks)
    )


def _mark(x: float, y: float, label: int, size: float = 3.2) -> str:
    colour = COLOURS[label % len(COLOURS)]
    shape = SHAPES[label % len(SHAPES)]
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}" opacity=".75"/>'
    if shape == "square":
        s = size * 0.9
        d = f"M{x - s:.1f} {y - s:.1f}h{2 * s:.1f}v{2 * s:.1f}h{-2 * s:.1f}z"
    else:
        d = f"M{x:.1f} {y - size:.1f}l{size:.1f} {1.8 * size:.1f}h{-2 * size:.1f}z"
    return f'<path d="{d}" fill="{colour}" opacity=".75"/>'


def classes_svg(found: Sequence[OneSeed]) -> str:
    """r of every probe point of every seed, a strip for each cell and class; a bar at the mean."""
    table = every(found)
    table = table[(table["estimate"] == "held") & (table["truth"] == "left_out")]
    left, width, row = 270, 400, 22
    parts, y = [], 34
    low = min(-0.2, float(np.floor(table["r"].min() * 5) / 5))

    def x_of(r: float) -> float:
        return left + (r - low) / (1 - low) * width

    for trained, probe in CELLS:
        cell = table[(table["trained"] == trained) & (table["probe"] == probe)]
        parts.append(f'<text x="8" y="{y + row + 4}">{html.escape(name_of(trained, probe))}</text>')
        for label, strip in cell.groupby("class"):
            parts.append(_strip(strip, int(str(label)), y, x_of, left, width))
            y += row
        y += 12
    for tick in np.round(np.arange(low, 1.01, 0.2), 1):
        x = x_of(float(tick))
        parts.append(f'<path class="rule" d="M{x:.0f} 24V{y - 6}"/>')
        parts.append(f'<text class="soft mid" x="{x:.0f}" y="{y + 10}">{tick + 0.0:.1f}</text>')
    title = "Pearson's r of estimated and leave-one-out effects, a mark for each point"
    return _svg(left + width + 30, y + 24, title, parts)


def _strip(strip: pd.DataFrame, label: int, y: float, x_of, left: int, width: int) -> str:  # type: ignore[no-untyped-def]
    jitter = np.random.default_rng(label).uniform(-6, 6, len(strip))
    marks = [
        _mark(x_of(r), y + 11 + j, label, 1.8) for r, j in zip(strip["r"], jitter, strict=True)
    ]
    mean = x_of(float(strip["r"].mean()))
    return (
        f'<text class="soft" x="{left - 56}" y="{y + 15}">class {label}</text>'
        + "".join(marks)
        + f'<path d="M{mean:.1f} {y + 1}v20" stroke="#1E242B" stroke-width="2"/>'
    )


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"'
        f' aria-label="{html.escape(title)}"><style>{_STYLE}</style>'
        f'<rect width="{width:g}" height="{height:g}" fill="#FCFBF8"/>'
        f'<text x="8" y="16">{html.escape(title)}</text>{"".join(parts)}</svg>\n'
    )
