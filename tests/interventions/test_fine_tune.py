"""Fine-tuning of a small trained model; the vectors of words resolved on edited text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from clif_core.errors import CapabilityError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.edit import Edit, token_weights
from clif_core.interventions.fine_tune import FineTuning, fine_tune, fine_tune_steps
from clif_core.interventions.predict import predict_plug_in, predict_resolved
from clif_core.interventions.resolve import resolve_words
from clif_core.probes import Similarity, Weat
from clif_core.sgns.bundle import Bundle
from clif_core.workspace.tasks.fine_tune import (
    FineTuneQuestion,
    find_fine_tuning,
    submit_fine_tuning,
)
from clif_core.workspace.tasks.fine_tuned import MODES, choose_fine_tuning, keep_fine_tuned
from clif_core.workspace.workspace import Workspace

QUESTION = Weat(
    "test", ("police", "security", "court"), ("test", "cricket", "match"),
    ("killed", "people", "government"), ("team", "day", "australia"),
)  # fmt: skip
OTHER = Similarity("police", "court")


@pytest.fixture(scope="module")
def engine(lee_model, lee_corpus):
    return InfluenceEngine(lee_model, lee_corpus)


@pytest.fixture
def workspace(tmp_path: Path, lee_model, lee_corpus) -> Workspace:
    workspace = Workspace(tmp_path, tmp_path / "samples")
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    return workspace


def value(model) -> float:
    return QUESTION.resolve(model.vocabulary).value(model.centre_vectors)


def test_a_small_fine_tuning_has_the_effect_that_the_gradient_predicts(
    engine, lee_model, lee_corpus
):
    answer = engine.influence(QUESTION.resolve(lee_model.vocabulary), "gradient")
    unlearn = tuple(answer.top_sentences(60, "lowers")["sentence"])
    reinforce = tuple(answer.top_sentences(60, "raises")["sentence"])
    effects = answer.sentence_effects
    for chosen in ((unlearn, ()), ((), reinforce), (unlearn, reinforce)):
        tuning = FineTuning("sentences", *chosen, passes=40, learning_rate=2e-5)
        total = effects[list(chosen[0])].sum() - effects[list(chosen[1])].sum()
        predicted = 40 * 2e-5 * total
        assert predicted < 0
        actual = value(fine_tune(lee_model, lee_corpus, tuning)) - value(lee_model)
        assert actual == pytest.approx(predicted, rel=0.15)


def test_each_mode_moves_the_probe_in_its_direction(workspace, engine, lee_model, lee_corpus):
    assert value(lee_model) > 0
    changes = {}
    for mode in MODES:
        tuning, chosen_by = choose_fine_tuning(
            workspace, engine, QUESTION, mode, 40, passes=4, learning_rate=0.005
        )
        assert chosen_by["mode"] == mode
        changes[mode] = value(fine_tune(lee_model, lee_corpus, tuning)) - value(lee_model)
    assert changes["both"] < min(changes["undo"], changes["redo"])
    assert max(changes["undo"], changes["redo"]) < 0 < changes["over_bias"]


def test_unlearning_takes_the_strongest_texts(workspace, engine):
    tuning, _ = choose_fine_tuning(workspace, engine, QUESTION, "undo", 5)
    effects = engine.influence(QUESTION.resolve(engine.model.vocabulary)).sentence_effects
    assert set(tuning.unlearn) == set(np.argsort(effects)[:5].tolist())


def test_the_model_at_a_stop_equals_a_fine_tuning_with_that_many_passes(lee_model, lee_corpus):
    tuning = FineTuning("documents", (3, 9), (20,), passes=7, learning_rate=0.01)
    found = dict(fine_tune_steps(lee_model, lee_corpus, tuning, (2, 7)))
    for passes, at_stop in found.items():
        whole = fine_tune(
            lee_model, lee_corpus, FineTuning("documents", (3, 9), (20,), passes, 0.01)
        )
        np.testing.assert_array_equal(at_stop.centre_vectors, whole.centre_vectors)
    assert list(found) == [2, 7]
    assert found[7].corpus_hash is None


def test_diverging_vectors_are_an_error(lee_model, lee_corpus):
    tuning = FineTuning("documents", tuple(range(30)), (), passes=100, learning_rate=1.0)
    with pytest.raises(InputError, match="ran away in pass"):
        fine_tune(lee_model, lee_corpus, tuning)


@pytest.mark.parametrize(
    ("unlearn", "reinforce", "passes", "rate", "message"),
    [
        ((), (), 1, 0.1, "without any text"),
        ((1, 2), (2,), 1, 0.1, "text 2 cannot be both"),
        ((1,), (), 0, 0.1, "passes go from 1"),
        ((1,), (), 1, 0.0, "learning rate"),
    ],
)
def test_an_invalid_fine_tuning_is_refused(unlearn, reinforce, passes, rate, message):
    with pytest.raises(InputError, match=message):
        FineTuning("documents", unlearn, reinforce, passes, rate)


def test_a_sweep_reads_every_cell_and_its_model_can_be_saved(workspace, lee_model):
    asked = FineTuneQuestion(QUESTION, (OTHER,), ("undo", "both"), (5, 20), (2, 4), 0.005)
    assert find_fine_tuning(workspace, lee_model, asked) is None
    key = submit_fine_tuning(workspace, lee_model, asked)
    result = workspace.jobs.wait(key, timeout=300)
    rows = result["rows"]
    cells = [(row["mode"], row["top"], row["passes"]) for row in rows]
    assert cells == [(m, n, k) for m in ("undo", "both") for n in (5, 20) for k in (2, 4)]
    assert result["before"][QUESTION.key] == pytest.approx(value(lee_model))
    for row in rows:
        assert row["problem"] == ""
        assert row["change"] < 0
        assert row["predicted"] < 0
        assert (row["n_undo"], row["n_redo"]) == (row["top"], row["top"] * (row["mode"] == "both"))
        assert OTHER.key in row["values"]
    bundle = keep_fine_tuned(workspace, "lee", QUESTION, "both", 20, 4, 0.005)
    opened = workspace.open_model(bundle.model.name)
    history = opened.card["history"][-1]
    assert history["content_hash"] == lee_model.content_hash
    assert history["chosen_by"]["estimator"] == "block"
    assert value(opened.model) == pytest.approx(rows[-1]["values"][QUESTION.key], abs=1e-6)


def test_a_fine_tuning_that_diverges_is_reported_in_its_row(workspace, lee_model):
    asked = FineTuneQuestion(QUESTION, (), ("undo",), (200,), (1, 200), 1.0)
    result = workspace.jobs.wait(submit_fine_tuning(workspace, lee_model, asked), timeout=300)
    assert "ran away" in result["rows"][-1]["problem"]
    assert result["rows"][-1]["change"] is None


def test_a_model_of_unknown_training_is_refused(workspace, lee_model):
    from dataclasses import replace

    with pytest.raises(CapabilityError):
        submit_fine_tuning(workspace, replace(lee_model, settings=None), FineTuneQuestion(QUESTION))
    with pytest.raises(InputError, match="one of undo, redo"):
        FineTuneQuestion(QUESTION, modes=("redo", "mend"))


# --- resolved words


def test_resolved_words_have_the_gradient_that_training_left(engine, lee_corpus):
    probe = QUESTION.resolve(engine.model.vocabulary)
    top = engine.influence(probe, "block").top_documents(40, "raises")
    weights = token_weights(lee_corpus, Edit("documents", tuple(top["document"])))
    ids, damping = probe.word_ids, 10.0
    moved = resolve_words(engine.loss, engine.windows, weights[engine.text.tokens], ids, damping)
    stepped = predict_plug_in(engine, probe, weights)
    resolved = predict_resolved(engine, probe, weights)
    assert resolved * stepped > 0
    assert resolved != pytest.approx(stepped, rel=1e-3)
    # The gradient on the remaining text, by autograd on the loss, one word at a time.
    left = _loss_left(engine, weights, ids)
    before = engine.loss.gradient()[0][ids].double()
    v = torch.tensor(moved, requires_grad=True)
    after = torch.autograd.grad(left(v), v)[0]
    start = engine.loss.v[ids].double()
    gap = after + damping * (torch.tensor(moved) - start) - before
    assert float(gap.norm()) < 1e-3 * float(before.norm())


def _loss_left(engine, weights, ids):
    """Expected loss without the text as a function of the probe's centre vectors."""
    windows, loss = engine.windows, engine.loss
    softplus = torch.nn.functional.softplus
    dense = np.zeros((len(ids), engine.model.n_words))
    for row, word in enumerate(ids):
        for position in windows.positions_of(np.array([word])):
            if weights[engine.text.tokens[position]] == 0:
                continue
            others, shares = windows.neighbours(int(position))
            np.add.at(dense[row], windows.words[others], shares)
    n = torch.tensor(dense)

    def left(v):
        x = v @ loss.u.double().T
        noise = softplus(x[:, loss.noise_words]) @ loss.noise_rates.double()
        return (n * softplus(-x)).sum() + (n.sum(1) * noise).sum()

    return left


