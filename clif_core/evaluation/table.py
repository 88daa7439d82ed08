"""The outcome of a trial as a typed table: to read, to print, to store as JSON.

NaN (no such figure: a constant prediction, a size that means nothing) is ``None`` in JSON and an
empty cell in print.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from clif_core.evaluation.sets import Kind
from clif_core.influence.estimators import canonical_name

__all__ = ["Points", "ProbeRow", "Row", "Table", "rounded"]

_DIGITS = 4


@dataclass(frozen=True)
class ProbeRow:
    """One estimator on one probe. ``lds_low``, ``lds_high``: 95 % bootstrap over the sets.

    ``sd_actual`` is the standard deviation (ddof 0) of the actual changes, in units of the probe.
    """

    probe: str
    key: str
    pearson: float
    lds: float
    lds_low: float
    lds_high: float
    slope: float
    r2: float
    sign_agreement: float
    sd_actual: float


@dataclass(frozen=True)
class Points:
    """Predicted and actual change of each set, for a chart."""

    probe: str
    predicted: tuple[float, ...]
    actual: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One estimator: means over the probes, and each probe.

    ``r2`` is given for differential sets only, ``sign_agreement`` where texts were chosen by their
    effect, ``slope`` where the size of a prediction has a meaning.
    """

    estimator: str
    is_baseline: bool
    has_size: bool
    pearson: float
    lds: float
    lds_low: float
    lds_high: float
    slope: float
    r2: float
    sign_agreement: float
    per_probe: tuple[ProbeRow, ...] = ()
    points: tuple[Points, ...] = ()


@dataclass(frozen=True)
class Table:
    """All estimators on one trial, best LDS first; the other fields are those of ``Trial``."""

    removed: str
    kind: Kind
    level: str
    fraction: float | None
    n_sets: int
    ceiling: float | None
    rows: tuple[Row, ...]

    def frame(self) -> pd.DataFrame:
        """One row per estimator: the means over probes."""
        shown = [{k: v for k, v in asdict(row).items() if k not in _NESTED} for row in self.rows]
        return pd.DataFrame(shown)

    def probe_frame(self, estimator: str) -> pd.DataFrame:
        """One row per probe, of one estimator."""
        (row,) = (row for row in self.rows if row.estimator == estimator)
        return pd.DataFrame([asdict(found) for found in row.per_probe])

    def for_card(self, with_points: frozenset[str]) -> Table:
        """A smaller table: points of these estimators only, and of baselines the means only."""
        rows = [
            replace(
                row,
                per_probe=() if row.is_baseline else row.per_probe,
                points=row.points if row.estimator in with_points else (),
            )
            for row in self.rows
        ]
        return replace(self, rows=tuple(rows))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, numbers to four significant digits."""
        shown: dict[str, Any] = rounded(asdict(self))
        return shown

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Table:
        """The inverse of ``to_dict``; raises KeyError, TypeError or ValueError on another shape."""
        return cls(**{**values, "rows": tuple(_row(row) for row in values["rows"])})


_NESTED = ("per_probe", "points")


def _row(values: Mapping[str, Any]) -> Row:
    points = [
        Points(found["probe"], tuple(found["predicted"]), tuple(found["actual"]))
        for found in values["points"]
    ]
    per_probe = tuple(ProbeRow(**_known(found)) for found in values["per_probe"])
    nested = {"per_probe": per_probe, "points": tuple(points)}
    return Row(**{**_known(values), **nested, "estimator": canonical_name(values["estimator"])})


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in values.items()}


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return value
