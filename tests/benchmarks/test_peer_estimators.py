"""Estimators of other packages: exact at full rank."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.peer_estimators import arnoldi, nystroem, series


def _problem(lowest: float) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    q = torch.linalg.qr(torch.randn(24, 24, generator=generator, dtype=torch.float64)).Q
    matrix = q @ torch.diag(torch.linspace(lowest, 9, 24, dtype=torch.float64)) @ q.T
    return matrix, torch.randn(2, 2, 3, 4, generator=generator, dtype=torch.float64)


def _solved(matrix: Tensor, gradients: Tensor, damping: float) -> Tensor:
    damped = matrix + damping * torch.eye(24, dtype=torch.float64)
    return torch.linalg.solve(damped, gradients.flatten(1).T).T.view_as(gradients)


def test_full_rank_gives_the_inverse() -> None:
    matrix, gradients = _problem(0.5)

    def hessian(direction: Tensor) -> Tensor:
        return (matrix @ direction.flatten()).view_as(direction)

    truth = _solved(matrix, gradients, 0.7)
    torch.testing.assert_close(nystroem(hessian, gradients, 0.7, sketch=24), truth)
    torch.testing.assert_close(series(hessian, gradients, 0.7), truth, atol=5e-3, rtol=5e-3)
    nearly = arnoldi(hessian, gradients, 0.7, rank=23) - truth  # eigsh has one fewer at most
    assert torch.linalg.matrix_rank(nearly.flatten(1), tol=1e-2) <= 1


def test_low_rank_gives_the_inverse_on_its_subspace() -> None:
    matrix, _ = _problem(0.5)
    values, vectors = torch.linalg.eigh(matrix)

    def hessian(direction: Tensor) -> Tensor:
        return (matrix @ direction.flatten()).view_as(direction)

    seen = vectors[:, -1].view(1, 2, 3, 4)
    found = arnoldi(hessian, seen, 0.7, rank=5)
    torch.testing.assert_close(found, seen / (values[-1] + 0.7), atol=1e-3, rtol=1e-3)
    unseen = vectors[:, 0].view(1, 2, 3, 4)
    assert arnoldi(hessian, unseen, 0.7, rank=5).abs().max() < 1e-2


def test_nystroem_omits_negative_curvature() -> None:
    matrix, gradients = _problem(-3.0)

    def hessian(direction: Tensor) -> Tensor:
        return (matrix @ direction.flatten()).view_as(direction)

    assert nystroem(hessian, gradients, 0.7).isfinite().all()
    positive = torch.linalg.eigh(matrix)
    clipped = positive.eigenvectors @ torch.diag(positive.eigenvalues.clamp(min=0))
    truth = _solved(clipped @ positive.eigenvectors.T, gradients, 0.7)
    torch.testing.assert_close(nystroem(hessian, gradients, 0.7, sketch=24), truth)