def test_a_small_edit_resolves_to_the_sum_of_removal_effects(engine, lee_corpus):
    probe = QUESTION.resolve(engine.model.vocabulary)
    top = engine.influence(probe, "block").top_sentences(50, "raises")
    a_little = token_weights(lee_corpus, Edit("sentences", tuple(top["sentence"]), 0.999))
    predicted = predict_resolved(engine, probe, a_little)
    assert predicted == pytest.approx(float(top["effect"].sum()) / 1000, rel=0.02)


@pytest.mark.parametrize("name", ["fine-tune", "repair"])
def test_the_command_line_fine_tunes_and_saves(workspace, tmp_path, name):
    import json

    from typer.testing import CliRunner

    from clif_core.cli import app
    from clif_core.probes import save_probe

    save_probe(QUESTION, tmp_path / "probe.json")
    result = CliRunner().invoke(app, [
        name, "lee", str(tmp_path / "probe.json"), "--mode", "undo", "--top", "20", "--passes",
        "3", "--learning-rate", "0.005", "--keep", "--home", str(workspace.home), "--json",
    ])  # fmt: skip
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    (row,) = answer["repairs"]
    assert (row["top"], row["passes"], row["problem"]) == (20, 3, "")
    kept = workspace.open_model(answer["kept"]).model
    assert value(kept) == pytest.approx(answer["probe_value"] + row["change"], abs=1e-6)
