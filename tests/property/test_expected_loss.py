"""The closed form against autograd, in float64, on random small models."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from clif_core.influence.closed_form import estimate
from clif_core.influence.curvature import (
    KroneckerPreconditioner,
    NullSpace,
    SkipGramCurvature,
    WordShapePreconditioner,
    beside_null_space,
    word_blocks,
    word_shapes,
)
from clif_core.influence.solvers.dense import dense_matrix
from clif_core.sgns import expected_loss
from clif_core.sgns.expected_loss import ExpectedLoss, Noise, noise_distribution
from clif_core.sgns.windows import build_windows

N_WORDS = 9


def _loss(seed: int, dim: int = 3, n_negatives: int = 3, n_noise: int = N_WORDS) -> ExpectedLoss:
    generator = np.random.default_rng(seed)
    words = np.concatenate([np.arange(N_WORDS), generator.integers(0, N_WORDS, 60)])
    counts = np.bincount(words, minlength=N_WORDS)
    windows = build_windows(
        words.astype(np.int32),
        np.array([0, 30, len(words)]),
        counts,
        window=3,
        subsampling_threshold=0.1,
    )
    v, u = torch.from_numpy(generator.normal(size=(2, N_WORDS, dim)))
    noise = Noise.sampled(noise_distribution(counts), n_noise, seed)
    return ExpectedLoss(v, u, windows.expected_pairs(), noise, n_negatives)


def _by_hand(loss: ExpectedLoss, theta: Tensor) -> Tensor:
    """The expected loss by its definition: dense, pair by pair, for autograd."""
    v, u = theta
    weights = loss.sparse(loss.weights).to_dense()
    x = v @ u.T
    positive = (weights * torch.nn.functional.softplus(-x)).sum()
    rates = torch.zeros(N_WORDS, dtype=v.dtype).index_add(0, loss.noise_words, loss.noise_rates)
    negative = torch.nn.functional.softplus(x) * weights.sum(1)[:, None] * rates
    return positive + negative.sum()


def _relative(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm() / b.norm())


cases = given(
    seed=st.integers(0, 10_000),
    dim=st.integers(1, 5),
    n_negatives=st.integers(1, 6),
    n_noise=st.sampled_from([4, N_WORDS]),
)


@settings(max_examples=25, deadline=None)
@cases
def test_value_and_gradient_equal_autograd(seed, dim, n_negatives, n_noise):
    loss = _loss(seed, dim, n_negatives, n_noise)
    theta = torch.stack([loss.v, loss.u]).requires_grad_()
    value = _by_hand(loss, theta)
    (expected,) = torch.autograd.grad(value, theta)
    assert float(loss.value()) == pytest.approx(value.item(), rel=1e-9)
    assert _relative(torch.stack(loss.gradient()), expected) < 1e-8


@settings(max_examples=25, deadline=None)
@cases
def test_exact_product_equals_autograd(seed, dim, n_negatives, n_noise):
    loss = _loss(seed, dim, n_negatives, n_noise)
    theta = torch.stack([loss.v, loss.u])
    direction = torch.randn(theta.shape, dtype=theta.dtype, generator=torch.manual_seed(seed))
    product = torch.autograd.functional.hvp(lambda t: _by_hand(loss, t), theta, direction)[1]
    ours = SkipGramCurvature(loss, "exact", damping=0.7)(direction)
    assert _relative(ours, product + 0.7 * direction) < 1e-8


@settings(max_examples=15, deadline=None)
@cases
def test_gauss_newton_is_the_second_derivative_in_the_scores(seed, dim, n_negatives, n_noise):
    """J' S J with J the Jacobian of all x_ij, by autograd."""
    loss = _loss(seed, dim, n_negatives, n_noise)
    theta = torch.stack([loss.v, loss.u])
    jacobian = torch.autograd.functional.jacobian(lambda t: (t[0] @ t[1].T).flatten(), theta)
    jacobian = jacobian.reshape(N_WORDS * N_WORDS, -1)
    s_pairs, s_noise = loss.curvature(), loss.noise_curvature(slice(None))
    s = loss.sparse(s_pairs).to_dense().index_add(1, loss.noise_words, s_noise).flatten()
    expected = jacobian.T @ (s[:, None] * jacobian)
    ours = dense_matrix(SkipGramCurvature(loss), theta)
    assert _relative(ours, expected) < 1e-8
    assert float(torch.linalg.eigvalsh(ours).min()) > -1e-9


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_word_blocks_are_the_diagonal_of_the_hessian(seed):
    loss = _loss(seed)
    theta = torch.stack([loss.v, loss.u])
    hessian = torch.autograd.functional.hessian(lambda t: _by_hand(loss, t), theta)
    rows = torch.tensor([0, 4, 7])
    blocks = word_blocks(loss, rows)
    for at, row in enumerate(rows.tolist()):
        assert _relative(blocks[at], hessian[0, row, :, 0, row, :]) < 1e-8


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n_noise=st.sampled_from([4, N_WORDS]))
def test_pair_effects_add_up_to_the_gradient_along_the_direction(seed, n_noise):
    """sum_ij n_ij score_ij = dL/dtheta . h, and the score is linear in h."""
    loss = _loss(seed, n_noise=n_noise)
    h = torch.randn(2, N_WORDS, 3, dtype=torch.float64, generator=torch.manual_seed(seed))
    total = (loss.weights * loss.pair_effects(h[0], h[1])).sum()
    grad_v, grad_u = loss.gradient()
    assert float(total) == pytest.approx(float((grad_v * h[0] + grad_u * h[1]).sum()), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_effects_of_a_few_rows_equal_those_of_all(seed):
    loss = _loss(seed)
    rows = torch.tensor([2, 5])
    h_rows = torch.randn(2, 3, dtype=torch.float64, generator=torch.manual_seed(seed))
    h = torch.zeros(N_WORDS, 3, dtype=torch.float64)
    h[rows] = h_rows
    everywhere = loss.pair_effects(h, torch.zeros_like(h))
    at, effects = loss.pair_effects_of(rows, h_rows)
    torch.testing.assert_close(effects, everywhere[at])
    elsewhere = torch.ones(len(everywhere), dtype=torch.bool)
    elsewhere[at] = False
    assert float(everywhere[elsewhere].abs().max()) == 0


def test_a_full_noise_sample_is_exact_and_a_smaller_one_unbiased():
    distribution = noise_distribution(np.arange(1, 200))
    assert distribution.sum() == pytest.approx(1)
    f = np.cos(np.arange(199))
    exact = (distribution * f).sum()
    draws = [Noise.sampled(distribution, 40, seed) for seed in range(400)]
    means = np.array([(noise.weights * f[noise.words]).sum() for noise in draws])
    assert means.mean() == pytest.approx(exact, abs=4 * means.std() / 20)
    assert all(noise.weights.sum() == pytest.approx(1) for noise in draws)


def test_the_preconditioner_and_its_root_are_symmetric_inverses():
    loss = _loss(3)
    curvature = SkipGramCurvature(loss)
    preconditioner = KroneckerPreconditioner(curvature, damping=0.5)
    like = torch.zeros(2, N_WORDS, 3, dtype=torch.float64)
    inverse = dense_matrix(preconditioner.inverse, like)
    root = dense_matrix(preconditioner.inverse_root, like)
    torch.testing.assert_close(root @ root, inverse)
    torch.testing.assert_close(inverse, inverse.T)
    assert float(torch.linalg.eigvalsh(inverse).min()) > 0


ROWS = torch.tensor([1, 5])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), dim=st.integers(1, 4), n_noise=st.sampled_from([4, N_WORDS]))
def test_word_shapes_are_positive_and_exact_for_the_probes_words(seed, dim, n_noise):
    loss = _loss(seed, dim, n_noise=n_noise)
    preconditioner = WordShapePreconditioner(SkipGramCurvature(loss), 0.5, ROWS)
    inverse = dense_matrix(preconditioner.inverse, torch.stack([loss.v, loss.u]))
    torch.testing.assert_close(inverse, inverse.T)
    assert float(torch.linalg.eigvalsh(inverse).min()) > 0
    by_word = inverse.reshape(2, N_WORDS, dim, 2, N_WORDS, dim)
    for row, block in zip(ROWS.tolist(), word_blocks(loss, ROWS), strict=True):
        damped = block + 0.5 * torch.eye(dim, dtype=block.dtype)
        torch.testing.assert_close(by_word[0, row, :, 0, row], torch.linalg.inv(damped))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n_noise=st.sampled_from([4, N_WORDS]))
