"""The cross-loss engine for any torch model, against dense Hessians and against retraining."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, softplus

from clif_core.errors import InputError
from clif_core.influence.cross_loss import CrossLossEngine
from clif_core.influence.curvature import SummedLoss
from clif_core.influence.solvers.dense import dense_matrix
from clif_core.workspace.jobs import JobCancelled

N, DIM, RIDGE = 150, 4, 5.0


def _logistic(n: int = N) -> tuple[Tensor, Tensor]:
    generator = torch.manual_seed(0)
    x = torch.randn(n, DIM, dtype=torch.float64, generator=generator)
    truth = torch.tensor([1.0, -2.0, 0.5, 0.0], dtype=torch.float64)
    return x, (x @ truth + torch.randn(n, dtype=torch.float64, generator=generator) > 0).double()


def _losses(parameters, batch) -> Tensor:
    x, y = batch
    logits = x @ parameters["weight"] + parameters["bias"]
    return binary_cross_entropy_with_logits(logits, y, reduction="none")


def _ridge(parameters) -> Tensor:
    return RIDGE / 2 * sum((p**2).sum() for p in parameters.values())


def _train(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Newton's method to the minimum of the summed loss."""
    theta = torch.zeros(DIM + 1, dtype=torch.float64)
    wide = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    for _ in range(30):
        s = torch.sigmoid(wide @ theta)
        gradient = wide.T @ (s - y) + RIDGE * theta
        hessian = (wide * (s * (1 - s))[:, None]).T @ wide + RIDGE * torch.eye(DIM + 1)
        theta = theta - torch.linalg.solve(hessian, gradient)
    return {"weight": theta[:DIM], "bias": theta[DIM:]}


def _probe(parameters) -> Tensor:
    """Not the training loss: an angle between two weights, through a squash."""
    return torch.tanh(parameters["weight"][0]) - parameters["weight"][1] ** 2 / 10


@pytest.fixture(scope="module")
def engine() -> CrossLossEngine:
    x, y = _logistic()
    batches = [(x[:30], y[:30]), (x[30:], y[30:])]
    return CrossLossEngine(_train(x, y), _losses, batches, penalty=_ridge)


def test_effects_agree_with_leaving_each_example_out(engine):
    x, y = _logistic()
    answer = engine.removal_effects(_probe, tolerance=1e-10)
    assert float(engine.curvature.gradient().norm()) < 1e-10
    keep = ~torch.eye(N, dtype=torch.bool)
    actual = torch.tensor([float(_probe(_train(x[k], y[k]))) for k in keep], dtype=torch.float64)
    actual -= answer.probe_value
    assert float(torch.corrcoef(torch.stack([answer.effects, actual]))[0, 1]) > 0.995
    slope = float((actual @ answer.effects) / (answer.effects @ answer.effects))
    assert slope == pytest.approx(1, abs=0.15)
    assert torch.equal(answer.effects[actual.abs() > 0.01] > 0, actual[actual.abs() > 0.01] > 0)


@pytest.mark.parametrize("solver", ["conjugate_gradient", "absolute", "lissa"])
def test_every_solver_finds_the_dense_solution(engine, solver):
    dense = engine.removal_effects(_probe, "dense", damping=0.3)
    answer = engine.removal_effects(
        _probe, solver, damping=0.3, max_iterations=3000, tolerance=1e-9
    )
    assert answer.solution.converged
    torch.testing.assert_close(answer.effects, dense.effects, rtol=1e-6, atol=1e-9)
    assert answer.probe_value == dense.probe_value


def test_identity_is_the_inner_product_of_gradients(engine):
    answer = engine.removal_effects(_probe, "identity")
    first = SummedLoss(
        engine.curvature.packing.unpack(engine.curvature.theta),
        _losses,
        [tuple(part[:1] for part in engine.curvature.batches[0])],
    )
    assert float(answer.effects[0]) == pytest.approx(
        float(first.gradient() @ answer.solution.value)
    )


def test_examples_add_up_to_the_gradient_of_their_sum(engine):
    loss = SummedLoss(
        engine.curvature.packing.unpack(engine.curvature.theta), _losses, engine.curvature.batches
    )
    h = torch.randn(DIM + 1, dtype=torch.float64, generator=torch.manual_seed(3))
    assert float(loss.slopes(h).sum()) == pytest.approx(float(loss.gradient() @ h))


