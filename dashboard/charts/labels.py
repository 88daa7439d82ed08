"""Labels that do not cover each other, and colours that tell neighbouring clusters apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["colour_classes", "crowded_on_phones", "place_labels"]

FloatArray = npt.NDArray[np.float32]
Box = tuple[float, float, float, float]  # left, right, bottom, top, in pixels
_SHIFTS = ((0, 0), (0, 1), (0, -1), (0.5, 1), (-0.5, 1), (0.5, -1), (-0.5, -1), (0, 2), (0, -2))
_CHARACTER, _LINE, _GAP = 7.2, 18.0, 5.0  # pixels of 13 px type
_PHONE = 330  # pixels: the width of a chart there


def place_labels(
    centres: FloatArray,
    texts: Sequence[str],
    span: FloatArray,
    size: tuple[int, int] = (800, 560),
) -> list[tuple[int, float, float]]:
    """Where to write each text: (index, x, y) in data units, most important text first.

    Greedy: a label takes the first of nine places around its centre that is free on a picture of
    ``size`` pixels showing (2,) ``span`` data units, and is left out where none is.
    """
    scale = np.asarray(size, dtype=np.float64) / np.maximum(span, 1e-9)
    taken: list[Box] = []
    placed = []
    for i, text in enumerate(texts):
        half = _half(text)
        at = centres[i].astype(np.float64) * scale
        for shift in _SHIFTS:
            x, y = at[0] + shift[0] * half[0], at[1] + shift[1] * _LINE
            box = (x - half[0], x + half[0], y - half[1], y + half[1])
            if not any(_overlap(box, other) for other in taken):
                taken.append(box)
                placed.append((i, float(x / scale[0]), float(y / scale[1])))
                break
    return placed


def crowded_on_phones(
    placed: Sequence[tuple[int, float, float]],
    texts: Sequence[str],
    span: FloatArray,
    height: int,
) -> list[int]:
    """Which of the placed labels, by number, to leave out where the picture is a phone wide.

    They stay where they are, so one that would cover a more important one has to go.
    """
    scale = np.array([_PHONE, height], dtype=np.float64) / np.maximum(span, 1e-9)
    taken: list[Box] = []
    crowded = []
    for number, (i, x, y) in enumerate(placed):
        half = _half(texts[i])
        x, y = x * scale[0], y * scale[1]
        box = (x - half[0], x + half[0], y - half[1], y + half[1])
        if any(_overlap(box, other) for other in taken):
            crowded.append(number)
        else:
            taken.append(box)
    return crowded


def _half(text: str) -> tuple[float, float]:
    """Half the width and height of a label, in pixels."""
    return len(text) * _CHARACTER / 2 + _GAP, _LINE / 2 + _GAP / 2


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def colour_classes(centres: FloatArray, n_colours: int) -> npt.NDArray[np.int32]:
    """A colour number 0..n_colours-1 for each cluster, so that equal ones lie far apart.

    Greedy in the given order: each cluster takes the colour whose nearest bearer is farthest.
    """
    classes = np.zeros(len(centres), dtype=np.int32)
    for i in range(len(centres)):
        distances = np.linalg.norm(centres[:i] - centres[i], axis=1)
        nearest = [distances[classes[:i] == c].min(initial=np.inf) for c in range(n_colours)]
        classes[i] = int(np.argmax(nearest))
    return classes
