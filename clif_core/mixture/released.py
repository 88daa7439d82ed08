"""The mixture experiment as the authors released it: its estimate, and its judge.

The release estimates the NLL of each point twice, on the model trained with the KL ("cross-loss")
and on the one trained with the NLL ("matched"), and judges *both* against leave-one-out retrainings
of the NLL model. One Adam optimiser goes through all 22,500 retrainings without a reset, so each
starts with the momentum of the previous ones. Both are implemented here to compare.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import hessian, jacrev

from clif_core.errors import InputError
from clif_core.mixture.effects import probe_losses, probe_target
from clif_core.mixture.network import assign, point_losses
from clif_core.mixture.training import Task

__all__ = ["released_effects", "with_one_optimiser"]

DAMPING, SCALE = 0.01, 25.0
LAPS = 12  # Adam forgets its second moments within seven laps; later ones repeat
RATE = 1e-3


def released_effects(task: Task, theta: Tensor) -> Tensor:
    """(n, n) the release's estimate of the NLL of each point, in our sign.

    Its recursion goes once over the points: h <- v + (1 - 0.01) h - H_z h / 25, with the Hessian of
    one point at a time (a third of it for the KL, which torch averages over the three clusters);
    the result is not divided by the scale, and the effect is grad loss_z . h / n.
    """
    target = task.target(theta, task.all_in)
    part = 1 / 3 if task.loss == "kl" else 1.0

    def loss_of(t: Tensor, row: int) -> Tensor:
        here = slice(row, row + 1)
        q = assign(t, task.places[here], task.regime.sharpness)
        held = None if target is None else target[here]
        return part * point_losses(q, task.loss, task.labels[here], held)[0]

    probes = probe_target(task, theta)
    v = jacrev(lambda t: probe_losses(task, t, "nll", probes))(theta).T  # (228, n)
    h = v.clone()
    for row in range(len(task.points)):
        h = v + (1 - DAMPING) * h - hessian(loss_of)(theta, row) @ h / SCALE
    gradients = part * jacrev(lambda t: task.losses(t, target))(theta)  # (n, 228)
    effects: Tensor = (gradients @ h).T / len(task.points)
    return effects


def with_one_optimiser(task: Task, theta: Tensor) -> Tensor:
    """(n, n) "truth" as released: two-step trainings in a row that share Adam's moments.

    A lap leaves out each point once, in order. The release does a lap for every probe: row i comes
    from lap i, from the twelfth on from the twelfth.
    """
    if task.regime.name != "two_steps":
        raise InputError(f"the release trains for two steps, not as {task.regime.name!r}.")
    n, target = len(task.points), probe_target(task, theta)
    here = probe_losses(task, theta, "nll", target)
    first, second, t = torch.zeros_like(theta), torch.zeros_like(theta), 0
    rows: list[Tensor] = []
    for _ in range(LAPS):
        ends = []
        for left_out in range(n):
            weights, moving = task.all_in.clone(), task.start()
            weights[left_out] = 0
            for _ in range(2):
                t += 1
                gradient = task.field(moving[None], weights[None])[0] / n
                first = 0.9 * first + 0.1 * gradient
                second = 0.999 * second + 0.001 * gradient.square()
                size = (second / (1 - 0.999**t)).sqrt() + 1e-8
                moving = moving - RATE * first / (1 - 0.9**t) / size
            ends.append(moving)
        rows.append((probe_losses(task, torch.stack(ends), "nll", target) - here).T)
    return torch.stack([rows[min(i, LAPS - 1)][i] for i in range(n)])
