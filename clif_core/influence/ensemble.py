"""The seed ensemble: the derivative of other trainings of the same text, averaged and shrunk.

A run is one training by the coupled trainer on the model's text, words and settings; only the seed
differs. With d_r the exact derivative of run r and q the quick estimate, the effects are

    share mean_r d_r + (1 - share) factor q

The mean over few runs holds noise of their seeds, which the next training does not share. q is
poorer but has no such noise, so what the runs say beyond ``factor`` times q counts only as far as
they agree: ``share`` and ``factor`` come from ``measurement.statistics.shrinkage``, measured on
sums by document.

It answers "what would a training give", for any model whose settings are known, and so stands in
for the exact derivative where a model's own run cannot be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.influence.unrolled.reverse_pass import RunDerivative
from clif_core.measurement.statistics import shrinkage
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress, part_of, silent

__all__ = ["N_RUNS", "ItemSums", "SeedRuns", "combine", "differentiate_seeds"]

N_RUNS = 6

Floats = npt.NDArray[np.float64]
ItemSums = Callable[[npt.NDArray[np.floating]], Floats]  # (n_positions,) -> (n_items,)
#: The derivative of run number ``at``, with its listener and its folder for checkpoints.
DifferentiateRun = Callable[[int, Progress, Path | None], RunDerivative]


@dataclass(frozen=True, eq=False)
class SeedRuns:
    """The derivatives of ``n_runs`` trainings.

    Attributes
    ----------
    mean_scores : (n_positions, n_probes) d probe / d weight, mean over the runs
    item_sums : (n_runs, n_probes, n_items) the same of each run, summed by document (or sentence)
    values : (n_runs, n_probes) the probe after each run
    """

    mean_scores: Floats
    item_sums: Floats
    values: Floats


def differentiate_seeds(
    differentiate_run: DifferentiateRun,
    probes: Sequence[ResolvedProbe],
    item_sums: ItemSums,
    n_runs: int,
    progress: Progress | None,
    folder: Path | None,
) -> SeedRuns:
    """Differentiate run 0, 1, ... ``n_runs`` - 1, one after another.

    With a ``folder`` an interrupted run resumes from its checkpoint; those before it are repeated.
    """
    if n_runs < 1:
        raise InputError(f"n_runs must be at least 1, got {n_runs}.")
    values = np.empty((n_runs, len(probes)))
    by_item, mean_scores = [], None
    for at in range(n_runs):
        report = part_of(progress or silent, at, n_runs, f"run {at + 1} of {n_runs}")
        # The folder's name on disk is the one of earlier versions, whose checkpoints stay valid.
        run = differentiate_run(at, report, folder / f"twin-{at}" if folder else None)
        part = run.scores / n_runs
        mean_scores = part if mean_scores is None else mean_scores + part
        values[at] = [probe.value(run.centre_vectors) for probe in probes]
        by_item.append([item_sums(of_probe) for of_probe in run.scores.T])
    assert mean_scores is not None
    return SeedRuns(mean_scores, np.array(by_item), values)


def combine(
    runs: SeedRuns, quick: Sequence[npt.NDArray[np.floating]], item_sums: ItemSums
) -> list[tuple[Floats, str]]:
    """For each probe the removal effects (n_positions,) of the ensemble, and a note in words.

    ``quick``: for each probe the quick estimate's removal effects, (n_positions,).
    """
    factors, shares = shrinkage(
        -runs.item_sums, np.array([item_sums(of_probe) for of_probe in quick])
    )
    return [
        (
            (1 - share) * factor * quick[at] - share * runs.mean_scores[:, at],
            _note(runs.values[:, at], factor, share),
        )
        for at, (factor, share) in enumerate(zip(factors, shares, strict=True))
    ]


def _note(values: Floats, factor: float, share: float) -> str:
    """The probe after each run, (n_runs,), and how much the runs count, in words."""
    return (
        f"mean over {len(values)} trainings of the same text and settings, on which the probe is"
        f" {values.mean():+.3f} ({values.min():+.3f} to {values.max():+.3f}). It counts"
        f" {share:.2f}, as far as they agree; the quick estimate, times {factor:.2f}, the rest"
        + ("" if share + factor > 0 else ". They agree on nothing, so no text is named")
    )
