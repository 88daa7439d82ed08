"""What an engine holds: mapped tables give the same bits, and what cannot fit is refused before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import CapabilityError
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Similarity
from clif_core.sgns import expected_loss, pairs
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store
from clif_core.text import corpus_files
from clif_core.text.corpus import Corpus
from clif_core.text.corpus_files import load_corpus, save_corpus

PROBE = Similarity("the", "of")


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


def test_an_engine_of_stored_tables_answers_the_same_to_the_bit(engine, tmp_path: Path):
    store = Store(tmp_path)
    store.put_arrays("tables-1", engine.tables)
    again = InfluenceEngine(
        engine.model, engine.corpus, tables=store.get_arrays("tables-1", is_mapped=True)
    )
    probe = PROBE.resolve(engine.model.vocabulary)
    first, second = (e.influence(probe).context_effects for e in (engine, again))
    np.testing.assert_array_equal(first, second)
    assert again.windows.by_word.dtype == np.int32


def test_a_text_is_the_same_where_its_tokens_are_mapped(
    lee_corpus: Corpus, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(corpus_files, "LARGE", 1)
    save_corpus(lee_corpus, tmp_path / "text")
    store = Store(tmp_path / "cache")
    for _ in range(2):
        found = load_corpus(tmp_path / "text", store)
        assert found.content_hash == lee_corpus.content_hash
        for name in ("token_words", "token_starts", "token_ends", "sentence_offsets"):
            np.testing.assert_array_equal(getattr(found, name), getattr(lee_corpus, name))
        assert not found.token_words.flags.owndata


def test_a_solve_of_all_vectors_is_refused_with_its_need(engine, monkeypatch):
    probe = PROBE.resolve(engine.model.vocabulary)
    monkeypatch.setenv("CLIF_MEMORY_GB", "0.0001")
    with pytest.raises(CapabilityError, match=r"needs about .* of memory.*block.*--limit"):
        engine.influence(probe, "gauss_newton")
    engine.influence(probe, "block")


def test_positions_by_word_are_sorted_and_stable(engine):
    words = engine.text.word_ids
    np.testing.assert_array_equal(engine.windows.by_word, np.argsort(words, kind="stable"))


def test_row_sums_in_blocks_are_those_of_one_running_sum(engine, monkeypatch):
    found = engine.pairs
    running = np.concatenate([[0.0], np.cumsum(found.weights, dtype=np.float64)])
    monkeypatch.setattr(pairs, "_BLOCK", 7)
    expected = running[found.offsets[1:]] - running[found.offsets[:-1]]
    np.testing.assert_array_equal(found.centre_weights, expected)


def test_effects_of_many_words_are_scored_in_parts(engine, monkeypatch):
    probe = PROBE.resolve(engine.model.vocabulary)
    whole = engine.influence(probe).context_effects
    monkeypatch.setattr(expected_loss, "_MOST_SCORES", 1)
    np.testing.assert_allclose(engine.influence(probe).context_effects, whole, rtol=1e-4, atol=1e-9)
