"""The points of the mixture: three round Gaussians in the plane, and edits by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError

__all__ = ["MEANS", "N_CLASSES", "Edit", "Points", "sample_points"]

MEANS = ((0.0, 0.0), (5.0, 5.0), (5.0, -5.0))
N_CLASSES = len(MEANS)
STANDARD_DEVIATION = 1.25
N_EACH = 50
MAX_POINTS = 300
LIMIT = 20.0  # of each coordinate; one farther out is taken for a mistake


@dataclass(frozen=True, eq=False)
class Points:
    """Coordinates ``places`` (n, 2), float64, and the class of each, (n,), 0 to 2."""

    places: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Edit:
    """One change by hand: point ``index`` lies at (x, y) and is of class ``label``.

    An index equal to the number of points adds one.
    """

    index: int
    x: float
    y: float
    label: int


def sample_points(seed: int, edits: Sequence[Edit] = ()) -> Points:
    """50 points of each component, in the order of the components, with the edits applied.

    Means (0, 0), (5, 5), (5, -5) and standard deviation 1.25 in each direction, as in the paper's
    release; the draws are those of ``numpy.random.default_rng(seed)``.
    """
    generator = np.random.default_rng(seed)
    places = [generator.normal(mean, STANDARD_DEVIATION, (N_EACH, 2)) for mean in MEANS]
    points = Points(np.concatenate(places), np.repeat(np.arange(N_CLASSES), N_EACH))
    for edit in edits:
        points = _edited(points, edit)
    return points


def _edited(points: Points, edit: Edit) -> Points:
    n = len(points)
    if not 0 <= edit.index <= n or edit.index >= MAX_POINTS:
        raise InputError(
            f"there is no point {edit.index}: points are 0 to {n - 1}, and {n} would add one (of"
            f" at most {MAX_POINTS})."
        )
    if not (abs(edit.x) <= LIMIT and abs(edit.y) <= LIMIT):
        raise InputError(
            f"a point lies within {LIMIT:g} of the origin in each direction, got"
            f" ({edit.x:g}, {edit.y:g})."
        )
    if not 0 <= edit.label < N_CLASSES:
        raise InputError(f"a class is 0 to {N_CLASSES - 1}, got {edit.label}.")
    places, labels = points.places, points.labels
    if edit.index == n:
        places, labels = np.vstack([places, np.zeros(2)]), np.append(labels, 0)
    else:
        places, labels = places.copy(), labels.copy()
    places[edit.index], labels[edit.index] = (edit.x, edit.y), edit.label
    return Points(places, labels)
