"""A mixture of Gaussians, clustered by a small network, and who moved whom.

The synthetic experiment of Silva, Chopra & Gombolay (arXiv:2012.01685), with the check that their
release left out: every estimate against retraining of the model that it is an estimate of. Start at
``study.run_study``; ``points`` -> ``network`` -> ``training`` -> ``effects`` -> ``study``.
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
