"""The estimator of the CLIF release against its own recursion, and its departures undone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from clif_core.influence.closed_form import estimate, published
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ESTIMATORS
from clif_core.influence.explain import pair_effects
from clif_core.probes import Similarity
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus, dtype=torch.float64)


@pytest.fixture(scope="module")
def question(engine: InfluenceEngine) -> tuple[torch.Tensor, torch.Tensor]:
    probe = Similarity("police", "court").resolve(engine.model.vocabulary)
    gradient = probe.gradient(engine.model.centre_vectors)
    return torch.as_tensor(probe.word_ids), torch.as_tensor(gradient)


def test_it_is_the_limit_of_the_released_recursion(engine, question):
    """h <- g + (1 - 0.01) h - H h / 25 with the Hessian of the mean positive loss, by autograd."""
    loss, (rows, g) = engine.loss, question
    n = float(loss.centre_weights.sum())
    for at, row in enumerate(rows.tolist()):
        pairs = slice(int(loss.offsets[row]), int(loss.offsets[row + 1]))
        weights, contexts = loss.weights[pairs], loss.u[loss.contexts(pairs)]

        def mean_loss(v: torch.Tensor, w=weights, u=contexts) -> torch.Tensor:
            return (w * torch.nn.functional.softplus(-(u @ v))).sum() / n

        hessian = torch.autograd.functional.hessian(mean_loss, loss.v[row])
        h = g[at].clone()
        for _ in range(5000):
            h = g[at] + (1 - 0.01) * h - hessian @ h / 25
        torch.testing.assert_close(
            published(loss, rows, g).solution.value[at], h, rtol=1e-8, atol=0
        )


def test_each_departure_can_be_undone(engine, question):
    loss, (rows, g) = engine.loss, question
    n = float(loss.centre_weights.sum())
    block = estimate(loss, rows, g, "block", damping=0.25 * n)
    ours = published(loss, rows, g, has_negatives=True, is_divided=True)
    torch.testing.assert_close(ours.solution.value, block.solution.value)
    exact = estimate(loss, rows, g, "exact", damping=0.25 * n)
    moving = published(loss, rows, g, has_negatives=True, is_divided=True, moves_contexts=True)
    assert moving.rows is None
    torch.testing.assert_close(moving.solution.value, exact.solution.value)


def test_negatives_do_not_count(engine, question):
    direction = published(engine.loss, *question)
    probe = Similarity("police", "court").resolve(engine.model.vocabulary)
    effects = pair_effects(engine, engine.influence(probe, "published"))
    loss, rows = engine.loss, question[0]
    h = torch.zeros_like(loss.v)
    h[rows] = direction.solution.value
    expected = (loss.pair_scores() - 1) * loss.along(h, torch.zeros_like(h))
    np.testing.assert_allclose(effects, expected, rtol=1e-4, atol=1e-6)


def test_baselines_are_labelled():
    baselines = {name: entry.help for name, entry in ESTIMATORS.items() if entry.is_baseline}
    assert set(baselines) < set(ESTIMATORS)
    assert "positives" in baselines["published"]
