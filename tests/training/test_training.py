"""Vocabulary, training text and trainers, against plain Python and against each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from clif_core.errors import InputError
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.training_text import build_training_text, build_vocabulary, encode
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.training import train
from clif_core.training.coupled import Schedule, start_vectors, train_coupled, train_segment
from clif_core.training.steps import _allocate_rows, _draw_rows, _window
from clif_core.workspace.jobs import JobCancelled

SETTINGS = TrainingSettings(
    dim=6, window=3, min_count=5, epochs=2, n_negatives=4, unit="document", backend="coupled"
)


def schedule_of(corpus: Corpus, settings: TrainingSettings) -> tuple[Schedule, Vocabulary]:
    vocabulary = build_vocabulary(corpus, settings.min_count)
    text = build_training_text(corpus, vocabulary, settings.unit, settings.max_unit_length)
    return Schedule.build(text, vocabulary.counts, settings), vocabulary


def test_vocabulary_is_ordered_by_count_then_by_first_appearance() -> None:
    corpus = build_corpus("t", [SourceDocument("t", "b a b c a d d. c e b", {})], {})
    vocabulary = build_vocabulary(corpus, 2)
    assert list(vocabulary.words) == ["b", "a", "c", "d"]
    assert vocabulary.counts.tolist() == [3, 2, 2, 2]
    assert encode(corpus, vocabulary).tolist() == [0, 1, 0, 2, 1, 3, 3, 2, -1, 0]


def test_a_text_without_frequent_words_is_refused() -> None:
    corpus = build_corpus("t", [SourceDocument("t", "one two three", {})], {})
    with pytest.raises(InputError, match="Lower min_count"):
        build_vocabulary(corpus, 2)


def test_units_hold_vocabulary_words_only_and_are_cut(lee_corpus: Corpus) -> None:
    vocabulary = build_vocabulary(lee_corpus, 5)
    text = build_training_text(lee_corpus, vocabulary, "document", max_unit_length=50)
    ids = encode(lee_corpus, vocabulary)
    assert np.array_equal(text.word_ids, ids[ids >= 0])
    assert np.array_equal(ids[text.tokens], text.word_ids)
    lengths = np.diff(text.unit_offsets)
    assert lengths.min() >= 1
    assert lengths.max() == 50
    document = np.searchsorted(lee_corpus.document_token_offsets, text.tokens, side="right")
    for a, b in zip(text.unit_offsets[:-1], text.unit_offsets[1:], strict=True):
        assert len(set(document[a:b])) == 1


def test_draws_follow_their_distributions(lee_corpus: Corpus) -> None:
    settings = replace(SETTINGS, subsampling_threshold=0.0)
    schedule, vocabulary = schedule_of(lee_corpus, settings)
    inputs = schedule.inputs(schedule.epoch(0), np.ones(len(schedule.text.word_ids), np.float32))
    rows, reaches, seen = _allocate_rows(inputs), Counter(), np.zeros(len(vocabulary))
    n_draws = 0
    for k in range(5_000):
        first, last = _window(k, inputs)
        if inputs.starts[k] + 3 <= k < inputs.ends[k] - 3:
            reaches[k - first] += 1
        for j in range(first, last):
            if j != k:
                n_rows = _draw_rows(k, j, inputs, rows)
                extra = rows.totals[:n_rows] - rows.positives[:n_rows]
                np.add.at(seen, rows.ids[:n_rows], extra)
                n_draws += 4
                assert rows.positives[:n_rows].sum() == 1
    assert seen.sum() == n_draws
    noise = vocabulary.counts**0.75 / (vocabulary.counts**0.75).sum()
    frequent = noise * n_draws > 20
    z = (seen - noise * n_draws)[frequent] / np.sqrt(noise[frequent] * n_draws)
    assert np.abs(z).max() < 5
    assert 0.85 < z.std() < 1.15
    assert set(reaches) == {1, 2, 3}
    assert min(reaches.values()) > 0.3 * sum(reaches.values())


def test_subsampling_follows_the_keep_probabilities(lee_corpus: Corpus) -> None:
    schedule, vocabulary = schedule_of(lee_corpus, replace(SETTINGS, subsampling_threshold=1e-3))
    kept = np.zeros(len(vocabulary))
    for epoch in range(20):
        positions = schedule.epoch(epoch).positions
        kept += np.bincount(schedule.text.word_ids[positions], minlength=len(vocabulary))
    expected = 20 * vocabulary.counts * schedule.keep
    spread = np.sqrt(np.maximum(expected * (1 - schedule.keep), 1))
    assert np.abs((kept - expected) / spread).max() < 5


def test_the_step_is_plain_gradient_descent(lee_corpus: Corpus) -> None:
    schedule, vocabulary = schedule_of(lee_corpus, replace(SETTINGS, epochs=1))
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(schedule.text.word_ids))
    segment = replace(schedule.epoch(0), last=400)
    centre, context = start_vectors(len(vocabulary), schedule.settings, np.float64)
    v, u = centre.copy(), context.copy()
    train_segment(schedule, segment, centre, context, weights)
    inputs = schedule.inputs(segment, weights)
    rows = _allocate_rows(inputs)
    for k in range(400):
        position = inputs.positions[k]
        word = inputs.words[position]
        for j in range(*_window(k, inputs)):
            if j == k:
                continue
            n_rows = _draw_rows(k, j, inputs, rows)
            ids = rows.ids[:n_rows]
            assert len(set(ids)) == n_rows
            s = 1 / (1 + np.exp(-u[ids] @ v[word]))
            f = inputs.rates[k] * weights[position] * (rows.positives - rows.totals * 1.0)[:n_rows]
            f += inputs.rates[k] * weights[position] * (rows.totals[:n_rows] * (1 - s))
            v[word], u[ids] = v[word] + f @ u[ids], u[ids] + np.outer(f, v[word])
    assert np.abs(u).max() > 1e-3
    np.testing.assert_allclose(centre, v, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(context, u, rtol=1e-10, atol=1e-14)


def test_a_removed_document_has_no_effect_on_any_vector_or_draw(lee_corpus: Corpus) -> None:
    settings = replace(SETTINGS, subsampling_threshold=0.0)
    schedule, vocabulary = schedule_of(lee_corpus, settings)
    a, b = (int(x) for x in schedule.text.unit_offsets[3:5])
    other = schedule.text.word_ids.copy()
    other[a:b] = np.random.default_rng(1).integers(0, len(vocabulary), b - a)
    weights = np.ones(len(other), np.float32)
    weights[a:b] = 0
    results = []
    for text in (schedule.text, replace(schedule.text, word_ids=other)):
        vectors = start_vectors(len(vocabulary), settings)
        for epoch in range(settings.epochs):
            changed = replace(schedule, text=text)
            train_segment(changed, changed.epoch(epoch), *vectors, weights)
        results.append(vectors)
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


@pytest.mark.parametrize("backend", ["coupled", "batched", "gensim"])
def test_training_repeats_exactly_and_depends_on_the_seed(lee_corpus: Corpus, backend: str) -> None:
    settings = replace(SETTINGS, backend=backend)  # type: ignore[arg-type]
    reports: list[float] = []
    first = train(lee_corpus, settings, lambda fraction, message: reports.append(fraction))
    again, other = train(lee_corpus, settings), train(lee_corpus, replace(settings, seed=2))
    np.testing.assert_array_equal(first.centre_vectors, again.centre_vectors)
    np.testing.assert_array_equal(first.context_vectors, again.context_vectors)
    assert np.abs(first.centre_vectors - other.centre_vectors).max() > 0.01
    assert reports == sorted(reports)
    assert len(reports) >= settings.epochs
    assert reports[-1] == 1.0
    assert first.corpus_hash == lee_corpus.content_hash
    assert first.centre_vectors.dtype == np.float32


@pytest.mark.parametrize("backend", ["coupled", "batched", "gensim"])
def test_a_progress_function_that_raises_ends_the_training(
    lee_corpus: Corpus, backend: str
) -> None:
    def stop(fraction: float, message: str) -> None:
        raise JobCancelled("enough")

    with pytest.raises(JobCancelled):
        train(lee_corpus, replace(SETTINGS, backend=backend), stop)  # type: ignore[arg-type]


def test_float32_follows_float64(lee_corpus: Corpus) -> None:
    vocabulary = build_vocabulary(lee_corpus, SETTINGS.min_count)
    single, _ = train_coupled(lee_corpus, vocabulary, SETTINGS)
    double, _ = train_coupled(lee_corpus, vocabulary, SETTINGS, dtype=np.float64)
    np.testing.assert_allclose(single, double, atol=1e-5)


def test_the_trainers_agree_on_similarities(lee_corpus: Corpus) -> None:
    settings = replace(SETTINGS, dim=12, epochs=15, learning_rate=0.05)
    models = [train(lee_corpus, replace(settings, backend=b)) for b in ("coupled", "gensim")]  # type: ignore[arg-type]
    upper = np.triu_indices(150, 1)
    first, second = ((m.unit_vectors[:150] @ m.unit_vectors[:150].T)[upper] for m in models)
    assert np.corrcoef(first, second)[0, 1] > 0.7
