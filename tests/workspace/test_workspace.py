"""The workspace: models and texts by name, results computed once, long work in a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import FetchError, FormatError, InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Similarity, catalogue
from clif_core.probes.base import ResolvedProbe
from clif_core.probes.formula import Formula
from clif_core.probes.shipped import find_probe
from clif_core.sgns.bundle import Bundle, load_bundle, read_card, write_card
from clif_core.text.corpus import Corpus
from clif_core.workspace.shipped import load_derivative, save_derivatives
from clif_core.workspace.workspace import Workspace, run_estimator

QUESTION = Similarity("police", "court")


@pytest.fixture
def probe(engine: InfluenceEngine) -> ResolvedProbe:
    return QUESTION.resolve(engine.model.vocabulary)


def test_a_kept_model_comes_back_as_it_was(workspace, lee_model):
    (entry,) = workspace.catalogue()
    assert (entry.name, entry.title, entry.kind, entry.has_corpus) == ("lee", "Lee", "own", True)
    assert workspace.open_model("lee").model.content_hash == lee_model.content_hash
    workspace.remove_model("lee")
    assert workspace.catalogue() == []
    for unknown in ("lee", "../corpora", ""):
        with pytest.raises(InputError):
            workspace.remove_model(unknown)
        with pytest.raises(InputError, match="there is no model"):
            workspace.open_model(unknown)


def test_a_damaged_model_is_listed_with_its_problem_and_the_others_open(workspace, lee_model):
    damaged = workspace.home / "models" / "damaged"
    damaged.mkdir()
    (damaged / "card.json").write_text("{")
    problems = {entry.name: entry.problem for entry in workspace.catalogue()}
    assert problems["lee"] == ""
    assert "card.json" in problems["damaged"]
    with pytest.raises(FormatError):
        workspace.open_model("damaged")


def test_an_unchanged_card_is_parsed_once_and_a_changed_one_again(workspace, monkeypatch):
    parsed = []

    def counted(path):
        parsed.append(path.name)
        return read_card(path)

    monkeypatch.setattr("clif_core.workspace.catalogue.read_card", counted)
    workspace.catalogue()
    for _ in range(3):
        workspace.open_model("lee")
        assert Workspace(workspace.home, workspace.sample_models).catalogue()[0].title == "Lee"
    assert parsed.count("lee") <= 1  # the fixture's own listing may have parsed it
    path = workspace.home / "models" / "lee"
    for title in ("Liz", "Bob"):  # of equal length, within one tick of the clock
        write_card(path, {**read_card(path), "title": title})
        (entry,) = workspace.catalogue()
        assert entry.title == title


def test_a_result_is_computed_once(workspace, engine, probe, monkeypatch):
    first = workspace.results.influence(engine, probe)
    monkeypatch.setattr(engine, "influence", lambda *_, **__: pytest.fail("computed again"))
    again = Workspace(workspace.home).results.influence(engine, probe)
    np.testing.assert_array_equal(again.context_effects, first.context_effects)
    np.testing.assert_array_equal(again.direction, first.direction)
    assert again.solution == first.solution
    assert again.probe_value == first.probe_value


def test_a_damaged_result_is_computed_again(workspace, engine, probe):
    first = workspace.results.influence(engine, probe)
    for file in (workspace.home / "cache").glob("influence-*"):
        file.write_bytes(file.read_bytes()[:-100])
    again = workspace.results.influence(engine, probe)
    np.testing.assert_array_equal(again.context_effects, first.context_effects)


def test_a_question_without_an_answer_asks_the_store_once(workspace, engine, probe, monkeypatch):
    asked = []
    for name in ("get_json", "get_arrays"):
        real = getattr(workspace.store, name)

        def counted(key, real=real):
            asked.append(key)
            return real(key)

        monkeypatch.setattr(workspace.store, name, counted)
    workspace.results.influence(engine, probe)
    assert len(asked) == 1
    workspace.results.influence(engine, probe)
    assert len(asked) == 3  # a hit reads both files


def test_estimator_and_damping_are_part_of_the_question(workspace, engine, probe):
    workspace.results.influence(engine, probe, "block", 10.0)
    assert workspace.results.cached(engine, probe, "block") is not None  # 10 is the default
    assert workspace.results.cached(engine, probe, "block", 20.0) is None
    assert workspace.results.cached(engine, probe, "gradient") is None


def test_expected_pairs_are_kept(workspace, engine):
    again = workspace.open_engine(engine.model, engine.corpus)
    np.testing.assert_array_equal(again.pairs.weights, engine.pairs.weights)
    assert any((workspace.home / "cache").glob("pairs-*"))


def test_a_model_that_cannot_be_repeated_is_asked_by_the_seed_ensemble(
    workspace, lee_model, lee_corpus
):
    settings = replace(lee_model.require_settings(), backend="gensim")
    workspace.keep_model(
        Bundle(replace(lee_model, name="foreign", settings=settings), {}), lee_corpus
    )
    model = workspace.open_model("foreign").model
    assert (run_estimator(model), run_estimator(lee_model)) == ("ensemble", "unrolled")
    engine = workspace.open_engine(model, lee_corpus)
    probe = QUESTION.resolve(model.vocabulary)
    assert workspace.results.best_estimator(engine, probe) == "block"
    key = workspace.submit_derivative(model, [QUESTION], run_estimator(model), 4)
    assert workspace.jobs.wait(key, timeout=300) == {"n_probes": 1, "n_computed": 4}
    assert workspace.results.best_estimator(engine, probe) == "ensemble"
    report = workspace.report("foreign", QUESTION)
    assert report.content["attribution"]["estimator"] == "ensemble"
    assert "what a training would give" in report.to_markdown()


def test_the_earlier_name_of_the_ensemble_is_read_everywhere(workspace, engine, probe):
    (answer,) = engine.ensemble([probe], n_runs=1)
    workspace.results.write(engine, probe, replace(answer, estimator="twins", runs=None))
    for name in ("twins", "ensemble"):
        found = workspace.results.cached(engine, probe, name)
        assert found is not None
        assert found.estimator == "ensemble"
        assert workspace.results.influence(engine, probe, name).estimator == "ensemble"
        assert workspace.results.choose(engine, probe, name) == "ensemble"
    by_name = [workspace._derivative_request(engine.model, [QUESTION], n) for n in
               ("twins", "ensemble")]  # fmt: skip
    assert by_name[0] == by_name[1]
    assert by_name[0]["estimator"] == "twins"  # in the job's key
    report = workspace.report("lee", QUESTION, "twins")
    assert report.content["attribution"]["estimator"] == "ensemble"
    with pytest.raises(InputError, match="unknown estimator 'magic'"):
        workspace.results.cached(engine, probe, "magic")


def test_the_best_at_hand_is_one_rule_wherever_it_is_asked(workspace, engine, probe):
    assert workspace.results.choose(engine, probe) == "block"
    assert workspace.results.choose(engine, probe, None, 3.0) == "block"
    workspace.results.gather_runs(engine, [probe], 3)
    assert workspace.results.cached(engine, probe, "ensemble") is not None  # to look at
    assert workspace.results.best_estimator(engine, probe) == "block"
    workspace.results.gather_runs(engine, [probe], 4)
    assert workspace.results.best_estimator(engine, probe) == "ensemble"
    found = workspace.results.for_report(engine, probe)
    assert found["influence"].estimator == "ensemble"
    assert [other.estimator for other in found["others"]] == ["block"]
    assert workspace.results.choose(engine, probe, None, 3.0) == "block"
    asked = []

    def is_at_hand(name):
        asked.append(name)
        return False

    assert workspace.results.best_estimator(engine, probe, is_at_hand) == "block"
    assert asked == ["ensemble", "unrolled"]


def test_the_exact_derivative_is_a_job_whose_answer_is_kept(workspace, engine, probe):
    key = workspace.submit_derivative(engine.model, [QUESTION], "unrolled")
    assert workspace.submit_derivative(engine.model, [QUESTION], "unrolled") == key
    assert workspace.jobs.wait(key, timeout=300) == {"n_probes": 1, "n_computed": 1}
    answer = workspace.results.cached(engine, probe, "unrolled")
    assert answer is not None
    quick = workspace.results.influence(engine, probe)
    assert np.corrcoef(answer.document_effects, quick.document_effects)[0, 1] > 0.2
    workspace.store.clear()
    assert (
        workspace.submit_derivative(engine.model, [QUESTION], "unrolled") == key
    )  # asked in its need
    assert workspace.jobs.wait(key, timeout=300) == {"n_probes": 1, "n_computed": 1}
    assert workspace.results.cached(engine, probe, "unrolled") is not None
    twins = workspace.submit_derivative(engine.model, [QUESTION], "twins", 2)  # another question
    assert twins != key
    workspace.jobs.wait(twins, timeout=300)
    assert workspace.results.cached(engine, probe, "twins") is not None


def test_a_derivative_that_comes_with_the_model_needs_no_computing(workspace, engine, probe):
    (answer,) = engine.unrolled([probe])
    path = workspace.home / "models" / "lee"
    save_derivatives(path, engine.model.content_hash, [answer])
    assert workspace.results.best_estimator(engine, probe) == "unrolled"
    shipped = workspace.results.cached(engine, probe, "unrolled")
    assert shipped is not None
    assert shipped.solution == answer.solution
    assert shipped.probe_value == answer.probe_value
    np.testing.assert_allclose(shipped.context_effects, answer.context_effects, rtol=1 / 256)
    assert workspace.open_model("lee").card["files"].keys() >= {"derivatives.parquet"}
    other = Similarity("police", "man").resolve(engine.model.vocabulary)
    assert workspace.results.cached(engine, other, "unrolled") is None
    assert workspace.results.cached(engine, probe, "block") is None


def test_a_derivative_answers_the_same_question_spelt_otherwise(
    workspace, engine, probe, monkeypatch
):
    (answer,) = engine.unrolled([probe])
    save_derivatives(workspace.home / "models" / "lee", engine.model.content_hash, [answer])
    shipped = replace(catalogue()[0], probe=QUESTION)
    monkeypatch.setattr("clif_core.workspace.results.shipped_probes", lambda: (shipped,))
    spelt = Similarity("Police", "Court").resolve(engine.model.vocabulary)
    found = workspace.results.cached(engine, spelt, "unrolled")
    assert found is not None
    assert found.probe_key == spelt.probe.key != answer.probe_key
    np.testing.assert_allclose(found.context_effects, answer.context_effects, rtol=1 / 256)
    double = Formula("f", "2 * cos(police, court)").resolve(engine.model.vocabulary)
    assert double.word_ids.tolist() == spelt.word_ids.tolist()
    assert workspace.results.cached(engine, double, "unrolled") is None


def test_a_derivative_of_another_model_or_text_is_not_read(workspace, engine, probe):
    (answer,) = engine.unrolled([probe])
    path = workspace.home / "models" / "lee"
    save_derivatives(path, "another", [answer])
    assert workspace.results.cached(engine, probe, "unrolled") is None
    short = replace(answer, context_effects=answer.context_effects[:-1])
    save_derivatives(path, engine.model.content_hash, [short])
    assert workspace.results.cached(engine, probe, "unrolled") is None
    (path / "derivatives.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatError, match=r"derivatives\.parquet is damaged"):
        workspace.open_model("lee")


@pytest.mark.parametrize("name", ["shakespeare", "brown"])
def test_a_sample_brings_the_derivative_of_its_first_probe(name, tmp_path):
    (entry,) = [e for e in Workspace(tmp_path).catalogue() if e.name == name]
    model = load_bundle(entry.path).model
    probe = find_probe(entry.card["probes"][0]["name"]).resolve(model.vocabulary)
    found = load_derivative(entry.path, entry.card, model.content_hash, probe.probe.key)
    assert found is not None, "the sample was trained again, its derivative was not: make samples"
    about, effects = found
    assert len(effects) == entry.card["corpus"]["n_tokens"]
    assert np.isfinite(effects).all()
    assert 0.9 < (effects != 0).mean() < 1  # every token of the vocabulary has one
    assert about["probe_value"] == pytest.approx(probe.value(model.centre_vectors), abs=1e-6)


def test_a_sample_text_that_is_read_otherwise_is_refused(
    tmp_path: Path, lee_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of reading must not end as a text that no model asks for."""
    monkeypatch.setattr("clif_core.workspace.workspace.fetch_sample_text", lambda *_: tmp_path)
    monkeypatch.setattr("clif_core.workspace.workspace.read_sample", lambda *_: lee_corpus)
    workspace = Workspace(tmp_path / "home")
    with pytest.raises(FetchError, match=lee_corpus.content_hash[:8]):
        workspace.add_sample_text("brown")
    assert not list((workspace.home / "corpora").glob("*"))
    assert workspace.add_sample_text("brown", is_checked=False) is lee_corpus
    assert list((workspace.home / "corpora").glob("*"))
