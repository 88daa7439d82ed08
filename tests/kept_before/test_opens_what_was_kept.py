"""What an older version kept and what it linked to still opens here.

The version before the packages were rearranged made a home, some files and a list of links
(``make_fixture.py``) and wrote down what it saw in them (``expected.json``). Here they are opened
again. Names on disk, names in links, and the hashes that keys are made of may never change; a test
that fails here says that somebody's saved link, model, answer or job is lost.

The home was made at a relative path, because a job's key hashes its home as it was given. So each
test unpacks it in a folder of its own, goes there, and asks for the same keys.
"""

from __future__ import annotations

import hashlib
import html
import importlib
import json
import os
import shlex
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from clif_core.cli import app as command_line
from clif_core.evaluation import (
    PREDICTORS,
    Retrainings,
    differential_sets,
    random_sets,
    read_changes,
    strongest_sentences,
)
from clif_core.evaluation import predict as predict_trial
from clif_core.evaluation import read_card as read_fidelity
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ESTIMATORS as CORE_ESTIMATORS
from clif_core.influence.estimators import canonical_name
from clif_core.influence.unrolled.reverse_pass import Checkpoint
from clif_core.interventions.edit import Edit
from clif_core.mixture.points import Edit as PointEdit
from clif_core.mixture.points import sample_points
from clif_core.probes import KINDS as PROBE_KINDS
from clif_core.probes import Probe, catalogue, from_dict, load_probe
from clif_core.report import Report
from clif_core.sgns.bundle import load_bundle
from clif_core.sgns.export import read_safetensors
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.storage.store import make_key
from clif_core.text.corpus import Corpus
from clif_core.training.coupled import Schedule
from clif_core.workspace.jobs import KINDS as JOB_KINDS
from clif_core.workspace.jobs import job_key
from clif_core.workspace.tasks import fine_tune, retrain, retrained
from clif_core.workspace.tasks.history import kept_results
from clif_core.workspace.tasks.word_map import find_map_job
from clif_core.workspace.workspace import SAMPLE_MODELS, Workspace, default_home
from dashboard import state
from dashboard.data import attribution, fine_tuning, models, retraining
from dashboard.links import from_query, link_name, to_query
from dashboard.selection import Selection
from dashboard.views import (
    compare,
    influence,
    lab,
    model,
    probe,
    report,
    story,
    trust,
    what_if,
    word_map,
)
from dashboard.widgets import estimator_words, navigation, notice

