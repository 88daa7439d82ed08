"""The job that opens a pack (kind ``unpack``): the page reads it in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clif_core.progress import Progress
from clif_core.workspace.bring import read_aside
from clif_core.workspace.packs.unpacking import Unpacked, unpack
from clif_core.workspace.workspace import Workspace

__all__ = ["unpack_aside", "work_unpack"]


def unpack_aside(
    workspace: Workspace,
    path: Path,
    folder: Path,
    name: str | None = None,
    progress: Progress | None = None,
) -> Unpacked:
    """``unpack`` in another process, which ends with the waiting. Raises JobError in its words.

    ``folder``: of ``temporary_folder``.
    """
    request = {
        "home": str(workspace.home.absolute()),
        "samples": str(workspace.sample_models.absolute()),
        "max_bytes": workspace.max_bytes,
        "pack": str(path),
        "name": name,
    }
    result = dict(read_aside("unpack", request, folder, progress))
    return Unpacked(**{**result, "notes": tuple(result["notes"])})


def work_unpack(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """Open the pack of a request, as ``unpack_aside`` writes it."""
    home, samples = Path(request["home"]), Path(request["samples"])
    workspace = Workspace(home, samples, max_bytes=request["max_bytes"])
    progress(0.1, "comparing the pack with its checksums")
    return asdict(unpack(workspace, Path(request["pack"]), request["name"]))
