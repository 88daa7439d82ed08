"""Numbers as people read them. A no-break space ties a number to its unit.

One rule for decimals. A number alone has two or three significant digits (``number``). Numbers of
one quantity that are read side by side or below each other have equal decimals, those of the
largest (``together``, ``span``, ``fixed``). A number with an error has the decimals of two
significant digits of the error (``spread``), or those of the value that it is read beside.
"""

from __future__ import annotations

import math

__all__ = ["compared", "decimals", "duration", "fixed", "interval", "number", "p_value", "percent",
           "signed", "span", "spread", "together"]  # fmt: skip

_TIE = "\u00a0"  # no-break space
_SMALLEST_PERCENT = 0.01
_FRACTIONS = {
    1 / 10: "a tenth", 1 / 8: "an eighth", 1 / 6: "a sixth", 1 / 5: "a fifth", 1 / 4: "a quarter",
    1 / 3: "a third", 1 / 2: "half", 2 / 3: "two thirds", 3 / 4: "three quarters",
}  # fmt: skip


def number(value: float | None, digits: int = 2) -> str:
    """A plain decimal with ``digits`` significant digits, at least two decimals: never 1e-05."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    return f"{value:,.{decimals(value, digits=digits)}f}".replace("-", "−")


def decimals(*values: float | None, digits: int = 3) -> int:
    """How many decimals the largest of these numbers has with so many significant digits."""
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    if largest >= 10:
        return 1 if largest < 100 else 0
    least = digits - 1 - math.floor(math.log10(largest)) if largest else 0
    return min(max(2, least), 8)


def fixed(value: float | None, decimals: int = 3, *, is_signed: bool = False) -> str:
    """A number with the same count of decimals in every row of a column, and a true minus sign.

    What rounds to 0 has no sign. ``is_signed``: above 0 it has a plus.
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:+.{decimals}f}" if is_signed else f"{value:.{decimals}f}"
    return (text if float(text) else text.lstrip("+-")).replace("-", "−")


def signed(value: float | None, digits: int = 2) -> str:
    """As ``number``, with + or a true minus sign."""
    return ("+" if value is not None and value > 0 else "") + number(value, digits)


def together(*values: float | None, digits: int = 3, is_signed: bool = False) -> tuple[str, ...]:
    """Numbers that are read side by side: all with the decimals that the largest of them has.

    ``0.177`` beside ``-0.0016`` is ``−0.002``; ``number`` gives each its own decimals.
    """
    shown = decimals(*values, digits=digits)
    return tuple(fixed(value, shown, is_signed=is_signed) for value in values)


def span(*values: float) -> str:
    """``0.135 to 0.177``: the least and the greatest of some numbers, with equal decimals."""
    return " to ".join(together(min(values), max(values)))


def percent(share: float) -> str:
    """``0.012`` as ``1.2 %``, ``0.4`` as ``40 %``; a positive share below 0.01 % says so."""
    figure = 100 * share
    if 0 < figure < _SMALLEST_PERCENT:
        return f"under {_SMALLEST_PERCENT}{_TIE}%"
    if abs(figure) >= 10 or figure == 0:
        return f"{figure:.0f}{_TIE}%"
    return f"{figure:.1f}{_TIE}%" if abs(figure) >= 1 else f"{number(figure)}{_TIE}%"


def compared(share: float) -> str:
    """A share as people compare: ``about a sixth``; a small or a nearly whole one as a percentage.

    The nearest of some plain fractions, none of which is more than a tenth of itself away.
    """
    near = min(_FRACTIONS, key=lambda fraction: abs(fraction - share))
    return f"about {_FRACTIONS[near]}" if abs(near - share) <= near / 10 else percent(share)


def p_value(p: float) -> str:
    """``p = 0.012``, ``p = 0.12``, ``p < 0.001``."""
    text = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    return text.replace(" ", _TIE)


def spread(mean: float, std: float, beside: float | None = None) -> str:
    """``−0.003 ± 0.066``: a mean with the decimals of its standard deviation.

    ``beside``: a value that both are read beside, whose decimals they take unless the deviation
    would be 0 with them.
    """
    shown = decimals(std, digits=2)
    if beside is not None and std >= 10.0 ** -decimals(beside):
        shown = decimals(beside)
    return f"{fixed(mean, shown)}{_TIE}±{_TIE}{fixed(std, shown)}"


def interval(low: float, high: float, level: float) -> str:
    """``95 % interval 0.061 to 0.301``, both with equal decimals; ``level`` is a share."""
    return f"{percent(level)} interval {span(low, high)}"


def duration(seconds: float) -> str:
    """``8 s``, ``50 s``, ``3 min``, ``2 h``: as exact as an estimate of it deserves."""
    if seconds < 10:
        return f"{max(round(seconds), 1)}{_TIE}s"
    if seconds < 90:
        return f"{5 * round(seconds / 5)}{_TIE}s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)}{_TIE}min"
    return f"{round(seconds / 3600)}{_TIE}h"
