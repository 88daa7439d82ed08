"""Cluster membership: the probes, the text that pulls a word, and its cluster afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.studies.clusters import (
    MAX_MEMBERS,
    choose_k,
    cluster_words,
    locate,
    margin_probe,
    nearest_cluster,
    position_probe,
    pulling_text,
)
from clif_core.errors import CapabilityError
from clif_core.geometry.clustering import Clustering
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.retrain import retrain
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.training.coupled import start_vectors


@pytest.fixture(scope="module")
def clustering(lee_model: SkipGram) -> Clustering:
    return cluster_words(lee_model, 6)


def test_rare_words_are_in_no_cluster(lee_model: SkipGram, clustering: Clustering) -> None:
    is_rare = lee_model.vocabulary.counts < 20
    assert (clustering.labels[is_rare] == -1).all()
    assert set(clustering.labels[~is_rare]) == set(range(6))
    assert [choice.k for choice in choose_k(lee_model, (6, 3))] == [6, 3]
    assert choose_k(lee_model, [6])[0].silhouette == clustering.silhouette


def test_the_margin_is_between_the_own_and_the_nearest_other(
    lee_model: SkipGram, clustering: Clustering
) -> None:
    probe = margin_probe(lee_model, clustering, "police")
    labels, index = clustering.labels, lee_model.vocabulary.index
    own = labels[index["police"]]
    assert {labels[index[word]] for word in probe.own} == {own}
    (other,) = {labels[index[word]] for word in probe.other}
    assert other != own and "police" not in probe.own
    assert len(probe.own) <= MAX_MEMBERS
    centroids = [lee_model.unit_vectors[labels == cluster].mean(axis=0) for cluster in (own, other)]
    for cluster in set(range(6)) - {own, other}:
        distance = lee_model.unit_vectors[labels == cluster].mean(axis=0)
        at = lee_model.unit_vectors[index["police"]]
        assert np.linalg.norm(at - distance) >= np.linalg.norm(at - centroids[1])


def test_a_word_in_no_cluster_is_refused(lee_model: SkipGram, clustering: Clustering) -> None:
    rare = lee_model.vocabulary.words[-1]
    with pytest.raises(CapabilityError, match=f"'{rare}' is in no cluster: it is seen 5 times"):
        margin_probe(lee_model, clustering, rare)


def test_the_position_is_measured_from_the_first_vectors(lee_model: SkipGram) -> None:
    resolved = position_probe(lee_model, "police").resolve(lee_model.vocabulary)
    start, _ = start_vectors(lee_model.n_words, lee_model.require_settings())
    assert resolved.value(start) == pytest.approx(0.0)
    row = lee_model.vocabulary.id("police")
    expected = ((lee_model.centre_vectors[row] - start[row]) ** 2).mean()
    assert resolved.value(lee_model.centre_vectors) == pytest.approx(expected)
    foreign = replace(lee_model, settings=replace(lee_model.require_settings(), backend="gensim"))
    with pytest.raises(CapabilityError, match="only the coupled trainer"):
        position_probe(foreign, "police")


def test_text_that_pulls_in_does_so_in_training(
    lee_model: SkipGram, lee_corpus: Corpus, clustering: Clustering
) -> None:
    probe = margin_probe(lee_model, clustering, "police")
    resolved = probe.resolve(lee_model.vocabulary)
    (answer,) = InfluenceEngine(lee_model, lee_corpus).unrolled([resolved])
    before = locate(lee_model, clustering, probe)
    for towards in (True, False):
        edit, predicted = pulling_text(answer, 20, towards)
        after = locate(retrain(lee_model, lee_corpus, edit), clustering, probe)
        assert (predicted > 0) == towards
        assert (after.margin > before.margin) == towards
    assert len(before.neighbours) == 8 and "police" not in before.neighbours


def test_the_nearest_cluster_leaves_the_word_itself_out(
    lee_model: SkipGram, clustering: Clustering
) -> None:
    row = lee_model.vocabulary.id("police")
    own = int(clustering.labels[row])
    towards = (own + 1) % 6
    vectors = lee_model.centre_vectors.copy()
    vectors[row] = lee_model.unit_vectors[clustering.labels == towards].mean(axis=0)
    vectors[row] /= np.linalg.norm(vectors[row])
    assert (
        nearest_cluster(replace(lee_model, centre_vectors=vectors), clustering, "police") == towards
    )
