"""From a probe to scores on a small real model: exact sums, order, refusals, and the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from clif_core.errors import CapabilityError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import CLOSED_FORM
from clif_core.influence.explain import explain_sentence, pair_effects, top_pairs
from clif_core.influence.result import Influence, roll_up
from clif_core.probes import Similarity, Weat
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.expected_loss import ExpectedLoss, Noise, noise_distribution
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.training.coupled import train_coupled

QUESTION = Weat(
    "test", ("police", "security", "court"), ("test", "cricket", "match"),
    ("killed", "people", "government"), ("team", "day", "australia"),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probe(lee_model: SkipGram) -> ResolvedProbe:
    return QUESTION.resolve(lee_model.vocabulary)


@pytest.fixture(scope="module")
def answer(engine: InfluenceEngine, probe: ResolvedProbe) -> Influence:
    return engine.influence(probe, "block")


@pytest.mark.parametrize("estimator", CLOSED_FORM)
def test_effects_add_up_at_every_level(engine, probe, estimator):
    answer = engine.influence(probe, estimator)
    contexts = answer.context_effects.astype(np.float64)
    for sentence in (0, 7, engine.corpus.n_sentences - 1):
        start, end = engine.corpus.sentence_offsets[sentence : sentence + 2]
        assert answer.sentence_effects[sentence] == pytest.approx(contexts[start:end].sum())
    assert answer.document_effects.sum() == pytest.approx(contexts.sum())
    assert answer.sentence_effects.sum() == pytest.approx(contexts.sum())
    assert np.abs(contexts).max() > 0


@pytest.mark.parametrize("estimator", CLOSED_FORM)
def test_pairs_and_contexts_are_two_views_of_one_sum(engine, probe, estimator):
    answer = engine.influence(probe, estimator)
    by_pair = engine.pairs.weights.astype(np.float64) @ pair_effects(engine, answer)
    total = np.abs(answer.context_effects).astype(np.float64).sum()
    assert answer.context_effects.sum(dtype=np.float64) == pytest.approx(by_pair, abs=1e-4 * total)


@pytest.mark.parametrize("estimator", ["block", "gauss_newton"])
def test_an_explanation_adds_up_to_its_sentence(engine, probe, estimator):
    answer = engine.influence(probe, estimator)
    sentence = int(answer.top_sentences(1, "lowers")["sentence"].iloc[0])
    frame = explain_sentence(engine, answer, sentence)
    assert frame["effect"].sum() == pytest.approx(answer.sentence_effects[sentence], rel=1e-4)
    text = engine.corpus.sentence_text(sentence).lower()
    assert all(word in text for word in frame["centre"])


def test_the_strongest_are_sorted_and_of_one_sign(answer):
    lowers, raises = answer.top_sentences(20, "lowers"), answer.top_sentences(20, "raises")
    assert (lowers["effect"] < 0).all()
    assert lowers["effect"].is_monotonic_increasing
    assert (raises["effect"] > 0).all()
    assert raises["effect"].is_monotonic_decreasing
    assert lowers["effect"].iloc[0] == answer.sentence_effects.min()
    of_document = answer.top_sentences(3, "lowers", document=int(lowers["document"].iloc[0]))
    assert of_document.iloc[0].equals(lowers.iloc[0])
    assert answer.top_documents(1, "raises")["effect"].iloc[0] == answer.document_effects.max()
    with pytest.raises(InputError, match="'raises' or 'lowers'"):
        answer.top_sentences(3, "harmful")


def test_roll_ups_keep_the_total(answer, lee_corpus):
    halves = roll_up(lee_corpus, answer, "half")
    assert set(halves["half"]) == {"first", "second"}
    assert halves["effect"].sum() == pytest.approx(answer.document_effects.sum())
    assert halves["n_tokens"].sum() == lee_corpus.n_tokens
    with pytest.raises(InputError, match=r"unknown metadata 'author'.*half"):
        roll_up(lee_corpus, answer, "author")


def test_the_answer_does_not_depend_on_the_order_of_documents(
    lee_model, lee_corpus, answer, probe, reordered
):
    other, order = reordered
    turned = InfluenceEngine(replace(lee_model, corpus_hash=other.content_hash), other)
    effects = turned.influence(probe, "block").document_effects
    np.testing.assert_allclose(effects, answer.document_effects[order], rtol=1e-3, atol=1e-7)


@pytest.fixture(scope="module")
def reordered(lee_corpus: Corpus) -> tuple[Corpus, np.ndarray]:
    from clif_core.text.corpus import SourceDocument, build_corpus

    order = np.random.default_rng(0).permutation(lee_corpus.n_documents)
    documents = lee_corpus.documents.iloc[order]
    sources = [SourceDocument(row.title, row.text) for row in documents.itertuples()]
    return build_corpus("lee reordered", sources, {}), order


def test_the_answer_does_not_depend_on_threads(engine, probe, answer):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if before > 1 else 2)
        again = engine.influence(probe, "block")
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(again.context_effects, answer.context_effects, rtol=1e-3, atol=1e-8)


def test_block_predicts_a_step_of_newton_on_the_loss_without_the_text(lee_model, lee_corpus):
    """With contexts fixed the loss of one centre vector is convex, so without a text it has a
    minimum to compare with: the predicted change must be that of the true minimum."""
    engine = InfluenceEngine(lee_model, lee_corpus, dtype=torch.float64, n_noise=10_000)
    probe = Similarity("police", "court").resolve(lee_model.vocabulary)
    vectors = torch.tensor(lee_model.centre_vectors, dtype=torch.float64)
    rows = probe.word_ids
    at_minimum = _minimise(engine.loss, vectors, rows)
    settled = replace(lee_model, centre_vectors=at_minimum.numpy())
    settled_engine = InfluenceEngine(settled, lee_corpus, dtype=torch.float64, n_noise=10_000)
    answer = settled_engine.influence(probe, "block", damping=0.0)
    document = int(np.abs(answer.document_effects).argmax())

    without = _pairs_without(engine, document)
    loss = ExpectedLoss(
        at_minimum, engine.loss.u, without,
        Noise.exact(noise_distribution(lee_model.vocabulary.counts)), 5,
    )  # fmt: skip
    moved = _minimise(loss, at_minimum, rows)
    actual = probe.value(moved.numpy()) - probe.value(at_minimum.numpy())
    assert actual == pytest.approx(answer.document_effects[document], rel=0.25)


def _minimise(loss: ExpectedLoss, vectors: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
    """Newton's method on some centre vectors, contexts fixed."""
    from clif_core.influence.curvature import word_blocks

    vectors, at = vectors.clone(), torch.as_tensor(rows)
    for _ in range(30):
        here = ExpectedLoss(vectors, loss.u, loss.pairs, loss.noise, loss.n_negatives)
        step = torch.linalg.solve(word_blocks(here, at), here.gradient()[0][at])
        vectors[at] -= step / max(1.0, float(step.norm()))
        if float(step.norm()) < 1e-9:
            return vectors
    raise AssertionError("Newton's method did not settle")


