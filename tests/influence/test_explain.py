"""Pair effects are computed once for all that is read from them."""

from __future__ import annotations

import pytest

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.explain import explain_sentence, pair_effects, top_pairs
from clif_core.probes import Similarity
from clif_core.report import quote_sentence
from clif_core.sgns.expected_loss import ExpectedLoss
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from dashboard.data.attribution import Answer
from dashboard.widgets.sentence_card import make_card


@pytest.mark.parametrize("estimator", ["block", "published"])
def test_an_answer_computes_its_pair_effects_once(
    estimator: str, lee_model: SkipGram, lee_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    resolved = Similarity("police", "court").resolve(lee_model.vocabulary)
    influence = engine.influence(resolved, estimator)
    expected = top_pairs(engine, influence, 60)
    calls = []
    real = ExpectedLoss.pair_effects_along

    def counted(self: ExpectedLoss, *arguments: object) -> object:
        calls.append(self)
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ExpectedLoss, "pair_effects_along", counted)
    answer = Answer(engine, influence, resolved, ())
    top = influence.top_sentences(3, "lowers")["sentence"].tolist()
    assert all(len(answer.explain(int(sentence))) for sentence in top)
    assert answer.pairs.equals(expected)
    assert len(calls) == 1
    pair_effects(engine, influence)
    assert len(calls) == 2  # the count counts


def test_a_sentence_without_a_word_of_the_probe_has_no_parts_and_still_a_card(
    lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    resolved = Similarity("police", "court").resolve(lee_model.vocabulary)
    influence = engine.influence(resolved)
    silent = int((influence.sentence_effects == 0).argmax())
    parts = explain_sentence(engine, influence, silent)
    assert parts.empty
    assert parts["effect"].dtype == float
    card = make_card(Answer(engine, influence, resolved, ()), silent)
    assert card.effect == 0
    quoted = quote_sentence(engine, influence, resolved, silent)
    assert (quoted["pull"], quoted["through"], quoted["marks"]) == (None, [], [])
