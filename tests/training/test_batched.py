"""The batched run and its exact derivative: draws against the coupled trainer's, the rest against
the run itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clif_core.errors import CapabilityError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.unrolled import batched as unrolled_batched
from clif_core.influence.unrolled import reverse_pass
from clif_core.influence.unrolled.batched import differentiate_batched
from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import retrain
from clif_core.probes import Similarity
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText
from clif_core.text.corpus import Corpus
from clif_core.training import batches, steps, train
from clif_core.training.batched import train_batched
from clif_core.training.batches import batch_length
from clif_core.training.coupled import Schedule, start_vectors, train_segment
from clif_core.training.torch_run import TorchRun
from clif_core.workspace.jobs import JobCancelled
from tests.conftest import on_devices

N_WORDS, N_POSITIONS = 25, 300
BASE = TrainingSettings(
    dim=5, window=4, epochs=4, backend="batched", learning_rate=0.2, subsampling_threshold=0.05
)
VARIANTS = [
    BASE,
    replace(BASE, is_window_reduced=False, window=2, n_negatives=1),
    replace(BASE, subsampling_threshold=0.0, n_negatives=9, seed=7, dim=18),
]


@pytest.fixture
def device(device_name: str) -> torch.device:
    return torch.device(device_name)


def small_schedule(settings: TrainingSettings, offsets: list[int] | None = None) -> Schedule:
    words = np.random.default_rng(0).zipf(1.3, N_POSITIONS) % N_WORDS
    text = TrainingText(
        words.astype(np.int32),
        np.arange(N_POSITIONS),
        np.array(offsets or [0, 40, 41, 150, N_POSITIONS]),
    )
    counts = np.bincount(words, minlength=N_WORDS).astype(np.int64)
    return Schedule.build(text, counts, settings)


def forward(schedule: Schedule, weights: np.ndarray, device: torch.device) -> np.ndarray:
    run = TorchRun.build(schedule, weights, device)
    state = run.start()
    for segment in run.segments():
        run.advance(state, segment)
    return state[0].cpu().numpy()


def probes(centre: np.ndarray) -> np.ndarray:
    """Three smooth functions of all, two and two rows."""
    return np.array([np.sin(centre).sum(), centre[3] @ centre[5], (centre[1] @ centre[2]) ** 2])


def gradients(centre: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    product = 2 * (centre[1] @ centre[2])
    return [
        (np.arange(N_WORDS), np.cos(centre.astype(np.float64))),
        (np.array([3, 5]), centre[[5, 3]]),
        (np.array([1, 2]), product * centre[[2, 1]]),
    ]


@on_devices("settings", VARIANTS)
def test_every_pair_and_draw_is_that_of_the_coupled_trainer(
    settings: TrainingSettings, device: torch.device
) -> None:
    schedule, weights = small_schedule(settings), np.ones(N_POSITIONS, np.float32)
    weights[50:60] = 0
    run = TorchRun.build(schedule, weights, device)
    for epoch in range(settings.epochs):
        segment = schedule.epoch(epoch)
        inputs = schedule.inputs(segment, weights)
        expected = []
        for k in range(segment.last):
            position = inputs.positions[k]
            first, last = steps._window(k, inputs)
            for j in [j for j in range(first, last) if j != k and weights[position]]:
                rows = steps._allocate_rows(inputs)
                n_rows = steps._draw_rows(k, j, inputs, rows)
                totals = dict(zip(rows.ids[:n_rows].tolist(), rows.totals[:n_rows], strict=True))
                expected.append(
                    (position, inputs.words[inputs.positions[j]], inputs.rates[k], totals)
                )
        parts = [run.steps(e, b) for e, b, _ in run.segments() if e == epoch]
        at = 0
        for part in parts:
            for position, contexts, rate in zip(*part[1:], strict=True):
                ids, counts = np.unique(contexts.cpu().numpy(), return_counts=True)
                found = dict(zip(ids.tolist(), counts.tolist(), strict=True))
                drawn = (int(position), int(contexts[0]), float(rate), found)
                assert drawn == expected[at]
                at += 1
        assert at == len(expected) > 100


def test_batches_of_one_pair_train_as_the_coupled_trainer(
    device: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(BASE, window=1, subsampling_threshold=0.0)
    schedule = small_schedule(
        settings, list(range(0, N_POSITIONS + 1, 2))
    )  # one neighbour a context
    monkeypatch.setattr(batches, "MOST_PULL", 0.0)
    assert batch_length(schedule) == 1
    centre, context = start_vectors(N_WORDS, settings, np.float64)
    for epoch in range(settings.epochs):
        train_segment(schedule, schedule.epoch(epoch), centre, context, np.ones(N_POSITIONS))
    np.testing.assert_allclose(forward(schedule, np.ones(N_POSITIONS), device), centre, atol=1e-12)


@pytest.mark.parametrize("settings", VARIANTS)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_equals_central_differences_of_the_whole_training(
    settings: TrainingSettings,
    is_weighted: bool,
    real_device_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fifty trainings each, so not on the simulated CUDA device, which the other tests cover."""
    device = torch.device(real_device_name)
    schedule = small_schedule(replace(settings, learning_rate=0.02))  # long batches at a small rate
    generator = np.random.default_rng(1)
    monkeypatch.setattr(batches, "MOST_PULL", 2.0)  # several batches an epoch
    assert 5 < batch_length(schedule) < N_POSITIONS / 3
    monkeypatch.setattr(reverse_pass, "STATE_BYTES", 0)  # most states rebuilt
    weights = generator.uniform(0.3, 1.5, N_POSITIONS) if is_weighted else np.ones(N_POSITIONS)
    found = differentiate_batched(schedule, gradients, weights, np.float64, device)
    np.testing.assert_allclose(found.centre_vectors, forward(schedule, weights, device), atol=1e-12)
    largest = np.abs(found.scores).max(axis=0)
    for position in generator.choice(N_POSITIONS, 25, replace=False):
        step = np.zeros(N_POSITIONS)
        step[position] = 1e-5
        above, below = (forward(schedule, weights + s, device) for s in (step, -step))
        difference = (probes(above) - probes(below)) / 2e-5
        assert np.all(np.abs(difference - found.scores[position]) < 1e-6 * largest)