def _pairs_without(engine: InfluenceEngine, document: int):
    """The expected pairs less those whose centre lies in the document."""
    from clif_core.sgns.pairs import Pairs

    start, end = engine.corpus.document_token_offsets[document : document + 2]
    weights = engine.pairs.weights.astype(np.float64)
    for position in range(*np.searchsorted(engine.text.tokens, [start, end])):
        centre = int(engine.windows.words[position])
        others, taken = engine.windows.neighbours(position)
        np.subtract.at(weights, engine.pairs.find(centre, engine.windows.words[others]), taken)
    return Pairs(engine.pairs.offsets, engine.pairs.context_words, weights)


def test_top_pairs_name_words_of_the_probe(engine, answer):
    frame = top_pairs(engine, answer, 10)
    assert set(frame["centre"]) <= set(QUESTION.words)
    assert frame["effect"].abs().is_monotonic_decreasing
    assert isinstance(frame, pd.DataFrame)


def test_missing_capabilities_are_refused_by_name(lee_model, lee_corpus, probe, engine):
    with pytest.raises(CapabilityError, match="no context vectors"):
        InfluenceEngine(replace(lee_model, context_vectors=None), lee_corpus)
    with pytest.raises(CapabilityError, match="training settings of model 'lee' are unknown"):
        InfluenceEngine(replace(lee_model, settings=None), lee_corpus)
    with pytest.raises(InputError, match="is not the text that model"):
        InfluenceEngine(replace(lee_model, corpus_hash="0" * 20), lee_corpus)
    with pytest.raises(InputError, match="unknown estimator 'magic'; known: unrolled, ensemble"):
        engine.influence(probe, "magic")
    with pytest.raises(InputError, match="damping must not be negative"):
        engine.influence(probe, "block", damping=-1)


def test_unrolled_predicts_the_retrained_probe(engine, lee_model, lee_corpus):
    """The attribution claim itself, against training again without the text."""
    probes = [QUESTION.resolve(lee_model.vocabulary),
              Similarity("police", "court").resolve(lee_model.vocabulary)]  # fmt: skip
    answers = engine.unrolled(probes)
    for probe, answer in zip(probes, answers, strict=True):
        assert answer.solution.note == "the repeated run ends 0.00% from the model's vectors"
        strongest = np.argsort(-np.abs(answer.document_effects))[:12]
        actual = [_retrained_change(lee_model, lee_corpus, probe, int(d)) for d in strongest]
        predicted = answer.document_effects[strongest]
        assert np.corrcoef(predicted, actual)[0, 1] > 0.9
        assert 0.8 < predicted @ actual / (predicted @ predicted) < 1.2


def _retrained_change(
    model: SkipGram, corpus: Corpus, probe: ResolvedProbe, document: int
) -> float:
    start, end = corpus.document_token_offsets[document : document + 2]
    weights = np.ones(corpus.n_tokens, np.float32)
    weights[start:end] = 0
    centre, _ = train_coupled(corpus, model.vocabulary, model.require_settings(), weights)
    return probe.value(centre) - probe.value(model.centre_vectors)


def test_unrolled_refuses_a_run_that_cannot_be_repeated(lee_model, lee_corpus, probe):
    settings = lee_model.require_settings()
    foreign = replace(lee_model, settings=replace(settings, backend="gensim"))
    with pytest.raises(CapabilityError, match="was trained by gensim, whose run cannot be"):
        InfluenceEngine(foreign, lee_corpus).unrolled([probe])
    other_run = replace(lee_model, settings=replace(settings, seed=2))
    with pytest.raises(CapabilityError, match="away from its vectors"):
        InfluenceEngine(other_run, lee_corpus).unrolled([probe])
