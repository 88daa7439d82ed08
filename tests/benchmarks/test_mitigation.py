"""Halves of a probe, rankings of text, and the bias left after a removal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.studies.mitigation import METHODS, judge, order_sentences, split_probe, take_share
from clif_core.errors import InputError, ProbeError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import token_mask
from clif_core.interventions.retrain import retrain
from clif_core.probes import Similarity, Weat
from clif_core.workspace.workspace import Workspace

QUESTION = Weat(
    "test", ("police", "security", "court", "government"), ("test", "cricket", "match", "day"),
    ("killed", "people", "attack", "forces"), ("team", "australia", "play", "first"),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(lee_model, lee_corpus):
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, tmp_path / "samples")


def test_halves_are_disjoint_and_contain_every_known_word(lee_model):
    first, second = split_probe(QUESTION, lee_model.vocabulary)
    for whole, one, other in zip(
        QUESTION.named_sets, first.named_sets, second.named_sets, strict=True
    ):
        assert not set(one.words) & set(other.words)
        assert set(one.words) | set(other.words) == set(whole.words)
        assert abs(len(one.words) - len(other.words)) <= 1
    counts = lee_model.vocabulary.counts
    x = [counts[lee_model.vocabulary.id(half.targets_x[0])] for half in (first, second)]
    assert x[0] >= x[1]


def test_a_probe_with_a_single_word_a_side_cannot_be_split(lee_model):
    short = Weat("short", ("police",), ("match",), ("killed", "people"), ("team", "day"))
    with pytest.raises(ProbeError, match=r"has 1 word\(s\)"):
        split_probe(short, lee_model.vocabulary)


def test_influence_takes_the_densest_text_that_raises_the_probe(workspace, engine):
    order = order_sentences(workspace, engine, QUESTION, "influence")
    probe = QUESTION.resolve(engine.model.vocabulary)
    effects = engine.influence(probe).sentence_effects
    sign = np.sign(probe.value(engine.model.centre_vectors))
    lengths = np.diff(engine.corpus.sentence_offsets)
    gain = -sign * effects[order] / lengths[order]
    assert (gain > 0).all()
    assert (np.diff(gain) <= 0).all()
    assert set(np.flatnonzero(-sign * effects > 0)) == set(order.tolist())


def test_counts_rank_sentences_with_a_pair_of_the_right_sign_first(workspace, engine):
    order = order_sentences(workspace, engine, QUESTION, "counts")
    best = engine.corpus.sentence_text(int(order[0])).lower()
    as_found = (QUESTION.targets_x, QUESTION.attributes_a), (
        QUESTION.targets_y, QUESTION.attributes_b,
    )  # fmt: skip
    assert any(
        any(word in best for word in targets) and any(word in best for word in attributes)
        for targets, attributes in as_found
    )
    words = set(QUESTION.words)
    for sentence in order[:: max(1, len(order) // 50)]:
        start, end = engine.corpus.sentence_offsets[sentence : sentence + 2]
        found = {engine.corpus.words[w] for w in engine.corpus.token_words[start:end]}
        assert found & words


def test_random_order_is_seeded(workspace, engine):
    drawn = [order_sentences(workspace, engine, QUESTION, "random", seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    with pytest.raises(InputError, match="one of influence, counts, random"):
        order_sentences(workspace, engine, QUESTION, "luck")


def test_a_share_is_of_all_words_and_one_too_large_is_refused(workspace, engine):
    corpus = engine.corpus
    for method in METHODS:
        edit = take_share(corpus, order_sentences(workspace, engine, QUESTION, method), 0.02)
        assert token_mask(corpus, edit).mean() == pytest.approx(0.02, abs=0.004)
    with pytest.raises(InputError, match="take a smaller share"):
        take_share(corpus, order_sentences(workspace, engine, QUESTION, "counts"), 0.95)
    with pytest.raises(InputError, match="between 0 and 1"):
        take_share(corpus, np.arange(3), 1.5)


def test_the_half_that_chose_falls_and_the_side_effects_are_read(
    workspace, engine, lee_model, lee_corpus
):
    first, second = split_probe(QUESTION, lee_model.vocabulary)
    order = order_sentences(workspace, engine, first, "influence")
    after = retrain(lee_model, lee_corpus, take_share(lee_corpus, order, 0.005))
    questions = {"chosen": first, "held_out": second}
    other = Similarity("police", "court")
    start, end = (judge(lee_model, m, questions, (other,)) for m in (lee_model, after))
    assert abs(end["chosen"]["difference"]) < abs(start["chosen"]["difference"])
    for name, probe in questions.items():
        value = probe.resolve(after.vocabulary).value(after.centre_vectors)
        assert end[name]["difference"] == pytest.approx(value)
    assert end["mean_shift"] > start["mean_shift"] == pytest.approx(0, abs=1e-6)
    value = other.resolve(after.vocabulary).value(after.centre_vectors)
    assert end["others"] == {other.name: pytest.approx(value)}
    assert end["analogies"] >= 0
