"""The mixture of Gaussians: estimates against autograd, finite differences and retraining."""

from __future__ import annotations

import json

import pytest
import torch
from torch.nn.functional import kl_div, nll_loss
from typer.testing import CliRunner

from clif_core.cli import app
from clif_core.errors import InputError
from clif_core.mixture.effects import (
    engine_of,
    judge,
    leave_each_out,
    probe_losses,
    probe_target,
    removal_effects,
)
from clif_core.mixture.network import (
    N_PARAMETERS,
    assign,
    point_losses,
    start,
    target_of,
    turned_onto,
)
from clif_core.mixture.points import Edit, Points, sample_points
from clif_core.mixture.released import released_effects, with_one_optimiser
from clif_core.mixture.study import correlations, run_study
from clif_core.mixture.summary import differences, mean_with_interval, two_by_two
from clif_core.mixture.training import REGIMES, Task, regime_named


def few(seed: int = 0, n_each: int = 6) -> Points:
    """Some points of each component: the same experiment, small enough for a test."""
    points = sample_points(seed)
    kept = [c * 50 + i for c in range(3) for i in range(n_each)]
    return Points(points.places[kept], points.labels[kept])


@pytest.fixture(scope="module", params=["kl", "nll"])
def at_rest(request):
    task = Task(few(), request.param, REGIMES["converged"], 0)
    return task, task.train()


def test_points_have_the_distribution_of_the_paper():
    points = sample_points(3)
    assert points.places.shape == (150, 2)
    assert points.places[50:100].mean(0) == pytest.approx([5, 5], abs=0.6)
    assert points.places.std() > 1
    moved = sample_points(3, [Edit(7, 1.5, -2, 2), Edit(150, 0, 0, 1)])
    assert len(moved) == 151
    assert moved.places[7].tolist() == [1.5, -2]
    assert moved.labels[[7, 150]].tolist() == [2, 1]
    assert (moved.places[:7] == points.places[:7]).all()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit(151, 0, 0, 0), "no point 151"),
        (Edit(0, float("nan"), 0, 0), "within 20"),
        (Edit(0, 0, 21, 0), "within 20"),
        (Edit(0, 0, 0, 3), "0 to 2, got 3"),
    ],
)
def test_an_invalid_edit_is_refused(edit, message):
    with pytest.raises(InputError, match=message):
        sample_points(0, [edit])


def test_assignment_and_losses_agree_with_their_definitions():
    points = few()
    theta = start(points, 1, None, 0.5)
    assert theta.numel() == N_PARAMETERS == 228
    places, labels = torch.from_numpy(points.places), torch.from_numpy(points.labels)
    inner, bias, outer, outer_bias, centres = (
        part.view(shape)
        for part, shape in zip(
            theta.split([24, 12, 144, 12, 36]), [(2, 12), (12,), (12, 12), (12,), (3, 12)],
            strict=True,
        )
    )  # fmt: skip
    encoded = torch.relu(places @ inner + bias) @ outer + outer_bias
    kernel = 1 / (1 + torch.cdist(encoded, centres) ** 2)
    q = assign(theta, places, None)
    torch.testing.assert_close(q, kernel / kernel.sum(1, keepdim=True))
    p = target_of(q, torch.ones(18, dtype=torch.float64))
    raw = q**2 / q.sum(0)
    torch.testing.assert_close(p, (raw.T / raw.sum(1)).T)
    expected = kl_div(q.log(), p, reduction="none").sum(1)
    torch.testing.assert_close(point_losses(q, "kl", labels, p), expected)
    expected = nll_loss(q.log(), labels, reduction="none")
    torch.testing.assert_close(point_losses(q, "nll", labels, None), expected)


def test_leaving_a_point_out_recomputes_the_target_without_it():
    points = few()
    q = assign(start(points, 1, None), torch.from_numpy(points.places), None)
    weights = torch.ones(18, dtype=torch.float64)
    weights[4] = 0
    kept = weights > 0
    shorter = target_of(q[kept], torch.ones(17, dtype=torch.float64))
    torch.testing.assert_close(target_of(q, weights)[kept], shorter)
    assert not torch.allclose(target_of(q, torch.ones_like(weights))[kept], shorter)


