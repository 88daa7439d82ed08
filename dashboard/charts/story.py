"""Where the marks of the story's pictures stand, in percent of the picture.

The pictures are HTML, not Plotly: every step is in the page from the start, and style sheets move
marks from step to step without the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Mark", "Scale", "heap", "name_words"]

_MOST_LANES = 7
_NARROW = 2.7  # times as wide is a name, in percent of the strip, on a phone
_NARROW_LANES = 4
_CHARACTER, _BETWEEN = 1.0, 1.6  # widths in percent of a strip on a projector


@dataclass(frozen=True)
class Scale:
    """Values between ``low`` and ``high`` as percent, with ``margin`` percent free at each end."""

    low: float
    high: float
    margin: float = 5.0

    @classmethod
    def around(cls, values: Iterable[float], margin: float = 5.0) -> Scale:
        found = list(values)
        return cls(min(found), max(found), margin)

    def at(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        share = (value - self.low) / span
        return round(self.margin + (100 - 2 * self.margin) * share, 2)


@dataclass(frozen=True)
class Mark:
    """A mark at ``at`` percent; ``lane`` counts away from the axis, -1: its name has no room.

    ``narrow`` is the lane on a phone.
    """

    name: str
    at: float
    lane: int
    narrow: int = -1


def name_words(places: Sequence[tuple[str, float]]) -> list[Mark]:
    """Words with their percent, each name in the lane nearest the axis where it has room.

    A name is centred on its mark, and those at the ends are kept on the strip by the style sheet.
    """
    ordered = sorted(places, key=lambda place: place[1])
    wide, narrow = _lanes(ordered, 1.0, _MOST_LANES), _lanes(ordered, _NARROW, _NARROW_LANES)
    return [Mark(*place, *lanes) for place, *lanes in zip(ordered, wide, narrow, strict=True)]


def _lanes(ordered: Sequence[tuple[str, float]], size: float, n: int) -> list[int]:
    """The lane of each name where a character is ``size`` times as wide as on a projector."""
    ends = [-100.0] * n  # of the last name of each lane
    found = []
    for name, at in ordered:
        half = size * (len(name) * _CHARACTER + _BETWEEN) / 2
        lane = next((i for i, end in enumerate(ends) if end <= at - half), -1)
        if lane >= 0:
            ends[lane] = at + half
        found.append(lane)
    return found


def heap(places: Iterable[float], width: float = 0.9) -> list[Mark]:
    """Nameless marks heaped on each other where they are nearer than ``width`` percent."""
    heights: dict[int, int] = {}
    found = []
    for at in sorted(places):
        column = round(at / width)
        found.append(Mark("", round(column * width, 2), heights.get(column, 0)))
        heights[column] = heights.get(column, 0) + 1
    return found
