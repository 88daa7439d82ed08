"""The association plot of a report: a small SVG from a template, without script or library."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from clif_core.phrases import number
from clif_core.report.rendering import render

__all__ = ["association_svg"]

_ROW, _LEFT, _RIGHT, _TOP, _BOTTOM, _WIDTH = 19, 120, 24, 30, 44, 720
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 1e9)
_MAX_WORDS = 80
Scale = Callable[[float], float]


def association_svg(
    words: Sequence[Mapping[str, Any]],
    labels: tuple[str, str],
    poles: tuple[str, str],
    style: str = "",
) -> Markup:
    """One row a word: set X as discs, set Y as diamonds, dotted lines at the two means.

    ``words``: rows with ``set``, ``word``, ``count``, ``association``. Colours are the CSS
    variables --clif-...; ``style`` declares them where the SVG stands alone. Empty without a word
    to draw, or with more than 80.
    """
    found = [w for w in words if w["set"] in labels and w["association"] is not None]
    if not found or len(found) > _MAX_WORDS:
        return Markup("")
    found = sorted(found, key=lambda w: -float(w["association"]))
    values = [float(w["association"]) for w in found]
    low, high = min(*values, 0.0), max(*values, 0.0)
    pad = 0.06 * ((high - low) or 1.0)
    low, high = low - pad, high + pad

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    height = _TOP + _ROW * len(found) + _BOTTOM
    return render(
        "chart.svg",
        title=f"Association of {len(found)} words with {poles[0]} and {poles[1]}",
        style=Markup(style),  # from this program's palette, never from a person
        width=_WIDTH,
        height=height,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        top=_TOP,
        bottom=height - _BOTTOM + 4,
        labels=labels,
        poles=poles,
        legend=_legend(labels[0]),
        ticks=_ticks(x, low, high),
        ends=(_px(x(low)), _px(x(high))),
        means=_means(x, found, labels),
        rows=_rows(x, found, labels[0]),
    )


def _px(value: float) -> str:
    return f"{value:.1f}"


def _diamond(x: float, y: float, radius: float) -> str:
    corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
    return " ".join(f"{_px(a)},{_px(b)}" for a, b in corners)


def _legend(first: str) -> dict[str, Any]:
    shift, y = 34 + 8 * len(first), 12
    return {
        "x": _LEFT + 5,
        "y": y,
        "diamond": _diamond(_LEFT + shift, y, 6),
        "x_second": _LEFT + shift + 12,
    }


def _ticks(x: Scale, low: float, high: float) -> list[dict[str, Any]]:
    step = next(step for step in _STEPS if (high - low) / step < 8)
    multiples = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [{"x": _px(x(k * step)), "value": k * step, "is_zero": k == 0} for k in multiples]


def _means(
    x: Scale, found: Sequence[Mapping[str, Any]], labels: tuple[str, str]
) -> list[dict[str, str]]:
    means = []
    for name, label in zip("xy", labels, strict=True):
        own = [float(w["association"]) for w in found if w["set"] == label]
        if own:
            means.append({"set": name, "x": _px(x(sum(own) / len(own)))})
    return means


def _rows(x: Scale, found: Sequence[Mapping[str, Any]], first: str) -> list[dict[str, Any]]:
    most = max(math.sqrt(w["count"]) for w in found) or 1.0
    rows = []
    for at, word in enumerate(found):
        across, y = x(float(word["association"])), _TOP + _ROW * (at + 0.5)
        size = 3.6 + 3.6 * math.sqrt(word["count"]) / most
        figure = number(word["association"], 3)
        rows.append(
            {
                "word": word["word"],
                "hint": f"{word['word']} ({word['set']}): {figure}, {word['count']:,} times",
                "is_first": word["set"] == first,
                "x": _px(across),
                "y": _px(y),
                "y_text": _px(y + 4.5),
                "size": _px(size),
                "diamond": _diamond(across, y, 1.25 * size),
            }
        )
    return rows
