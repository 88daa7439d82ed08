"""Edits, random sets, retraining against prediction, and the retraining job."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import CapabilityError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit, random_edit, token_mask, token_weights
from clif_core.interventions.predict import predict_plug_in
from clif_core.interventions.retrain import mean_shift, read_probes, retrain
from clif_core.probes import Similarity, Weat
from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.jobs import JobCancelled
from clif_core.workspace.tasks.choice import choose_and_predict
from clif_core.workspace.tasks.retrain import (
    RetrainQuestion,
    find_retraining,
    submit_retraining,
    summarise_retraining,
    work_retrain,
)
from clif_core.workspace.tasks.retrained import cached_retraining, keep_retrained
from clif_core.workspace.workspace import Workspace

QUESTION = Weat(
    "test", ("police", "security", "court"), ("test", "cricket", "match"),
    ("killed", "people", "government"), ("team", "day", "australia"),
)  # fmt: skip
OTHER = Similarity("police", "court")


@pytest.fixture(scope="module")
def engine(lee_model: SkipGram, lee_corpus: Corpus) -> InfluenceEngine:
    return InfluenceEngine(lee_model, lee_corpus)


# --- edits


def test_an_edit_weights_only_the_tokens_it_names(lee_corpus):
    edit = Edit("documents", (4, 2, 4), 0.25)
    assert edit.items == (2, 4)
    weights = token_weights(lee_corpus, edit)
    offsets = lee_corpus.document_token_offsets
    expected = np.ones(lee_corpus.n_tokens, np.float32)
    for document in (2, 4):
        expected[offsets[document] : offsets[document + 1]] = 0.25
    np.testing.assert_array_equal(weights, expected)
    sentence = int(lee_corpus.document_offsets[2])
    inside = token_mask(lee_corpus, Edit("sentences", (sentence,)))
    assert 0 < inside.sum() < token_mask(lee_corpus, Edit("documents", (2,))).sum()
    assert np.flatnonzero(token_mask(lee_corpus, Edit("contexts", (7, 9)))).tolist() == [7, 9]


def test_an_edit_survives_json_and_equal_edits_share_a_key():
    edit = Edit("sentences", (3, 1))
    assert Edit.from_dict(edit.to_dict()) == edit
    assert edit.key == Edit("sentences", (1, 3)).key
    assert edit.key != Edit("sentences", (1, 3), 0.5).key


@pytest.mark.parametrize(
    ("level", "items", "weight", "message"),
    [
        ("plays", (1,), 0.0, "level"),
        ("documents", (), 0.0, "without any text"),
        ("documents", (-1,), 0.0, "numbered from 0"),
        ("documents", (1,), 1.0, "is not 1"),
        ("documents", (1,), float("nan"), "weight"),
        ("documents", (1,), -0.5, "weight"),
    ],
)
def test_an_invalid_edit_is_refused(level, items, weight, message):
    with pytest.raises(InputError, match=message):
        Edit(level, items, weight)


def test_an_edit_beyond_the_text_is_refused(lee_corpus):
    with pytest.raises(InputError, match=r"300 documents.*no 300"):
        token_mask(lee_corpus, Edit("documents", (0, 300)))
    with pytest.raises(InputError, match="level, items"):
        Edit.from_dict({"level": "documents", "items": "x", "weight": 0})


def test_random_sets_are_seeded_disjoint_and_of_the_same_size(lee_corpus):
    edit = Edit("sentences", tuple(range(0, 400, 7)))
    wanted = int(token_mask(lee_corpus, edit).sum())
    drawn = [random_edit(lee_corpus, edit, seed) for seed in range(5)]
    assert drawn == [random_edit(lee_corpus, edit, seed) for seed in range(5)]
    assert len({other.key for other in drawn}) == 5
    longest = int(np.diff(lee_corpus.sentence_offsets).max())
    for other in drawn:
        assert not set(other.items) & set(edit.items)
        assert abs(int(token_mask(lee_corpus, other).sum()) - wanted) <= longest / 2 + 1
    with pytest.raises(InputError, match="too small"):
        random_edit(lee_corpus, Edit("documents", tuple(range(200))), 0)


# --- retraining


def test_retraining_without_an_edit_repeats_the_training(lee_model, lee_corpus):
    again = retrain(lee_model, lee_corpus, None)
    np.testing.assert_array_equal(again.centre_vectors, lee_model.centre_vectors)
    assert again.corpus_hash == lee_model.corpus_hash
    assert mean_shift(lee_model, again) == pytest.approx(0, abs=1e-6)


def test_predicted_and_retrained_changes_agree(engine, lee_model, lee_corpus):
    """In both directions the chosen text moves the probe as predicted, more than random text."""
    probe = QUESTION.resolve(lee_model.vocabulary)
    for name in ("block", "unrolled"):
        answer = (
            engine.influence(probe, "block") if name == "block" else engine.unrolled([probe])[0]
        )
        for direction, sign in (("raises", 1), ("lowers", -1)):
            top = answer.top_sentences(40, direction)
            edit = Edit("sentences", tuple(top["sentence"]))
            actual = _change(lee_model, lee_corpus, edit, probe)
            assert actual * sign > 0
            assert 0.4 < actual / top["effect"].sum() < 2.5
            other = random_edit(lee_corpus, edit, 0)
            assert abs(_change(lee_model, lee_corpus, other, probe)) < abs(actual) / 2


def _change(model, corpus, edit, probe):
    return probe.value(retrain(model, corpus, edit).centre_vectors) - probe.value(
        model.centre_vectors
    )


def test_half_the_weight_has_about_half_the_effect(lee_model, lee_corpus, engine):
    probe = QUESTION.resolve(lee_model.vocabulary)
    (answer,) = engine.unrolled([probe])
    items = tuple(answer.top_sentences(20, "raises")["sentence"])
    whole = _change(lee_model, lee_corpus, Edit("sentences", items, 0.0), probe)
    half = _change(lee_model, lee_corpus, Edit("sentences", items, 0.5), probe)
    twice = _change(lee_model, lee_corpus, Edit("sentences", items, 2.0), probe)
    assert half == pytest.approx(whole / 2, rel=0.3)
    assert twice * whole < 0


def test_plug_in_equals_the_sum_for_small_edits_and_exceeds_it_for_large_ones(engine, lee_corpus):
    probe = QUESTION.resolve(engine.model.vocabulary)
    top = engine.influence(probe, "block").top_sentences(50, "raises")
    items, total = tuple(top["sentence"]), float(top["effect"].sum())
    a_little = token_weights(lee_corpus, Edit("sentences", items, 0.999))
    assert predict_plug_in(engine, probe, a_little) == pytest.approx(total / 1000, rel=0.02)
    removed = predict_plug_in(engine, probe, token_weights(lee_corpus, Edit("sentences", items)))
    assert removed > 1.05 * total  # words with fewer contexts move more easily


def test_gensim_retrains_from_scratch_without_the_text(lee_model, lee_corpus):
    from clif_core.training import train

    settings = replace(lee_model.require_settings(), backend="gensim", epochs=1)
    model = train(lee_corpus, settings)
    again = retrain(model, lee_corpus, None)
    np.testing.assert_array_equal(again.centre_vectors, model.centre_vectors)
    row = model.vocabulary.index["cricket"]
    tokens = np.flatnonzero(lee_corpus.token_words == lee_corpus.words.index("cricket"))
    without = retrain(model, lee_corpus, Edit("contexts", tuple(tokens)))
    assert np.abs(without.context_vectors[row] - again.context_vectors[row]).max() > 0
    assert without.corpus_hash is None
    assert without.vocabulary is model.vocabulary
    with pytest.raises(CapabilityError, match="gensim"):
        retrain(model, lee_corpus, Edit("documents", (1,), 0.5))


def test_models_of_unknown_training_and_other_texts_are_refused(lee_model, lee_corpus):
    edit = Edit("documents", (0,))
    settings = replace(lee_model.require_settings(), backend="unknown")
    for model in (
        replace(lee_model, settings=None),
        replace(lee_model, settings=settings),
        replace(lee_model, corpus_hash=None),
    ):
        with pytest.raises(CapabilityError, match="cannot be trained again"):
            retrain(model, lee_corpus, edit)
    with pytest.raises(InputError, match="not the text"):
        retrain(replace(lee_model, corpus_hash="other"), lee_corpus, edit)


def test_a_probe_without_a_value_reads_as_none(lee_model):
    zero = lee_model.centre_vectors.copy()
    probes = [QUESTION.resolve(lee_model.vocabulary), OTHER.resolve(lee_model.vocabulary)]
    zero[lee_model.vocabulary.index["cricket"]] = 0
    values = read_probes(probes, replace(lee_model, centre_vectors=zero))
    assert values[QUESTION.key] is None
    assert isinstance(values[OTHER.key], float)


# --- the job


@pytest.fixture
def workspace(tmp_path: Path, lee_model: SkipGram, lee_corpus: Corpus) -> Workspace:
    workspace = Workspace(tmp_path, tmp_path / "samples")
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    return workspace


@pytest.fixture
def edit() -> Edit:
    return Edit("documents", (1, 5, 9))


def test_the_job_measures_and_its_model_can_be_saved(workspace, lee_model, lee_corpus, edit):
    asked = RetrainQuestion(edit, (QUESTION, OTHER), seeds=(7,), n_random=2)
    assert find_retraining(workspace, lee_model, asked) is None
    key = submit_retraining(workspace, lee_model, asked)
    assert submit_retraining(workspace, lee_model, asked) == key
    result = workspace.jobs.wait(key, timeout=300)
    own, further = result["runs"]
    assert [own["seed"], further["seed"]] == [1, 7]
    probe = QUESTION.resolve(lee_model.vocabulary)
    assert own["before"][QUESTION.key] == pytest.approx(probe.value(lee_model.centre_vectors))
    change = own["after"][QUESTION.key] - own["before"][QUESTION.key]
    assert change == pytest.approx(_change(lee_model, lee_corpus, edit, probe), abs=1e-6)
    assert len(own["random"]) == 2
    assert result["n_tokens"] == token_mask(lee_corpus, edit).sum()
    assert result["gap"] < 1e-6 < result["mean_shift"]
    assert find_retraining(workspace, lee_model, asked).state == "done"

    bundle = keep_retrained(workspace, "lee", edit, "three stories")
    opened = workspace.open_model(bundle.model.name)
    assert opened.card["history"][0]["edit"] == edit.to_dict()
    value = probe.value(opened.model.centre_vectors)
    assert value == pytest.approx(own["after"][QUESTION.key], abs=1e-6)
    assert opened.model.corpus_hash is None


def test_the_strongest_text_is_chosen_and_its_effect_predicted(workspace, engine, lee_model):
    for weight, share in ((0.0, 1.0), (0.5, 0.5)):
        edit, found = choose_and_predict(
            workspace, engine, QUESTION, 20, "raises", "documents", weight=weight
        )
        answer = engine.influence(QUESTION.resolve(lee_model.vocabulary))
        top = answer.top_documents(20, "raises")
        assert edit == Edit("documents", tuple(top["document"]), weight)
        assert found["predicted_change"]["block"] == pytest.approx(share * top["effect"].sum())
        assert found["predicted_change"]["plug_in"] > 0
        assert found["predicted_change"]["unrolled"] is None
    with pytest.raises(InputError, match="'up'"):
        choose_and_predict(workspace, engine, QUESTION, 20, "up")
    settings = replace(lee_model.require_settings(), backend="gensim")
    foreign = InfluenceEngine(replace(lee_model, settings=settings), engine.corpus)
    _, found = choose_and_predict(workspace, foreign, QUESTION, 20, "raises")
    assert found["predicted_change"].keys() == {"block", "plug_in", "resolved", "ensemble"}
    request = RetrainQuestion(edit, (QUESTION,), n_random=1).request(workspace, lee_model)
    result = work_retrain(request, workspace.home, lambda fraction, message: None)
    measured = summarise_retraining(result, QUESTION)
    run = result["runs"][0]
    change = run["after"][QUESTION.key] - run["before"][QUESTION.key]
    assert measured["measured"]["change"] == pytest.approx(change)
    assert len(measured["random_changes"]) == 1


def test_a_cancelled_job_resumes_where_it_stopped(workspace, lee_model, edit):
    asked = RetrainQuestion(edit, (OTHER,), n_random=30)
    key = submit_retraining(workspace, lee_model, asked)
    deadline = time.monotonic() + 300
    while cached_retraining(workspace, lee_model, edit) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workspace.jobs.cancel(key)
    with pytest.raises(JobCancelled):
        workspace.jobs.wait(key, timeout=300)
    assert find_retraining(workspace, lee_model, asked).state == "cancelled"

    messages: list[str] = []

    def note(fraction: float, message: str) -> None:
        messages.append(message)

    shorter = RetrainQuestion(edit, (OTHER,)).request(workspace, lee_model)
    work_retrain(shorter, workspace.home, note)
    assert not any("epoch" in message for message in messages)  # both trainings were cached


def test_a_stopped_training_is_not_cached(workspace, lee_model, edit):
    def stop(fraction: float, message: str) -> None:
        if "training 2" in message and "epoch 3" in message:
            raise JobCancelled("stop")

    listener: Progress = stop
    request = RetrainQuestion(edit, (OTHER,)).request(workspace, lee_model)
    with pytest.raises(JobCancelled):
        work_retrain(request, workspace.home, listener)
    assert cached_retraining(workspace, lee_model, None) is not None
    assert cached_retraining(workspace, lee_model, edit) is None


def test_invalid_work_is_refused_before_a_process_starts(workspace, lee_model, edit):
    asked = RetrainQuestion(edit, (OTHER,))
    with pytest.raises(CapabilityError, match="cannot be trained again"):
        submit_retraining(workspace, replace(lee_model, settings=None), asked)
    with pytest.raises(InputError, match="at least one probe"):
        RetrainQuestion(edit, ())
    with pytest.raises(InputError, match="at most"):
        RetrainQuestion(edit, (OTHER,), n_random=31)
    beyond = RetrainQuestion(Edit("documents", (999,)), (OTHER,)).request(workspace, lee_model)
    with pytest.raises(InputError, match="no 999"):
        work_retrain(beyond, workspace.home, lambda fraction, message: None)


def test_a_model_that_its_settings_do_not_reproduce_is_refused(workspace, lee_model, edit):
    shifted = replace(lee_model, centre_vectors=lee_model.centre_vectors[::-1].copy())
    workspace.keep_model(Bundle(shifted, {}), None)
    request = RetrainQuestion(edit, (OTHER,)).request(workspace, shifted)
    with pytest.raises(CapabilityError, match="away from its vectors"):
        work_retrain(request, workspace.home, lambda fraction, message: None)
