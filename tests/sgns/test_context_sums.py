"""Sums over contexts in torch against the compiled ones, on every device there is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import sums
from clif_core.probes import Similarity
from clif_core.sgns import context_sums
from clif_core.sgns.context_sums import ContextSums, fits
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus, dtype=torch.float64)


@pytest.fixture
def on_device(engine: InfluenceEngine, device_name: str) -> ContextSums:
    return ContextSums(
        engine.windows,
        engine.pairs,
        engine.text.tokens,
        engine.corpus.sentence_offsets,
        torch.device(device_name),
    )


def _values(engine: InfluenceEngine, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Of sizes that differ by orders of magnitude, as effects do."""
    drawn = torch.randn(2, engine.pairs.n_pairs, generator=torch.manual_seed(0), dtype=dtype)
    return drawn[0] * torch.exp(2 * drawn[1])


@pytest.mark.parametrize("chunk", [1 << 25, 5000])
def test_sums_over_contexts_equal_the_compiled_ones(
    monkeypatch: pytest.MonkeyPatch,
    engine: InfluenceEngine,
    on_device: ContextSums,
    device_name: str,
    chunk: int,
) -> None:
    monkeypatch.setattr(context_sums, "_CHUNK", chunk)
    values = _values(engine)
    expected = np.zeros(engine.corpus.n_tokens)
    expected[engine.text.tokens] = engine.windows.sum_over_contexts(engine.pairs, values.numpy())
    found = on_device.of_tokens(values.to(device_name)).cpu().numpy()
    largest = float(values.abs().max())
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9 * largest)
    outside = np.setdiff1d(np.arange(engine.corpus.n_tokens), engine.text.tokens)
    assert len(outside)
    assert not found[outside].any()


def test_sums_over_sentences_are_those_of_the_host(
    engine: InfluenceEngine, on_device: ContextSums, device_name: str
) -> None:
    by_token = on_device.of_tokens(_values(engine, torch.float32).to(device_name)).float()
    found = on_device.of_sentences(by_token).cpu().numpy()
    expected = sums(engine.corpus.sentence_offsets, by_token.cpu().numpy())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


def test_sums_are_bitwise_the_same_in_every_run(
    engine: InfluenceEngine, on_device: ContextSums, device_name: str
) -> None:
    values = _values(engine, torch.float32).to(device_name)
    first = on_device.of_tokens(values).cpu()
    assert all(torch.equal(first, on_device.of_tokens(values).cpu()) for _ in range(5))


def test_values_of_zero_sum_to_zero(
    on_device: ContextSums, device_name: str, engine: InfluenceEngine
) -> None:
    nothing = torch.zeros(engine.pairs.n_pairs, device=device_name)
    assert not on_device.of_tokens(nothing).cpu().any()


def test_an_answer_of_a_device_brings_the_sums_of_its_sentences(
    lee_model: SkipGram, lee_corpus: Corpus, engine: InfluenceEngine, device_name: str
) -> None:
    of_device = InfluenceEngine(
        lee_model, lee_corpus, pairs=engine.pairs, device=device_name, dtype=torch.float64
    )
    probe = Similarity("australia", "government").resolve(lee_model.vocabulary)
    answer, expected = of_device.influence(probe), engine.influence(probe)
    assert (answer.summed_sentences is None) == (device_name == "cpu")
    for found, truth in (
        (answer.context_effects, expected.context_effects),
        (answer.sentence_effects, expected.sentence_effects),
    ):
        np.testing.assert_allclose(found, truth, rtol=1e-4, atol=1e-6 * np.abs(truth).max())
    for side in ("raises", "lowers"):
        top = answer.top_sentences(10, side)["sentence"].tolist()
        assert top == expected.top_sentences(10, side)["sentence"].tolist()


def test_a_text_too_long_for_the_tables_is_summed_by_the_compiled_loop(
    monkeypatch: pytest.MonkeyPatch, engine: InfluenceEngine
) -> None:
    assert fits(engine.windows)
    monkeypatch.setattr(context_sums, "_BYTES", 1000)
    assert not fits(engine.windows)
