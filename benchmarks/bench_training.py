"""How fast the trainers are, and what the derivative of a training costs: ``make bench``.

On the first documents of the Brown sample where it is fetched, one thread, one epoch; times are
wall-clock, so that nothing else should run. The extra column gives trainings of the same text.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from clif_core.corpus import Corpus
from clif_core.pipeline import Workspace
from clif_core.skipgram import TrainingSettings, Vocabulary
from clif_core.training import build_vocabulary, lay_out, train
from clif_core.training.coupled import Course
from clif_core.unrolled import differentiate

SETTINGS = TrainingSettings(dim=100, window=5, epochs=2, backend="coupled")


@cache
def opened() -> tuple[Corpus, Vocabulary, Course]:
    workspace = Workspace()
    bundle = workspace.open_model("brown")
    corpus = workspace.open_corpus(bundle.model)
    if corpus is None:
        pytest.skip("the Brown text is not here; run: clif fetch brown")
    vocabulary = build_vocabulary(corpus, SETTINGS.min_count)
    text = lay_out(corpus, vocabulary, SETTINGS.unit, SETTINGS.max_unit_length)
    return corpus, vocabulary, Course.lay(text, vocabulary.counts, SETTINGS)


@pytest.mark.parametrize("backend", ["gensim", "coupled"])
def test_two_epochs_of_brown_d_100(benchmark: Any, backend: str) -> None:
    corpus, _, _ = opened()
    settings = replace(SETTINGS, backend=backend)  # type: ignore[arg-type]
    benchmark.pedantic(train, (corpus, settings), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("n_probes", [1, 2, 8])
def test_derivative_of_two_epochs_of_brown_d_100(benchmark: Any, n_probes: int) -> None:
    _, vocabulary, course = opened()
    generator = np.random.default_rng(0)
    rows = [generator.choice(len(vocabulary), 32, replace=False) for _ in range(n_probes)]
    parts = [(ids, generator.normal(size=(32, SETTINGS.dim))) for ids in rows]
    found = []

    def run() -> None:
        found.append(differentiate(course, lambda centre: parts))

    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    trainings = [1 + r.backward_seconds / r.forward_seconds for r in found[1:]]
    benchmark.extra_info["trainings"] = f"{float(np.median(trainings)):.1f}"
