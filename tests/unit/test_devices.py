"""The engine off the compiled products: on torch alone, on the CPU here and on CUDA where it is.

One suite for both: whatever the device, every estimator must answer as the compiled engine does.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from clif_core import expected_loss
from clif_core.corpus import Corpus
from clif_core.errors import CapabilityError
from clif_core.estimators import ESTIMATORS
from clif_core.influence import InfluenceEngine
from clif_core.probes import Similarity
from clif_core.skipgram import SkipGram

NO_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


@pytest.fixture(scope="module")
def compiled(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus, dtype=torch.float64)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=[pytest.mark.cuda, NO_CUDA])])
def by_torch(
    request: pytest.FixtureRequest,
    compiled: InfluenceEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> InfluenceEngine:
    monkeypatch.setattr(expected_loss, "_COMPILED", ())
    engine = InfluenceEngine(
        compiled.model,
        compiled.corpus,
        pairs=compiled.pairs,
        device=request.param,
        dtype=torch.float64,
    )
    assert not engine.loss.is_compiled
    assert engine.loss.v.device.type == request.param
    return engine


@pytest.mark.parametrize("estimator", ESTIMATORS)
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


def test_a_device_that_is_not_there_is_refused(compiled: InfluenceEngine) -> None:
    with pytest.raises(CapabilityError, match="Use device 'cpu'"):
        InfluenceEngine(compiled.model, compiled.corpus, device="cuda:99")
