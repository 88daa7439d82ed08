"""Numbers as people read them. A no-break space ties a number to its unit."""

from __future__ import annotations

import math

__all__ = ["compared", "duration", "fixed", "interval", "number", "p_value", "percent", "signed",
           "spread", "together"]  # fmt: skip

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
    decimals = max(2, digits - 1 - math.floor(math.log10(abs(value))))
    if abs(value) >= 10:
        decimals = 1 if abs(value) < 100 else 0
    return f"{value:,.{min(decimals, 8)}f}".replace("-", "−")


def fixed(value: float | None, decimals: int = 3) -> str:
    """A number with the same count of decimals in every row of a column, and a true minus sign.

    What rounds to 0 has no sign.
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.{decimals}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", "−")


def signed(value: float | None, digits: int = 2) -> str:
    """As ``number``, with + or a true minus sign."""
    return ("+" if value is not None and value > 0 else "") + number(value, digits)


def together(*values: float | None, digits: int = 3) -> tuple[str, ...]:
    """Numbers that are read side by side: all with the decimals that the largest of them has.

    ``0.177`` beside ``-0.0016`` is ``−0.002``; ``number`` gives each its own decimals.
    """
    known = [abs(value) for value in values if value is not None and math.isfinite(value)]
    largest = max(known, default=0.0)
    _, _, decimals = number(largest, digits).partition(".")
    return tuple(fixed(value, len(decimals)) for value in values)


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


def spread(mean: float, std: float) -> str:
    """``−0.003 ± 0.066``: a mean with the decimals of its standard deviation."""
    _, _, decimals = number(std).partition(".")
    return f"{fixed(mean, len(decimals) or 2)}{_TIE}±{_TIE}{number(std)}"


def interval(low: float, high: float, level: float) -> str:
    """``95 % interval 0.061 to 0.301``, both with equal decimals; ``level`` is a share."""
    return f"{percent(level)} interval {' to '.join(together(low, high))}"


def duration(seconds: float) -> str:
    """``8 s``, ``50 s``, ``3 min``, ``2 h``: as exact as an estimate of it deserves."""
    if seconds < 10:
        return f"{max(round(seconds), 1)}{_TIE}s"
    if seconds < 90:
        return f"{5 * round(seconds / 5)}{_TIE}s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)}{_TIE}min"
    return f"{round(seconds / 3600)}{_TIE}h"