def test_in_one_dimension_a_mean_and_a_spread_are_all_of_a_block(seed, n_noise):
    loss = _loss(seed, 1, n_noise=n_noise)
    like = torch.stack([loss.v, loss.u])
    blocks = dense_matrix(SkipGramCurvature(loss, damping=0.5), like).diagonal()
    inverse = WordShapePreconditioner(SkipGramCurvature(loss), 0.5, ROWS[:0]).inverse(like)
    torch.testing.assert_close(inverse, like / blocks.reshape(like.shape), rtol=1e-4, atol=0)


@pytest.mark.parametrize("most_exact", [0, 256])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), dim=st.integers(1, 4), n_noise=st.sampled_from([4, N_WORDS]))
def test_gauss_newton_is_the_solution_of_the_whole_system(most_exact, seed, dim, n_noise):
    loss = _loss(seed, dim, n_noise=n_noise)
    like = torch.stack([loss.v, loss.u])
    g = torch.zeros_like(like)
    g[0, ROWS] = loss.v[ROWS] + 1
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(word_shapes, "MOST_EXACT", most_exact)
        solution = estimate(
            loss, ROWS, g[0, ROWS], "gauss_newton", damping=0.5, tolerance=1e-9
        ).solution
    matrix = dense_matrix(SkipGramCurvature(loss, damping=0.5), like)
    expected = torch.linalg.solve(matrix, g.flatten())
    assert solution.converged
    assert _relative(solution.value.flatten(), expected) < 1e-7
    residual = _relative(matrix @ solution.value.flatten(), g.flatten())
    assert solution.relative_residual == pytest.approx(residual, rel=0.01, abs=1e-11)


