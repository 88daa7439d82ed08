"""The same map on a Dask cluster of two worker processes: the bits of serial, also after a kill."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clif_core.errors import CapabilityError, InputError
from clif_core.evaluation.retrainings import Retrainings
from clif_core.influence import gathering
from clif_core.influence.ensemble import RunsInMemory
from clif_core.interventions.edit import Edit
from clif_core.interventions.retrain import retrain
from clif_core.many import Task, run_each
from clif_core.sgns import counting
from clif_core.storage.store import Store
from clif_core.workspace.tasks.retrained import cached_retraining, retrain_missing
from clif_core.workspace.workspace import Workspace
from tests.many import dying_runs, workers
from tests.many.running import (
    N_RUNS,
    check_against_serial,
    dask_cluster,
    of_first_seeds,
    same_bits,
)
from tests.many.test_mapping import NUMBERS, tasks

pytest.importorskip(
    "distributed", reason="Dask is not installed: pip install 'clif-dashboard[dask]'"
)


@pytest.fixture(scope="module")
def address(marks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = {dying_runs.MARK: str(marks / "kill")}
    with dask_cluster(tmp_path_factory.mktemp("cluster"), settings) as address:
        yield address


@pytest.fixture
def cluster(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CLIF_SCHEDULER", address)
    return address


def test_the_ensemble_of_eight_equals_serial_to_the_bit(engine, probes, serial, cluster):
    found, told = RunsInMemory(), []
    n_run = engine.gather_runs(probes, found, n_runs=N_RUNS, progress=lambda *at: told.append(at))
    assert n_run == N_RUNS
    assert same_bits(found, serial)
    assert told[-1][0] == 1.0
    assert any("trainings done, 2 at work" in message for _, message in told)


def test_an_ensemble_whose_worker_is_killed_midway_equals_serial(
    engine, probes, serial, cluster, marks, monkeypatch
):
    monkeypatch.setattr(gathering, "differentiate_run", dying_runs.differentiate_and_die_once)
    (marks / "kill").touch()
    check_against_serial(engine, probes, serial, 4, marks / "kill")


def test_processes_of_this_machine_give_the_same_bits(engine, probes, serial):
    found = RunsInMemory()
    assert engine.gather_runs(probes, found, n_runs=4, n_processes=2) == 4
    assert same_bits(found, of_first_seeds(serial, 4))


@pytest.mark.parametrize("is_killed", [False, True])
def test_counting_in_shards_equals_serial_to_the_bit(
    is_killed, engine, cluster, marks, monkeypatch
):
    monkeypatch.setattr(counting, "WORTH_A_CLUSTER", 1)
    monkeypatch.setattr(counting, "_SHARD", 3_000)
    n_shards = len(counting._divide(engine.windows.by_word_offsets))
    assert n_shards > 4
    if is_killed:
        monkeypatch.setattr(counting, "count_shard", dying_runs.count_and_die_once)
        (marks / "kill").touch()
    found = engine.windows.expected_pairs()
    assert not (marks / "kill").exists()  # a worker was killed
    for name in ("offsets", "context_words", "weights"):
        expected = getattr(engine.pairs, name)  # counted in threads of this process
        assert getattr(found, name).tobytes() == expected.tobytes()


def test_held_out_retrainings_equal_serial_to_the_bit(cluster, lee_model, lee_corpus, tmp_path):
    edits, seeds = [Edit("documents", (at, at + 9)) for at in (0, 40)], (3_000_003, 3_000_004)
    retrainings = Retrainings(Store(tmp_path), lee_model, lee_corpus)
    noted: list[float] = []
    assert retrainings.train_all(edits, seeds, note=noted.append) == 4
    assert len(noted) == 6 and min(noted) > 0  # with all text as well
    for seed in seeds:
        base = retrain(lee_model, lee_corpus, None, seed).centre_vectors
        np.testing.assert_array_equal(retrainings.base(seed), base)
        for edit in edits:
            after = retrain(lee_model, lee_corpus, edit, seed).centre_vectors
            kept = base + (after - base).astype(np.float16).astype(np.float32)
            np.testing.assert_array_equal(retrainings.kept(edit, seed), kept)


def test_what_if_retrainings_equal_serial_to_the_bit(cluster, lee_model, lee_corpus, tmp_path):
    workspace, edit = Workspace(tmp_path / "home", tmp_path / "none"), Edit("documents", (3, 4))
    wanted = [(None, None), (edit, None), (edit, 7)]
    retrain_missing(workspace, lee_model, lee_corpus, wanted)
    for text, seed in wanted:
        found = cached_retraining(workspace, lee_model, text, seed)
        expected = retrain(lee_model, lee_corpus, text, seed)
        assert found is not None and found.settings == expected.settings
        for name in ("centre_vectors", "context_vectors"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_a_task_whose_worker_is_killed_runs_elsewhere(cluster, tmp_path):
    for at in (0, 3):
        (tmp_path / str(at)).touch()
    found: dict[int, int] = {}
    run_each(workers.die_once, tmp_path, tasks(6), found.__setitem__)
    assert found == {at: at for at in range(6)}


def test_a_fault_on_the_cluster_names_its_task(cluster):
    with pytest.raises(InputError, match=r"^sum 2 of 4 \(seed 1\): the number is not liked\.$"):
        run_each(workers.fail_at, 1, tasks(4), lambda at, found: None)


def test_a_stop_reaches_the_tasks_of_the_cluster(cluster, tmp_path):
    def stop(fraction: float, message: str) -> None:
        if fraction > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_each(workers.wait, tmp_path, tasks(2), lambda at, found: None, progress=stop)
    found: dict[int, tuple[float, int]] = {}
    started = time.monotonic()
    run_each(workers.add_up, NUMBERS, tasks(2), found.__setitem__)
    assert len(found) == 2 and time.monotonic() - started < 500  # a stopped one would take 600 s


@pytest.mark.parametrize("kind", ["folder", "url"])
def test_data_travel_by_the_shared_place(kind, cluster, tmp_path, monkeypatch):
    place = tmp_path / "everywhere"
    place.mkdir()
    monkeypatch.setenv("CLIF_CLUSTER_FOLDER", str(place) if kind == "folder" else f"file://{place}")
    found: dict[int, tuple[float, int]] = {}
    run_each(workers.add_up, NUMBERS, tasks(3), found.__setitem__)
    assert len(found) == 3
    assert list(place.iterdir()) == []  # tidied


def test_the_next_step_is_named_where_no_cluster_or_storage_answers(cluster, monkeypatch):
    one = [Task(at, "one", "one") for at in range(2)]
    monkeypatch.setenv("CLIF_CLUSTER_FOLDER", "nosuch://bucket")
    with pytest.raises(CapabilityError, match="CLIF_CLUSTER_FOLDER=nosuch://bucket cannot be used"):
        run_each(workers.add_up, NUMBERS, one, lambda at, found: None)
    monkeypatch.delenv("CLIF_CLUSTER_FOLDER")
    monkeypatch.setattr("clif_core.many.clusters._WAIT_SECONDS", 1.0)
    monkeypatch.setenv("CLIF_SCHEDULER", "tcp://127.0.0.1:9")
    with pytest.raises(CapabilityError, match=r"CLIF_SCHEDULER=tcp://127\.0\.0\.1:9"):
        run_each(workers.add_up, NUMBERS, one, lambda at, found: None)
