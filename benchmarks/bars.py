"""A drawing of predicted beside retrained changes, with those of random text, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Bar", "draw_bars"]

ROW, LEFT, WIDTH, TOP = 34, 210, 560, 56
PREDICTED, RETRAINED, RANDOM = "#9ecae1", "#08519c", "#777777"


@dataclass(frozen=True)
class Bar:
    """One removal: what was predicted, what retraining gave, and what random text gave."""

    label: str
    predicted: float
    retrained: float
    random: tuple[float, ...] = ()


def draw_bars(title: str, bars: Sequence[Bar]) -> str:
    """Two bars a row from a common zero, and a grey mark for each random set."""
    values = [v for bar in bars for v in (bar.predicted, bar.retrained, *bar.random, 0.0)]
    low, high = min(values), max(values)
    scale = WIDTH / max(high - low, 1e-12)

    def x(value: float) -> float:
        return round(LEFT + (value - low) * scale, 1)

    height, total = TOP + ROW * len(bars) + 16, LEFT + WIDTH + 90
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{height}" role="img"'
        f' viewBox="0 0 {total} {height}" font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{total}" height="{height}" fill="white"/>',
        f'<text x="10" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
        '<text x="10" y="38">light: predicted; dark: retrained; grey: random text</text>',
        f'<line x1="{x(0)}" x2="{x(0)}" y1="{TOP - 6}" y2="{height - 10}" stroke="black"/>',
    ]
    for at, bar in enumerate(bars):
        y = TOP + ROW * at
        parts.append(
            f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(bar.label)}</text>'
        )
        for value, top, colour in (
            (bar.predicted, y + 2, PREDICTED),
            (bar.retrained, y + 13, RETRAINED),
        ):
            start, width = min(x(0), x(value)), abs(x(value) - x(0))
            parts.append(
                f'<rect x="{start}" y="{top}" width="{width:.1f}" height="10" fill="{colour}"/>'
            )
        parts += [
            f'<line x1="{x(value)}" x2="{x(value)}" y1="{y}" y2="{y + 25}" stroke="{RANDOM}"/>'
            for value in bar.random
        ]
        parts.append(f'<text x="{LEFT + WIDTH + 8}" y="{y + 22}">{bar.retrained:+.3f}</text>')
    return "\n".join([*parts, "</svg>", ""])
