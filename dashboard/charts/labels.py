"""Labels that cover neither each other nor lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Label", "crowded_on_phones", "place_labels"]

FloatArray = npt.NDArray[np.float32]
Box = tuple[float, float, float, float]  # left, right, bottom, top, in pixels
_CHARACTER, _LINE, _GAP = 7.2, 18.0, 5.0  # pixels of 13 px type
_PHONE = 330  # pixels: the width of a chart there
_WIDER = (1.0, 4 / 3, 16 / 9)  # pictures on which a label keeps clear of lines, by their width


@dataclass(frozen=True)
class Label:
    """The text number ``index`` and its offset from its centre, in pixels right and up."""

    index: int
    right: float
    up: float


def place_labels(
    centres: FloatArray,
    texts: Sequence[str],
    span: FloatArray,
    size: tuple[int, int] = (800, 560),
    clear: float = 0.0,
    lines: FloatArray | None = None,
) -> list[Label]:
    """Where to write each text, most important text first.

    Greedy: a label takes the first free position around its centre, on a picture of ``size`` pixels
    that shows (2,) ``span`` data units, and is left out where there is none. On a larger picture
    centres lie further apart and labels as near to them, so none overlap. ``clear`` is the distance
    in pixels from a mark at the centre; 0 allows a label on its centre. ``lines`` (n, 2, 2), start
    and end of each in data units, are not covered either.
    """
    at = _on_picture(centres, span, size)
    wider = [(int(size[0] * by), size[1]) for by in _WIDER] if lines is not None else []
    drawn = [(_on_picture(centres, span, s), _lines_on(lines, span, s)) for s in wider]
    taken: list[Box] = []
    placed = []
    for i, text in enumerate(texts):
        for right, up in _offsets(_half(text)[0], clear):
            label = Label(i, right, up)
            box = _box(at[i], label, text)
            if any(_overlap(box, other) for other in taken):
                continue
            if any(_is_crossed(_box(there[i], label, text), across) for there, across in drawn):
                continue
            taken.append(box)
            placed.append(label)
            break
    return placed


def crowded_on_phones(
    placed: Sequence[Label],
    centres: FloatArray,
    texts: Sequence[str],
    span: FloatArray,
    height: int,
    lines: FloatArray | None = None,
) -> list[int]:
    """Which of the placed labels, by number, to leave out where the picture is a phone wide.

    Labels stay at their centres, so one that would cover a more important one or a line is left
    out.
    """
    across = _lines_on(lines, span, (_PHONE, height))
    at = _on_picture(centres, span, (_PHONE, height))
    taken: list[Box] = []
    crowded = []
    for number, label in enumerate(placed):
        box = _box(at[label.index], label, texts[label.index])
        if any(_overlap(box, other) for other in taken) or _is_crossed(box, across):
            crowded.append(number)
        else:
            taken.append(box)
    return crowded


def _on_picture(
    centres: FloatArray, span: FloatArray, size: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """(n, 2) pixels from the origin of the data."""
    return centres.astype(np.float64) * (np.asarray(size) / np.maximum(span, 1e-9))


def _lines_on(
    lines: FloatArray | None, span: FloatArray, size: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """(n, 2, 2) pixels from the origin of the data; without lines n is 0."""
    if lines is None:
        return np.empty((0, 2, 2))
    return _on_picture(lines.reshape(-1, 2), span, size).reshape(-1, 2, 2)


def _is_crossed(box: Box, lines: npt.NDArray[np.float64]) -> bool:
    """Whether any of the (n, 2, 2) lines touches the box: a part of it is inside on both axes."""
    if not len(lines):
        return False
    start, way = lines[:, 0], lines[:, 1] - lines[:, 0]
    low, high = np.array([box[0], box[2]]), np.array([box[1], box[3]])
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([(low - start) / way, (high - start) / way])
    is_still = way == 0  # along this axis: inside all the way, or never
    is_inside = (low <= start) & (start <= high)
    enter = np.where(is_still, np.where(is_inside, 0.0, np.inf), ends.min(axis=0))
    leave = np.where(is_still, np.where(is_inside, 1.0, -np.inf), ends.max(axis=0))
    return bool((np.maximum(enter.max(axis=1), 0) <= np.minimum(leave.min(axis=1), 1)).any())


def _box(at: npt.NDArray[np.float64], label: Label, text: str) -> Box:
    half_width, half_height = _half(text)
    x, y = float(at[0]) + label.right, float(at[1]) + label.up
    return x - half_width, x + half_width, y - half_height, y + half_height


def _offsets(half_width: float, clear: float) -> list[tuple[float, float]]:
    """Offsets to try, in pixels right and up, the best first."""
    side, up = half_width / 2, clear or _LINE
    around = [(0.0, up), (0.0, -up), (side, up), (-side, up), (side, -up), (-side, -up)]
    if clear == 0:
        return [(0.0, 0.0), *around]
    return [*around[:2], (half_width + clear / 3, 0.0), (-half_width - clear / 3, 0.0), *around[2:]]


def _half(text: str) -> tuple[float, float]:
    """Half the width and height of a label, in pixels."""
    return len(text) * _CHARACTER / 2 + _GAP, _LINE / 2 + _GAP / 2


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
