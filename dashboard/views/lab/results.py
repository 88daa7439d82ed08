"""What the Lab computes, cached by seed, edits, regime and loss.

Training to convergence takes about a second, leaving out every point another. In the converged
regime a training without a point starts from the converged model instead of from the beginning,
which reaches the same minimum (decision 0018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from torch import Tensor

from clif_core.mixture import (
    Edit,
    Loss,
    Points,
    Response,
    Task,
    correlations,
    leave_each_out,
    regime_named,
    removal_effects,
    response,
    sample_points,
)
from clif_core.mixture.effects import probe_losses, probe_target
from clif_core.mixture.network import assign
from clif_core.mixture.training import RegimeName

__all__ = [
    "Asked",
    "Experiment",
    "Ground",
    "agreement",
    "estimates",
    "ground",
    "left_out",
    "losses",
]

Floats = npt.NDArray[np.float64]
_STEP, _MARGIN = 0.4, 1.2


@dataclass(frozen=True)
class Experiment:
    """Everything that determines the models; the key of all caches here."""

    seed: int
    edits: tuple[tuple[int, float, float, int], ...]
    regime: RegimeName

    def points(self) -> Points:
        """The random points with the edits; raises InputError for an edit that is out of range."""
        return sample_points(self.seed, [Edit(*edit) for edit in self.edits])


@dataclass(frozen=True)
class Asked:
    """The loss that the model was trained with, and the loss that is asked about."""

    trained: Loss
    probe: Loss


@dataclass(frozen=True, eq=False)
class Ground:
    """A grid over the plane: positions (m, 2), cluster (m,) and its probability (m,)."""

    places: Floats
    clusters: npt.NDArray[np.int64]
    shares: Floats


@st.cache_resource(max_entries=40, show_spinner=False)
def _model(experiment: Experiment, trained: Loss) -> tuple[Task, Tensor]:
    regime = regime_named(experiment.regime)
    task = Task(experiment.points(), trained, regime, experiment.seed)
    return task, task.train().theta[0]


@st.cache_data(max_entries=40, show_spinner=False)
def ground(experiment: Experiment, trained: Loss) -> Ground:
    """The cluster of each point of a grid over the plane."""
    task, theta = _model(experiment, trained)
    low = np.floor(np.minimum(task.points.places.min(0), (-3, -8)) - _MARGIN)
    high = np.ceil(np.maximum(task.points.places.max(0), (8, 8)) + _MARGIN)
    xs, ys = (np.arange(a, b + _STEP / 2, _STEP) for a, b in zip(low, high, strict=True))
    places = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    q = assign(theta, torch.from_numpy(places), task.regime.sharpness)
    return Ground(places, q.argmax(-1).numpy(), q.amax(-1).numpy())


@st.cache_data(max_entries=40, show_spinner=False)
def losses(experiment: Experiment, asked: Asked) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The loss of each point, (n,), and its cluster, (n,)."""
    task, theta = _model(experiment, asked.trained)
    found = probe_losses(task, theta, asked.probe, probe_target(task, theta))
    return found.numpy(), task.assign(theta).argmax(-1).numpy()


@st.cache_data(max_entries=80, show_spinner=False)
def estimates(experiment: Experiment, asked: Asked) -> Floats:
    """(n, n) removal effects by the paper's formula, with the targets held fixed."""
    task, theta = _model(experiment, asked.trained)
    return removal_effects(task, theta, asked.probe, _response(experiment, asked.trained)).numpy()


@st.cache_resource(max_entries=40, show_spinner=False)
def _response(experiment: Experiment, trained: Loss) -> Response:
    """The curvature of one model, shared by all probes."""
    return response(*_model(experiment, trained), "held")


@st.cache_resource(max_entries=20, show_spinner=False)
def _without(experiment: Experiment, trained: Loss) -> Tensor:
    """(n, 228) models trained without each point."""
    task, theta = _model(experiment, trained)
    return leave_each_out(task, theta).theta


@st.cache_data(max_entries=80, show_spinner=False)
def left_out(experiment: Experiment, asked: Asked) -> Floats:
    """(n, n) leave-one-out effects: what retraining without each point changes."""
    task, theta = _model(experiment, asked.trained)
    target = probe_target(task, theta)
    here, without = (
        probe_losses(task, t, asked.probe, target)
        for t in (theta, _without(experiment, asked.trained))
    )
    return (without - here).T.numpy()


def agreement(experiment: Experiment, asked: Asked) -> Floats:
    """(n,) Pearson's r of estimated and leave-one-out effects on each point."""
    pair = (estimates(experiment, asked), left_out(experiment, asked))
    return correlations(*(torch.from_numpy(matrix) for matrix in pair))
