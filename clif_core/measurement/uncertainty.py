"""How far a value may vary: an interval over resamples, a spread and a mean over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError

__all__ = [
    "Interval",
    "MeanInterval",
    "SeedSpread",
    "mean_interval",
    "percentile_interval",
    "seed_spread",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A bootstrap percentile interval from ``n_draws`` resamples with a finite value."""

    low: float
    high: float
    level: float
    n_draws: int


@dataclass(frozen=True)
class SeedSpread:
    """The same quantity on trainings that differ in the seed only; std has ddof 1."""

    values: dict[int, float]
    mean: float
    std: float


@dataclass(frozen=True)
class MeanInterval:
    """A mean over ``n`` independent values, its standard error, and its t interval."""

    mean: float
    standard_error: float
    low: float
    high: float
    level: float
    n: int


def mean_interval(values: Sequence[float], level: float = 0.95) -> MeanInterval | None:
    """The mean of the values with Student's interval, n - 1 degrees; None with fewer than two."""
    from scipy.special import stdtrit

    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}.")
    numbers, n = np.asarray(values, dtype=np.float64), len(values)
    if n < 2:
        return None
    mean, error = float(numbers.mean()), float(numbers.std(ddof=1) / np.sqrt(n))
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * error
    return MeanInterval(mean, error, mean - reach, mean + reach, level, n)


def percentile_interval(draws: Floats, level: float = 0.95) -> Interval | None:
    """The central interval with a share ``level`` of the draws; None when no draw is finite."""
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}.")
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return None
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, len(draws))


def seed_spread(values: dict[int, float]) -> SeedSpread | None:
    """Mean and standard deviation (ddof 1) over seeds; None with fewer than two."""
    if len(values) < 2:
        return None
    numbers = np.array(list(values.values()))
    return SeedSpread(dict(values), float(numbers.mean()), float(numbers.std(ddof=1)))
