"""Colours of the points of a map: by cluster, count, association or effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dashboard.charts.palette import Palette
from dashboard.charts.word_map import PointColours

__all__ = ["paint_clusters", "paint_counts", "paint_diverging"]

FloatArray = npt.NDArray[np.float32]


def paint_clusters(classes: npt.NDArray[np.int32], colours: Palette) -> PointColours:
    """A flat colour for each colour class; class -1 (in no cluster) is grey."""
    scale = (colours.muted_point, *colours.clusters)
    stops: list[tuple[float, str]] = []
    for i, colour in enumerate(scale):
        stops += [(i / len(scale), colour), ((i + 1) / len(scale), colour)]
    return PointColours(classes.astype(np.float32), stops, (-1.5, len(scale) - 1.5))


def paint_counts(counts: npt.NDArray[np.int64], colours: Palette, title: str) -> PointColours:
    """From rare to frequent, in powers of ten."""
    values = np.log10(np.maximum(counts, 1)).astype(np.float32)
    low, high = float(values.min()), max(float(values.max()), float(values.min()) + 0.1)
    powers = [p for p in range(9) if low <= p <= high]
    ticks = (tuple(float(p) for p in powers), tuple(f"{10**p:,}" for p in powers))
    return PointColours(values, colours.counts, (low, high), title, ticks)


def paint_diverging(
    values: FloatArray, scale: tuple[tuple[float, str], ...], title: str, ends: tuple[str, str]
) -> PointColours:
    """A diverging scale around zero; its limits leave out the outermost 2 % of the values.

    ``ends`` name the negative and the positive end.
    """
    limit = max(float(np.quantile(np.abs(values), 0.98)), 1e-9)
    ticks = ((-limit, 0.0, limit), (ends[0], "0", ends[1]))
    return PointColours(values.astype(np.float32), scale, (-limit, limit), title, ticks)
