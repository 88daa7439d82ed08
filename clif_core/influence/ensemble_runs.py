"""What each run of a seed ensemble says of each sentence, and the statistics of larger texts.

Effects of disjoint texts add up within each run, so the effect of a document or of a group of
sentences is judged from its own sum in every run: its error is not that of its parts added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.measurement.over_runs import UnitStatistics, judge_units

__all__ = ["EnsembleRuns"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EnsembleRuns:
    """The runs of an ensemble's answer to one probe.

    Attributes
    ----------
    seeds : (K,) of the runs, none of them the model's own
    values : (K,) the probe after each run
    by_run : (K, n_sentences) float32 removal effect of each sentence in each run
    known : (n_sentences,) what the effects are drawn towards: the quick estimate times its factor
    share : 0 to 1, how much the runs count of what they say beyond ``known``
    """

    seeds: tuple[int, ...]
    values: Floats
    by_run: npt.NDArray[np.float32]
    known: Floats
    share: float

    @property
    def n_runs(self) -> int:
        return len(self.seeds)

    @cached_property
    def sentences(self) -> UnitStatistics:
        """Of each sentence, (n_sentences,) arrays."""
        return judge_units(self.by_run, self.known, self.share)

    def groups(self, group: npt.NDArray[np.integer], n_groups: int) -> UnitStatistics:
        """Of sums over sentences, (n_groups,) arrays; ``group`` (n_sentences,) is each one's.

        A sentence with a negative number is in no group.
        """
        is_in = group >= 0

        def add_up(row: npt.NDArray[np.floating]) -> Floats:
            found = np.bincount(group[is_in], row[is_in], minlength=n_groups)
            return np.asarray(found, dtype=np.float64)

        by_run = np.stack([add_up(row) for row in self.by_run])
        return judge_units(by_run, add_up(self.known), self.share)

    @property
    def about(self) -> dict[str, Any]:
        """Everything but the large arrays, JSON-able."""
        return {"seeds": list(self.seeds), "values": self.values.tolist(), "share": self.share}

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays that ``about`` leaves out."""
        return {"by_run": self.by_run, "known": self.known}

    @classmethod
    def from_parts(
        cls, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> EnsembleRuns:
        """The runs of an ``about`` and its arrays."""
        return cls(
            seeds=tuple(about["seeds"]),
            values=np.array(about["values"], dtype=np.float64),
            by_run=arrays["by_run"],
            known=arrays["known"],
            share=about["share"],
        )
