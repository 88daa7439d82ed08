"""The seed ensemble that a model brings: what is read back, when it counts, and its size."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet as pq

from clif_core.errors import InputError
from clif_core.influence import ensemble
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.influence.stored_runs import StoredRuns
from clif_core.probes import Similarity, catalogue, find_probe
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.bundle import load_bundle, read_card, write_card
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.shipped_runs import load_ensemble, n_shipped_runs, save_ensembles
from clif_core.workspace.workspace import SAMPLE_MODELS, Workspace
from sample_models.build import LIMIT_BYTES, N_RUNS
from sample_models.recipes import RECIPES

N = 6
PRECISION = 1 / 256  # of bfloat16
QUESTION, OTHER = Similarity("police", "court"), Similarity("police", "man")


@pytest.fixture(scope="module")
def runs(lee_model: SkipGram, lee_corpus: Corpus) -> ensemble.RunsInMemory:
    """The finished runs of both questions, shared by the tests."""
    kept = ensemble.RunsInMemory()
    engine = InfluenceEngine(lee_model, lee_corpus)
    probes = [question.resolve(lee_model.vocabulary) for question in (QUESTION, OTHER)]
    engine.gather_runs(probes, kept, n_runs=N + 1)
    return kept


@pytest.fixture
def probe(engine: InfluenceEngine) -> ResolvedProbe:
    return QUESTION.resolve(engine.model.vocabulary)


@pytest.fixture
def path(workspace: Workspace) -> Path:
    return workspace.home / "models" / "lee"


@pytest.fixture
def answers(
    engine: InfluenceEngine, probe: ResolvedProbe, runs: ensemble.RunsInMemory, path: Path
) -> list[Influence]:
    """Ensembles of both questions, shipped with the model."""
    probes = [probe, OTHER.resolve(engine.model.vocabulary)]
    found = engine.ensemble(probes, n_runs=N, kept=runs)
    own = engine.model.require_settings()
    settings = ensemble.run_settings(own, own.seed)
    save_ensembles(path, engine.model.content_hash, found, settings)
    return found


@pytest.mark.usefixtures("answers")
def test_what_is_shipped_is_at_hand_without_computing(workspace, engine, probe, monkeypatch):
    for name in ("influence", "gather_runs"):
        monkeypatch.setattr(engine, name, lambda *_, **__: pytest.fail("computed"))
    assert workspace.results.n_runs_at_hand(engine, probe) == N
    assert workspace.results.best_estimator(engine, probe) == "ensemble"
    assert workspace.results.best_estimator(engine, probe, question="model") == "block"
    found = workspace.results.influence(engine, probe, "ensemble", n_runs=N)
    assert found.runs.n_runs == N
    nobodys = Similarity("court", "man").resolve(engine.model.vocabulary)
    assert workspace.results.n_runs_at_hand(engine, nobodys) == 0
    assert workspace.results.ensemble_at_hand(engine, nobodys) is None


def test_statistics_are_those_of_the_saved_runs_up_to_rounding(workspace, engine, answers):
    for question, answer in zip((QUESTION, OTHER), answers, strict=True):
        asked = question.resolve(engine.model.vocabulary)
        found = workspace.results.ensemble_at_hand(engine, asked)
        assert found.about == answer.about  # seeds, values, share, note
        np.testing.assert_allclose(found.context_effects, answer.context_effects, rtol=PRECISION)
        np.testing.assert_allclose(found.runs.by_run, answer.runs.by_run, rtol=PRECISION)
        assert (np.sign(found.runs.by_run) == np.sign(answer.runs.by_run)).all()
        for of in ("sentence_statistics", "document_statistics"):
            now, before = getattr(found, of), getattr(answer, of)
            # Sums of rounded numbers are rounded to that part of their largest terms.
            room = PRECISION * np.abs(answer.runs.by_run).max()
            for name in ("effect", "mean", "standard_error", "low", "high"):
                gap = np.abs(getattr(now, name) - getattr(before, name))
                assert gap.max() < room, (of, name)
                assert np.median(gap) < 0.1 * room, (of, name)
            assert (now.holds == before.holds).mean() > 0.99
            sure = before.q < 0.1
            np.testing.assert_allclose(now.q[sure], before.q[sure], rtol=0.1)


def test_the_card_tells_the_settings_of_the_runs(workspace, engine, answers, path, monkeypatch):
    card = workspace.open_model("lee").card
    assert card["files"].keys() >= {"ensembles.parquet", "ensemble_runs.parquet"}
    monkeypatch.setattr(ensemble, "ENSEMBLE_START_RANGE", 0.25)
    own = engine.model.require_settings()
    settings = ensemble.run_settings(own, own.seed)
    save_ensembles(path, engine.model.content_hash, answers[:1], settings)
    told = workspace.open_model("lee").card["ensembles"]
    assert told["settings"] == {"start_range": 0.25, "backend": settings.backend}
    assert told["probes"].keys() == {answers[0].probe_key}  # earlier ones are replaced


@pytest.mark.usefixtures("answers")
def test_own_runs_count_where_they_are_more(workspace, engine, probe, runs):
    stored = StoredRuns(workspace.store, engine)
    seeds = ensemble.seeds_of(engine.model.require_settings().seed, N + 1)
    for n_stored, seed in enumerate(seeds, 1):
        stored.keep(probe, runs.find(probe, seed))
        at_hand = max(N, n_stored)
        assert workspace.results.n_runs_at_hand(engine, probe) == at_hand
        assert workspace.results.ensemble_at_hand(engine, probe).runs.n_runs == at_hand


@pytest.mark.usefixtures("answers")
def test_asked_for_more_it_computes_them_all(workspace, engine, probe):
    found = workspace.results.influence(engine, probe, "ensemble", n_runs=N + 1)
    assert found.runs.n_runs == N + 1
    assert workspace.results.ensemble_at_hand(engine, probe).runs.n_runs == N + 1


def test_an_ensemble_of_another_model_or_text_is_not_read(workspace, engine, probe, answers, path):
    def read(content_hash: str, corpus: Corpus) -> Influence | None:
        return load_ensemble(path, read_card(path), content_hash, probe.probe.key, corpus)

    own = engine.model.content_hash
    assert read(own, engine.corpus) is not None
    assert read("another", engine.corpus) is None
    assert n_shipped_runs(path, read_card(path), "another", probe.probe.key) == 0
    short = replace(answers[0], context_effects=answers[0].context_effects[:-1])
    save_ensembles(path, own, [short], engine.model.require_settings())
    assert read(own, engine.corpus) is None


@pytest.mark.parametrize("name", ["ensembles.parquet", "ensemble_runs.parquet"])
@pytest.mark.parametrize("damage", ["changed", "missing"])
@pytest.mark.usefixtures("answers")
def test_a_damaged_file_is_a_missing_answer(workspace, engine, probe, path, name, damage):
    assert workspace.results.n_runs_at_hand(engine, probe) == N
    if damage == "changed":
        (path / name).write_bytes((path / name).read_bytes()[:-9] + b"x" * 9)
    else:
        (path / name).unlink()
    assert workspace.open_model("lee").model.content_hash == engine.model.content_hash
    assert workspace.results.n_runs_at_hand(engine, probe) == 0
    assert workspace.results.ensemble_at_hand(engine, probe) is None
    assert workspace.results.best_estimator(engine, probe) == "block"


@pytest.mark.parametrize(
    "change",
    [lambda about: about.pop("runs"), lambda about: about.pop("solution"),
     lambda about: about["runs"].update(seeds=[1, 2]), lambda about: about["runs"].update(seeds=3),
     lambda about: about["runs"].pop("share"), lambda about: about.update(solution=7)],
)  # fmt: skip
def test_a_card_of_another_form_brings_none(workspace, engine, probe, answers, path, change):
    card: dict[str, Any] = json.loads(json.dumps(read_card(path)))
    change(card["ensembles"]["probes"][answers[0].probe_key])
    write_card(path, card)
    assert workspace.results.ensemble_at_hand(engine, probe) is None


def test_it_answers_the_same_question_spelt_otherwise(workspace, engine, answers, monkeypatch):
    shipped = replace(catalogue()[0], probe=QUESTION)
    monkeypatch.setattr("clif_core.workspace.results.shipped_probes", lambda: (shipped,))
    spelt = Similarity("Police", "Court").resolve(engine.model.vocabulary)
    assert workspace.results.n_runs_at_hand(engine, spelt) == N
    found = workspace.results.ensemble_at_hand(engine, spelt)
    assert found.probe_key == spelt.probe.key != answers[0].probe_key
    assert found.runs.values.tolist() == answers[0].runs.values.tolist()


def test_only_ensembles_are_saved_as_ensembles(engine, probe, path):
    quick = engine.influence(probe)
    with pytest.raises(InputError, match="answer by 'block' has no runs"):
        save_ensembles(path, engine.model.content_hash, [quick], engine.model.require_settings())


def test_a_copy_without_the_files_has_no_ensemble(workspace, engine, probe, answers, lee_corpus):
    opened = workspace.open_model("lee")
    copied = replace(opened, model=replace(opened.model, name="copy"))
    workspace.keep_model(copied, lee_corpus)
    copy = workspace.open_engine(workspace.open_model("copy").model, lee_corpus)
    assert workspace.results.n_runs_at_hand(copy, probe) == 0
    assert workspace.results.ensemble_at_hand(copy, probe) is None


@pytest.mark.usefixtures("answers")
def test_the_size_is_at_most_two_bytes_a_number(engine, path):
    """Of each probe: an effect a token, and of each sentence K runs and ``known``."""
    n_numbers = 2 * (engine.corpus.n_tokens + (N + 1) * engine.corpus.n_sentences)
    files = [path / "ensembles.parquet", path / "ensemble_runs.parquet"]
    about_columns = 300 * 2 * (N + 2)
    assert sum(file.stat().st_size for file in files) < 2 * n_numbers + about_columns


@pytest.mark.parametrize("name", ["shakespeare", "brown"])
def test_a_sample_brings_the_ensembles_of_its_probes(name: str, tmp_path: Path) -> None:
    (entry,) = [e for e in Workspace(tmp_path).catalogue() if e.name == name]
    model = load_bundle(entry.path).model
    for asked in RECIPES[name].probes:
        probe = find_probe(asked).resolve(model.vocabulary)
        n_runs = n_shipped_runs(entry.path, entry.card, model.content_hash, probe.probe.key)
        assert n_runs == N_RUNS, "the sample was trained again, its ensembles were not"
        told = entry.card["ensembles"]["probes"][probe.probe.key]
        assert told["probe_value"] == pytest.approx(probe.value(model.centre_vectors), abs=1e-6)
        assert model.require_settings().seed not in told["runs"]["seeds"]
        columns = pq.read_schema(entry.path / "ensemble_runs.parquet").names
        assert sum(column.startswith(f"{probe.probe.key}/") for column in columns) == N_RUNS + 1


def test_the_samples_have_room_for_the_ensembles_of_their_probes():
    recipes = {name: recipe for name, recipe in RECIPES.items() if recipe.is_committed}
    assert {name: len(recipe.probes) for name, recipe in recipes.items()} == {
        "shakespeare": 1, "brown": 2,
    }  # fmt: skip
    files = [file for file in SAMPLE_MODELS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < LIMIT_BYTES
