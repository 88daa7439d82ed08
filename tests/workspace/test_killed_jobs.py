"""Every kind of job, killed at several points or out of room: nothing is lost or half-written, the
job is said to be broken, and asked again it gives what it gives undisturbed."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clif_core.errors import ClifError, JobError
from clif_core.interventions.edit import Edit
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.export import export_model
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.bring import Brought, read_brought
from clif_core.workspace.jobs import KINDS, Jobs
from clif_core.workspace.packs.brought import unpack_aside
from clif_core.workspace.packs.packing import pack
from clif_core.workspace.tasks.evidence import submit_evidence
from clif_core.workspace.tasks.fine_tune import FineTuneQuestion, submit_fine_tuning
from clif_core.workspace.tasks.held_out import HeldOutQuestion, submit_held_out
from clif_core.workspace.tasks.retrain import RetrainQuestion, submit_retraining
from clif_core.workspace.tasks.word_map import submit_map
from clif_core.workspace.workspace import Workspace

pytestmark = pytest.mark.long
PROBE = Similarity("police", "court")
KILLED_AT = (0.0, 0.4, 0.9)  # of its progress, or the next report after
LONG = 300

Submit = Callable[[Workspace], str]


def model_of(workspace: Workspace) -> SkipGram:
    return workspace.open_model("lee").model


def train(workspace: Workspace) -> str:
    settings, text = model_of(workspace).require_settings(), model_of(workspace).corpus_hash
    request = {"corpus_hash": text, "settings": settings.to_dict(), "name": "trained"}
    return workspace.jobs.submit("train", {"home": str(workspace.home), **request})


SUBMIT: dict[str, Submit] = {
    "count": lambda w: w.jobs.submit("count", {"to": 20, "seconds": 0.05}),
    "evidence": lambda w: submit_evidence(w, model_of(w), PROBE),
    "held_out": lambda w: submit_held_out(
        w, model_of(w), HeldOutQuestion(PROBE, 2, (5,), 2, ("ensemble", "random"))
    ),
    "map": lambda w: submit_map(w, w.open_model("lee")),
    "repair": lambda w: submit_fine_tuning(
        w, model_of(w), FineTuneQuestion(PROBE, (), ("undo",), (5,), (2, 4), 0.005)
    ),
    "retrain": lambda w: submit_retraining(
        w, model_of(w), RetrainQuestion(Edit("documents", (1, 5, 9)), (PROBE,))
    ),
    "train": train,
    "walk": lambda w: w.submit_derivative(model_of(w), [PROBE], "unrolled"),
}


@pytest.fixture(scope="module")
def prepared(
    tmp_path_factory: pytest.TempPathFactory, lee_model: SkipGram, lee_corpus: Corpus
) -> Path:
    """A home with a model, its text, and two runs of its seed ensemble."""
    workspace = Workspace(tmp_path_factory.mktemp("prepared"), Path("no samples"))
    workspace.keep_model(Bundle(lee_model, {"title": "Lee"}), lee_corpus)
    key = workspace.submit_derivative(lee_model, [PROBE], "ensemble", 2)
    workspace.jobs.wait(key, LONG)
    shutil.rmtree(workspace.jobs.root)
    return workspace.home


@pytest.fixture
def harmed(prepared: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of it, for the harm."""
    workspace = copy_of(prepared, tmp_path / "harmed")
    yield workspace
    workspace.jobs.end()


@pytest.fixture(scope="module")
def calm_of(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Workspace, str]]:
    """``calm_of(kind)``: a copy of it where such a job ran undisturbed, and the job's key.

    Each kind runs once, for all that is compared with it; nothing changes such a copy.
    """
    calm: dict[str, tuple[Workspace, str]] = {}

    def of(kind: str) -> tuple[Workspace, str]:
        if kind not in calm:
            workspace = copy_of(prepared, tmp_path_factory.mktemp("calm") / kind)
            key = SUBMIT[kind](workspace)
            finish(workspace, key)
            calm[kind] = workspace, key
        return calm[kind]

    return of


