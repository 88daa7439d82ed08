"""What all tasks share, as one file that every worker can open: a folder, or a URL (S3, GCS).

    CLIF_CLUSTER_FOLDER=/mnt/everywhere      a folder that the workers of a cluster see
    CLIF_CLUSTER_FOLDER=s3://bucket/folder   storage that fsspec knows, with its client (s3fs)

On one machine the file lies in a folder of its own and its arrays are memory-mapped, so that many
processes hold them once. A worker that fetches it from elsewhere checks its checksum first: the
file is a pickle, and nothing is unpickled but what this very process wrote.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import joblib
import psutil

from clif_core.errors import CapabilityError
from clif_core.storage.files import checksum_file

__all__ = ["Shared", "put_shared"]

SETTING = "CLIF_CLUSTER_FOLDER"
FILE = "shared.joblib"
PREFIX = "clif-tasks-"


@dataclass(frozen=True)
class Shared:
    """Where the file is, its sha256, and the version of the program that wrote it."""

    url: str
    sha256: str
    version: str

    @property
    def folder(self) -> Path | None:
        """The folder that both sides see; None for a URL."""
        return None if "://" in self.url else Path(self.url).parent

    def open(self) -> Any:
        """What was put; read once a process and kept for its next task.

        Raises CapabilityError in a worker of another version, or one that does not find it whole.
        """
        if self.version != _version():
            raise CapabilityError(
                f"a worker runs version {_version()} of this program, and version {self.version}"
                " asked. Install the same version on every machine of the cluster."
            )
        return _opened(self)


@contextmanager
def put_shared(value: Any, is_for_cluster: bool) -> Iterator[Shared]:
    """Write the value where workers find it; it is removed at the end."""
    root = os.environ.get(SETTING) if is_for_cluster else None
    is_remote = root is not None and "://" in root
    if root is not None and not is_remote:
        Path(root).mkdir(parents=True, exist_ok=True)
    _remove_left()
    with tempfile.TemporaryDirectory(
        prefix=f"{PREFIX}{os.getpid()}-",
        dir=None if is_remote else root,
        ignore_cleanup_errors=True,
    ) as folder:
        file = Path(folder) / FILE
        joblib.dump(value, file)
        sha256 = checksum_file(file)
        if not is_remote:
            yield Shared(str(file), sha256, _version())
            return
        there = f"{str(root).rstrip('/')}/{PREFIX}{uuid4().hex}"
        url = f"{there}/{FILE}"
        try:
            with _reaching(url) as (storage, path):
                # Not its parents: a bucket of a misspelt name would be made, and stay.
                storage.mkdir(path.rpartition("/")[0], create_parents=False)
                storage.put_file(str(file), path)
            yield Shared(url, sha256, _version())
        finally:
            with suppress(CapabilityError), _reaching(there) as (storage, path):
                storage.rm(path, recursive=True)


def _version() -> str:
    return importlib.metadata.version("clif-dashboard")


def _remove_left() -> None:
    """Remove what killed processes of this machine left among its temporary files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


@functools.lru_cache(1)
def _opened(shared: Shared) -> Any:
    if shared.folder is not None:
        file = Path(shared.url)
        if not file.is_file():
            raise CapabilityError(
                f"a worker does not see {file.parent}. Set {SETTING} to a folder or a URL"
                " (s3://..., gs://...) that all workers see, and ask again."
            )
        _require(file, shared)
        return joblib.load(file, mmap_mode="c")  # writable, so that compiled loops fit
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        file = Path(folder) / FILE
        with _reaching(shared.url) as (storage, path):
            storage.get_file(path, str(file))
        _require(file, shared)
        return joblib.load(file)


def _require(file: Path, shared: Shared) -> None:
    if checksum_file(file) != shared.sha256:
        raise CapabilityError(
            f"{shared.url} is not what was put there: it is incomplete, or someone else writes"
            f" there. Nothing of it was read. Ask again, or set {SETTING} to another place."
        )


@contextmanager
def _reaching(url: str) -> Iterator[tuple[Any, str]]:
    """The file system of a URL and the path in it; what fails there is told with the next step."""
    try:
        from fsspec.core import url_to_fs

        storage, path = url_to_fs(url)
        yield storage, str(path)
    except Exception as error:  # every client has errors of its own
        raise CapabilityError(
            f"{SETTING}={url.partition(f'/{PREFIX}')[0]} cannot be used:"
            f" {type(error).__name__}: {error}. On this machine and on every worker its client must"
            " be installed (s3fs for s3://, gcsfs for gs://) and find its credentials, and the"
            " bucket or folder must exist. Or name a folder that all of them see."
        ) from error
