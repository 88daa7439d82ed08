"""From a trial to its table: every estimator judged on the same retrainings.

Sets that are not trained yet are left out, so that an interrupted run is judged by the sets that
are done; the table says how many.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.evaluation import judges
from clif_core.evaluation.changes import Changes
from clif_core.evaluation.predictors import HAS_NO_SIZE, IS_BASELINE, PREDICTORS, predict
from clif_core.evaluation.retrainings import Retrainings
from clif_core.evaluation.sets import Trial
from clif_core.evaluation.table import Points, ProbeRow, Row, Table
from clif_core.influence.engine import InfluenceEngine

__all__ = ["actual_changes", "judge", "measured_changes", "trained_sets"]

MIN_SETS = 4  # a correlation over fewer has no meaning
MAX_POINTS = 60
Floats = npt.NDArray[np.float64]


def judge(
    retrainings: Retrainings,
    engine: InfluenceEngine,
    trial: Trial,
    predictors: Sequence[str] = PREDICTORS,
    seeds: Sequence[int] | None = None,
) -> Table:
    """Compare predictions with the changes that retraining gave, over the sets that are trained.

    ``seeds`` None: only the model's own. Raises InputError where fewer than four sets are trained.
    """
    seeds = (retrainings.own_seed,) if seeds is None else tuple(seeds)
    known = measured_changes(retrainings, trial, seeds)
    done = _whole_sets(known, trial, seeds)
    if len(done) < MIN_SETS:
        raise InputError(
            f"{trial.removed}: {len(done)} of {trial.n_sets} sets are trained, at least {MIN_SETS}"
            " are needed; train more first."
        )
    trial = trial.only(done)
    by_seed = _in_order(known, trial, seeds)
    rows = [
        compare(trial, name, predict(retrainings.store, engine, trial, name), by_seed.mean(0))
        for name in predictors
    ]
    rows.sort(key=lambda row: -np.nan_to_num(row.lds, nan=-2.0))
    is_definite = seeds == (retrainings.own_seed,) and retrainings.model.is_repeatable
    return Table(
        trial.removed,
        trial.kind,
        trial.level,
        trial.fraction,
        trial.n_sets,
        judges.ceiling(by_seed, is_definite),
        tuple(rows),
    )


def trained_sets(retrainings: Retrainings, trial: Trial, seeds: Sequence[int]) -> list[int]:
    """Numbers of the sets that are trained, or given, for every probe and seed."""
    return _whole_sets(measured_changes(retrainings, trial, seeds), trial, seeds)


def _whole_sets(known: Changes, trial: Trial, seeds: Sequence[int]) -> list[int]:
    return [
        at
        for at in range(trial.n_sets)
        if all((row[at].key, seed) in known for row in trial.edits for seed in seeds)
    ]


def measured_changes(retrainings: Retrainings, trial: Trial, seeds: Sequence[int]) -> Changes:
    """The changes of all probes, for every edit of the trial that is trained or given."""
    keys = [probe.probe.key for probe in trial.probes]
    found = {
        (edit.key, seed): retrainings.changes(edit, seed, trial.probes)
        for edit in trial.all_edits
        for seed in seeds
    }
    return {
        which: dict(zip(keys, changes.tolist(), strict=True))
        for which, changes in found.items()
        if changes is not None
    }


def actual_changes(retrainings: Retrainings, trial: Trial, seeds: Sequence[int]) -> Floats:
    """(n_seeds, n_probes, n_sets) leave-one-out effects measured by retraining.

    The probe trained without the set minus the probe trained with all text. KeyError where a set
    is not trained.
    """
    return _in_order(measured_changes(retrainings, trial, seeds), trial, seeds)


def _in_order(known: Changes, trial: Trial, seeds: Sequence[int]) -> Floats:
    return np.array(
        [
            [
                [known[edit.key, seed][probe.probe.key] for edit in edits]
                for probe, edits in zip(trial.probes, trial.edits, strict=True)
            ]
            for seed in seeds
        ]
    )


def compare(trial: Trial, predictor: str, predicted: Floats, actual: Floats) -> Row:
    """One row: (n_probes, n_sets) predicted against (n_probes, n_sets) actual changes."""
    draws = judges.resampled_lds(predicted, actual)
    is_chosen = trial.kind != "random"
    has_size = predictor not in HAS_NO_SIZE
    unknown = np.full(len(predicted), np.nan)
    columns = {
        "pearson": judges.pearson(predicted, actual),
        "lds": judges.lds(predicted, actual),
        "slope": judges.slope(predicted, actual) if has_size else unknown,
        "r2": judges.r2(predicted, actual) if trial.kind == "differential" else unknown,
        "sign_agreement": judges.sign_agreement(predicted, actual) if is_chosen else unknown,
    }
    per_probe = []
    for at, probe in enumerate(trial.probes):
        low, high = judges.interval(draws[:, at])
        figures = {name: float(values[at]) for name, values in columns.items()}
        per_probe.append(
            ProbeRow(
                probe=probe.probe.name,
                key=probe.probe.key,
                lds_low=low,
                lds_high=high,
                sd_actual=float(actual[at].std()),
                **figures,
            )
        )
    low, high = judges.interval(_mean(draws.T))
    return Row(
        estimator=predictor,
        is_baseline=predictor in IS_BASELINE,
        has_size=has_size,
        lds_low=low,
        lds_high=high,
        **{name: float(_mean(values)) for name, values in columns.items()},
        per_probe=tuple(per_probe),
        points=tuple(
            Points(
                probe.probe.name,
                tuple(predicted[at, :MAX_POINTS].tolist()),
                tuple(actual[at, :MAX_POINTS].tolist()),
            )
            for at, probe in enumerate(trial.probes[:2])
        ),
    )


def _mean(values: Floats) -> Floats:
    """Mean of the finite values along the first axis; NaN where there are none."""
    is_known = np.isfinite(values)
    n = is_known.sum(0)
    total = np.where(is_known, values, 0.0).sum(0)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))
