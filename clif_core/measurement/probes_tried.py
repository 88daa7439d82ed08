"""The probes that were tried on one model, with their p-values corrected for their number.

The more questions one puts to a model, the sooner chance answers one. The correction is over every
question that was asked of the model in a workspace; one question under two names counts once
(``probes.question_key``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from clif_core.measurement.multiple_testing import adjust_p_values

__all__ = ["ProbesTried", "TriedProbe"]


@dataclass(frozen=True)
class TriedProbe:
    """A question that was asked.

    Parameters
    ----------
    question : ``probes.question_key`` on the model
    key, labels : the key of the probe that asked first; the titles under which it was asked
    time : of the first time, ISO 8601 in UTC
    value, p, verdict : as measured then; ``p`` is the verdict's, None where there is no test
    definition : ``Probe.to_dict`` of the probe that asked first; None in lists of earlier releases
    """

    question: str
    key: str
    labels: tuple[str, ...]
    time: str
    value: float
    p: float | None
    verdict: str
    definition: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ProbesTried:
    """Every question asked of a model, the first one first.

    ``n_forgotten`` older ones are no longer listed; the correction takes each as tested without a
    finding (p = 1). ``problem``: why the list cannot be read or written, in a sentence.
    """

    entries: tuple[TriedProbe, ...] = field(default=())
    n_forgotten: int = 0
    problem: str = ""

    @property
    def n(self) -> int:
        return len(self.entries) + self.n_forgotten

    @property
    def n_tested(self) -> int:
        """Those with a p-value, over which the correction is; forgotten ones included."""
        return sum(entry.p is not None for entry in self.entries) + self.n_forgotten

    def corrected(self) -> dict[str, float]:
        """Question -> Benjamini-Hochberg adjusted p, of those with a p-value."""
        tested = {entry.question: entry.p for entry in self.entries if entry.p is not None}
        adjusted = adjust_p_values([*tested.values(), *[1.0] * self.n_forgotten])
        return dict(zip(tested, adjusted.tolist(), strict=False))

    def table(self) -> pd.DataFrame:
        """A row per question: label, time, value, p, p_corrected, verdict; NaN without a test."""
        corrected = self.corrected()
        rows = [
            {
                "label": " = ".join(entry.labels),
                "time": entry.time,
                "value": entry.value,
                "p": np.nan if entry.p is None else entry.p,
                "p_corrected": corrected.get(entry.question, np.nan),
                "verdict": entry.verdict,
            }
            for entry in self.entries
        ]
        return pd.DataFrame(rows, columns=["label", "time", "value", "p", "p_corrected", "verdict"])
