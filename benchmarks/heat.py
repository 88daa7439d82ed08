"""A drawing of cross-effects: one table of coloured cells for each text, as SVG."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["draw_heat"]

CELL, LABEL, TOP, GAP = 74, 190, 80, 40
FULL = 6.0  # spreads at which the colour is full
LOWERED, RAISED = (33, 102, 172), (178, 24, 43)
Panel = tuple[str, Sequence[str], npt.NDArray[np.float64]]


def draw_heat(panels: Sequence[Panel]) -> str:
    """(title, names, values) of each panel, side by side; blue below 0, red above.

    Columns of values are the names, rows the first of them.
    """
    widths = [LABEL + CELL * len(names) for _, names, _ in panels]
    height = TOP + CELL * max(len(names) for _, names, _ in panels) + 30
    total = sum(widths) + GAP * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{height}" role="img"'
        f' viewBox="0 0 {total} {height}" font-family="sans-serif" font-size="11">',
        "<title>Cross-effects of removing the text behind each probe, in random spreads</title>",
        f'<rect width="{total}" height="{height}" fill="white"/>',
    ]
    left = 10
    for (title, names, values), width in zip(panels, widths, strict=True):
        parts += _draw_panel(title, names, values, left)
        left += width + GAP
    return "\n".join([*parts, "</svg>", ""])


def _draw_panel(
    title: str, names: Sequence[str], values: npt.NDArray[np.float64], left: int
) -> list[str]:
    parts = [
        f'<text x="{left}" y="18" font-size="14" font-weight="bold">{title}</text>',
        f'<text x="{left}" y="34">text of the row removed; change of the column in random'
        " spreads</text>",
    ]
    for at, name in enumerate(names):
        x, y = left + LABEL + CELL * at + CELL / 2, TOP + CELL * at + CELL / 2
        if at < len(values):
            parts.append(
                f'<text x="{left + LABEL - 8}" y="{y + 4}" text-anchor="end">{name}</text>'
            )
        lines = name.replace("clif_", "clif ").replace("gender_terms_", "gender ").split()
        parts += [
            f'<text x="{x}" y="{TOP - 8 - 13 * (len(lines) - 1 - row)}" text-anchor="middle">'
            f"{line.split('_')[-1]}</text>"
            for row, line in enumerate(lines)
        ]
    for (row, column), value in np.ndenumerate(values):
        x, y = left + LABEL + CELL * column, TOP + CELL * row
        share = min(abs(float(value)) / FULL, 1.0)
        ink = LOWERED if value < 0 else RAISED
        colour = ",".join(str(round(255 + (c - 255) * share)) for c in ink)
        parts += [
            f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" fill="rgb({colour})"/>',
            f'<text x="{x + CELL / 2 - 1}" y="{y + CELL / 2 + 3}" text-anchor="middle"'
            f' fill="{"white" if share > 0.6 else "black"}">{value:+.1f}</text>',
        ]
    return parts
