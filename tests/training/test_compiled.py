"""The compiled run in batches against the torch form, autograd-checked there, and itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText
from clif_core.training import compiled
from clif_core.training.batches import BatchRun
from clif_core.training.compiled import CompiledRun
from clif_core.training.coupled import Schedule
from clif_core.training.torch_run import TorchRun

N_WORDS, N_POSITIONS = 25, 300
BASE = TrainingSettings(
    dim=5, window=4, epochs=4, backend="batched", learning_rate=0.2, subsampling_threshold=0.05
)
VARIANTS = [
    BASE,
    replace(BASE, is_window_reduced=False, window=2, n_negatives=1),
    replace(BASE, subsampling_threshold=0.0, n_negatives=9, seed=7, dim=50, learning_rate=0.05),
]
on_variants = pytest.mark.parametrize("settings", VARIANTS)
Gradient = tuple[np.ndarray, np.ndarray]


def small_schedule(settings: TrainingSettings) -> Schedule:
    words = np.random.default_rng(0).zipf(1.3, N_POSITIONS) % N_WORDS
    offsets = np.array([0, 40, 41, 150, N_POSITIONS])
    text = TrainingText(words.astype(np.int32), np.arange(N_POSITIONS), offsets)
    return Schedule.build(text, np.bincount(words, minlength=N_WORDS).astype(np.int64), settings)


def some_weights(dtype: type) -> np.ndarray:
    """Some positions removed, the others near 1."""
    weights = np.random.default_rng(1).uniform(0.5, 1.5, N_POSITIONS)
    weights[::7] = 0
    return weights.astype(dtype)


def gradients(centre: np.ndarray) -> list[Gradient]:
    product = 2 * (centre[1] @ centre[2])
    return [
        (np.arange(N_WORDS), np.cos(centre.astype(np.float64))),
        (np.array([3, 5]), centre[[5, 3]].astype(np.float64)),
        (np.array([1, 2]), (product * centre[[2, 1]]).astype(np.float64)),
    ]


def trained(run: BatchRun) -> tuple[torch.Tensor, torch.Tensor]:
    state = run.start()
    for batches in run.segments():
        run.advance(state, batches)
    return state


def differentiated(
    run: CompiledRun | TorchRun, probes: Callable[[np.ndarray], Sequence[Gradient]]
) -> np.ndarray:
    """(n_positions, n_probes)"""
    state, befores = run.start(), []
    for batches in run.segments():
        befores.append((state[0].clone(), state[1].clone()))
        run.advance(state, batches)
    dim = run.settings.dim
    parts = probes(state[0].numpy()[:, :dim])
    adjoints = run.start_adjoints(len(parts))
    for probe, (words, rows) in enumerate(parts):
        adjoints[0][words, probe, :dim] = torch.as_tensor(rows).to(state[0])
    scores = torch.zeros((N_POSITIONS, len(parts)), dtype=torch.float64)
    for batches, before in zip(reversed(run.segments()), reversed(befores), strict=True):
        run.reverse(before, batches, adjoints, scores)
    return scores.numpy()


@on_variants
def test_vectors_equal_those_of_the_torch_form(settings: TrainingSettings) -> None:
    schedule, weights = small_schedule(settings), some_weights(np.float64)
    expected = trained(TorchRun.build(schedule, weights, torch.device("cpu")))
    run = CompiledRun.build(schedule, weights, 2)
    for part, right in zip(trained(run), expected, strict=True):
        torch.testing.assert_close(part[:, : settings.dim], right, rtol=1e-9, atol=1e-12)
        assert not part[:, settings.dim :].any()


@on_variants
def test_scores_equal_those_of_the_torch_form(settings: TrainingSettings) -> None:
    schedule, weights = small_schedule(settings), some_weights(np.float64)
    right = differentiated(TorchRun.build(schedule, weights, torch.device("cpu")), gradients)
    scores = differentiated(CompiledRun.build(schedule, weights, 2), gradients)
    np.testing.assert_allclose(scores, right, rtol=0, atol=1e-11 * np.abs(right).max())
    assert not scores[::7].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_of_threads_gives_the_same_bits(dtype: type) -> None:
    schedule, weights = small_schedule(replace(BASE, dim=70)), some_weights(dtype)
    runs = [CompiledRun.build(schedule, weights, n) for n in (1, 2, 3, 5)]
    assert [run.n_threads for run in runs] == [1, 2, 3, 5]
    states = [trained(run) for run in runs]
    scores = [differentiated(run, gradients) for run in runs]
    for state, found in zip(states[1:], scores[1:], strict=True):
        for part, right in zip(state, states[0], strict=True):
            assert torch.equal(part[:, :70], right[:, :70])
        np.testing.assert_array_equal(found, scores[0])


def test_the_length_of_a_segment_does_not_change_the_vectors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = CompiledRun.build(small_schedule(BASE), some_weights(np.float64), 2)
    whole, of_whole = trained(run), differentiated(run, gradients)
    monkeypatch.setattr(compiled, "LOG_BYTES", 0)
    run = CompiledRun.build(run.schedule, run.weights, 2)
    assert all(batches.last - batches.first == 1 for batches in run.segments())
    assert torch.equal(trained(run)[0], whole[0])
    np.testing.assert_allclose(differentiated(run, gradients), of_whole, rtol=0, atol=1e-12)


def test_float32_is_near_float64() -> None:
    schedule = small_schedule(BASE)
    exact, rough = (
        differentiated(CompiledRun.build(schedule, some_weights(dtype), 2), gradients)
        for dtype in (np.float64, np.float32)
    )
    assert np.abs(rough - exact).max() < 1e-4 * np.abs(exact).max()


def test_a_probe_among_others_has_the_score_it_has_alone() -> None:
    run = CompiledRun.build(small_schedule(BASE), some_weights(np.float32), 2)
    together = differentiated(run, gradients)
    for probe in range(together.shape[1]):
        alone = differentiated(run, lambda centre, probe=probe: [gradients(centre)[probe]])  # type: ignore[misc]
        np.testing.assert_array_equal(alone[:, 0], together[:, probe])