def test_a_sharp_softplus_approaches_the_relu():
    points = few()
    theta, places = start(points, 1, None), torch.from_numpy(points.places)
    close = assign(theta, places, 1e4)
    torch.testing.assert_close(close, assign(theta, places, None), rtol=1e-3, atol=1e-4)


def test_rotating_the_encoded_space_changes_no_assignment():
    points = few()
    theta = torch.stack([start(points, seed, 4.0) for seed in (1, 2)])
    turned = turned_onto(theta[0], theta)
    places = torch.from_numpy(points.places)
    torch.testing.assert_close(assign(turned, places, 4.0), assign(theta, places, 4.0))
    torch.testing.assert_close(turned.norm(dim=1), theta.norm(dim=1))
    assert float((turned[1] - theta[0]).norm()) < float((theta[1] - theta[0]).norm())


def test_two_steps_equal_torchs_adam_for_one_model_or_many():
    task = Task(few(), "kl", REGIMES["two_steps"], 1)
    theta = task.start().clone().requires_grad_()
    adam = torch.optim.Adam([theta], lr=1e-3)
    for _ in range(2):
        adam.zero_grad()
        q = task.assign(theta)
        kl_div(q.log(), target_of(q, task.all_in).detach(), reduction="batchmean").backward()
        adam.step()
    weights = torch.stack([task.all_in, 1 - torch.eye(18, dtype=torch.float64)[3]])
    both = task.train(weights).theta
    torch.testing.assert_close(both[0], theta.detach(), rtol=1e-9, atol=1e-10)
    alone = Task(few(), "kl", REGIMES["two_steps"], 1).train(weights[1:]).theta
    torch.testing.assert_close(both[1], alone[0])


def test_training_comes_to_rest_and_leaving_out_does_too(at_rest):
    task, model = at_rest
    assert float(model.rest[0]) < 1e-8
    theta = model.theta[0]
    field = task.smooth_field(theta, task.all_in)
    torch.testing.assert_close(field, task.field(model.theta, task.all_in[None])[0])


def test_the_field_is_the_gradient_with_the_target_held(at_rest):
    task, _ = at_rest
    theta = task.start().clone().requires_grad_()
    total = task.total(theta, task.all_in, task.target(theta.detach(), task.all_in))
    (expected,) = torch.autograd.grad(total, theta)
    torch.testing.assert_close(task.smooth_field(theta.detach(), task.all_in), expected)


def test_following_ends_where_training_from_the_start_ends(at_rest):
    task, model = at_rest
    theta, rows = model.theta[0], [0, 7, 14]
    weights = 1 - torch.eye(18, dtype=torch.float64)[rows]
    anew, followed = task.train(weights), task.follow(theta, weights)
    assert float(followed.rest.max()) < 1e-7
    target = probe_target(task, theta)
    losses = [probe_losses(task, t.theta, "nll", target) for t in (anew, followed)]
    close = (losses[0] - losses[1]).abs().amax(1) < 1e-6
    assert close.sum() >= 2  # one may find another minimum


@pytest.mark.parametrize("probe", ["kl", "nll"])
def test_the_moving_estimate_is_the_derivative_of_the_training(at_rest, probe):
    task, model = at_rest
    theta = model.theta[0]
    moving = removal_effects(task, theta, probe, "moving")
    nudge = 1e-4 * torch.eye(18, dtype=torch.float64)
    target = probe_target(task, theta)
    low, high = (
        probe_losses(task, task.follow(theta, w).theta, probe, target)
        for w in (1 - nudge, 1 + nudge)
    )
    torch.testing.assert_close(moving, ((low - high) / 2e-4).T, rtol=2e-3, atol=1e-6)


def test_the_held_estimate_equals_the_general_engine(at_rest):
    task, model = at_rest
    theta = model.theta[0]
    held = removal_effects(task, theta, "nll", "held")
    target = probe_target(task, theta)
    answer = engine_of(task, theta).removal_effects(
        lambda p: probe_losses(task, p["theta"], "nll", target)[5], "dense"
    )
    torch.testing.assert_close(held[5], answer.effects, rtol=1e-5, atol=1e-9)
    if task.loss == "nll":  # the NLL has no target that moves
        moving = removal_effects(task, theta, "nll", "moving")
        torch.testing.assert_close(held, moving, rtol=1e-5, atol=1e-8)


