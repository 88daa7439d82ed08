"""From a probe to ranked sentences on the sample models: what a person waits for.

Needs the sample texts (``clif fetch``). ``uncached`` starts from an open engine, as in the running
dashboard, with nothing kept of the probe; ``cached`` reads the kept result from disk.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch

from clif_core.curvature import SkipGramCurvature
from clif_core.influence import Influence, InfluenceEngine
from clif_core.pipeline import Workspace
from clif_core.probes import find_probe
from clif_core.probes.base import ResolvedProbe
from clif_core.store import Store

PROBES = {"shakespeare": "men_women_war_love", "brown": "weat_6"}
torch.set_num_threads(2)


@pytest.fixture(scope="module", params=PROBES)
def name(request: Any) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def workspace() -> Any:
    workspace = Workspace()
    with tempfile.TemporaryDirectory() as folder:
        workspace.store = Store(Path(folder))  # nothing of earlier runs
        yield workspace


@pytest.fixture(scope="module")
def engine(workspace: Workspace, name: str) -> InfluenceEngine:
    model = workspace.open_model(name).model
    corpus = workspace.open_corpus(model)
    if corpus is None:
        pytest.skip(f"the text of {name} is not here: run 'clif fetch {name}'")
    return workspace.open_engine(model, corpus)


@pytest.fixture(scope="module")
def probe(engine: InfluenceEngine, name: str) -> ResolvedProbe:
    return find_probe(PROBES[name]).resolve(engine.model.vocabulary)


def _rank(answer: Influence) -> None:
    answer.top_sentences(50, "lowers")
    answer.top_sentences(50, "raises")


@pytest.mark.parametrize("estimator", ["block", "gauss_newton"])
def test_uncached_probe_to_ranked_sentences(
    benchmark: Any, engine: InfluenceEngine, probe: ResolvedProbe, estimator: str
) -> None:
    benchmark(lambda: _rank(engine.influence(probe, estimator)))


def test_cached_probe_to_ranked_sentences(
    benchmark: Any, workspace: Workspace, engine: InfluenceEngine, probe: ResolvedProbe
) -> None:
    workspace.influence(engine, probe)
    benchmark(lambda: _rank(workspace.influence(engine, probe)))


def test_score_every_context_once_the_direction_is_known(
    benchmark: Any, engine: InfluenceEngine
) -> None:
    h = torch.randn(2, *engine.loss.v.shape, generator=torch.manual_seed(0))

    def score() -> None:
        effects = engine.loss.pair_effects(h[0], h[1]).numpy()
        engine.windows.sum_over_contexts(engine.pairs, effects)

    benchmark.extra_info["contexts"] = f"{engine.windows.n_positions:,}"
    benchmark.extra_info["pairs"] = f"{engine.pairs.n_pairs:,}"
    benchmark(score)


@pytest.mark.parametrize("kind", ["gauss_newton", "exact"])
def test_one_curvature_product(benchmark: Any, engine: InfluenceEngine, kind: Any) -> None:
    curvature = SkipGramCurvature(engine.loss, kind)
    direction = torch.randn(2, *engine.loss.v.shape, generator=torch.manual_seed(0))
    benchmark(curvature, direction)


def test_open_the_engine_with_its_pairs_kept(
    benchmark: Any, workspace: Workspace, engine: InfluenceEngine
) -> None:
    benchmark(workspace.open_engine, engine.model, engine.corpus)
