"""Jobs and results when the process is killed, the disk is full, or two submit at once."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import JobError, StorageError
from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import retrain
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.storage.files import temporary_folder
from clif_core.storage.store import Store, make_key
from clif_core.storage.write_errors import explain_write_errors
from clif_core.workspace.jobs import Jobs
from clif_core.workspace.tasks.retrain import RetrainQuestion, find_retraining, submit_retraining
from clif_core.workspace.tasks.retrained import cached_retraining
from clif_core.workspace.workspace import Workspace

PROBE = Similarity("police", "court")
EDIT = Edit("documents", (1, 5, 9))


@pytest.fixture(scope="module")
def long(lee_model, lee_corpus) -> SkipGram:
    """A model whose training takes long enough to be killed halfway."""
    settings = replace(lee_model.require_settings(), epochs=20)
    return replace(retrain(replace(lee_model, settings=settings), lee_corpus, None), name="lee")


@pytest.fixture
def workspace(tmp_path: Path, long: SkipGram, lee_corpus) -> Workspace:
    workspace = Workspace(tmp_path, tmp_path / "samples")
    workspace.keep_model(Bundle(long, {}), lee_corpus)
    return workspace


def pid_of(jobs: Jobs, key: str) -> int:
    return int(json.loads((jobs.root / key / "process.json").read_text())["pid"])


def test_a_killed_retraining_gives_the_same_result_when_submitted_again(workspace, lee_corpus):
    model = workspace.open_model("lee").model
    asked = RetrainQuestion(EDIT, (PROBE,))
    key = submit_retraining(workspace, model, asked)
    deadline = time.monotonic() + 300
    while "training 2 of 2: epoch" not in workspace.jobs.status(key).message:
        assert time.monotonic() < deadline, workspace.jobs.status(key)
        time.sleep(0.02)
    os.kill(pid_of(workspace.jobs, key), signal.SIGKILL)
    with pytest.raises(JobError, match=r"Stopped: the process ended.*Ask again"):
        workspace.jobs.wait(key, 300)
    assert find_retraining(workspace, model, asked).state == "failed"
    assert cached_retraining(workspace, model, None) is not None
    assert cached_retraining(workspace, model, EDIT) is None
    assert {p.suffix for p in workspace.store.root.iterdir()} <= {".safetensors", ".json"}

    assert submit_retraining(workspace, model, asked) == key
    result = workspace.jobs.wait(key, 300)
    undisturbed = retrain(model, lee_corpus, EDIT)
    expected = PROBE.resolve(model.vocabulary).value(undisturbed.centre_vectors)
    assert result["runs"][0]["after"][PROBE.key] == expected


def test_many_who_submit_at_once_get_one_process(tmp_path):
    """First without a job, then after a failure: in both cases two processes could start."""
    everyone = [Jobs(tmp_path) for _ in range(8)]
    for _ in range(2):
        with ThreadPoolExecutor(8) as pool:
            asked = [
                pool.submit(jobs.submit, "count", {"to": 1000, "seconds": 0.05})
                for jobs in everyone
            ]
            keys = {each.result() for each in asked}
        assert len(keys) == 1
        (key,) = keys
        running = [c for jobs in everyone for c in jobs._children if c.poll() is None]
        assert len(running) == 1
        running[0].kill()
        running[0].wait()
        assert everyone[0].status(key).state in ("failed", "waiting")
        deadline = time.monotonic() + 300
        while everyone[0].status(key).state != "failed":  # killed before it wrote process.json
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_old_jobs_are_removed_and_running_ones_stay(tmp_path):
    jobs = Jobs(tmp_path)
    done = jobs.submit("count", {"to": 1, "seconds": 0})
    jobs.wait(done, 300)
    running = jobs.submit("count", {"to": 1000, "seconds": 0.05})
    half_made = tmp_path / f".{done}.1.2"
    half_made.mkdir()
    assert jobs.clean() == 0
    for path in (half_made, tmp_path / done, *(tmp_path / done).iterdir()):
        os.utime(path, (1e9, 1e9))
    assert jobs.clean() == 1
    assert done not in jobs
    assert running in jobs
    assert not half_made.exists()
    jobs.cancel(running)


# --- a full disk, simulated by a limit on the size of files


def limited(code: str, folder: Path, limit: int = 20_000) -> subprocess.CompletedProcess[str]:
    limits = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
    return subprocess.run(
        [sys.executable, "-c", limits + code, str(folder)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def test_a_full_disk_is_reported_and_leaves_the_old_result(tmp_path):
    store = Store(tmp_path)
    store.put_arrays("x-1", {"old": np.arange(3)})
    code = """
import sys, numpy as np
from clif_core.errors import StorageError
from clif_core.storage.files import temporary_folder
from clif_core.storage.store import Store, make_key
store = Store(sys.argv[1])
for put in (lambda: store.put_arrays("x-1", {"new": np.zeros(9000)}),
            lambda: store.put_json("x-2", ["word" * 9000])):
    try:
        put()
    except StorageError as error:
        print(error)
"""
    done = limited(code, tmp_path)
    assert done.stdout.count("no room left to write") == 2, done.stderr
    np.testing.assert_array_equal(store.get_arrays("x-1")["old"], np.arange(3))
    assert [p.name for p in tmp_path.iterdir()] == ["x-1.safetensors"]


def test_a_model_that_does_not_fit_leaves_no_folder(tmp_path, workspace):
    code = """
