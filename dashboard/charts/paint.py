"""Colours of the points of a map: by cluster, count, association or effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dashboard.charts.palette import Palette
from dashboard.charts.word_map import PointColours

__all__ = ["colour_steps", "paint_clusters", "paint_counts", "paint_diverging"]

FloatArray = npt.NDArray[np.float32]
_STEPS = 48


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


def colour_steps(paint: PointColours) -> tuple[npt.NDArray[np.int32], list[str]]:
    """The paint as a number for each point and the colours that these numbers stand for."""
    low, high = paint.limits
    places = np.clip((paint.values - low) / (high - low), 0.0, 1.0)
    if paint.ticks is None:  # flat classes: each colour has two stops
        flat = [colour for _, colour in paint.scale[::2]]
        return np.minimum((places * len(flat)).astype(np.int32), len(flat) - 1), flat
    stops = np.array([stop for stop, _ in paint.scale])
    parts = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for _, c in paint.scale])
    middles = (np.arange(_STEPS) + 0.5) / _STEPS
    mixed = np.stack([np.interp(middles, stops, part) for part in parts.T], axis=1)
    colours = ["#{:02x}{:02x}{:02x}".format(*map(round, rgb)) for rgb in mixed.tolist()]
    return np.minimum((places * _STEPS).astype(np.int32), _STEPS - 1), colours
