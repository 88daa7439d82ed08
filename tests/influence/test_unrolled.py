"""The derivative of a training, against the training itself."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.influence.unrolled import coupled, reverse_pass
from clif_core.influence.unrolled.coupled import differentiate
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText
from clif_core.training.coupled import Schedule, start_vectors, train_segment
from clif_core.training.steps import MOST_DRAWS
from clif_core.workspace.jobs import JobCancelled

N_WORDS, N_POSITIONS = 25, 300
BASE = TrainingSettings(
    dim=5, window=4, epochs=4, backend="coupled", learning_rate=0.2, subsampling_threshold=0.05
)


def small_schedule(settings: TrainingSettings) -> Schedule:
    words = np.random.default_rng(0).zipf(1.3, N_POSITIONS) % N_WORDS
    text = TrainingText(
        words.astype(np.int32), np.arange(N_POSITIONS), np.array([0, 40, 41, 150, N_POSITIONS])
    )
    counts = np.bincount(words, minlength=N_WORDS).astype(np.int64)
    return Schedule.build(text, counts, settings)


def run(schedule: Schedule, weights: np.ndarray) -> np.ndarray:
    centre, context = start_vectors(N_WORDS, schedule.settings, np.float64)
    for epoch in range(schedule.settings.epochs):
        train_segment(schedule, schedule.epoch(epoch), centre, context, weights)
    return centre


def probes(centre: np.ndarray) -> np.ndarray:
    """Three smooth functions of all, two and two rows."""
    return np.array([np.sin(centre).sum(), centre[3] @ centre[5], (centre[1] @ centre[2]) ** 2])


def gradients(centre: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    wide = np.cos(centre.astype(np.float64))
    product = 2 * (centre[1] @ centre[2])
    return [
        (np.arange(N_WORDS), wide),
        (np.array([3, 5]), centre[[5, 3]]),
        (np.array([1, 2]), product * centre[[2, 1]]),
    ]


@pytest.mark.parametrize(
    "settings",
    [
        BASE,
        replace(BASE, is_window_reduced=False, window=2, n_negatives=1),
        replace(BASE, subsampling_threshold=0.0, n_negatives=9, seed=7, dim=18),
    ],
)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_equals_central_differences_of_the_whole_training(
    settings: TrainingSettings, is_weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupled, "LOG_BYTES", 40_000)  # several segments an epoch
    schedule, generator = small_schedule(settings), np.random.default_rng(1)
    weights = generator.uniform(0.3, 1.5, N_POSITIONS) if is_weighted else np.ones(N_POSITIONS)
    found = differentiate(schedule, gradients, weights, np.float64, n_threads=2)
    np.testing.assert_array_equal(found.centre_vectors, run(schedule, weights))
    largest = np.abs(found.scores).max(axis=0)
    for place in generator.choice(N_POSITIONS, 25, replace=False):
        step = np.zeros(N_POSITIONS)
        step[place] = 1e-5
        difference = probes(run(schedule, weights + step)) - probes(run(schedule, weights - step))
        assert np.all(np.abs(difference / 2e-5 - found.scores[place]) < 1e-6 * largest)


def test_float32_is_within_a_hundredth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupled, "LOG_BYTES", 40_000)
    schedule = small_schedule(BASE)
    single = differentiate(schedule, gradients).scores
    double = differentiate(schedule, gradients, dtype=np.float64).scores
    assert np.all(np.abs(single - double).max(axis=0) < 1e-3 * np.abs(double).max(axis=0))


def test_threads_and_segments_change_nothing_but_rounding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule = small_schedule(BASE)
    whole = differentiate(schedule, gradients, dtype=np.float64).scores
    np.testing.assert_array_equal(
        whole, differentiate(schedule, gradients, dtype=np.float64, n_threads=3).scores
    )
    monkeypatch.setattr(coupled, "LOG_BYTES", 20_000)
    cut = differentiate(schedule, gradients, dtype=np.float64).scores
    np.testing.assert_allclose(cut, whole, rtol=1e-9, atol=1e-13)


def state_bytes(settings: TrainingSettings) -> int:
    return 2 * N_WORDS * settings.dim * 4  # float32


@pytest.mark.parametrize("n_states", [0, 10, 12])  # of 22 segments: every 4th, 3rd, 2nd is kept
def test_rebuilt_states_give_the_same_scores_and_resume(
    n_states: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupled, "LOG_BYTES", 20_000)
    monkeypatch.setattr(reverse_pass, "SAVE_SECONDS", 0.0)
    schedule = small_schedule(BASE)
    whole = differentiate(schedule, gradients)
    monkeypatch.setattr(reverse_pass, "STATE_BYTES", n_states * state_bytes(BASE))
    bounded = differentiate(schedule, gradients, n_threads=2)
    np.testing.assert_array_equal(bounded.scores, whole.scores)
    np.testing.assert_array_equal(bounded.context_vectors, whole.context_vectors)
    for fraction in (0.4, 0.6, 0.85):
        with pytest.raises(JobCancelled):
            differentiate(schedule, gradients, progress=stop_after(fraction), folder=tmp_path)
    resumed = differentiate(schedule, gradients, folder=tmp_path)
    np.testing.assert_array_equal(resumed.scores, whole.scores)


@pytest.mark.parametrize(("n_states", "most"), [(40, 30), (20, 16), (14, 12), (0, 10)])
def test_held_states_stay_within_the_stated_memory(
    n_states: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(BASE, dim=500)
    schedule, weights = small_schedule(settings), np.ones(N_POSITIONS, np.float32)
    segments = list(schedule.segments(40))
    assert len(segments) == 30
    size = state_bytes(settings)
    monkeypatch.setattr(reverse_pass, "STATE_BYTES", n_states * size)
    spacing = reverse_pass.state_spacing(len(segments), size)
    train_segment(schedule, segments[0], *start_vectors(N_WORDS, settings), weights)  # compiles
    tracemalloc.start()
    try:
        kept, _ = coupled._forward(schedule, segments, spacing, weights, lambda *_: None)
        tracemalloc.reset_peak()
        for _ in coupled._starts(schedule, segments, spacing, kept, weights):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < peak / size < most + 2.5  # the end of the run and the one in hand besides


def test_more_negatives_than_a_logged_row_can_hold_are_refused() -> None:
    """With 25 words one row is met a hundred times in a pair."""
    most = replace(BASE, n_negatives=MOST_DRAWS - 1, learning_rate=0.01)
    schedule, weights = small_schedule(most), np.ones(N_POSITIONS)
    found = differentiate(schedule, gradients, weights, np.float64)
    step = np.zeros(N_POSITIONS)
    step[60] = 1e-5
    difference = probes(run(schedule, weights + step)) - probes(run(schedule, weights - step))
    largest = np.abs(found.scores).max(axis=0)
    assert np.all(np.abs(difference / 2e-5 - found.scores[60]) < 1e-6 * largest)
    with pytest.raises(InputError, match=f"at most .* words and {MOST_DRAWS - 1} negatives"):
        differentiate(small_schedule(replace(most, n_negatives=MOST_DRAWS)), gradients)


def test_a_removed_position_has_no_score() -> None:
    weights = np.ones(N_POSITIONS)
    weights[40:150] = 0
    found = differentiate(small_schedule(BASE), gradients, weights, np.float64)
    assert not found.scores[40:150].any()
    assert found.scores[:40].any()


def stop_after(fraction: float) -> Callable[[float, str], None]:
    def report(done: float, message: str) -> None:
        if done > fraction:
            raise JobCancelled("stopped")

    return report


def test_a_stopped_pass_resumes_from_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupled, "LOG_BYTES", 20_000)
    monkeypatch.setattr(reverse_pass, "SAVE_SECONDS", 0.0)
    schedule = small_schedule(BASE)
    whole = differentiate(schedule, gradients).scores
    with pytest.raises(JobCancelled):
        differentiate(schedule, gradients, progress=stop_after(0.7), folder=tmp_path)
    assert list(tmp_path.iterdir())
    steps: list[float] = []
    resumed = differentiate(
        schedule, gradients, progress=lambda done, _: steps.append(done), folder=tmp_path
    )
    np.testing.assert_array_equal(resumed.scores, whole)
    backward = [done for done in steps if done > reverse_pass.forward_share(1)]
    assert min(backward) > 0.7
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_another_number_of_threads_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three threads keep one probe each, which must not be taken for all three of one thread."""
    monkeypatch.setattr(coupled, "LOG_BYTES", 20_000)
    monkeypatch.setattr(reverse_pass, "SAVE_SECONDS", 0.0)
    schedule = small_schedule(BASE)
    with pytest.raises(JobCancelled):
        differentiate(schedule, gradients, n_threads=3, progress=stop_after(0.7), folder=tmp_path)
    whole = differentiate(schedule, gradients).scores
    np.testing.assert_array_equal(differentiate(schedule, gradients, folder=tmp_path).scores, whole)


def test_a_checkpoint_of_other_work_or_a_damaged_one_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupled, "LOG_BYTES", 20_000)
    monkeypatch.setattr(reverse_pass, "SAVE_SECONDS", 0.0)
    schedule, other = small_schedule(BASE), small_schedule(replace(BASE, seed=2))
    with pytest.raises(JobCancelled):
        differentiate(other, gradients, progress=stop_after(0.7), folder=tmp_path)
    whole = differentiate(schedule, gradients).scores
    np.testing.assert_array_equal(differentiate(schedule, gradients, folder=tmp_path).scores, whole)
    (tmp_path / "unrolled.npz").write_bytes(b"PK no archive")
    np.testing.assert_array_equal(differentiate(schedule, gradients, folder=tmp_path).scores, whole)