import sys
from dataclasses import replace
from pathlib import Path
from clif_core.errors import StorageError
from clif_core.workspace.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]), Path(sys.argv[1]) / "samples")
bundle = workspace.open_model("lee")
for act in (lambda: workspace.keep_model(replace(bundle, model=replace(bundle.model, name="b")), None),
            lambda: workspace.export("lee", Path(sys.argv[1]) / "out.bin")):
    try:
        act()
    except StorageError as error:
        print(error)
"""  # noqa: E501
    done = limited(code, tmp_path)
    assert done.stdout.count("no room left to write") == 2, done.stderr
    assert [entry.name for entry in workspace.catalogue()] == ["lee"]
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["lee"]
    assert not list(tmp_path.glob("out*")) + list(tmp_path.glob(".*.part"))


def test_a_job_on_a_full_disk_fails_and_works_once_there_is_room(workspace):
    model = workspace.open_model("lee").model
    asked = RetrainQuestion(EDIT, (PROBE,))
    code = f"""
import sys
from pathlib import Path
from clif_core import probes
from clif_core.interventions.edit import Edit
from clif_core.workspace.tasks.retrain import RetrainQuestion, submit_retraining
from clif_core.workspace.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]), Path(sys.argv[1]) / "samples")
model = workspace.open_model("lee").model
asked = RetrainQuestion(Edit.from_dict({EDIT.to_dict()!r}), (probes.from_dict({PROBE.to_dict()!r}),))
key = submit_retraining(workspace, model, asked)
try:
    workspace.jobs.wait(key, 300)
except Exception as error:
    print(type(error).__name__, error)
"""  # noqa: E501
    done = limited(code, workspace.home)
    assert "JobError There is no room left to write" in done.stdout, done
    assert cached_retraining(workspace, model, None) is None
    assert not list(workspace.store.root.glob(".*"))
    result = workspace.jobs.wait(submit_retraining(workspace, model, asked), 300)
    assert result["gap"] < 1e-6


def test_temporary_files_that_do_not_fit_are_reported(tmp_path):
    """Of an upload, of vectors to unpack, of an export: in a container /tmp is small."""
    np.save(tmp_path / "vectors.npy", np.zeros((20_000, 2), np.float32))
    packed = gzip.compress((tmp_path / "vectors.npy").read_bytes())
    (tmp_path / "vectors.npy.gz").write_bytes(packed)
    (tmp_path / "words.txt").write_text("\n".join(f"w{i}" for i in range(20_000)))
    code = """
import sys
from pathlib import Path
from clif_core.errors import StorageError
from clif_core.sgns.export import export_bytes
from clif_core.sgns.vector_files import open_vectors
from clif_core.storage.files import temporary_folder
from clif_core.workspace.workspace import Workspace
home = Path(sys.argv[1])
def upload():
    with temporary_folder() as folder:
        (folder / "vectors").write_bytes(b"a" * 200_000)
for act in (upload, lambda: open_vectors(home / "vectors.npy.gz", home / "words.txt"),
            lambda: export_bytes(Workspace(home / "home").open_model("brown"), "word2vec")):
    try:
        act()
    except StorageError as error:
        print(error)
"""
    done = limited(code, tmp_path, 100_000)
    assert done.stdout.count("no room left to write") == 3, done.stderr


def test_no_folder_for_temporary_files_is_reported(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none"])
    with pytest.raises(StorageError, match="set TMPDIR"), temporary_folder():
        pass


def test_a_read_only_folder_is_reported_and_other_errors_pass(tmp_path):
    with pytest.raises(StorageError, match="cannot be written to"), explain_write_errors(tmp_path):
        raise PermissionError(13, "Permission denied")
    with pytest.raises(FileNotFoundError), explain_write_errors(tmp_path):
        raise FileNotFoundError(2, "gone")


# --- a store with a limit


def test_a_store_evicts_the_least_recently_used_beyond_its_limit(tmp_path):
    store = Store(tmp_path, max_bytes=5_000)
    keys = [make_key("x", at=at) for at in range(5)]
    for at, key in enumerate(keys[:4]):
        store.put_arrays(key, {"a": np.full(120, at)})
        os.utime(tmp_path / f"{key}.safetensors", (at + 1, at + 1))
    assert store.get_arrays(keys[0]) is not None  # used again, so no longer the oldest
    store.put_arrays(keys[4], {"a": np.full(120, 4)})
    assert store.n_bytes <= 5_000
    assert store.get_arrays(keys[1]) is None
    assert store.get_arrays(keys[0]) is not None
    assert store.get_arrays(keys[4]) is not None


def test_clean_frees_room_and_keeps_models_and_texts(workspace, lee_corpus):
    model = workspace.open_model("lee").model
    key = make_key("x")
    workspace.store.put_json(key, "a result")
    abandoned = workspace.store.root / ".left.part"
    abandoned.write_bytes(b"half")
    os.utime(abandoned, (1e9, 1e9))
    assert workspace.clean()["bytes"] == 4
    assert workspace.store.get_json(key) == "a result"
    assert workspace.clean(is_all=True)["bytes"] > 0
    assert workspace.store.get_json(key) is None
    assert workspace.open_corpus(model).content_hash == lee_corpus.content_hash
