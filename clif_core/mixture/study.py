"""The 2 x 2: trained with the KL or the NLL, asked about the KL or the NLL, over several seeds.

*Matched*: the loss asked about is the trained one. *Cross*: it is the other one. The paper's
abstract says that cross-loss estimates even exceed matched ones; here each is judged by retraining
its own model, and separately as the release judged it.

For every probe point the estimate and the truth are two rows of n numbers, one for each point left
out; their Pearson r is the figure. A row of the tables is the mean over points, then over seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.mixture.effects import (
    Judged,
    Response,
    judge,
    leave_each_out,
    removal_effects,
    response,
)
from clif_core.mixture.points import Points, sample_points
from clif_core.mixture.released import released_effects, with_one_optimiser
from clif_core.mixture.training import Regime, Task, regime_named
from clif_core.progress import Progress, part_of, silent

__all__ = [
    "DAMPINGS",
    "OneSeed",
    "correlations",
    "run_seed",
    "run_study",
]

Floats = npt.NDArray[np.float64]
PAIRS = (
    ("held", "left_out"),
    ("moving", "left_out"),
    ("held", "up_weighted"),
    ("moving", "up_weighted"),
    ("up_weighted", "left_out"),
)
DAMPINGS = (1e-6, 1e-2, 1.0, 10.0, 100.0, 1000.0)


@dataclass(frozen=True, eq=False)
class OneSeed:
    """One draw of points: every r (a row a probe point), the damping sweep, how training ended."""

    correlations: pd.DataFrame  # trained, probe, estimate, truth, point, class, r, r_others
    sweep: pd.DataFrame  # trained, damping, r: held against left_out, NLL probe
    judged: list[Judged]
    points: Points
    about: dict[str, object]


def correlations(estimate: Tensor, truth: Tensor, used: Tensor | None = None) -> Floats:
    """(n,) Pearson's r of each row of two (n, n) matrices, over the columns in ``used``."""
    if used is not None:
        estimate, truth = estimate[:, used], truth[:, used]
    a = estimate - estimate.mean(1, keepdim=True)
    b = truth - truth.mean(1, keepdim=True)
    size = (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-300)
    found: Floats = ((a * b).sum(1) / size).numpy()
    return found


def without_itself(matrix: Tensor) -> Tensor:
    """(n, n - 1): the matrix without its diagonal."""
    n = len(matrix)
    return matrix[~torch.eye(n, dtype=torch.bool)].view(n, n - 1)


def run_seed(
    seed: int, regime: Regime, progress: Progress | None = None, *, anew: bool = True
) -> OneSeed:
    """Sample points, train both models, leave out each point, and compare.

    ``anew``: each training without a point starts afresh instead of from the model at rest.
    """
    report = progress or silent
    points, judged, frames, sweeps = sample_points(seed), [], [], []
    about: dict[str, object] = {"seed": seed, "is_anew": anew or not regime.is_settled}
    released = {}
    for at, loss in enumerate(("kl", "nll")):
        report(at / 2, f"seed {seed}: training with the {loss.upper()}, leaving out each point")
        task = Task(points, loss, regime, seed)  # type: ignore[arg-type]
        model = task.train()
        theta = model.theta[0]
        without = leave_each_out(task, None if anew else theta)
        right = (task.assign(theta).argmax(-1) == task.labels).double().mean()
        held = response(task, theta, "held")
        judged += judge(task, theta, without, held)
        released[loss] = released_effects(task, theta)
        about[f"{loss}_accuracy"], about[f"{loss}_rest"] = float(right), float(model.rest[0])
        about[f"{loss}_not_at_rest"] = int((~judged[-1].left_out_at_rest).sum())
        sweeps.append(_sweep(task, theta, held, judged[-1]))
    for found in judged:
        frames += [_compare(points, found, *pair) for pair in PAIRS]
    frames += _as_released(points, task, theta, judged, released)
    every = pd.concat(frames, ignore_index=True).assign(seed=seed)
    return OneSeed(every, pd.concat(sweeps).assign(seed=seed), judged, points, about)


def _as_released(
    points: Points, task: Task, theta: Tensor, judged: list[Judged], released: dict[str, Tensor]
) -> list[pd.DataFrame]:
    """The NLL estimates of both models against retrainings of the NLL model (``task``) alone."""
    by_model = {j.trained: j for j in judged if j.probe == "nll"}
    used, frames = by_model["nll"].left_out_at_rest, []
    truths = {"nll_left_out": by_model["nll"].left_out}
    if not task.regime.is_settled:
        truths["nll_one_optimiser"] = with_one_optimiser(task, theta)
    for name, truth in truths.items():
        for loss, found in by_model.items():
            for estimate, values in (("released", released[loss]), ("held", found.held)):
                frames.append(_frame(points, loss, "nll", estimate, name, values, truth, used))
    return frames


def _compare(points: Points, found: Judged, estimate: str, truth: str) -> pd.DataFrame:
    used = (
        found.left_out_at_rest if truth == "left_out" else torch.ones(len(points), dtype=torch.bool)
    )
    left, right = getattr(found, estimate), getattr(found, truth)
    return _frame(points, found.trained, found.probe, estimate, truth, left, right, used)


def _frame(
    points: Points,
    trained: str,
    probe: str,
    estimate: str,
    truth: str,
    left: Tensor,
    right: Tensor,
    used: Tensor,
) -> pd.DataFrame:
    others = [torch.where(used, m, torch.nan) for m in (left, right)]
    return pd.DataFrame(
        {
            "trained": trained, "probe": probe, "estimate": estimate, "truth": truth,
            "point": np.arange(len(points)), "class": points.labels,
            "r": correlations(left, right, used),
            "r_others": _rows_without_nan(*(without_itself(m) for m in others)),
        }
    )  # fmt: skip


def _rows_without_nan(left: Tensor, right: Tensor) -> Floats:
    found = []
    for a, b in zip(left, right, strict=True):
        kept = ~(a.isnan() | b.isnan())
        found.append(correlations(a[kept][None], b[kept][None])[0])
    return np.array(found)


def _sweep(task: Task, theta: Tensor, held: Response, found: Judged) -> pd.DataFrame:
    rows = []
    for damping in DAMPINGS:
        estimate = removal_effects(task, theta, "nll", held, damping)
        r = correlations(estimate, found.left_out, found.left_out_at_rest).mean()
        rows.append({"trained": task.loss, "damping": damping, "r": r})
    return pd.DataFrame(rows)


def run_study(
    regime: str, seeds: Sequence[int], progress: Progress | None = None, *, anew: bool = True
) -> list[OneSeed]:
    """``run_seed`` for each seed; under a minute each on one core."""
    if len(set(seeds)) < 2:
        raise InputError(f"an interval needs at least two different seeds, got {list(seeds)}.")
    chosen, found = regime_named(regime), []
    for at, seed in enumerate(seeds):
        found.append(run_seed(seed, chosen, part_of(progress or silent, at, len(seeds)), anew=anew))
    return found
