"""The association plot of a report: a small SVG from a template, without script or library."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from clif_core.phrases import number
from clif_core.report.rendering import render

__all__ = ["association_svg"]

_ROW, _LEFT, _RIGHT, _TOP, _BOTTOM = 19, 120, 24, 30, 44
_LINE, _LETTER = 18, 8  # of a second line of names, and of a letter at most
_WIDTH, _WIDTH_NARROW = 720, 340  # at which letters have the size of the page's, or nearly
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 1e9)
_MAX_WORDS = 80
Scale = Callable[[float], float]


def association_svg(
    words: Sequence[Mapping[str, Any]],
    labels: tuple[str, str],
    poles: tuple[str, str],
    style: str = "",
    *,
    is_narrow: bool = False,
) -> Markup:
    """One row a word: set X as discs, set Y as diamonds, dotted lines at the two means.

    ``words``: rows with ``set``, ``word``, ``count``, ``association``. Colours are the CSS
    variables --clif-...; ``style`` declares them where the SVG stands alone. ``is_narrow``: drawn
    for a phone, on which letters of the wide one could not be read. Empty without a word to draw,
    or with more than 80.
    """
    found = [w for w in words if w["set"] in labels and w["association"] is not None]
    if not found or len(found) > _MAX_WORDS:
        return Markup("")
    found = sorted(found, key=lambda w: -float(w["association"]))
    values = [float(w["association"]) for w in found]
    low, high = min(*values, 0.0), max(*values, 0.0)
    pad = 0.06 * ((high - low) or 1.0)
    low, high = low - pad, high + pad

    width = _WIDTH_NARROW if is_narrow else _WIDTH
    left = min(_LEFT, 20 + _LETTER * max(len(w["word"]) for w in found)) if is_narrow else _LEFT

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (width - left - _RIGHT)

    legend = _legend(labels, left, width)
    top = _TOP + legend["drop"]
    drop = _LINE if _LETTER * sum(len(pole) + 3 for pole in poles) > width - left - _RIGHT else 0
    height = top + _ROW * len(found) + _BOTTOM + drop
    return render(
        "chart.svg",
        title=f"Association of {len(found)} words with {poles[0]} and {poles[1]}",
        style=Markup(style),  # from this program's palette, never from a person
        kind="r-plot r-narrow" if is_narrow else "r-plot r-wide",
        width=width,
        height=height,
        drop=drop,
        left=left,
        right=width - _RIGHT,
        top=top,
        bottom=height - _BOTTOM - drop + 4,
        labels=labels,
        poles=poles,
        legend=legend,
        ticks=_ticks(x, low, high, at_most=4 if is_narrow else 8),
        ends=(_px(x(low)), _px(x(high))),
        means=_means(x, found, labels),
        rows=_rows(x, found, labels[0], top),
    )


def _px(value: float) -> str:
    return f"{value:.1f}"


def _diamond(x: float, y: float, radius: float) -> str:
    corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
    return " ".join(f"{_px(a)},{_px(b)}" for a, b in corners)


def _legend(labels: tuple[str, str], left: int, width: int) -> dict[str, Any]:
    """Both sets on one line where it holds them, else on two; ``drop``: what the second takes."""
    first, second = (_LETTER * len(label) for label in labels)
    shift = 34 + first
    drop = _LINE if left + shift + 12 + second > width else 0
    shift = 5 if drop else shift
    return {
        "x": left + 5,
        "y": 12,
        "diamond": _diamond(left + shift, 12 + drop, 6),
        "x_second": left + shift + 12,
        "drop": drop,
    }


def _ticks(x: Scale, low: float, high: float, at_most: int) -> list[dict[str, Any]]:
    step = next(step for step in _STEPS if (high - low) / step < at_most)
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


def _rows(
    x: Scale, found: Sequence[Mapping[str, Any]], first: str, top: int
) -> list[dict[str, Any]]:
    most = max(math.sqrt(w["count"]) for w in found) or 1.0
    rows = []
    for at, word in enumerate(found):
        across, y = x(float(word["association"])), top + _ROW * (at + 0.5)
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