#: The last part of a view's address -> the module that draws it.
VIEWS = {
    "model": model,
    "map": word_map,
    "probe": probe,
    "influence": influence,
    "what_if": what_if,
    "trust": trust,
    "compare": compare,
    "report": report,
    "story": story,
    "lab": lab,
}
APP = Path(state.__file__).with_name("app.py")
MEASURED = SAMPLE_MODELS.parent / "benchmarks" / "results" / "retrained"
KEPT = Path(__file__).parent  # where home.tar.gz and expected.json lie
EXPECTED: dict[str, Any] = json.loads((KEPT / "expected.json").read_text("utf-8"))
HOME = Path(EXPECTED["home"])  # relative: see above
FILES = Path("files")
PROBES: dict[str, Probe] = {name: from_dict(told) for name, told in EXPECTED["probes"].items()}
QUESTION, PAIR = PROBES["question"], PROBES["pair"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The old home, unpacked; the app under test uses it too."""
    with tarfile.open(KEPT / "home.tar.gz") as archive:
        if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(tmp_path)
    for path in tmp_path.rglob("*"):
        os.utime(path)  # jobs are forgotten by the age of their files
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLIF_HOME", str(HOME))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield Workspace(HOME)
    st.cache_resource.clear()
    st.cache_data.clear()


def open_model(workspace: Workspace, name: str = "old-house") -> SkipGram:
    return workspace.open_model(name).model


def open_text(workspace: Workspace) -> Corpus:
    corpus = workspace.open_corpus(open_model(workspace))
    assert corpus is not None
    return corpus


def open_engine(workspace: Workspace, name: str = "old-house") -> InfluenceEngine:
    return workspace.open_engine(open_model(workspace, name), open_text(workspace))


def assert_same(array: Any, told: dict[str, Any]) -> None:
    """An array is, bit for bit, the one that was written down."""
    array = np.ascontiguousarray(array)
    flat = array.ravel()
    assert (array.dtype.str, list(array.shape)) == (told["dtype"], told["shape"])
    np.testing.assert_array_equal(flat[: len(told.get("first", []))], told.get("first", []))
    assert flat.sum(dtype=np.float64) == pytest.approx(told["sum"], rel=1e-9, abs=1e-9)
    assert hashlib.sha256(array.tobytes()).hexdigest()[:16] == told["sha256"]


def plain(value: Any) -> Any:
    """As JSON gives it back."""
    return json.loads(json.dumps(value))


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def cached_files() -> set[str]:
    return {path.name for path in (HOME / "cache").iterdir()}


# --- keys


def test_keys_of_the_store_are_as_they_were() -> None:
    for told in EXPECTED["keys"]["make_key"]:
        assert make_key(told["kind"], **told["inputs"]) == told["key"]


def test_keys_of_jobs_are_as_they_were() -> None:
    for told in EXPECTED["keys"]["job_key"]:
        assert job_key(told["kind"], told["request"]) == told["key"]


def test_edits_and_probes_have_their_old_keys() -> None:
    for told in EXPECTED["keys"]["edits"]:
        assert Edit.from_dict(told["edit"]).key == told["key"]
        assert Edit.from_dict(told["edit"]).to_dict() == told["edit"]
    for told in EXPECTED["keys"]["probes"]:
        assert from_dict(told["probe"]).key == told["key"]
        assert from_dict(told["probe"]).to_dict() == told["probe"]
        assert from_dict(told["bare"]).key == told["key"]  # its name and defaults are part of it
    assert set(EXPECTED["keys"]["kinds_of_probe"]) <= set(PROBE_KINDS)


def test_every_shipped_probe_has_its_old_key() -> None:
    keys = {entry.probe.name: entry.probe.key for entry in catalogue()}
    assert {name: keys.get(name) for name in EXPECTED["keys"]["catalogue"]} == EXPECTED["keys"][
        "catalogue"
    ]


def test_settings_are_written_as_they_were() -> None:
    """A model's content hash, and with it every key of a result, reads this very text."""
    for told in EXPECTED["keys"]["settings"]:
        assert repr(TrainingSettings.from_dict(told["settings"])) == told["repr"]


def test_a_home_is_looked_for_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIF_HOME", "somewhere/else")
    assert default_home() == Path("somewhere/else")
    monkeypatch.delenv("CLIF_HOME")
    assert default_home().name == EXPECTED["default_home"]
    monkeypatch.setenv("CLIF_CACHE_GB", "0.5")
    assert Workspace(HOME).store.max_bytes == 500_000_000


# --- models and text


@pytest.mark.parametrize("name", EXPECTED["models"])
def test_a_model_opens_and_is_the_same(name: str, workspace: Workspace) -> None:
    told = EXPECTED["models"][name]
    (entry,) = [entry for entry in workspace.catalogue() if entry.name == name]
    assert (entry.kind, entry.title, entry.problem) == ("own", told["title"], "")
    assert entry.has_corpus == told["has_corpus"]
    bundle = workspace.open_model(name)
    found = bundle.model
    assert found.content_hash == told["content_hash"]
    assert found.corpus_hash == told["corpus_hash"]
    assert list(found.vocabulary.words)[:5] == told["words"]
    assert (None if found.settings is None else found.settings.to_dict()) == told["settings"]
    assert found.is_repeatable == told["is_repeatable"]
    assert list(found.other_seeds) == told["other_seeds"]
    assert_same(found.centre_vectors, told["centre"])
    assert (found.context_vectors is None) == (told["context"] is None)
    if told["context"] is not None:
        assert_same(found.context_vectors, told["context"])
    assert (bundle.map is None) == (told["map"] is None)
    if told["map"] is not None:
        assert_same(bundle.map, told["map"])
    assert sorted(bundle.card["files"]) == told["files"]
    assert [step["method"] for step in bundle.card.get("history", [])] == told["methods"]


def test_the_text_opens_and_is_the_same(workspace: Workspace) -> None:
    told, corpus = EXPECTED["corpus"], open_text(workspace)
    assert corpus.content_hash == told["content_hash"]
    assert (corpus.n_documents, corpus.n_sentences, corpus.n_tokens) == (
        told["n_documents"],
        told["n_sentences"],
        told["n_tokens"],
    )
    assert list(corpus.documents.columns) == told["document_columns"]
    assert list(corpus.sentences.columns) == told["sentence_columns"]
    assert plain(corpus.about) == told["about"]
    assert_same(corpus.token_words, told["token_words"])
    assert corpus.sentence_text(2) == told["third_sentence"]


@pytest.mark.parametrize("name", EXPECTED["samples"])
def test_a_sample_is_the_same_and_keeps_what_it_brings(name: str) -> None:
    told = EXPECTED["samples"][name]
    bundle = load_bundle(SAMPLE_MODELS / name)
    hashed = bundle.model.content_hash
    assert (hashed, bundle.model.corpus_hash) == (told["content_hash"], told["corpus_hash"])
    assert sorted(bundle.card["derivatives"]["probes"]) == told["derivatives"]
    (first,) = [e.probe for e in catalogue() if e.probe.name == told["first_probe"]]
    assert first.key in told["derivatives"]
    assert [table.removed for table in read_fidelity(bundle.card, hashed)] == told["tables"]
    assert len(read_changes(MEASURED / f"{name}.csv", hashed)) == told["n_measured"]


# --- cached answers


def test_everything_in_the_store_is_whole(workspace: Workspace) -> None:
    assert cached_files() == set(EXPECTED["store"])
    for name, told in EXPECTED["store"].items():
        key, suffix = name.rsplit(".", 1)
        if suffix == "json":
            assert digest(workspace.store.get_json(key)) == told["json"]
            continue
        arrays = workspace.store.get_arrays(key)
        assert arrays is not None, name
        assert sorted(arrays) == sorted(told)
        for part, array in arrays.items():
            assert_same(array, told[part])


@pytest.mark.parametrize("name", EXPECTED["pairs"])
def test_pairs_are_read_and_not_counted_again(name: str, workspace: Workspace) -> None:
    told, before = EXPECTED["pairs"][name], cached_files()
    assert f"{told['store_key']}.safetensors" in before
    assert_same(open_engine(workspace, name).pairs.weights, told["weights"])
    assert cached_files() == before


@pytest.mark.parametrize(
    "told",
    EXPECTED["influences"],
    ids=lambda told: f"{told['model']}-{told['probe']}-{told['estimator']}-{told['damping']}",
)
def test_an_answer_is_found_and_not_computed_again(
    told: dict[str, Any], workspace: Workspace
) -> None:
    before = cached_files()
    assert f"{told['store_key']}.safetensors" in before
    engine, asked = open_engine(workspace, told["model"]), PROBES[told["probe"]]
    assert asked.key == told["probe_key"]
    resolved = asked.resolve(engine.model.vocabulary)
    found = workspace.results.cached(engine, resolved, told["estimator"], told["damping"])
    assert found is not None
    estimator = canonical_name(told["about"]["estimator"])
    assert plain(found.about) == told["about"] | {"estimator": estimator}
    assert_same(found.context_effects, told["effects"])
    assert_same(found.direction, told["direction"])
    assert_same(found.direction_rows, told["rows"])
    assert found.top_sentences(3, "lowers")["sentence"].tolist() == told["lowers"]
    assert found.probe_value == pytest.approx(resolved.value(engine.model.centre_vectors))
    assert cached_files() == before


def test_the_best_answer_at_hand_is_the_one_that_was_kept(workspace: Workspace) -> None:
    for name, estimator in EXPECTED["best"].items():
        engine = open_engine(workspace, name)
        resolved = QUESTION.resolve(engine.model.vocabulary)
        assert workspace.results.best_estimator(engine, resolved) == canonical_name(estimator)


def test_derivatives_that_came_with_a_model_are_read(workspace: Workspace) -> None:
    """The last of them answers a question that is spelt otherwise than the one kept."""
    engine = open_engine(workspace)
    for told in EXPECTED["shipped"]:
        asked = from_dict(told["probe"])
        assert asked.key == told["key"]
        found = workspace.results.cached(engine, asked.resolve(engine.model.vocabulary), "unrolled")
        assert found is not None
        assert plain(found.about) == told["about"]
        assert_same(found.context_effects, told["effects"])


def test_retrained_vectors_are_found(workspace: Workspace) -> None:
    before = cached_files()
    for told in EXPECTED["retrainings"]:
        edit = None if told["edit"] is None else Edit.from_dict(told["edit"])
        found = retrained.cached_retraining(workspace, open_model(workspace), edit, told["seed"])
        assert found is not None
        assert found.content_hash == told["content_hash"]
        assert_same(found.centre_vectors, told["centre"])
        assert f"{told['store_key']}.safetensors" in before


def test_what_judging_kept_is_found(workspace: Workspace) -> None:
    told, engine = EXPECTED["judged"], open_engine(workspace)
    hashed, before = engine.model.content_hash, cached_files()
    edits = [Edit.from_dict(edit) for edit in told["edits"]]
    assert [edit.key for edit in edits] == told["edit_keys"]
    kept = Retrainings(workspace.store, engine.model, engine.corpus)
    assert all(kept.has(edit, kept.own_seed) for edit in edits)
    changes = read_changes(FILES / "changes.csv", hashed)
    assert changes == {(edit, seed): of for edit, seed, of in told["changes"]}
    probes = [asked.resolve(engine.model.vocabulary) for asked in (QUESTION, PAIR)]
    for edit in edits:
        found = kept.changes(edit, kept.own_seed, probes)
        assert found is not None
        told_here = [changes[edit.key, kept.own_seed][p.probe.key] for p in probes]
        assert found == pytest.approx(told_here, rel=1e-4)
    trial = random_sets(engine.corpus, probes, 0.1, 4, "sentences")
    for predictor in ("unrolled", "block", "plug_in", "pmi"):
        predict_trial(workspace.store, engine, trial, predictor)
    assert cached_files() == before  # none of these predictions was computed again
    assert {canonical_name(name) for name in told["predictors"]} <= set(PREDICTORS)
    (table,) = workspace.results.fidelity(engine.model)
    assert table.removed == told["removed"]
    for row in table.rows:
        assert row.lds == pytest.approx(told["rows"][row.estimator])


# --- jobs


def test_every_job_is_there_as_it_ended(workspace: Workspace) -> None:
    found = {job.key: job for job in workspace.jobs.all()}
    assert set(found) == {told["key"] for told in EXPECTED["jobs"]}
    for told in EXPECTED["jobs"]:
        job, request = found[told["key"]], workspace.jobs.request(told["key"])
        assert (job.kind, job.state, job.error) == (told["kind"], told["state"], told["error"])
        assert (None if job.result is None else digest(plain(job.result))) == told["result"]
        assert job_key(job.kind, request) == job.key
        if told["far_key"] is not None:
            far = {**request, "home": EXPECTED["far_home"]}
            assert job_key(job.kind, far) == told["far_key"]


def test_the_work_of_every_kind_is_known() -> None:
    for kind in EXPECTED["job_kinds"]:
        module, _, function = JOB_KINDS[kind].partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_work_that_is_done_is_not_begun_again(workspace: Workspace) -> None:
    for told in EXPECTED["jobs"]:
        if told["state"] != "done":
            continue
        file = HOME / "jobs" / told["key"] / "result.json"
        before = file.stat().st_mtime_ns
        request = workspace.jobs.request(told["key"])
        assert workspace.jobs.submit(told["kind"], request) == told["key"]
        assert file.stat().st_mtime_ns == before


def test_walks_back_are_found_by_their_question(workspace: Workspace) -> None:
    for name, estimator in (("old-house", "unrolled"), ("brought", "twins")):
        found = workspace.find_derivative(open_model(workspace, name), [QUESTION], estimator)
        assert found is not None
        assert (found.kind, found.state) == ("walk", "done")
    halted = workspace.find_derivative(open_model(workspace), [PAIR], "unrolled")
    assert halted is not None
    assert (halted.key, halted.state) == (EXPECTED["halted"]["job"], "cancelled")


def test_a_map_is_found_by_its_question(workspace: Workspace) -> None:
    told, bundle = EXPECTED["map"], workspace.open_model("old-house")
    as_asked = replace(bundle, card={**bundle.card, "files": told["files_before"]})
    found = find_map_job(workspace, as_asked)
    assert found is not None
    assert (found.key, found.state) == (told["job"], "done")
    assert_same(bundle.map, told["table"])


def questions(workspace: Workspace) -> list[tuple[dict[str, Any], retrain.RetrainQuestion]]:
    """Each question to retraining as it was put: by the What if view, or by hand."""
    asked = []
    for told in EXPECTED["retrained"]["questions"]:
        edit, trained = Edit.from_dict(told["edit"]), open_model(workspace)
        if told["by"] == "view":
            question = retraining.question(trained, QUESTION, edit, told["n_random"])
        else:
            question = retrain.RetrainQuestion(
                edit, (QUESTION, PAIR), tuple(told["seeds"]), told["n_random"]
            )
        asked.append((told, question))
    return asked


def test_retrainings_are_found_by_their_question(workspace: Workspace) -> None:
    trained = open_model(workspace)
    for told, question in questions(workspace):
        assert question.edit.key == told["edit_key"]
        assert [asked.key for asked in question.probes] == told["probe_keys"]
        found = retrain.find_retraining(workspace, trained, question)
        assert found is not None
        assert (found.key, found.state) == (told["job"], "done")
        assert found.result is not None
        assert plain(retrain.summarise_retraining(found.result, QUESTION)) == told["summary"]


def test_repairs_are_found_by_their_question(workspace: Workspace) -> None:
    trained = open_model(workspace)
    for told in EXPECTED["repaired"]:
        if told["by"] == "view":
            selection = Selection(what_if="fine_tune", fine_tune_mode=told["modes"][0])
            question = fine_tuning.question(trained, QUESTION, selection)
        else:
            question = fine_tune.FineTuneQuestion(
                QUESTION, (PAIR,), tuple(told["modes"]), tuple(told["tops"]),
                tuple(told["passes"]), told["learning_rate"],
            )  # fmt: skip
        assert list(question.tops) == told["tops"]
        assert list(question.passes) == told["passes"]
        keys = [asked.key for asked in (question.probe, *question.others)]
        assert keys == told["probe_keys"]
        found = fine_tune.find_fine_tuning(workspace, trained, question)
        assert found is not None
        assert (found.key, found.state) == (told["job"], "done")
        assert found.result is not None
        assert found.result["before"] == told["before"]
        assert found.result["rows"][-1] == told["last_row"]
        assert len(found.result["rows"]) == told["n_rows"]


def test_questions_have_the_same_keys_in_any_home(workspace: Workspace) -> None:
    far, trained = Workspace(Path(EXPECTED["far_home"])), open_model(workspace)
    far_keys = {told["key"]: told["far_key"] for told in EXPECTED["jobs"]}
    for told, question in questions(workspace):
        request = question.request(far, trained)
        assert job_key(retrain.RETRAIN, request) == far_keys[told["job"]]


def test_a_walk_that_was_stopped_can_be_taken_up(workspace: Workspace) -> None:
    told, engine = EXPECTED["halted"], open_engine(workspace)
    folder = HOME / "jobs" / told["job"] / "kept"
    with np.load(folder / "unrolled.npz") as saved:
        shapes = {name: saved[name].shape for name in saved.files if name.startswith("array_")}
        dtypes = {name: saved[name].dtype for name in shapes}
    arrays = {name.removeprefix("array_"): np.zeros(shapes[name], dtypes[name]) for name in shapes}
    assert (
        Checkpoint(folder / "unrolled.npz", told["fingerprint"]).restore(arrays) == told["n_done"]
    )
    assert all(array.any() for array in arrays.values())
    # The same walk is known by the same fingerprint; these ends of it hang on no machine.
    settings = engine.model.require_settings()
    course = Schedule.build(engine.text, engine.model.vocabulary.counts, settings)
    parts = [(np.array([0, 3]), np.array([[0.5] * 8, [-1.0] * 8]))]
    weights = np.ones(len(course.text.word_ids), np.float32)
    for device, fingerprint in EXPECTED["fingerprints"].items():
        halt = Checkpoint.of(Path("any"), course, weights, parts, device)
        assert halt.fingerprint == fingerprint
        assert halt.file == Path("any") / "unrolled.npz"


def test_a_job_that_was_cancelled_goes_on_here(workspace: Workspace) -> None:
    told, trained = EXPECTED["halted"], open_model(workspace)
    key = workspace.submit_derivative(trained, [PAIR], "unrolled")
    assert key == told["job"]
    assert workspace.jobs.wait(key, timeout=120) == {"n_probes": 1, "n_computed": 1}
    found = workspace.results.cached(
        open_engine(workspace), PAIR.resolve(trained.vocabulary), "unrolled"
    )
    assert found is not None
    assert found.probe_key == told["about"]["probe_key"]
    effects = found.context_effects
    assert effects.sum(dtype=np.float64) == pytest.approx(told["effects"]["sum"], rel=1e-3)
    np.testing.assert_allclose(effects[:5], told["effects"]["first"], rtol=1e-3, atol=1e-6)


# --- what a person saved


def test_kept_results_are_read_as_they_were(workspace: Workspace) -> None:
    found = kept_results(workspace, open_model(workspace), QUESTION)
    assert plain(found) == EXPECTED["kept_results"]


@pytest.mark.parametrize("name", EXPECTED["reports"])
def test_a_saved_report_opens_and_can_be_written_again(name: str, workspace: Workspace) -> None:
    told = EXPECTED["reports"][name]
    kept = Report.from_json((FILES / name).read_text("utf-8"))
    assert digest(plain(kept.content)) == told["digest"]
    assert kept.content["answer"] == told["answer"]
    assert kept.content["attribution"]["estimator"] == told["estimator"]
    assert len(kept.content["what_if"]) == told["n_what_if"]
    assert json.loads(kept.to_json()) == kept.content
    for ending in ("html", "md"):
        written = kept.save(Path(f"again.{ending}")).read_text("utf-8")
        assert told["title"] in written


@pytest.mark.parametrize("name", EXPECTED["reports"])
def test_the_commands_that_a_report_tells_still_run(name: str, workspace: Workspace) -> None:
    kept = Report.from_json((FILES / name).read_text("utf-8"))
    before = cached_files()
    for told in kept.content["provenance"]["commands"]:
        program, *arguments = shlex.split(told)
        assert program == "clif"
        run = CliRunner().invoke(command_line, arguments)
        assert run.exit_code == 0, (told, run.output)
    written = Path("report.html").read_text("utf-8")
    assert EXPECTED["reports"][name]["title"] in written
    assert cached_files() == before


@pytest.mark.parametrize("name", EXPECTED["probe_files"])
def test_a_saved_probe_opens(name: str, workspace: Workspace) -> None:
    told = EXPECTED["probe_files"][name]
    found = load_probe(FILES / name)
    assert (found.key, found.to_dict()) == (told["key"], told["probe"])


def test_an_exported_model_opens(workspace: Workspace) -> None:
    told = EXPECTED["export"]
    found = read_safetensors(FILES / told["name"])
    assert found.model.content_hash == told["content_hash"]
    beside = json.loads((FILES / f"{told['name']}.card.json").read_text("utf-8"))
    assert beside["content_hash"] == told["content_hash"]


# --- links

#: What a link means that says nothing. Of the text to remove it was the one side, whatever the
#: question; now it is that which the question asks for.
UNSAID = {**EXPECTED["nothing"], "removal_side": ""}


def as_linked(selection: Selection) -> dict[str, Any]:
    """The selection by the names and values that links have for it."""
    found = {link_name(name): value for name, value in plain(asdict(selection)).items()}
    return found | {"what_if": to_query(selection).get("what_if", selection.what_if)}


def test_no_field_of_a_link_is_lost() -> None:
    nothing = as_linked(Selection())
    assert set(EXPECTED["fields"]) <= set(nothing)
    assert {name: nothing[name] for name in EXPECTED["nothing"]} == UNSAID


@pytest.mark.parametrize("told", EXPECTED["links"], ids=lambda told: told["url"][:60])
def test_a_link_says_what_it_said(told: dict[str, Any]) -> None:
    address = urlsplit(told["url"])
    assert dict(parse_qsl(address.query, keep_blank_values=True)) == told["query"]
    selection = from_query(told["query"])
    found = as_linked(selection)
    whole = {**UNSAID, **told["selection"]}
    whole["estimator"] = canonical_name(whole["estimator"])
    assert {name: found[name] for name in whole} == whole
    assert to_query(selection) == told.get("back", told["query"])
    if selection.probe is not None:
        assert plain(from_dict(selection.probe).to_dict()).items() >= selection.probe.items()


def test_every_view_has_its_old_address() -> None:
    linked = {urlsplit(told["url"]).path.removeprefix("/") for told in EXPECTED["links"]}
    assert linked == set(VIEWS)
    source = APP.read_text("utf-8")
    assert all(f'View("{name}", ' in source for name in linked)


def test_trials_are_named_as_links_and_cards_name_them(workspace: Workspace) -> None:
    """A link to the Trust view tells a trial by these words."""
    corpus, told = open_text(workspace), EXPECTED["samples"]["brown"]["tables"]
    assert [
        random_sets(corpus, [], 0.01, 1).removed,
        random_sets(corpus, [], 0.1, 1).removed,
        strongest_sentences([], np.ones((1, 200)), 100).removed,
        differential_sets(
            PAIR.resolve(open_model(workspace).vocabulary),
            np.ones(600),
            (10, 30, 100, 300),
            "sentences",
        ).removed,
    ] == told
    trial = random_sets(corpus, [], 0.1, 1, "sentences")
    assert trial.removed == EXPECTED["judged"]["removed"]


def test_every_estimator_of_a_link_is_known_and_named() -> None:
    told = EXPECTED["estimators"]
    assert {canonical_name(name) for name in told["views"]} <= set(attribution.ESTIMATORS)
    assert {canonical_name(name) for name in told["core"]} <= set(CORE_ESTIMATORS)
    for name in told["views"]:
        assert estimator_words.label_of(name) != name
        assert estimator_words.help_of(name)


def test_the_lab_draws_the_same_points_for_a_seed() -> None:
    for told in EXPECTED["lab"]:
        points = sample_points(told["seed"], [PointEdit(*edit) for edit in told["edits"]])
        assert list(points.places.shape) == told["places"]["shape"]
        assert points.places.sum() == pytest.approx(told["places"]["sum"])
        assert_same(points.labels, told["labels"])


# --- links on the old home, in the app


@pytest.fixture
def open_link(workspace: Workspace) -> Callable[[str], AppTest]:
    """A link opened in the app's frame, as a browser would; no job may begin by it."""

    def run(url: str) -> AppTest:
        address = urlsplit(url)
        view = VIEWS[address.path.removeprefix("/")]
        modules = [part.__name__ for part in (models, state, navigation, notice, view)]
        app = AppTest.from_function(_script, args=(modules, sorted(VIEWS)), default_timeout=60)
        for name, value in parse_qsl(address.query):
            app.query_params[name] = value
        jobs = {job.key for job in workspace.jobs.all()}
        app.run()
        assert not app.exception, (url, app.exception)
        assert {job.key for job in workspace.jobs.all()} == jobs
        return app

    return run


def _script(modules: list[str], views: list[str]) -> None:
    import importlib

    models, state, navigation, notice, view = map(importlib.import_module, modules)
    navigation.register(dict.fromkeys(views))
    state.begin()
    with notice.guard():
        models.select_existing_model()
        view.show()


def html_of(app: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in app.get("html"))


def link(view: str, **fields: str) -> str:
    """The first old link to a view whose query has these fields."""
    for told in EXPECTED["links"]:
        is_there = told["query"].items() >= fields.items()
        if urlsplit(told["url"]).path == f"/{view}" and is_there:
            return str(told["url"])
    raise AssertionError(f"no such link: {view} {fields}")


ASKED = json.dumps(EXPECTED["probes"]["question"], separators=(",", ":"), ensure_ascii=False)
OPENED = [
    link("model", model="brought"),
    link("map", clustering="kmeans:7"),
    link("map", colour="influence"),
    link("map", layout="axis"),
    link("map", model="old-seeds"),
    link("probe", probe=ASKED),
    link("influence", only_value="north wing"),
    link("influence", group="speaker"),
    link("influence", level="pairs"),
    link("influence", **{name: str(at) for name, at in EXPECTED["strongest"].items()}),
    link("what_if", ticked_documents="3,0"),
    link("what_if", removal_value="garden"),
    link("trust", model="old-house"),
    link("compare", other_model="brought"),
    link("compare", model="old-seeds"),
    link("report", n_quotes="5"),
    link("story", step="5"),
    link("lab", lab_regime="two_steps"),
]


@pytest.mark.parametrize("url", OPENED, ids=lambda url: url[:60])
def test_a_link_opens_its_view(url: str, open_link: Callable[[str], AppTest]) -> None:
    app = open_link(url)
    page = html_of(app)
    assert page.strip() or app.get("bidi_component")  # which draws the whole story
    assert "clif-state-problem" not in page


def test_a_link_shows_the_derivative_that_was_kept(open_link: Callable[[str], AppTest]) -> None:
    for name, estimator in (("old-house", "unrolled"), ("brought", "twins")):
        (told,) = [
            told["about"]["solution"]["note"]
            for told in EXPECTED["influences"]
            if (told["model"], told["estimator"]) == (name, estimator)
        ]
        url = link("influence", probe=ASKED, model=name).replace(f"&estimator={estimator}", "")
        for asked in ("best", estimator):
            app = open_link(url if asked == "best" else f"{url}&estimator={asked}")
            page = html_of(app)
            assert "clif-state-problem" not in page
            app.session_state["influence_method"] = True  # opens the popover
            app.run()
            assert app.radio("influence_estimator").value == canonical_name(asked)
            assert told.lower() in html.unescape(page).lower()


def test_a_link_shows_what_retraining_measured(open_link: Callable[[str], AppTest]) -> None:
    edit = EXPECTED["retrained"]["questions"][0]["edit"]
    page = html_of(open_link(link("what_if", ticked=",".join(map(str, edit["items"])))))
    assert "clif-ba-row clif-ba-measured" in page
    assert "Measured: trained again" in page


def test_a_link_shows_the_sweep_of_repairs(open_link: Callable[[str], AppTest]) -> None:
    app = open_link(link("what_if", what_if="mend", probe=ASKED))
    assert "clif-figures" in html_of(app)
    assert "fine_tune_begin" not in [button.key for button in app.button]
