"""Words of a probe of which an edit takes a fifth or more of the occurrences."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core import phrases
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit
from clif_core.interventions.thinned import ThinnedWord, thinned_words
from clif_core.probes import ResolvedProbe, Similarity
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus

RARE, COMMON = "asked", "the"


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probe(engine: InfluenceEngine) -> ResolvedProbe:
    return Similarity(RARE, COMMON).resolve(engine.model.vocabulary)


def places(engine: InfluenceEngine, word: str) -> list[int]:
    """The tokens of the text that are the word."""
    is_it = engine.text.word_ids == engine.model.vocabulary.words.index(word)
    found: list[int] = engine.text.tokens[is_it].tolist()
    return found


def test_a_fifth_is_much_and_less_is_not(engine: InfluenceEngine, probe: ResolvedProbe) -> None:
    at = places(engine, RARE)
    fifth = int(np.ceil(len(at) / 5))
    assert 1 < fifth < len(at)
    (found,) = thinned_words(engine, probe, Edit("contexts", tuple(at[:fifth])))
    assert found == (RARE, fifth, len(at))
    assert thinned_words(engine, probe, Edit("contexts", tuple(at[: fifth - 1]))) == ()


def test_sentences_are_counted_by_their_tokens_and_the_worst_is_first(
    engine: InfluenceEngine, probe: ResolvedProbe, lee_corpus: Corpus
) -> None:
    sentence_of = np.searchsorted(
        lee_corpus.sentence_offsets, np.arange(lee_corpus.n_tokens), "right"
    )
    holding = {int(sentence_of[token]) - 1 for token in places(engine, RARE)}
    found = thinned_words(engine, probe, Edit("sentences", tuple(holding)))
    n = len(places(engine, RARE))
    assert found[0] == (RARE, n, n)
    of_common = sum(int(sentence_of[token]) - 1 in holding for token in places(engine, COMMON))
    known = len(places(engine, COMMON))
    assert [word.n_edited for word in found[1:]] == [of_common] * (5 * of_common >= known)


def test_it_is_said_in_a_sentence() -> None:
    words = [ThinnedWord("crown", 7, 19), ThinnedWord("king", 1_000, 4_000)]
    assert phrases.thinned(words[:1]) == "takes 7 of the 19 occurrences of crown"
    said = "7 of the 19 occurrences of crown and 1,000 of the 4,000 of king"
    assert phrases.thinned(words, 0.5) == f"changes the weight of {said}"
    assert phrases.thinned(words * 3).endswith(
        "of king, 7 of the 19 of crown and much of 3 more words"
    )
    assert phrases.thinned([]) == ""
