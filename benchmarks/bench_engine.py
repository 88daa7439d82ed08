"""From a probe to ranked sentences on the sample models: what a person waits for.

Needs the sample texts (``clif fetch``). ``uncached`` starts from an open engine, as in the running
dashboard, with nothing stored for the probe; ``cached`` reads the stored result from disk. Where
there is a working CUDA device, everything that computes is measured on it too, beside the CPU.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import torch

from clif_core.device import pick_device
from clif_core.influence.curvature import SkipGramCurvature
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.probes import find_probe
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.expected_loss import ExpectedLoss
from clif_core.sgns.threads import in_threads
from clif_core.storage.store import Store
from clif_core.workspace.workspace import Workspace

PROBES = {"shakespeare": "men_women_war_love", "brown": "weat_6"}
N_THREADS = 2
torch.set_num_threads(N_THREADS)
FASTEST = pick_device("auto").type
on_each_device = pytest.mark.parametrize("device", sorted({"cpu", FASTEST}), scope="module")
on_the_cpu = pytest.mark.parametrize("device", ["cpu"], scope="module")


@pytest.fixture(scope="module", params=PROBES)
def name(request: Any) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def workspace() -> Any:
    workspace = Workspace()
    with tempfile.TemporaryDirectory() as folder:
        workspace.store = Store(Path(folder))  # empty
        yield workspace


@pytest.fixture(scope="module")
def engine(workspace: Workspace, name: str, device: str) -> InfluenceEngine:
    model = workspace.open_model(name).model
    corpus = workspace.open_corpus(model)
    if corpus is None:
        pytest.skip(f"the text of {name} is not here: run 'clif fetch {name}'")
    return workspace.open_engine(model, corpus, device)


@pytest.fixture(scope="module")
def probe(engine: InfluenceEngine, name: str) -> ResolvedProbe:
    return find_probe(PROBES[name]).resolve(engine.model.vocabulary)


def _rank(answer: Influence) -> None:
    answer.top_sentences(50, "lowers")
    answer.top_sentences(50, "raises")


@on_each_device
@pytest.mark.parametrize("estimator", ["block", "gauss_newton"])
def test_uncached_probe_to_ranked_sentences(
    benchmark: Any, engine: InfluenceEngine, probe: ResolvedProbe, estimator: str
) -> None:
    benchmark(lambda: _rank(engine.influence(probe, estimator)))


@on_the_cpu
def test_cached_probe_to_ranked_sentences(
    benchmark: Any, workspace: Workspace, engine: InfluenceEngine, probe: ResolvedProbe
) -> None:
    workspace.results.influence(engine, probe)
    benchmark(lambda: _rank(workspace.results.influence(engine, probe)))


@on_each_device
def test_score_every_context_once_the_direction_is_known(
    benchmark: Any, engine: InfluenceEngine
) -> None:
    h = _random_direction(engine)

    def score() -> None:
        effects = engine.loss.pair_effects(h[0], h[1]).cpu().numpy()
        engine.windows.sum_over_contexts(engine.pairs, effects)

    benchmark.extra_info["contexts"] = f"{engine.windows.n_positions:,}"
    benchmark.extra_info["pairs"] = f"{engine.pairs.n_pairs:,}"
    benchmark(score)


@on_the_cpu
def test_score_every_context_with_random_vectors_of_d_100(
    benchmark: Any, engine: InfluenceEngine
) -> None:
    vectors = torch.randn(4, len(engine.loss.v), 100, generator=torch.manual_seed(0))
    v, u, h_v, h_u = vectors * 0.1
    loss = ExpectedLoss(v, u, engine.pairs, engine.loss.noise, engine.loss.n_negatives)

    def score() -> None:
        effects = loss.pair_effects(h_v, h_u).numpy()
        engine.windows.sum_over_contexts(engine.pairs, effects, n_threads=N_THREADS)

    score()  # fills the caches of the loss
    benchmark(score)
    seconds, triad = benchmark.stats.stats.median, _triad_bandwidth()
    once, gathered = _bytes_of_a_pass(loss, engine)
    benchmark.extra_info["triad"] = f"{triad / 1e9:.1f} GB/s"
    for label, n_bytes in (("moved once", once), ("rows met again", gathered)):
        share = n_bytes / seconds / triad
        benchmark.extra_info[label] = f"{n_bytes / 1e6:,.0f} MB ({share:.0%} of the triad)"


def _bytes_of_a_pass(loss: ExpectedLoss, engine: InfluenceEngine) -> tuple[int, int]:
    """(bytes moved at least once, bytes of the rows that pairs read again).

    Once: the four matrices, the scores against the noise words, six numbers a pair (column twice,
    score, change, effect written and read), word and weight of every token position in reach, and
    three numbers of eight bytes a context. Again: two rows of both matrices for each pair, which
    come from the CPU's caches as far as these hold them.
    """
    _, words, weights = engine.windows.neighbours_in_order()
    n_pairs, dim = engine.pairs.n_pairs, loss.v.shape[1]
    n_numbers = loss.noise_scores(slice(None)).numel() + 4 * loss.v.numel() + 6 * n_pairs
    once = 4 * n_numbers + words.nbytes + weights.nbytes + 24 * engine.windows.n_positions
    return once, 4 * 2 * dim * n_pairs


def _triad_bandwidth(n: int = 20_000_000) -> float:
    """Bytes a second of a[i] = b[i] + x c[i] (STREAM) by as many threads, median of seven."""
    a, b, c = np.zeros(n, np.float32), np.ones(n, np.float32), np.ones(n, np.float32)
    cuts = [slice(i * n // N_THREADS, (i + 1) * n // N_THREADS) for i in range(N_THREADS)]
    seconds = []
    for _ in range(8):
        start = time.perf_counter()
        in_threads(lambda cut: _triad(a[cut], b[cut], c[cut], np.float32(3)), cuts, N_THREADS)
        seconds.append(time.perf_counter() - start)
    return 3 * a.nbytes / float(np.median(seconds[1:]))


@numba.njit(nogil=True, fastmath=True)
def _triad(a, b, c, x):  # type: ignore[no-untyped-def]
    for i in range(len(a)):
        a[i] = b[i] + x * c[i]


@on_each_device
@pytest.mark.parametrize("kind", ["gauss_newton", "exact"])
def test_one_curvature_product(benchmark: Any, engine: InfluenceEngine, kind: Any) -> None:
    curvature = SkipGramCurvature(engine.loss, kind)
    direction = _random_direction(engine)

    def multiply() -> None:
        curvature(direction)
        if direction.is_cuda:  # the product is only queued
            torch.cuda.synchronize()

    benchmark(multiply)


def _random_direction(engine: InfluenceEngine) -> torch.Tensor:
    drawn = torch.randn(2, *engine.loss.v.shape, generator=torch.manual_seed(0))
    return drawn.to(engine.loss.v.device)


@on_the_cpu
def test_open_the_engine_with_its_pairs_kept(
    benchmark: Any, workspace: Workspace, engine: InfluenceEngine
) -> None:
    benchmark(workspace.open_engine, engine.model, engine.corpus, "cpu")
