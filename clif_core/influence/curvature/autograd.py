"""The curvature of any torch model by automatic differentiation, as a product.

The training loss is **a sum over examples, not a mean**, plus a penalty that belongs to no example:

    L(theta) = sum_z loss_z(theta) + penalty(theta)

A user gives ``example_losses(parameters, batch) -> (n_in_batch,)`` over parameters in a flat
mapping of names to tensors (``dict(module.named_parameters())`` with
``torch.func.functional_call`` for a module). Solvers see one vector theta, (n_parameters,), in the
mapping's order. Products are double backward passes (Pearlmutter 1994), so every operation must be
twice differentiable; a parameter that a loss does not use has zero curvature. Device and dtype are
those of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from clif_core.errors import InputError

__all__ = ["Packing", "Parameters", "SummedLoss"]

Parameters = Mapping[str, Tensor]
ExampleLosses = Callable[[Parameters, Any], Tensor]
Scalar = Callable[[Parameters], Tensor]


@dataclass(frozen=True)
class Packing:
    """The layout of named parameters in one vector."""

    names: tuple[str, ...]
    shapes: tuple[torch.Size, ...]

    @classmethod
    def of(cls, parameters: Parameters) -> Packing:
        kinds = {(tensor.device, tensor.dtype) for tensor in parameters.values()}
        if len(kinds) != 1 or not next(iter(kinds))[1].is_floating_point:
            found = ", ".join(sorted(f"{dtype} on {device}" for device, dtype in kinds)) or "none"
            raise InputError(
                "the parameters must be floating-point tensors of one dtype on one device, got "
                f"{found}; leave out buffers and frozen parameters, or convert them."
            )
        return cls(tuple(parameters), tuple(tensor.shape for tensor in parameters.values()))

    def pack(self, parameters: Parameters) -> Tensor:
        """One new vector, (n_parameters,)."""
        return torch.cat([parameters[name].detach().reshape(-1) for name in self.names])

    def unpack(self, theta: Tensor) -> dict[str, Tensor]:
        """The named parameters as views into theta; gradients flow back through them."""
        parts = torch.split(theta, [shape.numel() for shape in self.shapes])
        return {
            name: part.view(shape)
            for name, part, shape in zip(self.names, parts, self.shapes, strict=True)
        }


class SummedLoss:
    """L at one point: its gradient, its Hessian as an operator, and slopes of single examples.

    Parameters
    ----------
    parameters : name -> tensor; the point, usually the trained model. Not changed
    example_losses : (parameters, batch) -> (n_in_batch,) losses, without averaging
    batches : the training examples, in any form that ``example_losses`` takes; every product goes
        through all of them, in the memory of one batch
    penalty : parameters -> scalar, e.g. weight decay in the unit of the summed loss
    """

    def __init__(
        self,
        parameters: Parameters,
        example_losses: ExampleLosses,
        batches: Sequence[Any],
        *,
        penalty: Scalar | None = None,
    ) -> None:
        if not len(batches):
            raise InputError("there are no training examples: give at least one batch.")
        self.packing = Packing.of(parameters)
        self.theta = self.packing.pack(parameters)
        self.example_losses, self.batches = example_losses, batches
        self.penalty = penalty

    def gradient(self) -> Tensor:
        """dL/dtheta, (n_parameters,); zero at a trained minimum."""
        total = torch.zeros_like(self.theta)
        for part in self._parts():
            total += gradient_of(part, self._leaf())
        return total

    def __call__(self, direction: Tensor) -> Tensor:
        """Hessian of L times a direction, (n_parameters,) -> the same; no damping."""
        total = torch.zeros_like(direction)
        for part in self._parts():
            total = total + _second(part, self._leaf(), direction)
        return total

    def slopes(self, direction: Tensor) -> Tensor:
        """(gradient of each example's loss) . direction, (n_examples,), in the batches' order.

        Two backward passes per batch: J' w, with J the Jacobian of the losses, is linear in w, and
        its derivative along the direction is J direction. No gradient of a single example is
        computed.
        """
        return torch.cat([self._slopes(batch, direction) for batch in self.batches])

    def _slopes(self, batch: Any, direction: Tensor) -> Tensor:
        theta = self._leaf()
        losses = self._losses(theta, batch)
        if not losses.requires_grad:
            return torch.zeros_like(losses)
        w = torch.zeros_like(losses, requires_grad=True)
        back = _grad(losses, theta, w, create_graph=True)
        return _grad(back, w, direction)

    def _leaf(self) -> Tensor:
        return self.theta.clone().requires_grad_()

    def _parts(self) -> list[Callable[[Tensor], Tensor]]:
        """Scalar functions of theta that sum to L, one per batch."""
        parts: list[Callable[[Tensor], Tensor]] = [
            partial(self._batch_loss, batch=batch) for batch in self.batches
        ]
        penalty = self.penalty
        if penalty is not None:
            parts.append(lambda theta: penalty(self.packing.unpack(theta)))
        return parts

    def _batch_loss(self, theta: Tensor, batch: Any) -> Tensor:
        return self._losses(theta, batch).sum()

    def _losses(self, theta: Tensor, batch: Any) -> Tensor:
        losses = self.example_losses(self.packing.unpack(theta), batch)
        if losses.dim() != 1:
            raise InputError(
                "the training loss must give one number an example, (n_in_batch,), got shape "
                f"{tuple(losses.shape)}; use reduction='none' and sum the terms of each example."
            )
        return losses


def gradient_of(function: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    """d function / d theta of a scalar; zero where theta is not used."""
    value = function(theta)
    return _grad(value, theta) if value.requires_grad else torch.zeros_like(theta)


def _second(function: Callable[[Tensor], Tensor], theta: Tensor, direction: Tensor) -> Tensor:
    value = function(theta)
    if not value.requires_grad:
        return torch.zeros_like(theta)
    gradient = _grad(value, theta, create_graph=True)
    if not gradient.requires_grad:  # linear in theta
        return torch.zeros_like(theta)
    return _grad(gradient, theta, direction)


def _grad(
    outputs: Tensor, inputs: Tensor, weights: Tensor | None = None, *, create_graph: bool = False
) -> Tensor:
    (gradient,) = torch.autograd.grad(
        outputs, inputs, weights, create_graph=create_graph, materialize_grads=True
    )
    return gradient