def test_float32_is_within_a_thousandth_and_the_same_each_time(device: torch.device) -> None:
    schedule = small_schedule(BASE)
    single, again = (differentiate_batched(schedule, gradients, device=device) for _ in range(2))
    np.testing.assert_array_equal(single.scores, again.scores)
    double = differentiate_batched(schedule, gradients, None, np.float64, device).scores
    assert np.all(np.abs(single.scores - double).max(axis=0) < 1e-3 * np.abs(double).max(axis=0))


def test_a_removed_position_does_not_train_and_has_no_score(device: torch.device) -> None:
    schedule = small_schedule(BASE)
    weights = np.ones(N_POSITIONS)
    weights[50:90] = 0
    found = differentiate_batched(schedule, gradients, weights, np.float64, device)
    assert np.all(found.scores[50:90] == 0)
    assert np.count_nonzero(found.scores[:50, 0]) > 20


def test_a_derivative_reports_progress_and_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unrolled_batched, "TELL_SECONDS", 0.0)
    reports: list[float] = []

    def stop(fraction: float, message: str) -> None:
        reports.append(fraction)
        if fraction >= reverse_pass.forward_share(1):
            raise JobCancelled

    with pytest.raises(JobCancelled):
        differentiate_batched(small_schedule(BASE), gradients, progress=stop)
    assert reports == sorted(reports)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_stopped_derivative_resumes_from_its_checkpoint(
    device: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unrolled_batched, "TELL_SECONDS", 0.0)
    monkeypatch.setattr(reverse_pass, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(reverse_pass, "STATE_BYTES", 0)  # most states rebuilt
    schedule = small_schedule(BASE)
    whole = differentiate_batched(schedule, gradients, device=device).scores
    reports: list[float] = []

    def stop(fraction: float, _: str) -> None:
        if fraction > 0.7:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        differentiate_batched(schedule, gradients, device=device, progress=stop, folder=tmp_path)
    assert list(tmp_path.iterdir())
    resumed = differentiate_batched(
        schedule, gradients, device=device, progress=lambda x, _: reports.append(x), folder=tmp_path
    )
    np.testing.assert_array_equal(resumed.scores, whole)
    assert min(x for x in reports if x >= reverse_pass.forward_share(1, is_rebuilt=True)) > 0.6
    assert not list(tmp_path.iterdir())


def test_a_row_with_more_updates_makes_batches_shorter(lee_model: SkipGram) -> None:
    schedule = small_schedule(BASE)
    gentle = Schedule.build(schedule.text, lee_model.vocabulary.counts[:N_WORDS], BASE)
    halved = replace(gentle, settings=replace(BASE, learning_rate=0.1))
    assert batch_length(halved) in (2 * batch_length(gentle), 2 * batch_length(gentle) + 1)
    wide = replace(gentle, settings=replace(BASE, is_window_reduced=False))
    assert batch_length(wide) < batch_length(gentle)


def test_the_derivative_predicts_the_retrained_probe(
    lee_corpus: Corpus, lee_model: SkipGram
) -> None:
    """Through the engine: predicted against counterfactual probe values."""
    settings = replace(lee_model.require_settings(), backend="batched")
    model = replace(train(lee_corpus, settings), name="in batches")
    engine = InfluenceEngine(model, lee_corpus)
    probe = Similarity("police", "court").resolve(model.vocabulary)
    (answer,) = engine.unrolled([probe])
    assert answer.solution.note == "the repeated run ends 0.00% from the model's vectors"
    predicted = np.sort(answer.document_effects)[[0, 1, 2, 3, -4, -3, -2, -1]]
    actual = [
        probe.value(retrain(model, lee_corpus, Edit("documents", (int(d),))).centre_vectors)
        - probe.value(model.centre_vectors)
        for d in np.argsort(answer.document_effects)[[0, 1, 2, 3, -4, -3, -2, -1]]
    ]
    assert np.corrcoef(predicted, actual)[0, 1] > 0.9
    assert 0.8 < predicted @ actual / (predicted @ predicted) < 1.2


def test_vectors_of_lee_are_near_those_of_the_coupled_trainer(
    lee_corpus: Corpus, lee_model: SkipGram, device: torch.device
) -> None:
    settings = replace(lee_model.require_settings(), backend="batched")
    centre, _ = train_batched(lee_corpus, lee_model.vocabulary, settings, device=device)
    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    cosines = (unit * lee_model.unit_vectors).sum(1)  # the same first vectors, the same draws
    assert np.median(cosines) > 0.95


def test_a_training_that_diverges_is_an_error(
    lee_corpus: Corpus, lee_model: SkipGram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_PULL", 1000.0)
    settings = replace(lee_model.require_settings(), backend="batched", learning_rate=1.0)
    with pytest.raises(InputError, match="diverged"):
        train_batched(lee_corpus, lee_model.vocabulary, settings)


def test_a_full_device_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    monkeypatch.setattr(unrolled_batched, "build_run", fill)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2**30, 8 * 2**30))
    with pytest.raises(CapabilityError, match=r"1\.0 of its 8\.0 GB .* fewer probes .*CLIF_DEVICE"):
        differentiate_batched(small_schedule(BASE), gradients, device=torch.device("cpu"))


def test_a_chaotic_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unrolled_batched, "MOST_GROWTH", 1e-3)
    with pytest.raises(CapabilityError, match=r"too sensitive .* backend 'coupled'"):
        differentiate_batched(small_schedule(BASE), gradients, device=torch.device("cpu"))