@pytest.fixture(scope="module")
def network() -> SummedLoss:
    """Two layers, of which the loss does not use one parameter; off its minimum."""
    generator = torch.manual_seed(1)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    parameters = {name: p.detach().double() for name, p in module.named_parameters()}
    parameters["unused"] = torch.ones(2, dtype=torch.float64)
    x = torch.randn(10, 3, dtype=torch.float64, generator=generator)
    y = torch.randint(2, (10,), generator=generator)

    def losses(parameters, batch) -> Tensor:
        used = {name: p for name, p in parameters.items() if name != "unused"}
        return cross_entropy(functional_call(module, used, x[batch]), y[batch], reduction="none")

    return SummedLoss(parameters, losses, [torch.arange(7), torch.arange(7, 10)])


def test_products_equal_the_dense_hessian_of_a_network(network):
    unpack = network.packing.unpack
    whole = torch.arange(10)
    hessian = torch.autograd.functional.hessian(
        lambda theta: network.example_losses(unpack(theta), whole).sum(), network.theta
    )
    ours = dense_matrix(network, network.theta)
    torch.testing.assert_close(ours, hessian, rtol=1e-9, atol=1e-12)
    assert float(ours[-2:].abs().max()) == 0  # the unused parameter
    jacobian = torch.autograd.functional.jacobian(
        lambda theta: network.example_losses(unpack(theta), whole), network.theta
    )
    torch.testing.assert_close(network.slopes(hessian[0]), jacobian @ hessian[0])


def test_negative_curvature_is_reported_and_absolute_handles_it(network):
    engine = CrossLossEngine(
        network.packing.unpack(network.theta), network.example_losses, network.batches
    )
    probe = lambda p: (p["0.weight"] ** 3).sum()  # noqa: E731
    answer = engine.removal_effects(probe, damping=1e-3)
    assert "negative curvature" in answer.solution.note
    absolute = engine.removal_effects(probe, "absolute", damping=1e-3)
    values, vectors = torch.linalg.eigh(dense_matrix(network, network.theta))
    g = 3 * network.theta.clone() ** 2
    g[12:] = 0
    expected = vectors @ ((vectors.T @ g) / (values.abs() + 1e-3))
    torch.testing.assert_close(absolute.effects, network.slopes(expected), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_answer_has_the_dtype_of_the_parameters(dtype):
    engine = CrossLossEngine(
        {"a": torch.ones(3, dtype=dtype)}, lambda p, x: softplus(p["a"] * x), [torch.ones(3)]
    )
    assert engine.removal_effects(lambda p: p["a"].sum()).effects.dtype == dtype


def test_a_linear_loss_and_a_constant_one_have_no_curvature():
    point = {"a": torch.ones(2)}
    linear = SummedLoss(point, lambda p, x: x @ p["a"], [torch.ones(3, 2)])
    assert float(linear(torch.ones(2)).abs().max()) == 0
    assert linear.slopes(torch.ones(2)).tolist() == [2, 2, 2]
    constant = SummedLoss(point, lambda p, x: x, [torch.ones(3)])
    assert float(constant(torch.ones(2)).abs().max()) == 0
    assert constant.slopes(torch.ones(2)).tolist() == [0, 0, 0]


def test_cancelling_ends_the_solve(engine):
    def cancel(done: float, message: str) -> None:
        raise JobCancelled("stop")

    for solver in ("conjugate_gradient", "absolute", "lissa"):
        with pytest.raises(JobCancelled):
            engine.removal_effects(_probe, solver, damping=0.1, progress=cancel)


def test_wrong_inputs_are_refused(engine):
    point = {"a": torch.ones(2)}
    with pytest.raises(InputError, match=r"one number an example.*got shape \(\)"):
        SummedLoss(point, lambda p, x: p["a"].sum(), [None])(torch.ones(2))
    with pytest.raises(InputError, match="at least one batch"):
        SummedLoss(point, _losses, [])
    with pytest.raises(InputError, match="one dtype on one device, got"):
        SummedLoss({**point, "b": torch.ones(2).double()}, _losses, [None])
    with pytest.raises(InputError, match=r"one finite number, got shape \(4,\)"):
        engine.removal_effects(lambda p: p["weight"])
    with pytest.raises(InputError, match="unknown solver 'magic'; known: identity, dense"):
        engine.removal_effects(_probe, "magic")
    with pytest.raises(InputError, match="damping must not be negative"):
        CrossLossEngine(point, _losses, [None], damping=-1)
    with pytest.raises(InputError, match="at most 5,000 parameters, not 6,000"):
        engine.solve(torch.ones(6000), "dense", damping=1.0)
