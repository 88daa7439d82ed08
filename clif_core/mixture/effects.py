"""The effect of leaving each point out on the loss of each point: estimated, and by training.

Everything here is a matrix (n probes, n removed), in the sign of the whole project:

    effect[i, z] = loss of point i trained without z - the same trained with z

**Positive: leaving z out raises the loss of i.** The loss asked about (the *probe*) need not be the
trained one: KL asks how far point i is from its target, NLL how little it belongs to the cluster of
its class. The target in the probe is that of the given model and is held fixed.

Estimates, of one model theta with M = (Hessian + damping)^-1 over the **summed** loss:

``held``    grad f . M . grad loss_z with every target held: the paper's formula, solved exactly
``moving``  the derivative of the training's own resting point: the Jacobian of the field instead of
            the Hessian, and the change of all targets when z loses its weight. For the NLL,
            which has no targets, it is the same as ``held``

The release's own estimate is in ``released.py``.

Truths: ``left_out`` trains with the weight of z at 0, ``up_weighted`` is the central difference of
trainings at weights 1 +- 0.001, so the derivative of the training itself. Where the two differ, a
point is not a small change (curvature); where an estimate differs from the second, the estimator
is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.func import jacfwd, jacrev

from clif_core.influence.cross_loss import CrossLossEngine
from clif_core.influence.curvature.autograd import Parameters
from clif_core.influence.solvers.dense import dense_matrix
from clif_core.mixture.network import N_PARAMETERS, Loss, point_losses, target_of
from clif_core.mixture.training import Task, Trained

__all__ = [
    "Estimate",
    "Judged",
    "Response",
    "judge",
    "leave_each_out",
    "removal_effects",
    "response",
]

Estimate = Literal["held", "moving"]
NUDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Judged:
    """One trained model and one kind of probe: estimates and truths, each (n probes, n removed).

    ``left_out_at_rest`` (n,): whether the training without z came to rest (true in two steps).
    """

    trained: Loss
    probe: Loss
    held: Tensor
    moving: Tensor
    left_out: Tensor
    up_weighted: Tensor
    left_out_at_rest: Tensor


def engine_of(task: Task, theta: Tensor) -> CrossLossEngine:
    """The general engine on a trained model, theta (228,): every point a training example."""
    target = task.target(theta, task.all_in)
    decay = task.regime.weight_decay

    def example_losses(parameters: Parameters, rows: Tensor) -> Tensor:
        return task.losses(parameters["theta"], target)[rows]

    return CrossLossEngine(
        {"theta": theta},
        example_losses,
        [torch.arange(len(task.points))],
        penalty=lambda parameters: decay / 2 * parameters["theta"].square().sum(),
        damping=task.regime.damping,
    )


def probe_losses(task: Task, theta: Tensor, probe: Loss, target: Tensor) -> Tensor:
    """(..., n) loss of each point, asked of models theta (..., 228)."""
    return point_losses(task.assign(theta), probe, task.labels, target)


def probe_target(task: Task, theta: Tensor) -> Tensor:
    """(n, 3) the target of each point under the given model, held in the KL probe."""
    return target_of(task.assign(theta), task.all_in)


@dataclass(frozen=True, eq=False)
class Response:
    """The response of a model to weights: curvature (228, 228), gradients ``pushes`` (228, n).

    Without damping, and symmetric for ``held``. It does not depend on the probe.
    """

    matrix: Tensor
    pushes: Tensor


def response(task: Task, theta: Tensor, estimate: Estimate) -> Response:
    """The response of a trained model, theta (228,); ``held`` costs 228 products of the engine."""
    if estimate == "held":
        matrix = dense_matrix(engine_of(task, theta).curvature, theta)
        held = task.target(theta, task.all_in)
        return Response(matrix, jacrev(lambda t: task.losses(t, held))(theta).T)
    pushes = jacfwd(lambda w: task.smooth_field(theta, w))(task.all_in)
    return Response(task.jacobian(theta, task.all_in), pushes)


def removal_effects(
    task: Task, theta: Tensor, probe: Loss, how: Estimate | Response, damping: float | None = None
) -> Tensor:
    """(n, n) estimated effects; damping None takes the regime's."""
    known = how if isinstance(how, Response) else response(task, theta, how)
    target = probe_target(task, theta)
    wanted = jacrev(lambda t: probe_losses(task, t, probe, target))(theta)  # (n, 228)
    damping = task.regime.damping if damping is None else damping
    damped = known.matrix + damping * torch.eye(N_PARAMETERS, dtype=theta.dtype)
    effects: Tensor = wanted @ torch.linalg.solve(damped, known.pushes)
    return effects


def leave_each_out(task: Task, theta: Tensor | None = None) -> Trained:
    """n trainings from one start, each without one point and with an optimiser of its own.

    Given a model at rest, theta (228,), it is followed instead: thirty times faster, with the same
    result (docs/decisions/0018).
    """
    weights = 1 - torch.eye(len(task.points), dtype=torch.float64)
    if theta is None or not task.regime.is_settled:
        return task.train(weights)
    return task.follow(theta, weights)


def nudge_each(task: Task, theta: Tensor) -> tuple[Trained, Trained]:
    """n trainings with one point's weight slightly lower, and n with it slightly higher.

    Two steps are trained from the start; at rest, theta is followed (a test compares the two).
    """
    nudge = NUDGE * torch.eye(len(task.points), dtype=torch.float64)
    down, up = (1 - nudge), (1 + nudge)
    if task.regime.is_settled:
        return task.follow(theta, down), task.follow(theta, up)
    return task.train(down), task.train(up)


def judge(
    task: Task, theta: Tensor, without: Trained, held: Response | None = None
) -> list[Judged]:
    """Estimates and truths of one trained model, theta (228,), for both kinds of probe."""
    held = response(task, theta, "held") if held is None else held
    moving = response(task, theta, "moving")
    down, up = nudge_each(task, theta)
    target = probe_target(task, theta)
    limit = 1e-6 if task.regime.is_settled else torch.inf
    found = []
    for probe in ("kl", "nll"):
        kind: Loss = probe
        here, out, low, high = (
            probe_losses(task, t, kind, target)
            for t in (theta, without.theta, down.theta, up.theta)
        )
        found.append(
            Judged(
                trained=task.loss,
                probe=kind,
                held=removal_effects(task, theta, kind, held),
                moving=removal_effects(task, theta, kind, moving),
                left_out=(out - here).T,
                up_weighted=((low - high) / (2 * NUDGE)).T,
                left_out_at_rest=without.rest < limit,
            )
        )
    return found
