"""Lists of text, predicted and measured under held-out seeds, as a typed table.

NaN is ``None`` in JSON, as in ``clif_core.evaluation.table``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from clif_core.errors import FormatError
from clif_core.evaluation import judges
from clif_core.evaluation.table import rounded
from clif_core.influence.estimators import ENSEMBLE, ESTIMATORS
from clif_core.measurement.uncertainty import MeanInterval, mean_interval

__all__ = ["Fit", "ListRow", "ListTable", "Side", "read_list_tables", "write_list_tables"]

Side = Literal["lowers", "raises", "chance"]


@dataclass(frozen=True)
class ListRow:
    """One list: who chose it, what was predicted, and the change that each held-out seed gave.

    Attributes
    ----------
    predicted : by estimator, the sum of its removal effects over the list
    low, high : the 95 % interval of the ensemble's effect of the list; NaN without its runs
    measured : the probe trained without the list minus trained with all text, seed by seed
    """

    chooser: str
    side: Side
    size: int
    predicted: Mapping[str, float]
    low: float
    high: float
    measured: tuple[float, ...]

    @cached_property
    def interval(self) -> MeanInterval:
        """The mean of the measured changes, with Student's 95 % interval over the seeds."""
        found = mean_interval(self.measured)
        assert found is not None  # ``held_out_seeds`` gives two or more
        return found

    @property
    def mean(self) -> float:
        return self.interval.mean

    @property
    def is_held(self) -> bool:
        """Whether the ensemble's interval holds the measured mean."""
        return self.low <= self.mean <= self.high

    @property
    def is_held_with_error(self) -> bool:
        """The same, the interval widened by that of the measured mean (root of squares)."""
        half = math.hypot((self.high - self.low) / 2, (self.interval.high - self.interval.low) / 2)
        return abs((self.high + self.low) / 2 - self.mean) <= half


class Fit(NamedTuple):
    """Predictions of ``n`` lists against the measured means.

    ``slope`` of measured on predicted through 0; ``lowest`` and ``highest`` measured change for a
    predicted change of 1 among the lists: a mean of 1 may hide both.
    """

    n: int
    slope: float
    pearson: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class ListTable:
    """The lists of one probe; ``n_runs`` of the seed ensemble that predicted, 0 without one."""

    probe: str
    key: str
    seeds: tuple[int, ...]
    n_runs: int
    rows: tuple[ListRow, ...]

    def fit(self, estimator: str, chooser: str | None = None) -> Fit:
        """How the predictions of an estimator fit, over the lists of a chooser.

        None: of every chooser that is an estimator. Lists by counts and by chance are left out:
        their changes are near 0.
        """
        rows = [
            row
            for row in self.rows
            if estimator in row.predicted
            and (row.chooser in ESTIMATORS if chooser is None else row.chooser == chooser)
        ]
        if not rows:
            return Fit(0, *([math.nan] * 4))
        predicted = np.array([row.predicted[estimator] for row in rows])
        measured = np.array([row.mean for row in rows])
        with np.errstate(divide="ignore"):
            ratios = measured / predicted
        return Fit(
            len(rows),
            float(judges.slope(predicted, measured)),
            float(judges.pearson(predicted, measured)),
            float(ratios.min()),
            float(ratios.max()),
        )

    def held(self, holds: Callable[[ListRow], bool]) -> tuple[int, int]:
        """Of the lists with an interval, how many hold by ``holds``, and how many there are."""
        rows = [row for row in self.rows if math.isfinite(row.low)]
        return sum(map(holds, rows)), len(rows)

    def moved_by(self, chooser: str) -> float:
        """The mean size of the measured changes of a chooser's lists, towards the chosen side.

        Of 1: what the ensemble's lists of the same sizes and sides moved. NaN without pairs.
        """
        theirs, ours = [], []
        for row in self.rows:
            other = self.row(ENSEMBLE, row.side, row.size)
            if row.chooser == chooser and other is not None:
                sign = -1 if row.side == "lowers" else 1
                theirs.append(sign * row.mean)
                ours.append(sign * other.mean)
        return sum(theirs) / sum(ours) if sum(ours) > 0 else math.nan

    def row(self, chooser: str, side: Side, size: int) -> ListRow | None:
        wanted = (chooser, side, size)
        return next((r for r in self.rows if (r.chooser, r.side, r.size) == wanted), None)

    def frame(self) -> pd.DataFrame:
        """One row a list; ``predicted_X`` by estimator X, ``seed_N`` the change under that seed."""
        return pd.DataFrame(
            [
                {
                    "chooser": row.chooser,
                    "side": row.side,
                    "size": row.size,
                    **{f"predicted_{name}": value for name, value in row.predicted.items()},
                    "low": row.low,
                    "high": row.high,
                    "measured": row.mean,
                    "measured_low": row.interval.low,
                    "measured_high": row.interval.high,
                    **{f"seed_{s}": x for s, x in zip(self.seeds, row.measured, strict=True)},
                }
                for row in self.rows
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, numbers to four significant digits; seeds in full."""
        found: dict[str, Any] = rounded(asdict(self))
        return found | {"seeds": list(self.seeds)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ListTable:
        """The inverse of ``to_dict``; raises KeyError, TypeError or ValueError on another shape."""
        rows = tuple(_read_row(row) for row in values["rows"])
        return cls(**{**values, "seeds": tuple(values["seeds"]), "rows": rows})


def _read_row(values: Mapping[str, Any]) -> ListRow:
    known: dict[str, Any] = {k: math.nan if v is None else v for k, v in values.items()}
    predicted = {str(name): float(value) for name, value in values["predicted"].items()}
    measured = tuple(float(change) for change in values["measured"])
    if len(measured) < 2 or not all(map(math.isfinite, (*measured, *predicted.values()))):
        raise ValueError(f"a list with the changes {measured} and predictions {predicted}")
    return ListRow(**(known | {"predicted": predicted, "measured": measured}))


# --- on a model's card, beside the fidelity tables


def write_list_tables(
    card: Mapping[str, Any],
    tables: Sequence[ListTable],
    made: Mapping[str, Any],
    content_hash: str,
) -> dict[str, Any]:
    """The card with the tables under ``held_out``; ``made`` as for fidelity tables."""
    found = {
        "made": {**made, "content_hash": content_hash},
        "tables": [table.to_dict() for table in tables],
    }
    return {**card, "held_out": found}


def read_list_tables(card: Mapping[str, Any], content_hash: str) -> tuple[ListTable, ...]:
    """The tables of a card; none where it has none, or where they judged another model.

    Raises FormatError for damaged tables.
    """
    found = card.get("held_out")
    if found is None:
        return ()
    try:
        if found["made"]["content_hash"] != content_hash:
            return ()
        return tuple(ListTable.from_dict(values) for values in found["tables"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(
            f"the tables of held-out trainings on the card of {card.get('name')!r} are damaged"
            f" ({error!r}). Remove 'held_out' from the card, or make them again."
        ) from error
