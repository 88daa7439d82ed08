"""Training the clustering: once, or for every point left out at once.

The training loss is **a sum**, with a weight w_z for every point (1: present, 0: left out):

    L(theta) = sum_z w_z loss_z(theta) + (weight_decay / 2) |theta|^2

With the KL loss each step first sets the target from the present model and the present weights and
then holds it (self-training). So leaving a point out removes its term *and* its part in the cluster
frequencies by which every other point's target is divided; the target is always recomputed. Such a
training converges not to the minimum of a loss but to a zero of the *field*

    F(theta; w) = sum_z w_z grad KL(p_z held || q_z(theta)) + weight_decay theta

Two regimes (``REGIMES``):

``two_steps``: the release's: ReLU, centres with noise, two full-batch Adam steps at 0.001, no
    weight decay. Adam's first step is the *sign* of the gradient, which hides most of a point's
    weight. The model is far from rest.
``converged``: Adam to the neighbourhood and Newton's method to rest, |F| < 1e-8. Weight decay 1, or
    separable classes would push the loss to zero and the parameters to infinity; and a softplus of
    sharpness 4 in place of the ReLU, because with a ReLU the minimum lies on its kinks, where the
    gradient does not vanish and no influence function is defined (docs/decisions/0018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.func import grad, jacfwd

from clif_core.errors import InputError
from clif_core.mixture.network import (
    N_PARAMETERS,
    Loss,
    assign,
    point_losses,
    start,
    target_of,
    turned_onto,
)
from clif_core.mixture.points import Points

__all__ = ["REGIMES", "Regime", "RegimeName", "Task", "Trained", "regime_named"]

RegimeName = Literal["two_steps", "converged"]
AT_REST = 1e-8  # |F|; the loss is a sum over 150 points
MAX_BROYDEN_STEPS = 60
MAX_SIDE_BY_SIDE = 150  # 60 MB
MAX_NEWTON_STEPS = 60


@dataclass(frozen=True)
class Regime:
    """A way to train; ``schedule`` is (steps, learning rate) of Adam, whose moments carry over."""

    name: RegimeName
    schedule: tuple[tuple[int, float], ...]
    sharpness: float | None
    weight_decay: float
    start_noise: float
    is_settled: bool
    damping: float  # of the influence estimate, in the unit of the Hessian of the summed loss


REGIMES = {
    regime.name: regime
    for regime in (
        # 37.5: the release's scale 25 x damping 0.01 an example, times its 150 examples.
        Regime("two_steps", ((2, 1e-3),), None, 0.0, 0.5, False, 37.5),
        # 1e-6: only to pin the rotations of the encoded space, which change no assignment.
        Regime("converged", ((800, 0.02), (800, 0.005)), 4.0, 1.0, 0.0, True, 1e-6),
    )
}


def regime_named(name: str) -> Regime:
    """One of ``REGIMES``."""
    for regime in REGIMES.values():
        if regime.name == name:
            return regime
    raise InputError(f"unknown regime {name!r}; known: {', '.join(REGIMES)}.")


@dataclass(frozen=True, eq=False)
class Trained:
    """Parameters (..., 228), and |F| there, (...,)."""

    theta: Tensor
    rest: Tensor


class Task:
    """Points, a training loss and a regime: all that defines a training but the parameters."""

    def __init__(self, points: Points, loss: Loss, regime: Regime, seed: int) -> None:
        self.points, self.loss, self.regime, self.seed = points, loss, regime, seed
        self.places = torch.from_numpy(points.places)
        self.labels = torch.from_numpy(points.labels)
        self.all_in = torch.ones(len(points), dtype=torch.float64)
        self._start = start(points, seed, regime.sharpness, regime.start_noise)

    def assign(self, theta: Tensor) -> Tensor:
        """q, (..., n, 3)."""
        return assign(theta, self.places, self.regime.sharpness)

    def target(self, theta: Tensor, weights: Tensor) -> Tensor | None:
        """p, (..., n, 3), of the present model; None for the NLL, which has labels instead."""
        return target_of(self.assign(theta), weights) if self.loss == "kl" else None

    def losses(self, theta: Tensor, target: Tensor | None) -> Tensor:
        """(..., n) loss of each point, its target held."""
        return point_losses(self.assign(theta), self.loss, self.labels, target)

    def total(self, theta: Tensor, weights: Tensor, target: Tensor | None) -> Tensor:
        """(...,) L with the target held."""
        decay = self.regime.weight_decay / 2 * theta.square().sum(-1)
        return (weights * self.losses(theta, target)).sum(-1) + decay

    def field(self, theta: Tensor, weights: Tensor) -> Tensor:
        """F for many models, theta (m, 228) and weights (m, n): one backward pass for all."""
        theta = theta.detach().requires_grad_()
        q = self.assign(theta)
        target = target_of(q.detach(), weights) if self.loss == "kl" else None
        losses = point_losses(q, self.loss, self.labels, target)
        decay = self.regime.weight_decay / 2 * theta.square().sum()
        (found,) = torch.autograd.grad((weights * losses).sum() + decay, theta)
        return found

    def smooth_field(self, theta: Tensor, weights: Tensor) -> Tensor:
        """F of one model, (228,), as a function that ``torch.func`` can differentiate.

        The target is held inside the gradient and moves outside it, so derivatives of F include
        the movement of the targets.
        """
        target = self.target(theta, weights)
        found: Tensor = grad(self.total)(theta, weights, target)
        return found

    def jacobian(self, theta: Tensor, weights: Tensor) -> Tensor:
        """dF/dtheta, (228, 228): the Hessian for the NLL, not symmetric for the KL."""
        found: Tensor = jacfwd(self.smooth_field)(theta, weights)
        return found

    def start(self) -> Tensor:
        """(228,) the untrained model; its k-means uses all points, also those left out later."""
        return self._start

    def train(self, weights: Tensor | None = None) -> Trained:
        """Train a model for each row of weights (m, n) from one start, each with its own Adam."""
        weights = self.all_in[None] if weights is None else weights
        theta = adam(self, self.start().expand(len(weights), N_PARAMETERS), weights)
        if self.regime.is_settled:
            theta = rest(self, theta, weights, settle(self, theta[0], weights[0]))
        return Trained(theta, self.field(theta, weights).norm(dim=-1))

    def follow(self, theta: Tensor, weights: Tensor) -> Trained:
        """The nearby resting points of a model at rest, theta (228,), under weights (m, n)."""
        moved = rest(self, theta.expand(len(weights), N_PARAMETERS), weights, theta)
        return Trained(moved, self.field(moved, weights).norm(dim=-1))


def adam(task: Task, theta: Tensor, weights: Tensor) -> Tensor:
    """Full-batch Adam (Kingma & Ba 2015; torch's defaults) for many models side by side.

    The gradient is divided by the number of all points, as in the release; Adam is invariant to a
    constant factor.
    """
    first, second, t = torch.zeros_like(theta), torch.zeros_like(theta), 0
    for n_steps, rate in task.regime.schedule:
        for _ in range(n_steps):
            t += 1
            gradient = task.field(theta, weights) / len(task.points)
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient.square()
            size = (second / (1 - 0.999**t)).sqrt() + 1e-8
            theta = theta - rate * first / (1 - 0.9**t) / size
    return theta


def rest(task: Task, theta: Tensor, weights: Tensor, anchor: Tensor) -> Tensor:
    """Bring models near rest to rest: Broyden's method side by side, then Newton's where needed.

    ``anchor`` (228,) is a model close to all of them up to a rotation of the encoded space, which
    changes no assignment and no loss; they are turned onto it, and all start from its Jacobian.
    Memory: 228^2 numbers for each model that is not at rest yet.
    """
    # Rotations have no curvature: a step along them would divide rounding errors by zero.
    inverse = torch.linalg.pinv(task.jacobian(anchor, task.all_in), atol=1e-4)
    theta = turned_onto(anchor, theta)
    for part in torch.split(torch.arange(len(theta)), MAX_SIDE_BY_SIDE):
        theta[part] = _broyden(task, theta[part], weights[part], inverse)
    field = task.field(theta, weights)
    for row in torch.nonzero(field.norm(dim=-1) > AT_REST)[:, 0].tolist():
        theta[row] = settle(task, theta[row], weights[row])
    return theta


def _broyden(task: Task, theta: Tensor, weights: Tensor, inverse: Tensor) -> Tensor:
    """(m, 228) the parameters of least |F| that each model met (Broyden 1965, "good")."""
    best, field = theta.clone(), task.field(theta, weights)
    least, rows = field.norm(dim=-1), torch.arange(len(theta))
    inverses = inverse.repeat(len(theta), 1, 1)
    for _ in range(MAX_BROYDEN_STEPS):
        left = torch.nonzero(least[rows] > AT_REST)[:, 0]
        if len(left) < len(rows):  # drop those at rest
            rows, theta, field, inverses = rows[left], theta[left], field[left], inverses[left]
        if not len(rows):
            break
        step = -(inverses @ field[..., None])[..., 0]
        theta = theta + step
        found = task.field(theta, weights[rows])
        size = found.norm(dim=-1)
        gain = size < least[rows]
        best[rows[gain]], least[rows[gain]] = theta[gain], size[gain]
        change = (inverses @ (found - field)[..., None])[..., 0]
        row = (step[:, None] @ inverses)[:, 0]
        scale = (step * change).sum(-1)
        scale = torch.where(scale.abs() < 1e-30, torch.inf, scale)  # no step left: no update
        inverses.baddbmm_(((step - change) / scale[:, None])[..., None], row[:, None])
        field = found
    return best


def settle(task: Task, theta: Tensor, weights: Tensor) -> Tensor:
    """(228,) by Levenberg and Marquardt's method on |F|^2, until |F| no longer falls."""
    field, caution = task.smooth_field(theta, weights), 1e-6
    for _ in range(MAX_NEWTON_STEPS):
        if float(field.norm()) < AT_REST:
            break
        jacobian = task.jacobian(theta, weights)
        while caution < 1e6:
            damped = jacobian.T @ jacobian + caution * torch.eye(N_PARAMETERS, dtype=theta.dtype)
            tried = theta - torch.linalg.solve(damped, jacobian.T @ field)
            found = task.smooth_field(tried, weights)
            if float(found.norm()) < float(field.norm()):
                break
            caution *= 8
        else:
            break
        theta, field, caution = tried, found, max(caution / 8, 1e-9)
    return theta