def copy_of(home: Path, place: Path) -> Workspace:
    shutil.copytree(home, place)
    return Workspace(place, Path("no samples"))


def test_no_kind_of_job_is_forgotten() -> None:
    """Reading files and opening packs have tests of their own: they leave no job in the home."""
    assert SUBMIT.keys() | {"import", "unpack"} == KINDS.keys()


@pytest.mark.parametrize("kind", sorted(SUBMIT))
def test_a_killed_job_loses_nothing_and_is_done_when_asked_again(
    kind: str, harmed: Workspace, calm_of: Callable[[str], tuple[Workspace, str]]
) -> None:
    calm, undisturbed = calm_of(kind)
    before = held(harmed)
    for share in KILLED_AT:
        key = SUBMIT[kind](harmed)
        if not kill_at(harmed.jobs, key, share):
            break  # it was faster
        status = harmed.jobs.status(key)
        assert status.state == "failed"
        assert "Stopped: the process ended" in status.error and "Ask again" in status.error
        now = held(harmed)
        assert {name: now["models"].get(name) for name in before["models"]} == before["models"]
        assert before["store"].keys() <= now["store"].keys()
    else:
        share = 1.0
    assert share > 0, "it was never killed"
    key = SUBMIT[kind](harmed)
    finish(harmed, key)
    assert plain(harmed, harmed.jobs.wait(key, LONG)) == plain(
        calm, calm.jobs.wait(undisturbed, LONG)
    )
    require_same(held(harmed), held(calm))


NEEDS_ROOM = sorted(set(SUBMIT) - {"count", "repair"})  # "repair" lacks it for its cache alone


def test_a_job_that_lacks_room_for_its_cache_alone_is_done(
    harmed: Workspace, calm_of: Callable[[str], tuple[Workspace, str]]
) -> None:
    with without_room():
        key = SUBMIT["repair"](harmed)
        done = harmed.jobs.wait(key, LONG)
    calm, undisturbed = calm_of("repair")
    assert plain(harmed, done) == plain(calm, calm.jobs.wait(undisturbed, LONG))
    assert len(held(harmed)["store"]) < len(held(calm)["store"])


@pytest.mark.parametrize("kind", NEEDS_ROOM)
def test_a_job_without_room_loses_nothing_and_is_done_when_there_is_some(
    kind: str, harmed: Workspace, calm_of: Callable[[str], tuple[Workspace, str]]
) -> None:
    before = held(harmed)
    with without_room():
        key = SUBMIT[kind](harmed)
    with pytest.raises(JobError, match="no room left to write"):
        harmed.jobs.wait(key, LONG)
    require_same(held(harmed), before)
    finish(harmed, SUBMIT[kind](harmed))
    calm, _ = calm_of(kind)
    require_same(held(harmed), held(calm))


@contextmanager
def without_room() -> Iterator[None]:
    """Files have room for 9,000 bytes, for this process meanwhile and for those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_killed_reading_of_files_is_said_and_works_again(
    harmed: Workspace, tmp_path: Path
) -> None:
    workspace = harmed
    file = export_model(workspace.open_model("lee"), tmp_path / "v.safetensors", None)
    brought = Brought("mine", vectors=file)
    before = held(workspace)
    for _ in kill_twice(lambda folder: read_brought(workspace, brought, folder), tmp_path):
        require_same(held(workspace), before)
    again = tmp_path / "again"
    again.mkdir()
    read_brought(workspace, brought, again)
    assert np.array_equal(
        workspace.open_model("mine").model.centre_vectors, model_of(workspace).centre_vectors
    )


def test_a_killed_opening_of_a_pack_is_said_and_works_again(
    harmed: Workspace, tmp_path: Path
) -> None:
    full = harmed
    path = tmp_path / "lee.zip"
    pack(full, "lee", path)
    there = Workspace(tmp_path / "there", tmp_path / "no samples")
    for _ in kill_twice(lambda folder: unpack_aside(there, path, folder), tmp_path):
        held(there)  # whatever is there is whole
    again = tmp_path / "again"
    again.mkdir()
    assert unpack_aside(there, path, again).name == "lee"
    whole = held(full)  # of which a pack leaves out what is quickly counted again
    runs = {name: v for name, v in whole["store"].items() if not name.startswith("pairs-")}
    assert runs
    require_same(held(there), {**whole, "store": runs})


def test_a_server_that_is_killed_loses_no_job(tmp_path: Path) -> None:
    """The job's process is its own: whoever opens the home next finds it at work or done."""
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from clif_core.workspace.jobs import Jobs;"
        "Jobs(Path(sys.argv[1])).submit('count', {'to': 20, 'seconds': 0.05});"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (job,) = Jobs(tmp_path).all()
    assert job.state in ("waiting", "running")
    assert Jobs(tmp_path).wait(job.key, 300) == {"counted": 20}


