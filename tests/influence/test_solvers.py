"""Solvers against dense algebra."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.influence.solvers import absolute_lanczos, conjugate_gradient, lissa, solve_dense


def _symmetric(eigenvalues: list[float], seed: int = 0) -> Tensor:
    generator = torch.manual_seed(seed)
    n = len(eigenvalues)
    q = torch.linalg.qr(torch.randn(n, n, dtype=torch.float64, generator=generator))[0]
    return q @ torch.diag(torch.tensor(eigenvalues, dtype=torch.float64)) @ q.T


G = torch.randn(12, dtype=torch.float64, generator=torch.manual_seed(1))


def test_conjugate_gradient_equals_the_dense_solution():
    a = _symmetric([0.5 + i for i in range(12)])
    solution = conjugate_gradient(lambda x: a @ x, G, tolerance=1e-10)
    torch.testing.assert_close(solution.value, torch.linalg.solve(a, G), rtol=1e-7, atol=1e-7)
    assert solution.converged
    assert solution.relative_residual < 1e-10
    torch.testing.assert_close(solve_dense(lambda x: a @ x, G).value, torch.linalg.solve(a, G))


def test_a_good_preconditioner_saves_steps():
    a = _symmetric([10.0**k for k in range(-4, 8)])
    inverse = torch.linalg.inv(a)
    plain = conjugate_gradient(lambda x: a @ x, G, max_iterations=12)
    helped = conjugate_gradient(lambda x: a @ x, G, precondition=lambda x: inverse @ x)
    assert helped.converged
    assert helped.iterations < plain.iterations


def test_negative_curvature_is_reported_and_ends_the_solve():
    a = _symmetric([-3.0, -1.0] + [1.0 + i for i in range(10)])
    solution = conjugate_gradient(lambda x: a @ x, G, tolerance=1e-8)
    assert "negative curvature" in solution.note
    assert not solution.converged
    assert torch.isfinite(solution.value).all()


def test_a_zero_right_hand_side_has_the_zero_solution():
    a = _symmetric([1.0] * 12)
    for solution in (
        conjugate_gradient(lambda x: a @ x, 0 * G),
        absolute_lanczos(lambda x: a @ x, 0 * G, damping=0.1),
    ):
        assert float(solution.value.abs().max()) == 0
        assert solution.converged


def test_absolute_lanczos_takes_the_absolute_eigenvalues():
    eigenvalues = [-5.0, -0.3, 0.2, 0.9, 1.5, 2.0, 4.0, 7.0, 9.0, 20.0, 50.0, 80.0]
    a = _symmetric(eigenvalues)
    values, vectors = torch.linalg.eigh(a)
    expected = vectors @ ((vectors.T @ G) / (values.abs() + 0.1))
    solution = absolute_lanczos(lambda x: a @ x, G, damping=0.1, max_iterations=12)
    torch.testing.assert_close(solution.value, expected, rtol=1e-6, atol=1e-8)
    assert solution.note == "2 of 12 Ritz values are negative"


def test_progress_reaches_the_listener():
    a = _symmetric([1.0 + i for i in range(12)])
    seen: list[float] = []
    conjugate_gradient(
        lambda x: a @ x, G, max_iterations=20, progress=lambda done, _: seen.append(done)
    )
    assert seen == sorted(seen)
    assert 0 < seen[0] <= seen[-1] <= 1


def test_conjugate_gradient_counts_no_step_after_the_last_that_moved():
    a = _symmetric([1.0 + i for i in range(12)])
    every, fifth = (
        conjugate_gradient(lambda x: a @ x, G, tolerance=0.1, check_every=n) for n in (1, 5)
    )
    assert every.iterations == fifth.iterations < 5
    assert torch.equal(every.value, fifth.value)


@pytest.mark.parametrize("damping", [0.0, -1.0])
def test_the_absolute_estimator_refuses_a_damping_that_is_not_positive(damping):
    with pytest.raises(InputError, match="positive damping"):
        absolute_lanczos(lambda x: x, G, damping=damping)


def test_lissa_equals_the_dense_solution_and_divides_by_its_scale():
    a = _symmetric([0.5 + i for i in range(12)])
    for scale in (None, 8.0, 40.0):
        solution = lissa(lambda x: a @ x, G, scale=scale, depth=2000, tolerance=1e-9)
        assert solution.converged
        assert not solution.note
        torch.testing.assert_close(solution.value, torch.linalg.solve(a, G), rtol=1e-6, atol=1e-8)


def test_lissa_reports_divergence_and_the_scale_it_needs():
    a = _symmetric([0.5 + i for i in range(12)])  # the largest eigenvalue is 11.5
    solution = lissa(lambda x: a @ x, G, scale=2.0, depth=5000)
    assert "diverged by term" in solution.note
    assert "must exceed half the largest eigenvalue, about 11" in solution.note
    assert not solution.converged
    assert torch.isfinite(solution.value).all()
    assert solution.iterations < 100
    indefinite = _symmetric([-1.0] + [1.0] * 11)
    solution = lissa(lambda x: indefinite @ x, G, depth=5000)
    assert "the curvature is not positive; add damping" in solution.note


def test_lissa_that_runs_out_of_terms_is_not_converged():
    a = _symmetric([0.01] + [1.0] * 11)
    solution = lissa(lambda x: a @ x, G, scale=1.0, depth=20)
    assert not solution.converged
    residual = (a @ solution.value - G).norm() / G.norm()
    assert solution.relative_residual == pytest.approx(float(residual))
    with pytest.raises(InputError, match="positive scale, got 20, 10 and 0"):
        lissa(lambda x: a @ x, G, depth=20, scale=0)
    assert lissa(lambda x: a @ x, 0 * G).converged
