"""The mixture of Gaussians, clustered by a small network: effects of every point on every other.

The synthetic experiment of Silva, Chopra & Gombolay (arXiv:2012.01685), with a check that their
release lacks: every estimate is judged by retraining its own model. The flow is ``points`` ->
``network`` -> ``training`` -> ``effects`` -> ``study`` -> ``summary``.
"""

from clif_core.mixture.effects import (
    Judged,
    Response,
    judge,
    leave_each_out,
    removal_effects,
    response,
)
from clif_core.mixture.network import Loss
from clif_core.mixture.points import MEANS, Edit, Points, sample_points
from clif_core.mixture.study import OneSeed, correlations, run_study
from clif_core.mixture.training import REGIMES, Regime, Task, Trained, regime_named

__all__ = [
    "MEANS",
    "REGIMES",
    "Edit",
    "Judged",
    "Loss",
    "OneSeed",
    "Points",
    "Regime",
    "Response",
    "Task",
    "Trained",
    "correlations",
    "judge",
    "leave_each_out",
    "regime_named",
    "removal_effects",
    "response",
    "run_study",
    "sample_points",
]
