"""How fast and how good the trainers are, and what the derivative of a training costs.

On the whole Brown sample (``clif fetch``), d = 100, window 5. Times are wall-clock, so nothing else
should run; the rows of the table are measured one after the other. A derivative is counted in
trainings of the same length, ``backward / forward + 1`` of its own run; "each further one" is what
each probe beyond the first adds. The batched trainer is run on the CPU, and on a CUDA device where
one works.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from clif_core.device import pick_device
from clif_core.influence.unrolled.batched import differentiate_batched
from clif_core.influence.unrolled.coupled import differentiate
from clif_core.influence.unrolled.reverse_pass import Gradient
from clif_core.measurement.quality import score_similarity
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import build_training_text, build_vocabulary
from clif_core.text.corpus import Corpus
from clif_core.training import train
from clif_core.training.batched import train_batched
from clif_core.training.coupled import Schedule
from clif_core.workspace.workspace import Workspace

SETTINGS = TrainingSettings(dim=100, window=5, epochs=10, backend="coupled")
FEW_EPOCHS = 2  # for what is counted in trainings
trainings_by_probes: dict[int, float] = {}
on_each_device = pytest.mark.parametrize("device", sorted({"cpu", pick_device("auto").type}))
torch.set_num_threads(2)


@cache
def opened() -> tuple[Corpus, Vocabulary]:
    workspace = Workspace()
    corpus = workspace.open_corpus(workspace.open_model("brown").model)
    if corpus is None:
        pytest.skip("the Brown text is not here; run: clif fetch brown")
    return corpus, build_vocabulary(corpus, SETTINGS.min_count)


@cache
def schedule(epochs: int) -> Schedule:
    corpus, vocabulary = opened()
    text = build_training_text(corpus, vocabulary, SETTINGS.unit, SETTINGS.max_unit_length)
    return Schedule.build(text, vocabulary.counts, replace(SETTINGS, epochs=epochs))


def some_gradients(n_probes: int) -> list[Gradient]:
    """As many probes as asked for, each reading 32 words."""
    generator = np.random.default_rng(0)
    n_words = len(opened()[1])
    return [
        (generator.choice(n_words, 32, replace=False), generator.normal(size=(32, SETTINGS.dim)))
        for _ in range(n_probes)
    ]


@pytest.mark.parametrize("backend", ["gensim", "coupled"])
def test_ten_epochs_of_brown_d_100_one_worker(benchmark: Any, backend: str) -> None:
    corpus, _ = opened()
    settings = replace(SETTINGS, backend=backend)  # type: ignore[arg-type]
    train(corpus, replace(settings, epochs=1))  # loads the compiled code
    model = benchmark.pedantic(train, (corpus, settings), rounds=3)
    tokens = settings.epochs * corpus.n_tokens / benchmark.stats.stats.median
    _note_quality(benchmark, tokens, model)


@on_each_device
def test_ten_epochs_of_brown_d_100_in_batches(benchmark: Any, device: str) -> None:
    corpus, vocabulary = opened()
    settings = replace(SETTINGS, backend="batched")
    made = (corpus, vocabulary, settings, None, None, torch.device(device))
    centre, _ = benchmark.pedantic(train_batched, made, rounds=1)
    tokens = settings.epochs * corpus.n_tokens / benchmark.stats.stats.median
    _note_quality(benchmark, tokens, SkipGram("batched", vocabulary, centre))


def _note_quality(benchmark: Any, tokens: float, model: SkipGram) -> None:
    benchmark.extra_info["tokens a second"] = f"{tokens:,.0f}"
    for name, short in (("wordsim353", "WordSim-353"), ("simlex999", "SimLex-999")):
        benchmark.extra_info[short] = f"{score_similarity(model, name).spearman:.3f}"


@pytest.mark.parametrize("n_probes", [1, 2, 8])
def test_derivative_of_two_epochs_d_100_for_so_many_probes(benchmark: Any, n_probes: int) -> None:
    parts, found = some_gradients(n_probes), []

    def run() -> None:
        found.append(differentiate(schedule(FEW_EPOCHS), lambda centre: parts))

    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    ratios = [1 + r.backward_seconds / r.forward_seconds for r in found[1:]]
    trainings_by_probes[n_probes] = trainings = float(np.median(ratios))
    benchmark.extra_info["trainings"] = f"{trainings:.2f}"
    if n_probes > 1 and 1 in trainings_by_probes:
        further = (trainings - trainings_by_probes[1]) / (n_probes - 1)
        benchmark.extra_info["each further one"] = f"{further:.2f} of a training"


def test_derivative_of_ten_epochs_d_100_for_one_probe_two_threads(benchmark: Any) -> None:
    parts = some_gradients(1)

    def run() -> None:
        differentiate(schedule(SETTINGS.epochs), lambda centre: parts, n_threads=2)

    benchmark.pedantic(run, rounds=1, warmup_rounds=0)


@on_each_device
def test_derivative_of_one_epoch_d_100_in_batches_for_one_probe(
    benchmark: Any, device: str
) -> None:
    parts, at = some_gradients(1), torch.device(device)
    run = benchmark.pedantic(
        differentiate_batched, (schedule(1), lambda centre: parts), {"device": at}, rounds=1
    )
    benchmark.extra_info["trainings"] = f"{1 + run.backward_seconds / run.forward_seconds:.2f}"
