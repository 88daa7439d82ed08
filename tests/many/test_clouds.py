"""The same map on Ray, and by storage that speaks S3 or GCS: the bits of serial, also after a kill.

``make clouds`` runs them in an environment of their own; they are skipped elsewhere.
"""

from __future__ import annotations

import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from clif_core.errors import CapabilityError, InputError
from clif_core.influence import gathering
from clif_core.many import run_each
from tests.many import dying_runs, workers
from tests.many.running import ROOT, START_SECONDS, check_against_serial, dask_cluster, ended
from tests.many.test_mapping import NUMBERS, tasks

NEEDED = ("distributed", "gcp_storage_emulator", "gcsfs", "moto", "ray", "s3fs")
if not all(map(find_spec, NEEDED)):  # not imported: Ray reads its settings then
    pytest.skip("make clouds runs these tests", allow_module_level=True)
SETTING = "CLIF_CLUSTER_FOLDER"
BUCKETS = {"s3": "s3://texts", "gcs": "gs://texts"}


def opened(url: str) -> tuple[Any, str]:
    """The file system of a URL, as it is now, and the path in it."""
    from fsspec.core import url_to_fs

    storage, path = url_to_fs(url)
    storage.invalidate_cache()
    return storage, path


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def started(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
    )


def wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def settings(marks: Path) -> Iterator[pytest.MonkeyPatch]:
    """What the programs of this file find in the environment, workers and their clients alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(dying_runs.MARK, str(marks / "kill"))
        yield patch


@pytest.fixture(scope="module")
def buckets(settings: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty bucket of S3 and one of GCS, in the memory of a process each."""
    s3, gcs = free_port(), free_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3}",
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{gcs}",
    }.items():
        settings.setenv(name, value)
    options = ("--host=127.0.0.1", f"--port={gcs}", "--in-memory", "--default-bucket=texts")
    with ended(
        started("moto_server", "-H", "127.0.0.1", "-p", str(s3)),
        started("gcp-storage-emulator", "start", *options),
    ):
        wait_for(s3)
        wait_for(gcs)
        opened("s3://texts")[0].mkdir("texts")
        yield


@contextmanager
def ray_cluster(settings: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a head node with two cores, for clients that know its token."""
    settings.setenv("RAY_AUTH_MODE", "token")
    settings.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        head = started(
            *("ray", "start", "--head", "--block", "--num-cpus", "2", "--temp-dir", folder),
            *("--port", str(free_port()), "--ray-client-server-port", str(port)),
            *("--include-dashboard", "false", "--disable-usage-stats"),
        )
        with ended(head):
            wait_for(port)
            yield f"ray://127.0.0.1:{port}"


@pytest.fixture(scope="module", params=["dask", "ray"])
def address(
    request: Any, settings: pytest.MonkeyPatch, buckets: None, tmp_path_factory: Any
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cluster")
    with ray_cluster(settings) if request.param == "ray" else dask_cluster(folder, {}) as address:
        yield address


@pytest.fixture(params=["folder", *BUCKETS])
def place(request: Any, address: str, monkeypatch: Any, tmp_path: Path) -> Iterator[str]:
    """Where what all tasks share lies on the way to the cluster; empty before and after."""
    place = BUCKETS.get(request.param) or str(tmp_path / "everywhere")
    monkeypatch.setenv("CLIF_SCHEDULER", address)
    monkeypatch.setenv(SETTING, place)
    yield place
    storage, path = opened(place)
    assert storage.find(path) == []


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_ensemble_equals_serial_to_the_bit(
    is_killed, engine, probes, serial, place, marks, monkeypatch
):
    if is_killed:
        monkeypatch.setattr(gathering, "differentiate_run", dying_runs.differentiate_and_die_once)
        (marks / "kill").touch()
    check_against_serial(engine, probes, serial, 3, marks / "kill")


def test_a_fault_names_its_task(place):
    with pytest.raises(InputError, match=r"^sum 2 of 4 \(seed 1\): the number is not liked\.$"):
        run_each(workers.fail_at, 1, tasks(4), lambda at, found: None)
    with pytest.raises(ZeroDivisionError) as crash:
        run_each(workers.crash_at, 0, tasks(4), lambda at, found: None)
    assert crash.value.__notes__ == ["This happened in sum 1 of 4 (seed 0)."]


@pytest.mark.parametrize("address", ["ray"], indirect=True)
def test_a_task_that_loses_every_worker_is_given_up(address, monkeypatch):
    monkeypatch.setenv("CLIF_SCHEDULER", address)
    with pytest.raises(CapabilityError, match=r"ended without a word, again and again"):
        run_each(workers.die, None, tasks(2), lambda at, found: None)


@pytest.mark.parametrize("address", ["ray"], indirect=True)
def test_a_stop_ends_the_tasks_on_ray(address, monkeypatch, tmp_path):
    monkeypatch.setenv("CLIF_SCHEDULER", address)

    def numbers() -> list[int]:
        return [int(file.read_text() or 0) for file in tmp_path.glob("*.pid")]

    def stop(fraction: float, message: str) -> None:
        if len([number for number in numbers() if number]) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_each(workers.wait, tmp_path, tasks(2), lambda at, found: None, progress=stop)
    deadline = time.monotonic() + 60  # a task takes 600 s
    while any(map(psutil.pid_exists, numbers())):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("kind", BUCKETS)
def test_a_bucket_that_is_missing_is_named_and_not_made(kind, address, monkeypatch):
    monkeypatch.setenv("CLIF_SCHEDULER", address)
    missing = BUCKETS[kind].replace("texts", "tests")
    monkeypatch.setenv(SETTING, f"{missing}/folder")
    with pytest.raises(CapabilityError, match=f"{SETTING}={missing}/folder cannot be used"):
        run_each(workers.add_up, NUMBERS, tasks(2), lambda at, found: None)
    storage, path = opened(missing)
    assert not storage.exists(path)
