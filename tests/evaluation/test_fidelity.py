"""The harness on a small model: real retrainings, every estimator, the cache, and what follows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import clif_core.interventions.retrain_each as module
from clif_core.errors import FormatError, InputError
from clif_core.evaluation import (
    PREDICTORS,
    Retrainings,
    add_to_card,
    differential_sets,
    judge,
    measured_changes,
    predict,
    random_sets,
    read_changes,
    strongest_sentences,
    write_changes,
)
from clif_core.evaluation.baselines import Counts
from clif_core.evaluation.predictors import sentence_effects
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit, token_mask
from clif_core.interventions.retrain import retrain
from clif_core.probes import Similarity, Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.storage.store import Store
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

PROBES = (
    Weat(
        "test", ("police", "security", "court"), ("test", "cricket", "match"),
        ("killed", "people", "government"), ("team", "day", "australia"),
    ),
    Similarity("police", "court"),
    Similarity("fire", "south"),
)  # fmt: skip
N_SETS = 16


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture(scope="module")
def probes(lee_model):
    return tuple(probe.resolve(lee_model.vocabulary) for probe in PROBES)


@pytest.fixture(scope="module")
def trial(lee_corpus, probes):
    return random_sets(lee_corpus, probes, 0.05, N_SETS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, lee_model, lee_corpus, trial) -> Retrainings:
    store = Store(tmp_path_factory.mktemp("fidelity"))
    retrainings = Retrainings(store, lee_model, lee_corpus)
    retrainings.train_all(trial.all_edits, [retrainings.own_seed])
    return retrainings


@pytest.fixture(scope="module")
def table(trained, engine, trial):
    return judge(trained, engine, trial)


# --- sets


def test_a_random_set_is_the_same_however_many_are_drawn(lee_corpus, probes, trial):
    fewer = random_sets(lee_corpus, probes, 0.05, 3)
    assert fewer.edits[0] == trial.edits[0][:3]
    assert len({edit.items for edit in trial.edits[0]}) == N_SETS
    assert {len(edit.items) for edit in trial.edits[0]} == {15}
    sentences = random_sets(lee_corpus, probes, 0.01, 1, "sentences").edits[0][0]
    assert len(sentences.items) == pytest.approx(0.01 * lee_corpus.n_sentences, abs=2)
    with pytest.raises(InputError, match="fraction between 0 and 1"):
        random_sets(lee_corpus, probes, 1.0, 2)


def test_chosen_sets_are_the_strongest_and_the_two_ends(probes):
    effects = np.array([[0.1, -0.9, 0.5, 0.0], [0.3, 0.2, 0.1, -0.4]])
    strongest = strongest_sentences(probes[:2], effects, 2)
    assert [[edit.items for edit in row] for row in strongest.edits] == [[(1,), (2,)], [(3,), (0,)]]
    assert strongest.removed == "each of the 2 strongest sentences, one at a time"
    assert strongest.only([0]).removed == "each of 1 of the 2 strongest sentences, one at a time"
    assert strongest.only([0, 1]).removed == strongest.removed
    ends = differential_sets(probes[0], effects[0], (1, 2), "sentences")
    assert [edit.items for edit in ends.edits[0]] == [(2,), (1,), (0, 2), (1, 3)]
    with pytest.raises(InputError, match="between 1 and half"):
        differential_sets(probes[0], effects[0], (3,), "sentences")


# --- retrainings


def test_the_stored_vectors_are_those_of_the_retrained_model(trained, lee_model, lee_corpus, trial):
    edit = trial.edits[0][0]
    kept = trained.kept(edit, trained.own_seed)
    truth = retrain(lee_model, lee_corpus, edit).centre_vectors
    base = trained.base(trained.own_seed)
    np.testing.assert_allclose(base, lee_model.centre_vectors, atol=1e-6)
    assert np.abs(kept - truth).max() < 1e-3 * np.abs(truth - base).max()


def test_nothing_is_trained_twice_and_an_interrupted_run_resumes(
    tmp_path, lee_model, lee_corpus, trial, monkeypatch
):
    calls = []

    def counted(*arguments):
        calls.append(arguments[2])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return retrain(*arguments)

    monkeypatch.setattr(module, "retrain", counted)
    edits = trial.all_edits[:4]
    with pytest.raises(KeyboardInterrupt):
        Retrainings(Store(tmp_path), lee_model, lee_corpus).train_all(edits, [1])
    assert calls == [None, *edits[:3]]  # the training with all text, then set by set
    again = Retrainings(Store(tmp_path), lee_model, lee_corpus)
    assert [again.has(edit, 1) for edit in edits] == [True, True, False, False]
    assert again.train_all(edits, [1]) == 2
    assert calls[4:] == list(edits[2:])
    assert again.train_all(edits, [1]) == 0
    assert len(calls) == 6


def test_changes_measured_elsewhere_are_judged_without_the_vectors(
    tmp_path, trained, engine, trial, table, lee_model, lee_corpus
):
    seeds, content_hash = [trained.own_seed], lee_model.content_hash
    known = measured_changes(trained, trial, seeds)
    assert len(known) == N_SETS
    file = tmp_path / "retrained" / "lee.csv"
    assert read_changes(file, content_hash) == {}
    write_changes(file, content_hash, known)
    told = read_changes(file, content_hash)
    elsewhere = Retrainings(Store(tmp_path / "empty"), lee_model, lee_corpus, told)
    again = judge(elsewhere, engine, trial, ["block"])
    assert again.n_sets == N_SETS
    first = next(row for row in table.rows if row.estimator == "block")
    assert again.rows[0].pearson == pytest.approx(first.pearson, abs=1e-4)
    # Of another model, of another seed, or of a probe that was not read, nothing is known.
    assert read_changes(file, "another") == {}
    assert elsewhere.changes(trial.edits[0][0], 99, trial.probes) is None
    others = (Similarity("people", "country").resolve(lee_model.vocabulary),)
    assert elsewhere.changes(trial.edits[0][0], seeds[0], others) is None


@pytest.mark.parametrize("text", ["", "no,such,table\n1,2,3\n", "model,edit,seed,p\nh,e,one,2\n"])
def test_a_file_that_is_no_table_of_changes_is_refused_by_name(tmp_path, text):
    file = tmp_path / "lee.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(FormatError, match=r"lee\.csv is no table"):
        read_changes(file, "h")


# --- estimators judged


def test_the_exact_derivative_predicts_retraining_and_chance_does_not(table):
    found = {row.estimator: row for row in table.rows}
    assert set(found) == set(PREDICTORS)
    assert table.ceiling == 1.0
    assert table.n_sets == N_SETS
    assert found["unrolled"].lds > 0.9
    assert 0.8 < found["unrolled"].slope < 1.25
    assert abs(found["random"].lds) < 0.4
    assert found["unrolled"].lds > max(
        found[name].lds for name in ("word_count", "pmi", "gradient")
    )
    assert found["block"].lds > 0.4
    assert np.isnan(found["gradient"].slope)
    assert [row.lds for row in table.rows] == sorted((r.lds for r in table.rows), reverse=True)


def test_a_judged_estimator_needs_no_training(trained, engine, trial, table, monkeypatch):
    monkeypatch.setattr(module, "retrain", lambda *_: pytest.fail("nothing is left to train"))
    monkeypatch.setattr(engine, "unrolled", lambda *_: pytest.fail("the answers are kept"))
    again = judge(trained, engine, trial, ["unrolled", "plug_in"])
    assert {row.estimator: row.lds for row in again.rows}.items() <= {
        row.estimator: row.lds for row in table.rows
    }.items()


def test_sets_that_are_not_trained_are_left_out(trained, engine, lee_corpus, probes):
    longer = random_sets(lee_corpus, probes, 0.05, N_SETS + 5)
    assert judge(trained, engine, longer, ["block"]).n_sets == N_SETS
    with pytest.raises(InputError, match="0 of 4 sets are trained"):
        judge(trained, engine, random_sets(lee_corpus, probes, 0.02, 4), ["block"])


def test_several_seeds_are_averaged_below_their_own_ceiling(
    tmp_path, lee_model, lee_corpus, engine, trial
):
    few = trial.only(range(5))
    retrainings = Retrainings(Store(tmp_path), lee_model, lee_corpus)
    retrainings.train_all(few.all_edits, [1, 2])
    found = judge(retrainings, engine, few, ["block", "random"], seeds=[1, 2])
    assert found.ceiling is not None
    assert found.ceiling < 1


def test_chosen_sets_are_judged_by_sign_and_explained_variance(trained, engine, probes):
    effects = sentence_effects(trained.store, engine, probes, "unrolled")
    strongest = strongest_sentences(probes[:2], effects[:2], 4)
    trained.train_all(strongest.all_edits, [1])
    (row,) = judge(trained, engine, strongest, ["unrolled"]).rows
    assert row.sign_agreement == 1.0
    assert row.pearson > 0.95
    ends = differential_sets(probes[0], effects[0], (10, 30), "sentences")
    trained.train_all(ends.all_edits, [1])
    (row,) = judge(trained, engine, ends, ["unrolled"]).rows
    assert row.r2 > 0.95
    assert row.sign_agreement == 1.0


def test_predictions_add_up_over_documents_as_over_their_sentences(trained, engine, trial):
    by_document = predict(trained.store, engine, trial, "block")
    first, last = trial.edits[0][0], trial.edits[0][-1]
    offsets = engine.corpus.document_offsets
    sentences = [
        Edit("sentences", tuple(s for d in e.items for s in range(offsets[d], offsets[d + 1])))
        for e in (first, last)
    ]
    same = replace(trial, edits=(tuple(sentences),) * 3)
    by_sentence = predict(trained.store, engine, same, "block")
    np.testing.assert_allclose(by_sentence, by_document[:, [0, -1]], rtol=1e-6)


def test_counts_without_documents_are_the_counts_of_the_text_that_is_left(engine, probes, trial):
    counts = Counts(engine, probes)
    edit = trial.edits[0][0]
    left = counts._ppmi(edit)
    is_left = ~token_mask(engine.corpus, edit)[engine.text.tokens]
    windows = engine.windows
    table = np.zeros((engine.model.n_words,) * 2)
    for position in np.flatnonzero(is_left):
        others, weights = windows.neighbours(position)
        np.add.at(table, (windows.words[position], windows.words[others]), weights)
    totals = table.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.log(table * totals.sum() / np.outer(totals, totals))
    expected = np.where(table > 0, np.maximum(pmi, 0), 0)[counts._word_ids]
    np.testing.assert_allclose(left, np.nan_to_num(expected), atol=2e-3)


# --- the default that follows


def test_the_default_estimator_follows_from_the_card(
    tmp_path, lee_model, lee_corpus, probes, table
):
    workspace = Workspace(tmp_path / "home", tmp_path / "no samples")
    path = workspace.keep_model(Bundle(lee_model), lee_corpus)
    model = workspace.open_model("lee").model
    engine = workspace.open_engine(model, lee_corpus)
    probe = probes[1]
    assert workspace.results.best_estimator(engine, probe) == "block"
    workspace.results.influence(engine, probe, "unrolled")
    assert workspace.results.best_estimator(engine, probe) == "unrolled"
    # A table in which the quick estimate was right and the derivative was not.
    rows = [replace(row, lds=0.99 if row.estimator == "block" else 0.2) for row in table.rows]
    made = {"command": "", "date": "", "machine": "", "n_seeds": 1, "kind": "coupled, same seed"}
    add_to_card(path, [replace(table, rows=tuple(rows))], made, model.content_hash)
    assert workspace.results.best_estimator(engine, probe) == "block"
    # One in which the derivative was right: where it is not computed, the quick one answers.
    add_to_card(path, [table], made, model.content_hash)
    assert workspace.results.best_estimator(engine, probe) == "unrolled"
    assert workspace.results.best_estimator(engine, probes[2]) == "block"
    add_to_card(path, [replace(table, rows=tuple(rows))], made, "another model")
    assert workspace.results.best_estimator(engine, probe) == "unrolled"
