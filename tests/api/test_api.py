"""The front door: every call of a notebook, on a small real text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clif_core as clif
from clif_core.errors import CapabilityError, InputError, UnknownWordError
from clif_core.sgns.model import SkipGram
from clif_core.sgns.word2vec import write_word2vec
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace
from tests.conftest import SMALL

SETTINGS = {"dim": 12, "window": 4, "epochs": 5, "learning_rate": 0.05, "unit": "document"}
PROBE = clif.Similarity("police", "government")


@pytest.fixture
def model(lee_model: SkipGram, lee_corpus: Corpus, tmp_path: Path) -> clif.Model:
    from clif_core.sgns.bundle import Bundle

    bundle = Bundle(lee_model, {"title": "Lee"})
    return clif.Model(bundle, Workspace(tmp_path), lee_corpus)


@pytest.fixture
def result(model: clif.Model) -> clif.Result:
    return model.influence(PROBE, "block")


def test_every_public_name_is_there_and_the_import_alone_loads_nothing_heavy() -> None:
    for name in clif.__all__:
        assert getattr(clif, name) is not None, name
    code = "import sys, clif_core; print(sorted({'torch','pandas','numba'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_sentences_are_the_strongest_with_their_text_and_metadata(result: clif.Result) -> None:
    table = result.sentences(6)
    effects = result.influence.sentence_effects
    assert list(table.columns[:3]) == ["effect", "text", "document"]
    assert table.index.name == "sentence"
    np.testing.assert_allclose(table["effect"], effects[table.index])
    assert np.abs(table["effect"]).min() >= np.sort(np.abs(effects))[-6]
    assert (np.diff(np.abs(table["effect"])) <= 0).all()
    first = table.index[0]
    assert table["text"].iloc[0] == result.engine.corpus.sentence_text(int(first))
    assert set(table["half"]) <= {"first", "second"}
    assert type(table[table["effect"] < 0]) is pd.DataFrame


def test_an_answer_that_did_not_converge_says_so(model: clif.Model, result: clif.Result) -> None:
    stopped = model.influence(PROBE, "exact")  # at negative curvature
    assert "not converged: relative residual" in repr(stopped)
    assert "not converged" not in repr(result)


def test_a_direction_gives_that_sign_alone(result: clif.Result) -> None:
    assert (result.sentences(5, "lowers")["effect"] < 0).all()
    assert (result.sentences(5, "raises")["effect"] > 0).all()
    assert (result.documents(4, "raises")["effect"] > 0).all()
    with pytest.raises(InputError, match="at least 1"):
        result.sentences(0)


def test_a_notebook_shows_cards_with_marked_words_and_escapes_the_text(
    result: clif.Result,
) -> None:
    table = result.sentences(3)
    html = table._repr_html_()
    assert html == table.html()
    assert html.count("<figure") == 3
    assert "<mark" in html
    assert "<script" not in html


def test_levels_add_up(result: clif.Result) -> None:
    n_documents = result.engine.corpus.n_documents
    total = result.influence.context_effects.sum(dtype=np.float64)
    assert result.documents(n_documents)["effect"].sum() == pytest.approx(total, rel=1e-5)
    assert result.groups("half")["effect"].sum() == pytest.approx(total, rel=1e-5)
    sentence = int(result.sentences(1).index[0])
    explained = result.explain(sentence)["effect"].sum()
    assert explained == pytest.approx(result.sentences(1)["effect"].iloc[0], rel=1e-4)
    assert (result.pairs(5)["effect"].abs().diff().dropna() <= 0).all()


def test_neighbours_and_measurement(model: clif.Model) -> None:
    assert len(model.neighbours("police", 4)) == 4
    with pytest.raises(UnknownWordError):
        model.neighbours("polise")
    assert model.measure(PROBE).value == pytest.approx(model.influence(PROBE, "block").value)


def test_without_predicts_and_retraining_measures(result: clif.Result) -> None:
    gone = result.without(20)
    expected = result.sentences(20, "lowers")["effect"].sum()
    assert gone.predicted == pytest.approx(expected)
    assert gone.predictions().index.tolist() == ["sum", "plug_in", "resolved"]
    measured = gone.retrain(n_random=1)
    assert measured.before == pytest.approx(result.value, abs=1e-5)
    assert measured.change < 0
    assert measured.change < min(measured.random_changes)
    assert measured.model is not None
    assert gone.retrain().after == measured.after  # from the cache
    assert measured.over_seeds is None
    several = gone.retrain(n_seeds=2)
    own = result.engine.model.require_settings().seed
    other = gone.retrain(seed=own + 1)
    assert several.over_seeds is not None
    assert several.over_seeds.mean == pytest.approx((several.change + other.change) / 2)
    assert several.over_seeds.low < several.over_seeds.mean < several.over_seeds.high


def test_probes_tried_are_listed_with_corrected_p_values(model: clif.Model) -> None:
    model.workspace.forget_probes(model.bundle.model)
    verdict = model.measure(PROBE).verdict
    model.measure(clif.Similarity("government", "police"))  # the same question
    model.measure(clif.Similarity("police", "people"))
    tried = model.probes_tried()
    assert tried["verdict"].tolist()[0] == verdict.kind
    assert (tried["p_corrected"] >= tried["p"]).all()
    assert len(tried) == 2


def test_a_text_given_as_a_list_is_trained_on_and_kept(tmp_path: Path) -> None:
    texts = [f"the {a} met the {b} in the town" for a in ("cat", "dog") for b in ("king", "queen")]
    trained = clif.train(texts * 5, name="town", home=tmp_path, min_count=1, dim=8, epochs=2)
    assert trained.n_words == 8
    trained.keep()
    again = clif.load("town", home=tmp_path)
    assert again.bundle.model.content_hash == trained.bundle.model.content_hash
    assert again.influence(clif.Similarity("cat", "king"), "block").sentences(1).shape[0] == 1
    assert "town" in clif.list_models(tmp_path)["name"].tolist()


def test_files_are_opened_with_their_text(
    model: clif.Model, lee_corpus: Corpus, tmp_path: Path
) -> None:
    skipgram = model.bundle.model
    centre, context = tmp_path / "centre.bin", tmp_path / "context.bin"
    words = skipgram.vocabulary.words
    write_word2vec(centre, words, skipgram.centre_vectors, is_binary=True)
    write_word2vec(context, words, skipgram.require_context_vectors(), is_binary=True)
    opened = clif.open(
        centre, text=lee_corpus, context_vectors=context, home=tmp_path,
        window=SMALL.window, unit=SMALL.unit,
    )  # fmt: skip
    ours, theirs = (m.influence(PROBE, "block").sentences(5) for m in (model, opened))
    assert ours.index.tolist() == theirs.index.tolist()
    bare = clif.open(centre, home=tmp_path)
    assert len(bare.neighbours("police")) == 10
    with pytest.raises(CapabilityError, match="text="):
        bare.influence(PROBE)


def test_a_text_that_is_no_file_is_told_how_to_be_given() -> None:
    with pytest.raises(InputError, match="list of documents"):
        clif.train("It was a dark night.")


def test_probes_by_name_and_by_description() -> None:
    weat = clif.probe("weat_6")
    assert clif.probe(weat.to_dict()) == weat
    assert "weat_6" in clif.list_probes()["name"].tolist()
    with pytest.raises(InputError, match="weat_6"):
        clif.probe("weat_66")


# --- the text, not only the run


@pytest.fixture(scope="module")
def asked(
    lee_model: SkipGram, lee_corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> clif.Model:
    from clif_core.sgns.bundle import Bundle

    workspace = Workspace(tmp_path_factory.mktemp("asked"))
    return clif.Model(Bundle(lee_model, {"title": "Lee"}), workspace, lee_corpus)


@pytest.fixture(scope="module")
def of_text(asked: clif.Model) -> clif.Result:
    return asked.influence(clif.Similarity("police", "court"), question="text", n_runs=4)


def test_an_answer_says_what_it_is_of(asked: clif.Model, of_text: clif.Result) -> None:
    assert (of_text.question, of_text.estimator, of_text.n_runs) == ("text", "ensemble", 4)
    assert of_text.seeds == (1_000_003, 1_000_004, 1_000_005, 1_000_006)
    assert "by ensemble, of this text, 4 runs" in repr(of_text)
    probe = of_text.probe.probe
    assert asked.influence(probe).question == "text"  # it is at hand
    of_model = asked.influence(probe, question="model")
    assert (of_model.question, of_model.n_runs, of_model.seeds) == ("model", 0, ())
    stand_in = asked.influence(PROBE, question="text")
    assert (stand_in.question, stand_in.estimator, stand_in.n_runs) == ("text", "block", 0)
    with pytest.raises(InputError, match="unknown question 'corpus'"):
        asked.influence(PROBE, question="corpus")


def test_its_tables_say_how_sure_each_effect_is(of_text: clif.Result) -> None:
    columns = ["standard_error", "low", "high", "n_agree", "n_runs", "q", "holds"]
    statistics = of_text.influence.sentence_statistics
    assert statistics is not None
    table = of_text.sentences(40)
    assert list(table.columns[:9]) == ["effect", *columns, "text"]
    assert table["q"].tolist() == statistics.q[table.index].tolist()
    assert (np.diff(np.abs(statistics.sure[table.index])) <= 0).all()
    assert set(columns) <= set(of_text.documents(5)) and set(columns) <= set(of_text.groups("half"))
    assert "sure" not in of_text.documents(5)
    assert of_text.sentences(3).html().count("<figure") == 3


def test_a_report_answers_the_question_that_is_asked(
    asked: clif.Model, of_text: clif.Result
) -> None:
    asked.keep()
    probe = of_text.probe.probe
    by = {q: asked.report(probe, 3, question=q).content["attribution"] for q in ("text", "model")}
    assert {q: found["estimator"] for q, found in by.items()} == {
        "text": "ensemble", "model": "block",
    }  # fmt: skip


def test_a_list_to_remove_is_chosen_by_size(of_text: clif.Result) -> None:
    gone = of_text.without(20)
    expected = np.sort(of_text.influence.sentence_effects)[:20].sum()
    assert gone.predicted == pytest.approx(expected)
