"""Influence functions for any torch model: the training examples behind any probe of it.

The general form of the skip-gram engine (Koh & Liang 2017; across losses: Silva, Chopra & Gombolay,
arXiv:2012.01685). A model was trained on L = sum_z loss_z + penalty, **a sum**; a probe is any
scalar function f of the parameters, as a rule not the training loss. With the curvature M of L,

    removal_effect(z) = f(trained without z) - f(trained with z)  ~  + grad f . M^-1 . grad loss_z

**Positive: removing the example raises the probe.** Effects of disjoint sets add up. Damping has
the unit of the Hessian of the summed loss; a package that averages over n examples calls 1/n of it
damping.

    parameters = {name: p.detach() for name, p in module.named_parameters()}

    def example_losses(parameters, batch):
        x, y = batch
        return cross_entropy(functional_call(module, parameters, x), y, reduction="none")

    engine = CrossLossEngine(parameters, example_losses, batches, damping=1.0)
    answer = engine.removal_effects(lambda parameters: parameters["bias"].sum())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.influence.curvature.autograd import (
    ExampleLosses,
    Parameters,
    Scalar,
    SummedLoss,
    gradient_of,
)
from clif_core.influence.solvers import (
    Solution,
    absolute_lanczos,
    conjugate_gradient,
    lissa,
    solve_dense,
)
from clif_core.progress import Progress

__all__ = ["CrossLossEngine", "RemovalEffects", "Solver"]

Solver = Literal["identity", "dense", "conjugate_gradient", "absolute", "lissa"]
MAX_DENSE = 5_000  # parameters; their matrix takes 200 MB in float64


@dataclass(frozen=True, eq=False)
class RemovalEffects:
    """Predicted change of the probe when each example is left out.

    Attributes
    ----------
    effects : (n_examples,) in the order of the batches; > 0: removing the example raises the probe
    probe_value : f at the trained parameters
    solution : h = M^-1 grad f with its certificate
    """

    effects: Tensor
    probe_value: float
    solution: Solution


class CrossLossEngine:
    """A trained model and its examples.

    Parameters as in ``SummedLoss``. Cost per probe: two backward passes over all examples for each
    step of the solver, and two more to score them. Memory holds nothing of size n_examples x
    n_parameters.
    """

    def __init__(
        self,
        parameters: Parameters,
        example_losses: ExampleLosses,
        batches: Sequence[Any],
        *,
        penalty: Scalar | None = None,
        damping: float = 0.0,
    ) -> None:
        if damping < 0:
            raise InputError(f"damping must not be negative, got {damping}.")
        self.damping = damping
        self.curvature = SummedLoss(parameters, example_losses, batches, penalty=penalty)

    def removal_effects(
        self,
        probe: Scalar,
        solver: Solver = "conjugate_gradient",
        *,
        damping: float | None = None,
        max_iterations: int = 100,
        tolerance: float = 1e-5,
        progress: Progress | None = None,
    ) -> RemovalEffects:
        """Score every training example against a scalar function of the parameters.

        ``identity`` takes M = I: inner products of gradients, whose size has no meaning.
        ``absolute`` takes the absolute value of every eigenvalue, for models off a minimum.
        ``damping`` None is that of the engine; another one costs only another solve.
        """
        damping = self.damping if damping is None else damping
        curvature, leaf = self.curvature, self.curvature.theta.clone().requires_grad_()
        value = probe(curvature.packing.unpack(leaf))
        if value.numel() != 1 or not bool(torch.isfinite(value)):
            raise InputError(
                "a probe must give one finite number, got shape "
                f"{tuple(value.shape)}: {value.detach().flatten()[:3].tolist()}."
            )
        g = gradient_of(lambda theta: probe(curvature.packing.unpack(theta)).reshape(()), leaf)
        solution = self.solve(
            g,
            solver,
            damping=damping,
            max_iterations=max_iterations,
            tolerance=tolerance,
            progress=progress,
        )
        return RemovalEffects(curvature.slopes(solution.value), float(value.detach()), solution)

    def solve(
        self,
        g: Tensor,
        solver: Solver,
        *,
        damping: float,
        max_iterations: int = 100,
        tolerance: float = 1e-5,
        progress: Progress | None = None,
    ) -> Solution:
        """(Hessian + damping)^-1 g for a vector g, (n_parameters,)."""
        if solver not in get_args(Solver):
            known = ", ".join(get_args(Solver))
            raise InputError(f"unknown solver {solver!r}; known: {known}.")
        if solver == "identity":
            return Solution(g, 0, 0.0, True, 0.0)
        damped: Callable[[Tensor], Tensor] = lambda x: self.curvature(x) + damping * x  # noqa: E731
        if solver == "dense":
            if g.numel() > MAX_DENSE:
                raise InputError(
                    f"the dense solver holds the whole matrix and is for at most {MAX_DENSE:,} "
                    f"parameters, not {g.numel():,}; choose 'conjugate_gradient'."
                )
            return solve_dense(damped, g)
        if solver == "absolute":
            return absolute_lanczos(
                self.curvature,
                g,
                damping=damping,
                max_iterations=min(max_iterations, g.numel()),
                tolerance=tolerance,
                progress=progress,
            )
        if solver == "lissa":
            return lissa(damped, g, depth=max_iterations, tolerance=tolerance, progress=progress)
        return conjugate_gradient(
            damped,
            g,
            max_iterations=max_iterations,
            tolerance=tolerance,
            progress=progress,
        )
