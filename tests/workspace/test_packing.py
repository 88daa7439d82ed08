"""A pack: a model with its text and all that was found out about it, from one home to another."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from clif_core.errors import FormatError, InputError, JobError, StorageError
from clif_core.interventions.edit import Edit
from clif_core.measurement import measure
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.storage.files import temporary_folder
from clif_core.text.corpus import Corpus
from clif_core.workspace.packs.brought import unpack_aside
from clif_core.workspace.packs.packing import pack
from clif_core.workspace.packs.unpacking import unpack
from clif_core.workspace.tasks.history import results_for_report
from clif_core.workspace.tasks.retrain import (
    RetrainQuestion,
    find_retraining,
    submit_retraining,
)
from clif_core.workspace.workspace import Workspace

PROBE = Similarity("police", "court")
QUESTION = RetrainQuestion(Edit("sentences", (0, 1, 2)), (PROBE,), (7,), 1)


@pytest.fixture(scope="module")
def workspace(
    tmp_path_factory: pytest.TempPathFactory, lee_model: SkipGram, lee_corpus: Corpus
) -> Workspace:
    """With an ensemble, a quick answer, a retraining and a probe tried; nothing changes it."""
    folder = tmp_path_factory.mktemp("packing")
    workspace = Workspace(folder / "home", folder / "no samples")
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    model = workspace.open_model("lee").model
    engine, probe = workspace.open_engine(model, lee_corpus), PROBE.resolve(model.vocabulary)
    workspace.results.gather_runs(engine, [probe], 2)
    workspace.results.influence(engine, probe, damping=0.5)
    workspace.results.influence(engine, probe)
    workspace.enter_probe(model, measure(PROBE, model, n_nulls=0, n_resamples=0))
    workspace.jobs.wait(submit_retraining(workspace, model, QUESTION), 300)
    workspace.store.put_json("influence-" + "0" * 24, {"probe_key": "of another model"})
    return workspace


@pytest.fixture
def packed(workspace: Workspace, tmp_path: Path) -> Path:
    made = pack(workspace, "lee", tmp_path / "lee.zip")
    assert (made.has_text, made.n_probes, made.n_answers, made.n_jobs) == (True, 1, 4, 1)
    assert made.notes == ()
    return made.path


@pytest.fixture
def other(tmp_path: Path) -> Workspace:
    """The home of another machine."""
    return Workspace(tmp_path / "other", tmp_path / "no samples")


def test_round_trip(packed: Path, workspace: Workspace, other: Workspace) -> None:
    taken = unpack(other, packed, "renamed")
    assert (taken.name, taken.is_new, taken.has_text) == ("renamed", True, True)
    assert (taken.n_probes, taken.n_answers, taken.n_jobs, taken.notes) == (1, 4, 1, ())
    before, model = workspace.open_model("lee").model, other.open_model("renamed").model
    assert model.content_hash == before.content_hash
    corpus = other.open_corpus(model)
    assert corpus is not None and corpus.content_hash == before.corpus_hash
    assert [e.key for e in other.probes_tried(model).entries] == [PROBE.key]
    status = find_retraining(other, model, QUESTION)
    assert status is not None and status.state == "done"
    assert results_for_report(other, model, PROBE) == results_for_report(workspace, before, PROBE)
    assert len(results_for_report(other, model, PROBE)) == 1
    engine = other.open_engine(model, corpus)
    probe = PROBE.resolve(model.vocabulary)
    assert other.results.n_runs_at_hand(engine, probe) == 2
    assert other.results.cached(engine, probe, "block", 0.5) is not None
    found, kept = (
        w.results.cached(w.open_engine(m, corpus), probe, "ensemble")
        for w, m in ((other, model), (workspace, before))
    )
    assert found is not None and kept is not None
    np.testing.assert_array_equal(found.context_effects, kept.context_effects)


def test_equal_content_gives_equal_bytes_and_nothing_is_done_twice(
    packed: Path, workspace: Workspace, other: Workspace, tmp_path: Path
) -> None:
    again = pack(workspace, "lee", tmp_path / "again.zip").path
    assert again.read_bytes() == packed.read_bytes()
    unpack(other, packed)
    assert pack(other, "lee", again).path.read_bytes() == packed.read_bytes()
    before = _files(other.home)
    taken = unpack(other, packed)
    assert (taken.is_new, taken.n_probes, taken.n_answers, taken.n_jobs) == (False, 0, 0, 0)
    assert _files(other.home) == before


def test_another_model_of_the_name_is_replaced_only_where_that_is_asked(
    packed: Path, workspace: Workspace, other: Workspace
) -> None:
    hashed = workspace.open_model("lee").model.content_hash
    bundle = workspace.open_model("lee")
    changed = replace(bundle.model, centre_vectors=bundle.model.centre_vectors * 2)
    other.keep_model(replace(bundle, model=changed), None)
    before = _files(other.home)
    with pytest.raises(InputError, match=r"another model 'lee'; give another name \(--name\)"):
        unpack(other, packed)
    assert _files(other.home) == before
    for name in ("../x", "a/b", "", "A", "/etc"):
        with pytest.raises(InputError, match="cannot name a model"):
            unpack(other, packed, name)
    assert _files(other.home) == before
    assert unpack(other, packed, is_replaced=True).is_new
    assert other.open_model("lee").model.content_hash == hashed


def test_a_visitor_of_a_shared_server_brings_no_answers_for_the_others(
    packed: Path, tmp_path: Path
) -> None:
    visitor = Workspace(tmp_path / "shared" / "visitors" / "person-1", tmp_path / "no samples")
    taken = unpack(visitor, packed)
    assert (taken.is_new, taken.n_probes, taken.n_answers, taken.n_jobs) == (True, 1, 0, 1)
    assert "this server's cache is everyone's" in taken.notes[0]
    assert not (tmp_path / "shared" / "cache").exists()
    small = Workspace(tmp_path / "s" / "visitors" / "person-2", tmp_path / "no samples", 10)
    with pytest.raises(StorageError, match="may"):
        unpack(small, packed)
    assert not small.home.exists()


def test_the_text_of_a_sample_is_not_packed(workspace: Workspace, tmp_path: Path) -> None:
    shutil.copytree(workspace.home / "models" / "lee", tmp_path / "samples" / "lee")
    shutil.copytree(workspace.home / "corpora", tmp_path / "here" / "corpora")
    here = Workspace(tmp_path / "here", tmp_path / "samples")
    made = pack(here, "lee", tmp_path / "sample.zip")
    assert not made.has_text
    assert "'clif fetch lee'" in made.notes[0]
    with zipfile.ZipFile(made.path) as archive:
        assert not [name for name in archive.namelist() if name.startswith("text/")]
    taken = unpack(Workspace(tmp_path / "other", tmp_path / "none"), made.path)
    assert not taken.has_text
    assert "Fetch it with 'clif fetch lee'" in taken.notes[0]
    assert not unpack(Workspace(tmp_path / "third", tmp_path / "samples"), made.path).is_new


def test_jobs_in_a_pack_are_few_and_small(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a visitor may bring are refused before anything is written, in any workspace."""
    visitor = Workspace(tmp_path / "shared" / "visitors" / "person-1", tmp_path / "no samples")
    limits = "clif_core.workspace.packs.unpacking._MOST_JOB"
    for limit, value in (("S_OF_VISITOR", 0), ("_BYTES_OF_VISITOR", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(limits + limit, value)
            with pytest.raises(FormatError, match=r"brings 1 finished jobs .* Nothing was changed"):
                unpack(visitor, packed)
    assert not (tmp_path / "shared").exists()
    assert unpack(visitor, packed).n_jobs == 1
    own = Workspace(tmp_path / "own", tmp_path / "no samples")
    monkeypatch.setattr(limits + "S", 0)
    with pytest.raises(FormatError, match="at most 0 of 200 MB"):
        unpack(own, packed)


def test_a_pack_is_opened_in_a_process_of_its_own(packed: Path, other: Workspace) -> None:
    with temporary_folder() as folder:
        taken = unpack_aside(other, packed, folder, "aside")
    assert (taken.name, taken.is_new, taken.n_answers, taken.notes) == ("aside", True, 4, ())
    assert other.open_model("aside").model.n_words
    packed.write_bytes(packed.read_bytes()[:-9])
    with (
        temporary_folder() as folder,
        pytest.raises(JobError, match="is no pack, or a damaged one"),
    ):
        unpack_aside(other, packed, folder)


# --- what is refused


def _files(folder: Path) -> dict[str, int]:
    """When each file below a folder was written; locks are no content."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path): path.stat().st_mtime_ns for path in found}


Content = dict[str, bytes]


def _flip(content: Content) -> None:
    whole = bytearray(content["model/vectors.safetensors"])
    whole[-1] ^= 1
    content["model/vectors.safetensors"] = bytes(whole)


def _no_text(content: Content) -> None:
    del content["text/tokens.parquet"]


def _no_manifest(content: Content) -> None:
    del content["manifest.json"]


def _repeated(content: Content) -> None:
    """Put a small table of 100,000 rows of one text of 1 MB in the place of the documents."""
    texts = pa.DictionaryArray.from_arrays([0] * 100_000, ["x" * 1_000_000])
    file = io.BytesIO()
    pq.write_table(pa.table({"title": texts}), file)
    assert len(file.getvalue()) < 2_000_000
    _listed(content, "text/documents.parquet", file.getvalue())


def _listed(content: Content, name: str, data: bytes = b"x") -> None:
    """Add a file that the manifest lists with its right checksum."""
    about = json.loads(content["manifest.json"])
    entry = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    about["files"] = [e for e in about["files"] if e["name"] != name] + [entry]
    content["manifest.json"] = json.dumps(about).encode()
    content[name] = data


def _said(name: str, value: object) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        about = json.loads(content["manifest.json"]) | {name: value}
        content["manifest.json"] = json.dumps(about).encode()

    return change


def _false_result(content: Content) -> None:
    (name,) = [name for name in content if name.startswith("jobs/")]
    job = json.loads(content[name])
    job["result"]["runs"][0]["after"] = {}
    _listed(content, name, json.dumps(job).encode())


def _put(name: str, data: bytes) -> Callable[[Content], None]:
    return lambda content: content.update({name: data})


CHANGES: dict[str, tuple[Callable[[Content], None], str]] = {
    "a flipped byte": (_flip, "checksum of model/vectors.safetensors differs"),
    "a missing file": (_no_text, "not those of its manifest: 'text/tokens.parquet'"),
    "an extra file": (_put("model/extra", b"x"), "not those of its manifest: 'model/extra'"),
    "a path upwards": (lambda c: _listed(c, "../x"), "'../x' is no file of a pack"),
    "a path within": (lambda c: _listed(c, "model/../../x"), "is no file of a pack"),
    "an absolute path": (lambda c: _listed(c, "/tmp/x"), "'/tmp/x' is no file of a pack"),
    "another entry": (lambda c: _listed(c, "cache/pairs-" + "0" * 24 + ".json"), "is no file"),
    "no manifest": (_no_manifest, "There is no item named"),
    "a damaged manifest": (_put("manifest.json", b"{"), "no pack, or a damaged one"),
    "a deep manifest": (_put("manifest.json", b"[" * 100_000), "damaged one"),
    "another format": (_said("format", "x"), "not that of a pack"),
    "a later version": (_said("format_version", 2), "this program reads 1; update"),
    "no list": (_said("files", None), "no list of at most"),
    "an odd list": (_said("files", [1]), "has no name"),
    "another model": (_said("content_hash", "0" * 20), "not the one that its manifest names"),
    "a repeated text": (_repeated, "more than 2,000 MB in memory"),
    "false probes": (lambda c: _listed(c, "tried.json"), "tried.json"),
    "a false result": (_false_result, "is no finished job"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_damaged_or_hostile_pack_writes_nothing(
    packed: Path, other: Workspace, change: str
) -> None:
    with zipfile.ZipFile(packed) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    changed, message = CHANGES[change]
    changed(content)
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.raises(FormatError, match=re.escape(message)):
        unpack(other, packed)
    assert _files(other.home.parent / "other") == {}
    assert not (other.home.parent / "x").exists()


def test_what_is_no_pack_is_refused(tmp_path: Path, other: Workspace) -> None:
    bomb, plain, cut = tmp_path / "bomb.zip", tmp_path / "plain.zip", tmp_path / "cut.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 10_000_000)
    plain.write_bytes(b"no zip")
    cut.write_bytes(bomb.read_bytes()[:-30])
    cases = {
        bomb: "is compressed; a pack holds files as they are",
        plain: "does not end as a zip",
        cut: "does not end as a zip",
        tmp_path / "none.zip": "No such file",
        tmp_path: "not a regular file|Is a directory|No such",
    }
    for path, message in cases.items():
        with pytest.raises(FormatError, match=message):
            unpack(other, path)
    many = bytearray(bomb.read_bytes())
    many[-10:-6] = (1 << 31).to_bytes(4, "little")
    bomb.write_bytes(bytes(many))
    with pytest.raises(FormatError, match="its list of files has 2,147,483,648 bytes"):
        unpack(other, bomb)
    assert not other.home.exists()