def test_shapes_are_kept_for_another_probe_and_damping_and_go_with_their_loss():
    loss = _loss(4)
    x = torch.ones(2, N_WORDS, 3, dtype=torch.float64)
    WordShapePreconditioner(SkipGramCurvature(loss), 0.5, ROWS)
    kept = word_shapes._KEPT[loss]
    again = WordShapePreconditioner(SkipGramCurvature(loss), 2.0, ROWS + 1).inverse(x)
    assert word_shapes._KEPT[loss] is kept
    anew = WordShapePreconditioner(SkipGramCurvature(_loss(4)), 2.0, ROWS + 1).inverse(x)
    torch.testing.assert_close(again, anew)
    gone = weakref.ref(loss)
    del loss
    gc.collect()
    assert gone() is None


def test_a_word_that_is_no_centre_and_no_damping_give_finite_numbers():
    loss = _loss(2)
    curvature = SkipGramCurvature(loss)
    curvature.s_pairs[slice(*loss.pairs.offsets[3:5].tolist())] = 0
    loss.centre_weights[3] = 0
    x = torch.ones(2, N_WORDS, 3, dtype=torch.float64)
    for damping in (0.0, 0.5):
        found = WordShapePreconditioner(curvature, damping, torch.tensor([3])).inverse(x)
        assert torch.isfinite(found).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), dim=st.integers(1, 4), n_noise=st.sampled_from([4, N_WORDS]))
def test_the_null_space_is_that_of_the_gauss_newton_matrix(seed, dim, n_noise):
    loss = _loss(seed, dim, n_noise=n_noise)
    like = torch.stack([loss.v, loss.u])
    matrix = dense_matrix(SkipGramCurvature(loss), like)
    projection = dense_matrix(NullSpace(loss.v, loss.u).project, like)
    torch.testing.assert_close(projection @ projection, projection)
    torch.testing.assert_close(projection, projection.T)
    assert float(projection.trace()) == pytest.approx(dim * dim)
    assert float((matrix @ projection).norm()) < 1e-9 * float(matrix.norm())


def test_vectors_of_lower_rank_span_a_smaller_null_space():
    loss = _loss(1, dim=3)
    loss.v[:, 0] = loss.u[:, 0] = 0
    like = torch.stack([loss.v, loss.u])
    projection = dense_matrix(NullSpace(loss.v, loss.u).project, like)
    torch.testing.assert_close(projection @ projection, projection)
    assert float((dense_matrix(SkipGramCurvature(loss), like) @ projection).norm()) < 1e-9


def test_the_preconditioner_beside_the_null_space_is_symmetric_and_exact_on_it():
    loss = _loss(3)
    curvature, space = SkipGramCurvature(loss, damping=0.5), NullSpace(loss.v, loss.u)
    kronecker = KroneckerPreconditioner(curvature, 0.5).inverse
    like = torch.stack([loss.v, loss.u])
    inverse = dense_matrix(beside_null_space(kronecker, space, 0.5), like)
    torch.testing.assert_close(inverse, inverse.T)
    assert float(torch.linalg.eigvalsh(inverse).min()) > 0
    within = space.project(torch.randn(like.shape, dtype=like.dtype))
    torch.testing.assert_close(inverse @ within.flatten(), 2 * within.flatten())


@pytest.mark.parametrize("kind", ["gauss_newton", "exact"])
def test_the_noise_part_in_blocks_equals_the_noise_part_at_once(monkeypatch, kind):
    def products() -> list[Tensor]:
        loss = _loss(5, n_noise=6)
        curvature = SkipGramCurvature(loss, kind, damping=0.5)
        x = torch.randn(2, N_WORDS, 3, dtype=torch.float64, generator=torch.manual_seed(0))
        inverse = KroneckerPreconditioner(curvature, 0.5).inverse
        return [
            curvature(x),
            inverse(x),
            WordShapePreconditioner(curvature, 0.5, ROWS).inverse(x),
            loss.pair_effects(x[0], x[1]),
            torch.stack(loss.gradient()),
            loss.value(),
        ]

    whole = products()
    monkeypatch.setattr(expected_loss, "NOISE_TABLE_BYTES", 0)
    monkeypatch.setattr(expected_loss, "_CPU_BLOCK", 4)
    monkeypatch.setattr(ExpectedLoss, "_noise_scores", None)  # no table may be asked for
    torch.testing.assert_close(products(), whole, rtol=1e-12, atol=1e-12)
