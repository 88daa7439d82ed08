"""Removal effects in the store: keys of earlier versions, their content, the number of look-ups."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from clif_core.evaluation.predictors import sentence_effects
from clif_core.influence import estimators
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.stored import influence_key, read_influence, write_influence
from clif_core.probes import Similarity
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store, make_key
from clif_core.text.corpus import Corpus

QUESTION = Similarity("police", "court")


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probe(lee_model: SkipGram) -> ResolvedProbe:
    return QUESTION.resolve(lee_model.vocabulary)


@pytest.mark.parametrize(
    ("estimator", "stored_as", "damping"),
    [("block", "block", 10.0), ("unrolled", "unrolled", 0.0), ("published", "published", 0.25),
     ("gradient", "gradient", 0.0), ("ensemble", "twins shrunk", 0.0),
     ("twins", "twins shrunk", 0.0)],
)  # fmt: skip
def test_keys_are_those_of_earlier_versions(engine, probe, estimator, stored_as, damping):
    expected = make_key(
        "influence",
        model=engine.model.content_hash,
        corpus=engine.corpus.content_hash,
        probe=QUESTION.key,
        estimator=stored_as,
        damping=damping,
        n_noise=len(engine.loss.noise_words),
    )
    assert influence_key(engine, probe, estimator) == expected
    assert influence_key(engine, probe, estimator, damping) == expected
    is_ignored = influence_key(engine, probe, estimator, 3.0) == expected
    assert is_ignored == estimators.find_estimator(estimator).is_of_runs


def test_another_version_of_the_algorithm_is_another_key(engine, probe, monkeypatch):
    before = influence_key(engine, probe, "block")
    changed = replace(estimators.ESTIMATORS["block"], version=2)
    monkeypatch.setitem(estimators.ESTIMATORS, "block", changed)
    assert influence_key(engine, probe, "block") != before


def test_an_answer_comes_back_as_it_was_and_under_todays_name(engine, probe, tmp_path):
    store, key = Store(tmp_path), influence_key(engine, probe, "ensemble")
    answer = engine.influence(probe, "block")
    write_influence(store, key, replace(answer, estimator="twins"))  # as an earlier version did
    found = read_influence(store, key, engine)
    assert found is not None
    assert found.estimator == "ensemble"
    assert asdict(found.solution) == asdict(answer.solution)
    np.testing.assert_array_equal(found.context_effects, answer.context_effects)
    np.testing.assert_array_equal(found.direction, answer.direction)


def test_the_evaluation_reads_and_writes_the_same_entry(engine, probe, tmp_path, monkeypatch):
    store = Store(tmp_path)
    (effects,) = sentence_effects(store, engine, [probe], "block")
    found = read_influence(store, influence_key(engine, probe, "block"), engine)
    assert found is not None
    np.testing.assert_allclose(effects, found.sentence_effects, rtol=1e-6)
    monkeypatch.setattr(engine, "influence", lambda *_, **__: pytest.fail("computed again"))
    (again,) = sentence_effects(store, engine, [probe], "block")
    np.testing.assert_array_equal(again, effects)


def test_the_evaluation_finds_the_effects_that_an_earlier_version_stored(engine, probe, tmp_path):
    store = Store(tmp_path)
    old = make_key(
        "fidelity-effects",
        model=engine.model.content_hash,
        probe=QUESTION.key,
        estimator="twins shrunk",
        damping=0.0,
    )
    effects = np.arange(engine.corpus.n_sentences, dtype=np.float32)
    store.put_arrays(old, {"by_sentence": effects})
    for name in ("ensemble", "twins"):
        (found,) = sentence_effects(store, engine, [probe], name)
        np.testing.assert_array_equal(found, effects)


def test_a_miss_asks_the_store_once(engine, probe, tmp_path: Path, monkeypatch):
    store, asked = Store(tmp_path), []
    for name in ("get_json", "get_arrays"):
        real = getattr(store, name)

        def counted(key, name=name, real=real):
            asked.append(name)
            return real(key)

        monkeypatch.setattr(store, name, counted)
    assert read_influence(store, influence_key(engine, probe, "block"), engine) is None
    assert len(asked) == 1
