"""What the living map draws, as the Arrow table that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["MapAxes", "MapWords", "Region", "word_table"]

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """A label of the whole map: a cluster's name at its place."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class MapAxes:
    """Titles of the layout by named axis; upwards are powers of ten."""

    across: str
    up: str


@dataclass(frozen=True, eq=False)
class MapWords:
    """The words of a map, ready to send.

    ``table`` : of ``word_table``. ``version`` : names its content, so that the browser reads equal
    words once. ``colours`` : hex strings that the table's colour numbers index. ``names`` : of the
    clusters, by number.
    """

    table: pa.Table
    version: str
    colours: Sequence[str]
    names: Sequence[str]
    regions: Sequence[Region] = ()
    axes: MapAxes | None = None


def word_table(
    words: Sequence[str],
    places: FloatArray,
    counts: npt.NDArray[np.int64],
    clusters: npt.NDArray[np.int32],
    colours: npt.NDArray[np.int32],
    weights: FloatArray,
    unit_vectors: FloatArray,
) -> pa.Table:
    """One row a word; all arguments have a row each.

    ``places`` (n, 2); ``colours`` number a list of colours; ``weights`` say which word is labelled
    before which; those not above 0 only when one has zoomed in. ``order`` of the table: the rows,
    the most telling first. The vectors travel as 8-bit
    integers, each scaled by its own largest component: that moves a cosine by about 0.001
    (docs/decisions/0036).
    """
    largest = np.maximum(np.abs(unit_vectors).max(axis=1, keepdims=True), 1e-12)
    rounded = np.rint(unit_vectors * (127 / largest)).astype(np.int8)
    return pa.table(
        {
            "word": pa.array(words, pa.string()),
            "x": pa.array(places[:, 0], pa.float32()),
            "y": pa.array(places[:, 1], pa.float32()),
            "count": pa.array(np.minimum(counts, np.iinfo(np.int32).max), pa.int32()),
            "cluster": pa.array(clusters, pa.int32()),
            "colour": pa.array(colours, pa.int32()),
            "weight": pa.array(weights, pa.float32()),
            "order": pa.array(np.argsort(-weights, kind="stable"), pa.uint32()),
            "vector": pa.FixedSizeListArray.from_arrays(rounded.ravel(), unit_vectors.shape[1]),
        }
    )
