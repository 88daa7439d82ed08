"""The fused run: on a CUDA device where there is one, else in Triton's interpreter, so it is small.

The interpreter runs one program after another. What it cannot show (speed, races between threads,
a compiler's faults) is tested on a card only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clif_core.influence.unrolled import batched as unrolled_batched
from clif_core.influence.unrolled import reverse_pass
from clif_core.influence.unrolled.batched import differentiate_batched
from clif_core.influence.unrolled.reverse_pass import Gradient, RunDerivative
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import TrainingText
from clif_core.training.batches import BatchRun
from clif_core.training.coupled import AnyFloatArray, Schedule
from clif_core.training.torch_run import TorchRun
from clif_core.workspace.jobs import JobCancelled

pytest.importorskip("triton")  # there is none for macOS and Windows

from clif_core.training import fused, fused_layout
from clif_core.training.fused import FusedRun
from clif_core.training.fused_kernels import quanta

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
N_WORDS, N_POSITIONS = 12, 36
BASE = TrainingSettings(
    dim=5,
    window=2,
    epochs=1,
    n_negatives=2,
    backend="batched",
    learning_rate=0.2,
    subsampling_threshold=0.2,
)
VARIANTS = [
    replace(BASE, epochs=2),
    replace(
        BASE, dim=18, n_negatives=1, is_window_reduced=False, subsampling_threshold=0.0, seed=7
    ),
    replace(BASE, dim=130, n_negatives=9),  # several warps a pair on a card, fewer rows a program
]


@pytest.fixture(autouse=True)
def _short_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fused, fused_layout):
        monkeypatch.setattr(module, "GROUP", 2)


def schedule_of(settings: TrainingSettings) -> Schedule:
    words = np.random.default_rng(0).zipf(1.3, N_POSITIONS) % N_WORDS
    offsets = np.array([0, 14, 15, 27, N_POSITIONS])
    text = TrainingText(words.astype(np.int32), np.arange(N_POSITIONS), offsets)
    counts = np.bincount(words, minlength=N_WORDS).astype(np.int64)
    return Schedule.build(text, counts, settings)


def weights_of() -> AnyFloatArray:
    """One position removed, one at half its weight."""
    weights = np.ones(N_POSITIONS, np.float32)
    weights[[5, 20]] = 0, 0.5
    return weights


def gradients(centre: AnyFloatArray) -> list[Gradient]:
    generator = np.random.default_rng(1)
    return [
        (np.array(ids), generator.normal(size=(2, centre.shape[1]))) for ids in ([1, 3], [0, 2])
    ]


def derivative(
    settings: TrainingSettings,
    form: type[FusedRun] | type[TorchRun],
    monkeypatch: pytest.MonkeyPatch,
    n_probes: int = 2,
    **options: object,
) -> RunDerivative:
    def build_run(
        schedule: Schedule, weights: AnyFloatArray, device: torch.device, _: int | None
    ) -> BatchRun:
        if form is FusedRun:
            return FusedRun(schedule, weights, device)
        return TorchRun.build(schedule, weights, device)

    def some(centre: AnyFloatArray) -> Sequence[Gradient]:
        return gradients(centre)[:n_probes]

    monkeypatch.setattr(unrolled_batched, "build_run", build_run)
    return differentiate_batched(
        schedule_of(settings), some, weights_of(), device=DEVICE, **options
    )


def test_a_stretch_is_laid_out_as_on_the_cpu() -> None:
    assert fused_layout.agrees_with_cpu(DEVICE)


@pytest.mark.parametrize("settings", VARIANTS)
def test_vectors_and_scores_are_those_of_the_torch_form(
    settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = derivative(settings, FusedRun, monkeypatch)
    expected = derivative(settings, TorchRun, monkeypatch)
    assert found.device.endswith("(fused)")
    for ours, theirs in (
        (found.centre_vectors, expected.centre_vectors),
        (found.context_vectors, expected.context_vectors),
        (found.scores, expected.scores),
    ):
        largest = np.abs(theirs).max()
        assert largest > 1e-3
        assert np.abs(ours - theirs).max() < 3e-6 * largest
    assert found.scores[5].tolist() == [0, 0]


def test_the_answer_is_the_same_bits_for_any_stretches_and_number_of_probes_and_when_resumed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = derivative(BASE, FusedRun, monkeypatch)
    monkeypatch.setattr(fused_layout, "MOST_GROUPS", 1)  # several stretches
    one = derivative(BASE, FusedRun, monkeypatch, n_probes=1)
    np.testing.assert_array_equal(one.scores[:, 0], whole.scores[:, 0])
    np.testing.assert_array_equal(one.centre_vectors, whole.centre_vectors)

    def stop(share: float, _: str) -> None:
        if share > 0.6:
            raise JobCancelled

    monkeypatch.setattr(unrolled_batched, "TELL_SECONDS", 0.0)
    monkeypatch.setattr(reverse_pass, "SAVE_SECONDS", 0.0)
    with pytest.raises(JobCancelled):
        derivative(BASE, FusedRun, monkeypatch, progress=stop, folder=tmp_path)
    assert list(tmp_path.iterdir())
    resumed = derivative(BASE, FusedRun, monkeypatch, folder=tmp_path)
    np.testing.assert_array_equal(resumed.scores, whole.scores)


def test_sums_of_quanta_do_not_depend_on_their_order() -> None:
    coarse, fine = (np.float32(x) for x in quanta(256.0, 720.0))
    generator = np.random.default_rng(0)
    values = (generator.normal(size=700) * 10.0 ** generator.uniform(-7, -1, 700)).astype(
        np.float32
    )
    high = (values + coarse) - coarse
    low = ((values - high) + fine) - fine
    sums = set()
    for _ in range(20):
        order = generator.permutation(700)
        sums.add((float(high[order].cumsum()[-1]), float(low[order].cumsum()[-1])))
    assert len(sums) == 1
    assert abs(sum(sums.pop()) - values.astype(float).sum()) < 700 * 2e-10