def kill_twice(work: Callable[[Path], object], tmp_path: Path) -> Iterator[None]:
    """Start work that waits for a process of its own, kill that, and yield when it said so."""
    for number in range(2):
        folder = tmp_path / f"staging{number}"
        folder.mkdir()
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(work, folder)
            jobs = Jobs(folder / "job")
            while not (found := jobs.all()):
                time.sleep(0.02)
            assert kill_at(jobs, found[0].key, 0.005 * number)  # once it has begun
            with pytest.raises(ClifError, match="Stopped: the process ended"):
                working.result(LONG)
        yield


def kill_at(jobs: Jobs, key: str, share: float) -> bool:
    """Kill the job's process once it reports so much; False where it was done before."""
    deadline = time.monotonic() + LONG
    while (status := jobs.status(key)).state == "waiting" or status.fraction < share:
        assert time.monotonic() < deadline, status
        if status.is_finished:
            break
        time.sleep(0.01)
    if status.is_finished:
        assert status.state == "done", status
        return False
    pid = int(json.loads((jobs.root / key / "process.json").read_text())["pid"])
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    while not jobs.status(key).is_finished:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return jobs.status(key).state == "failed"


def finish(workspace: Workspace, key: str) -> None:
    """Wait for a job, and for those that it asked for."""
    workspace.jobs.wait(key, LONG)
    for job in workspace.jobs.all():
        workspace.jobs.wait(job.key, LONG)


def held(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Every model with its map and every stored answer, each of which must be whole."""
    models: dict[str, Any] = {}
    for entry in workspace.catalogue():
        assert not entry.problem, entry
        bundle = workspace.open_model(entry.name)
        drawn = None if bundle.map is None else bundle.map.to_numpy().tobytes()
        models[entry.name] = (bundle.model.content_hash, drawn)
        assert workspace.open_corpus(bundle.model) is not None
    store: dict[str, Any] = {}
    for path in workspace.store.root.glob("[!.]*"):
        is_arrays = path.suffix == ".safetensors"
        get = workspace.store.get_arrays if is_arrays else workspace.store.get_json
        store[path.name] = get(path.stem)
        assert store[path.name] is not None, path
    return {"models": models, "store": store}


def require_same(found: dict[str, dict[str, Any]], expected: dict[str, dict[str, Any]]) -> None:
    assert found["models"] == expected["models"]
    assert found["store"].keys() == expected["store"].keys()
    for key, value in expected["store"].items():
        if key.endswith(".safetensors"):
            for name, array in value.items():
                there = found["store"][key][name]
                if name == "scale_value_seconds":  # how long a run took is its own
                    there, array = there[:2], array[:2]
                np.testing.assert_array_equal(there, array, err_msg=key)


_TIMES = {"seconds", "date", "n_computed", "retrainings", "home", "made", "took"}


def plain(workspace: Workspace, value: Any) -> Any:
    """A result without what differs from one run to another: times, and keys of jobs in a home."""
    if isinstance(value, dict):
        return {k: plain(workspace, v) for k, v in value.items() if k not in _TIMES}
    if isinstance(value, list | tuple):
        return [plain(workspace, item) for item in value]
    return value
