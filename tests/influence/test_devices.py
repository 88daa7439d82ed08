"""The engine off the compiled products: on torch alone, on the CPU, on CUDA where it is, and on the
strict stand-in for it where it is not.

One suite for all: whatever the device, every estimator must answer as the compiled engine does.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from clif_core import device
from clif_core.errors import CapabilityError, InputError
from clif_core.influence.closed_form import estimate
from clif_core.influence.cross_loss import CrossLossEngine, Solver
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import CLOSED_FORM
from clif_core.influence.explain import explain_sentence, pair_effects
from clif_core.interventions.edit import Edit, token_weights
from clif_core.interventions.predict import predict_plug_in, predict_resolved
from clif_core.probes import Similarity
from clif_core.sgns import expected_loss
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from tests.conftest import on_devices


@pytest.fixture(scope="module")
def compiled(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus, dtype=torch.float64)


@pytest.fixture
def by_torch(
    device_name: str,
    compiled: InfluenceEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> InfluenceEngine:
    monkeypatch.setattr(expected_loss, "_COMPILED", ())
    engine = InfluenceEngine(
        compiled.model,
        compiled.corpus,
        pairs=compiled.pairs,
        device=device_name,
        dtype=torch.float64,
    )
    assert not engine.loss.is_compiled
    assert engine.loss.v.device.type == device_name
    return engine


@pytest.mark.parametrize("estimator", CLOSED_FORM)
def test_every_estimator_answers_as_the_compiled_engine(
    compiled: InfluenceEngine, by_torch: InfluenceEngine, estimator: str
) -> None:
    probe = Similarity("australia", "government").resolve(compiled.model.vocabulary)
    ours, theirs = (engine.influence(probe, estimator) for engine in (compiled, by_torch))
    assert theirs.solution.iterations == ours.solution.iterations
    largest = np.abs(ours.context_effects).max()
    np.testing.assert_allclose(
        theirs.context_effects, ours.context_effects, rtol=1e-6, atol=1e-6 * largest
    )


def test_the_loss_and_its_gradient_are_those_of_the_compiled_engine(
    compiled: InfluenceEngine, by_torch: InfluenceEngine
) -> None:
    torch.testing.assert_close(by_torch.loss.value().cpu(), compiled.loss.value())
    for ours, theirs in zip(compiled.loss.gradient(), by_torch.loss.gradient(), strict=True):
        torch.testing.assert_close(theirs.cpu(), ours)


def test_explanations_equal_those_of_the_compiled_engine(
    compiled: InfluenceEngine, by_torch: InfluenceEngine
) -> None:
    """Word pairs, one sentence word by word, and both predictions of a removal."""
    probe = Similarity("australia", "government").resolve(compiled.model.vocabulary)
    ours, theirs = compiled.influence(probe), by_torch.influence(probe)
    pairs = pair_effects(compiled, ours)
    close = {"rtol": 1e-5, "atol": 1e-6 * float(np.abs(pairs).max())}
    np.testing.assert_allclose(pair_effects(by_torch, theirs), pairs, **close)
    top = ours.top_sentences(20, "raises")["sentence"].to_numpy()
    told = [explain_sentence(engine, ours, int(top[0])) for engine in (compiled, by_torch)]
    np.testing.assert_allclose(told[1]["effect"], told[0]["effect"], **close)
    weights = token_weights(compiled.corpus, Edit("sentences", tuple(top.tolist())))
    for predict in (predict_plug_in, predict_resolved):
        expected = predict(compiled, probe, weights)
        assert abs(expected) > 1e-3
        assert predict(by_torch, probe, weights) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("solver", get_args(Solver))
def test_the_engine_of_any_torch_model_gives_the_same_on_every_device(
    device_name: str, solver: Solver
) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, 3, dtype=torch.float64, generator=generator)
    y = (x @ torch.tensor([1.0, -2.0, 0.5], dtype=x.dtype)).sigmoid()
    weight = torch.tensor([0.5, -1.0, 0.2], dtype=x.dtype)

    def losses(parameters, batch):
        features, target = batch
        logits = features @ parameters["weight"]
        return torch.nn.functional.binary_cross_entropy_with_logits(
            logits, target, reduction="none"
        )

    def effects(device: str) -> torch.Tensor:
        at = torch.device(device)
        batches = [(x[:15].to(at), y[:15].to(at)), (x[15:].to(at), y[15:].to(at))]
        engine = CrossLossEngine({"weight": weight.to(at)}, losses, batches, damping=1.0)
        return engine.removal_effects(lambda p: p["weight"].prod(), solver).effects

    there = effects(device_name)
    assert there.device.type == device_name
    torch.testing.assert_close(there.cpu(), effects("cpu"), rtol=1e-4, atol=1e-9)


def test_an_absent_device_is_refused(compiled: InfluenceEngine) -> None:
    with pytest.raises(CapabilityError, match="Use device 'cpu'"):
        InfluenceEngine(compiled.model, compiled.corpus, device="cuda:99")


# --- which device


def test_without_cuda_auto_is_the_cpu_and_an_empty_setting_is_auto(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    device._cuda_works.cache_clear()
    monkeypatch.setenv("CLIF_DEVICE", "")
    assert device.pick_device() == torch.device("cpu")
    assert device.pick_device("auto") == torch.device("cpu")


def test_the_setting_names_the_device_and_an_argument_goes_before_it(monkeypatch):
    monkeypatch.setenv("CLIF_DEVICE", "cuda:99")
    with pytest.raises(CapabilityError, match="cuda:99"):
        device.pick_device()
    assert device.pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cpu:x", "meta", "mps"])
def test_an_unknown_device_is_refused_by_name(name):
    with pytest.raises(InputError, match="auto, cpu, cuda or cuda:NUMBER"):
        device.pick_device(name)


@pytest.mark.parametrize("harm", ["fails", "errs"])
def test_a_cuda_that_cannot_compute_is_not_used_and_a_warning_says_so(monkeypatch, caplog, harm):
    def try_it(_: torch.device) -> bool:
        if harm == "fails":
            raise RuntimeError("no kernel image is available")
        return False

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(device, "agrees_with_cpu", try_it)
    device._cuda_works.cache_clear()
    assert device.pick_device("auto") == torch.device("cpu")
    assert "Computing on the CPU" in caplog.text
    device._cuda_works.cache_clear()


def test_a_device_that_computes_agrees_with_the_cpu(device_name):
    assert device.agrees_with_cpu(torch.device(device_name))


def test_an_answer_says_where_it_was_computed(compiled: InfluenceEngine) -> None:
    probe = Similarity("australia", "government").resolve(compiled.model.vocabulary)
    assert compiled.influence(probe).solution.device == "CPU"


# --- nothing waits for the device inside a solve


class _Looks(TorchDispatchMode):
    """Counts the numbers that are fetched from tensors: each would wait for a CUDA device."""

    n = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.n += function is torch.ops.aten._local_scalar_dense.default
        return function(*args, **(kwargs or {}))


@on_devices("estimator", ["gauss_newton", "exact", "absolute"])
def test_a_solve_off_the_cpu_reads_its_residual_every_fifth_step_only(
    by_torch: InfluenceEngine, estimator: str
) -> None:
    probe = Similarity("australia", "government").resolve(by_torch.model.vocabulary)
    rows, gradient = probe.active_gradient(by_torch.model.centre_vectors)
    at = by_torch.loss.v.device

    def looks(n_steps: int) -> int:
        with _Looks() as seen:
            solved = estimate(
                by_torch.loss,
                torch.as_tensor(rows, device=at),
                torch.as_tensor(gradient, device=at),
                estimator,
                damping=1000.0,
                max_iterations=n_steps,
                tolerance=0.0,
            )
        assert solved.solution.iterations == n_steps
        return seen.n

    is_free = at.type == "cpu" and estimator != "absolute"  # looking at every step
    assert looks(25) - looks(5) <= (20 if is_free else 4)
