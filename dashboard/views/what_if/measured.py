"""What training again on an edited text gave for one probe, here or before a sample was shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clif_core.interventions.edit import Edit
from clif_core.measurement.uncertainty import MeanInterval, mean_interval
from clif_core.probes import Probe
from clif_core.workspace.shipped_removals import Removal
from dashboard.data import retraining
from dashboard.data.retraining import Retraining

__all__ = ["Measured", "Result", "measured_of"]

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """Values of one probe by retraining.

    Attributes
    ----------
    before, after : under the model's own seed; None where the probe has no value any more
    by_seed : (before, after) of each seed, the model's own first; empty for fewer than two
    random : after the edit of random text of the same size, under the model's own seed
    made : where and when, of a measurement that came with the model; None: by jobs here
    result : of the job that did it, None where it came with the model
    """

    before: float | None
    after: float | None
    weight: float
    is_coupled: bool
    by_seed: tuple[tuple[float, float], ...] = ()
    random: tuple[float, ...] = ()
    made: Mapping[str, str] | None = None
    result: Result | None = field(default=None, repr=False)

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def over_seeds(self) -> MeanInterval | None:
        """The mean change over the seeds with its interval."""
        return mean_interval([after - before for before, after in self.by_seed])


def measured_of(found: Retraining, probe: Probe) -> Measured | None:
    """The measurement of an edit: by the jobs, else the one that came with the model, else None."""
    if found.result is not None:
        return _by_jobs(found, found.result, probe.key)
    shipped = retraining.shipped_removal(probe, found.question.edit)
    return None if shipped is None else _shipped(shipped)


def _by_jobs(found: Retraining, result: Result, key: str) -> Measured:
    run = result["runs"][0]
    drawn = [] if found.random_result is None else found.random_result["runs"][0]["random"]
    runs = [] if found.seeds_result is None else found.seeds_result["runs"]
    pairs = [(run["before"].get(key), run["after"].get(key)) for run in runs]
    is_known = len(pairs) > 1 and all(value is not None for pair in pairs for value in pair)
    return Measured(
        run["before"][key],
        run["after"][key],
        Edit.from_dict(result["edit"]).weight,
        bool(result["is_coupled"]),
        tuple(pairs) if is_known else (),
        tuple(values[key] for values in drawn if values[key] is not None),
        result=result,
    )


def _shipped(removal: Removal) -> Measured:
    pairs = tuple(zip(removal.before, removal.after, strict=True))
    return Measured(
        *pairs[0],
        removal.edit.weight,
        is_coupled=True,
        by_seed=pairs if len(pairs) > 1 else (),
        random=removal.random,
        made=removal.made,
    )
