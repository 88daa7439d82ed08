"""The association plot of a report, drawn as a small SVG by hand: no script, no library."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from clif_core.report.wording import number

__all__ = ["association_svg"]

_ROW, _LEFT, _RIGHT, _TOP, _BOTTOM, _WIDTH = 19, 120, 24, 30, 44, 720
_MAX_WORDS = 80


def association_svg(
    words: Sequence[Mapping[str, Any]],
    labels: tuple[str, str],
    poles: tuple[str, str],
    style: str = "",
) -> str:
    """One row a word: set X as discs, set Y as diamonds, dotted rules at the two means.

    ``words``: rows with ``set``, ``word``, ``count``, ``association``. Colours are the CSS
    variables --clif-...; ``style`` declares them where the SVG stands alone. "" without a point.
    """
    found = [w for w in words if w["set"] in labels and w["association"] is not None]
    if not found or len(found) > _MAX_WORDS:
        return ""
    found = sorted(found, key=lambda w: -float(w["association"]))
    values = [float(w["association"]) for w in found]
    low, high = min(*values, 0.0), max(*values, 0.0)
    pad = 0.06 * ((high - low) or 1.0)
    low, high = low - pad, high + pad
    most = max(math.sqrt(w["count"]) for w in found) or 1.0
    height = _TOP + _ROW * len(found) + _BOTTOM

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    title = html.escape(f"Association of {len(found)} words with {poles[0]} and {poles[1]}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'class="r-plot" role="img" aria-label="{title}">',
        f"<style>{style}{_STYLE}</style>",
        _legend(labels),
        *_axis(x, low, high, height, poles),
    ]
    for at, label in enumerate(labels):
        own = [float(w["association"]) for w in found if w["set"] == label]
        if own:
            place = x(sum(own) / len(own))
            parts.append(
                f'<line class="p-mean p-set-{"xy"[at]}" x1="{place:.1f}" x2="{place:.1f}" '
                f'y1="{_TOP - 2}" y2="{height - _BOTTOM + 4}"/>'
            )
    for row, word in enumerate(found):
        parts.append(_row(word, _TOP + _ROW * (row + 0.5), x, labels, most))
    return "".join(parts) + "</svg>"


def _row(word: Mapping[str, Any], y: float, x: Any, labels: tuple[str, str], most: float) -> str:
    place, size = x(float(word["association"])), 3.6 + 3.6 * math.sqrt(word["count"]) / most
    name = html.escape(str(word["word"]))
    hint = html.escape(
        f"{word['word']} ({word['set']}): {number(word['association'], 3)}, {word['count']:,} times"
    )
    if word["set"] == labels[0]:
        mark = f'<circle class="p-dot-x" cx="{place:.1f}" cy="{y:.1f}" r="{size:.1f}">'
    else:
        d = 1.25 * size
        points = (
            f"{place:.1f},{y - d:.1f} {place + d:.1f},{y:.1f} {place:.1f},{y + d:.1f} "
            f"{place - d:.1f},{y:.1f}"
        )
        mark = f'<polygon class="p-dot-y" points="{points}">'
    tag = mark[1:].partition(" ")[0]
    return (
        f'<line class="p-row" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="p-word" x="{_LEFT - 10}" y="{y + 4.5:.1f}">{name}</text>'
        f"{mark}<title>{hint}</title></{tag}>"
    )


def _legend(labels: tuple[str, str]) -> str:
    x, y = _LEFT, 12
    first, second = (html.escape(label) for label in labels)
    shift = 34 + 8 * len(labels[0])
    return (
        f'<circle class="p-dot-x" cx="{x + 5}" cy="{y}" r="5"/>'
        f'<text class="p-legend" x="{x + 16}" y="{y + 4.5}">{first}</text>'
        f'<polygon class="p-dot-y" points="{x + shift},{y - 6} {x + shift + 6},{y} {x + shift},'
        f'{y + 6} {x + shift - 6},{y}"/>'
        f'<text class="p-legend" x="{x + shift + 12}" y="{y + 4.5}">{second}</text>'
    )


def _axis(x: Any, low: float, high: float, height: int, poles: tuple[str, str]) -> list[str]:
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 1e9) if (high - low) / s < 8)
    bottom = height - _BOTTOM + 4
    parts = []
    for k in range(math.ceil(low / step), math.floor(high / step) + 1):
        place = x(k * step)
        kind = "p-zero" if k == 0 else "p-grid"
        parts.append(
            f'<line class="{kind}" x1="{place:.1f}" x2="{place:.1f}" y1="{_TOP - 2}" '
            f'y2="{bottom}"/>'
            f'<text class="p-tick" x="{place:.1f}" y="{bottom + 15}">{number(k * step)}</text>'
        )
    towards_a, towards_b = (html.escape(pole) for pole in poles)
    parts.append(
        f'<text class="p-axis" x="{x(low):.1f}" y="{height - 6}">← {towards_b}</text>'
        f'<text class="p-axis p-end" x="{x(high):.1f}" y="{height - 6}">{towards_a} →</text>'
    )
    return parts


_STYLE = """
text { font-family: "Source Sans", "Source Sans 3", system-ui, sans-serif; font-size: 13px;
  fill: var(--clif-ink); }
.p-word { text-anchor: end; } .p-tick { text-anchor: middle; } .p-end { text-anchor: end; }
.p-tick, .p-axis { fill: var(--clif-ink-soft); }
.p-dot-x { fill: var(--clif-set-x); } .p-dot-y { fill: var(--clif-set-y); }
.p-row { stroke: var(--clif-rule); stroke-width: 0.5; }
.p-grid { stroke: var(--clif-rule); stroke-width: 1; }
.p-zero { stroke: var(--clif-ink-soft); stroke-width: 1; }
.p-mean { stroke-width: 1.5; stroke-dasharray: 2 3; }
.p-set-x { stroke: var(--clif-set-x); } .p-set-y { stroke: var(--clif-set-y); }
"""
