"""Values before and after on one line each, with their places in percent of the line.

The picture is HTML, as the story's are: it takes its colours and its width from the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.charts.story import Scale

__all__ = ["Placed", "Row", "Tick", "place_rows", "ticks"]

Kind = Literal["predicted", "measured", "seeds", "random"]
_MARGIN = 3.0  # percent of the line that is free at either end


@dataclass(frozen=True)
class Row:
    """One line: a value before, and those after it.

    ``middle``: where the arrow ends; None: the mean of ``after``. ``interval``: of that end.
    """

    label: str
    note: str
    before: float
    after: tuple[float, ...]
    kind: Kind
    middle: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def end(self) -> float:
        return sum(self.after) / len(self.after) if self.middle is None else self.middle

    @property
    def values(self) -> tuple[float, ...]:
        return (self.before, self.end, *self.after, *(self.interval or ()))


@dataclass(frozen=True)
class Placed:
    """A row in percent: ``start``, ``end``, its marks, the ends of the interval or None."""

    row: Row
    start: float
    end: float
    marks: tuple[float, ...]
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Tick:
    """A number under the line."""

    at: float
    value: float
    decimals: int


def place_rows(rows: Sequence[Row]) -> tuple[list[Placed], list[Tick], float]:
    """The rows, the numbers under them, and the place of 0, in percent.

    The line holds 0, which is no difference: otherwise a fall by a third looks like one to nothing.
    """
    scale = Scale.around((0.0, *(value for row in rows for value in row.values)), _MARGIN)
    marks = [Tick(scale.at(value), value, n) for value, n in ticks(scale.low, scale.high)]
    return [_place(row, scale) for row in rows], marks, scale.at(0.0)


def _place(row: Row, scale: Scale) -> Placed:
    low, high = sorted(row.interval or (0.0, 0.0))
    return Placed(
        row,
        scale.at(row.before),
        scale.at(row.end),
        tuple(scale.at(value) for value in row.after),
        None if row.interval is None else (scale.at(low), scale.at(high)),
    )


def ticks(low: float, high: float, most: int = 6) -> Iterable[tuple[float, int]]:
    """(value, decimals) of at most ``most`` round numbers from ``low`` to ``high``."""
    span = high - low
    if not span > 0:
        return [(low, 2)]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(step for n in (1, 2, 5, 10, 20) if span / (step := n * power) <= most - 1)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(n * step, decimals) for n in range(first, last + 1)]