def test_estimates_agree_with_leaving_out(at_rest):
    task, model = at_rest
    theta = model.theta[0]
    without = task.follow(theta, 1 - torch.eye(18, dtype=torch.float64))
    for found in judge(task, theta, without):
        r = correlations(found.moving, found.left_out, found.left_out_at_rest)
        assert r.mean() > 0.9
        big = found.left_out.abs() > 0.3 * found.left_out.abs().max()
        assert (torch.sign(found.moving) == torch.sign(found.left_out))[big].double().mean() > 0.9


def test_the_released_estimate_equals_its_recursion():
    points = few()
    task = Task(points, "kl", REGIMES["two_steps"], 1)
    theta = task.train().theta[0]
    target, probe = probe_target(task, theta), 2
    leaf = theta.clone().requires_grad_()
    loss = probe_losses(task, leaf, "nll", target)[probe]
    (v,) = torch.autograd.grad(loss, leaf)
    h = v.clone()
    for z in range(18):
        single = kl_div(task.assign(leaf)[z].log(), target[z], reduction="batchmean")
        (gradient,) = torch.autograd.grad(single, leaf, create_graph=True)
        (product,) = torch.autograd.grad(gradient @ h, leaf)
        h = v + 0.99 * h - product / 25
    single = kl_div(task.assign(leaf)[9].log(), target[9], reduction="batchmean")
    (gradient,) = torch.autograd.grad(single, leaf)
    ours = released_effects(task, theta)[probe, 9]
    assert float(ours) == pytest.approx(float(gradient @ h) / 18, rel=1e-8)


def test_an_optimiser_that_is_never_reset_gives_other_effects():
    task = Task(few(), "nll", REGIMES["two_steps"], 1)
    theta = task.train().theta[0]
    truth = probe_losses(task, leave_each_out(task).theta, "nll", probe_target(task, theta))
    here = probe_losses(task, theta, "nll", probe_target(task, theta))
    fresh, shared = (truth - here).T, with_one_optimiser(task, theta)
    assert float(shared[0, 0]) == pytest.approx(float(fresh[0, 0]), rel=1e-6)  # the very first
    assert not torch.allclose(shared[5], fresh[5], rtol=0.1)
    with pytest.raises(InputError, match="two steps, not as 'converged'"):
        with_one_optimiser(Task(few(), "nll", REGIMES["converged"], 1), theta)


def test_correlations_and_intervals():
    a = torch.randn(4, 9, dtype=torch.float64, generator=torch.manual_seed(0))
    b = a + torch.randn(4, 9, dtype=torch.float64, generator=torch.manual_seed(1))
    used = torch.arange(9) != 3
    expected = [float(torch.corrcoef(torch.stack(pair))[0, 1]) for pair in zip(a, b, strict=True)]
    assert correlations(a, b).tolist() == pytest.approx(expected)
    assert correlations(a, b, used)[0] != pytest.approx(expected[0])
    mean, low, high = mean_with_interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert (low, high) == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), rel=1e-4)


def test_the_lab_command_prints_both_tables(monkeypatch):
    monkeypatch.setattr("clif_core.mixture.study.sample_points", lambda seed: few(seed, 3))
    result = CliRunner().invoke(app, ["lab", "--seeds", "2", "--regime", "two_steps", "--json"])
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    found = run_study("two_steps", [1, 2])
    for row, expected in zip(shown["two_steps"], two_by_two(found).values(), strict=True):
        assert row["held ~ left out"] == pytest.approx(expected["held ~ left out"])
    assert [row["compared"] for row in shown["two_steps_cross_less_matched"]] == list(
        differences(found)
    )


def test_a_study_needs_two_seeds_and_a_known_regime():
    with pytest.raises(InputError, match="at least two different seeds"):
        run_study("two_steps", [1])
    with pytest.raises(InputError, match="unknown regime 'soon'"):
        regime_named("soon")
