"""Sources of bias: raw counts by hand, the text behind a probe, cross-effects, debias on top."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.studies.bias import (
    CrossEffects,
    beside_hard_debias,
    carrying_text,
    co_occurrences,
    cross_effects,
    read_weat,
)
from clif_core.errors import InputError, ProbeError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import random_edit
from clif_core.interventions.retrain import retrain
from clif_core.probes import Weat, word_pairs
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.training_text import build_vocabulary
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

CONFLICT = Weat(
    "conflict", ("police", "security"), ("test", "cricket"), ("killed", "attack"), ("team", "win")
)
TITLES = Weat("titles", ("mr",), ("minister", "government"), ("said", "says"), ("new", "year"))


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


def make_corpus(*texts: str) -> tuple[Corpus, Vocabulary]:
    corpus = build_corpus("tiny", [SourceDocument(str(i), t) for i, t in enumerate(texts)], {})
    return corpus, build_vocabulary(corpus, 1)


def test_co_occurrences_are_counted_once_within_the_window_and_the_document() -> None:
    corpus, vocabulary = make_corpus("he war x x war she", "love she he", "he", "war love he")
    probe = Weat("w", ("he",), ("she",), ("war",), ("love",))
    found = co_occurrences(corpus, vocabulary, probe, window=2)
    # he: war at 1; love at 2; war at 2 and love at 1.  she: war at 1; love at 1.
    assert found.counts.tolist() == [[2, 2], [1, 1]]
    assert found.share_x == found.share_y == 0.5
    assert found.p == pytest.approx(1.0)
    wider = co_occurrences(corpus, vocabulary, probe, window=4)
    assert wider.counts.tolist() == [[3, 2], [2, 1]]


def test_words_that_never_co_occur_are_refused() -> None:
    corpus, vocabulary = make_corpus("he war", "love she")
    probe = Weat("w", ("he",), ("she",), ("war",), ("love",))
    with pytest.raises(ProbeError, match="too seldom"):
        co_occurrences(corpus, vocabulary, Weat("v", ("he",), ("war",), ("she",), ("love",)), 2)
    assert co_occurrences(corpus, vocabulary, probe, 2).counts.tolist() == [[1, 0], [0, 1]]


def test_the_text_that_carries_a_probe_brings_it_towards_zero(
    engine: InfluenceEngine, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    for probe in (CONFLICT, replace(CONFLICT, targets_x=("test", "cricket"),
                                    targets_y=("police", "security"), name="turned")):  # fmt: skip
        resolved = probe.resolve(lee_model.vocabulary)
        answer = engine.influence(resolved)
        edit, predicted = carrying_text(answer, 40)
        assert len(edit.items) == 40
        assert predicted * answer.probe_value < 0
        after = retrain(lee_model, lee_corpus, edit)
        change = resolved.value(after.centre_vectors) - answer.probe_value
        assert change * answer.probe_value < 0  # and so training says


def test_cross_effects_are_read_on_every_model(
    engine: InfluenceEngine, lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    probes = [probe.resolve(lee_model.vocabulary) for probe in (CONFLICT, TITLES)]
    edits = [carrying_text(engine.influence(probe), 30)[0] for probe in probes]
    after = [retrain(lee_model, lee_corpus, edit) for edit in edits]
    drawn = [retrain(lee_model, lee_corpus, random_edit(lee_corpus, edits[0], s)) for s in (0, 1)]
    effects = cross_effects(probes, lee_model, after, drawn)
    expected = probes[1].value(after[0].centre_vectors) - probes[1].value(lee_model.centre_vectors)
    assert effects.changes[0, 1] == pytest.approx(expected)
    assert effects.random_changes.shape == (2, 2)
    with pytest.raises(InputError, match="two random sets, got 1"):
        cross_effects(probes, lee_model, after, drawn[:1])


def test_changes_are_given_in_spreads_of_the_random_ones() -> None:
    effects = CrossEffects(np.array([[-3.0, 1.0]]), np.array([[0.0, 2.0], [2.0, 4.0]]))
    np.testing.assert_allclose(effects.random_std, np.sqrt([2.0, 2.0]))
    np.testing.assert_allclose(effects.in_spreads, [[-4 / np.sqrt(2), -2 / np.sqrt(2)]])


def test_a_reading_is_that_of_the_probe(lee_model: SkipGram) -> None:
    reading = read_weat(CONFLICT, lee_model)
    figures = CONFLICT.resolve(lee_model.vocabulary).quantities(lee_model.centre_vectors)
    assert reading.difference == figures["difference"]
    assert reading.effect_size == figures["effect_size"]
    assert reading.p in {n / 6 for n in range(1, 7)}  # 2 + 2 words: six splits


def test_hard_debias_is_read_with_and_without_the_text(lee_model: SkipGram) -> None:
    other = replace(lee_model, centre_vectors=lee_model.centre_vectors[::-1].copy())
    plain, debiased, after, both = beside_hard_debias(CONFLICT, lee_model, other, "gender") or ()
    assert plain == read_weat(CONFLICT, lee_model) and after == read_weat(CONFLICT, other)
    assert debiased != plain and both != after
    pairs = word_pairs()["manzini/race_definitional"].pairs
    named = {word.lower() for pair in pairs for word in pair}
    words = [f"{w}-" if w in named else w for w in lee_model.vocabulary.words]
    without = replace(lee_model, vocabulary=Vocabulary(words, lee_model.vocabulary.counts))
    assert beside_hard_debias(CONFLICT, without, without, "race") is None
