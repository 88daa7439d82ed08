"""Opens a pack: verified, built aside, checked as a stranger's, then moved into the workspace."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clif_core.errors import FormatError, InputError
from clif_core.measurement.probes_tried import ProbesTried
from clif_core.sgns.bundle import BUNDLE_FILES, Bundle, load_bundle
from clif_core.storage.files import replace_directory, sync_file
from clif_core.storage.store import Store
from clif_core.storage.write_errors import explain_write_errors
from clif_core.text.corpus import Corpus
from clif_core.text.corpus_files import CORPUS_FILES, load_corpus
from clif_core.workspace import probes_tried
from clif_core.workspace.names import (
    check_model_name,
    corpus_path,
    model_path,
    shared_home,
    text_path,
)
from clif_core.workspace.packs.answers import Answers
from clif_core.workspace.packs.archive import Pack, open_pack
from clif_core.workspace.packs.findings import Finding, keep_finding, read_finding
from clif_core.workspace.packs.tables import require_bounded
from clif_core.workspace.workspace import Workspace

__all__ = ["Unpacked", "unpack"]

# Of finished jobs in a pack: a report reads all of them. A visitor's lie in everyone's queue.
_MOST_JOBS, _MOST_JOB_BYTES = 2_000, 200_000_000
_MOST_JOBS_OF_VISITOR, _MOST_JOB_BYTES_OF_VISITOR = 100, 10_000_000


@dataclass(frozen=True)
class Unpacked:
    """What was taken from a pack; what was here already does not count.

    ``name``: of the model here. ``has_text``: whether its text is here now. ``notes``: what is
    missing and the next step, for people.
    """

    name: str
    is_new: bool
    has_text: bool
    n_probes: int
    n_answers: int
    n_jobs: int
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Staged:
    """The content of a pack in a folder aside, read and found sound."""

    folder: Path
    bundle: Bundle
    corpus: Corpus | None  # of the pack, else of the workspace
    keys: tuple[str, ...]  # of answers
    tried: ProbesTried
    findings: tuple[Finding, ...]


def unpack(
    workspace: Workspace, path: Path, name: str | None = None, *, is_replaced: bool = False
) -> Unpacked:
    """Take a model, its text and what was found out about it from a pack (``pack``).

    ``name``: of the model here, None for the one that it had. A model of that name with the same
    content stays as it is, and what is missing of the rest is added, so that nothing is done twice;
    one with other content is replaced only where ``is_replaced``. Every checksum is compared before
    anything is written. Raises FormatError for a pack that is none or damaged, InputError for a
    name that cannot be given, StorageError where there is no room.
    """
    with open_pack(Path(path)) as pack:
        given = pack.about.get("model") if name is None else name
        name = check_model_name(given)  # type: ignore[arg-type]  # which refuses any other type
        _require_few_jobs(workspace, pack)
        workspace.require_room(_n_bytes(pack, ("model/", "text/")))
        with _staged(workspace, pack) as staged:
            is_new = _may_write_model(workspace, staged.bundle, name, is_replaced)
            return _move(workspace, pack, staged, name, is_new)


def _n_bytes(pack: Pack, parts: tuple[str, ...]) -> int:
    return sum(f["size"] for f in pack.about["files"] if f["name"].startswith(parts))


def _require_few_jobs(workspace: Workspace, pack: Pack) -> None:
    """Raise FormatError where a pack brings more finished jobs than this workspace takes."""
    most, most_bytes = _MOST_JOBS, _MOST_JOB_BYTES
    if not _is_of_one(workspace):
        most, most_bytes = _MOST_JOBS_OF_VISITOR, _MOST_JOB_BYTES_OF_VISITOR
    n, n_bytes = sum(n.startswith("jobs/") for n in pack.names), _n_bytes(pack, ("jobs/",))
    if n > most or n_bytes > most_bytes:
        raise FormatError(
            f"the pack brings {n:,} finished jobs of {n_bytes / 1e6:,.1f} MB; at most {most:,} of"
            f" {most_bytes / 1e6:,.0f} MB together are taken here. Pack fewer: 'clif clean' removes"
            " old ones. Nothing was changed."
        )


# --- aside


@contextmanager
def _staged(workspace: Workspace, pack: Pack) -> Iterator[_Staged]:
    """The pack in a folder aside, which ``Workspace.clean`` removes where a kill leaves it."""
    parent = workspace.home / "models"
    with explain_write_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=".", suffix=".part"))
    try:
        with explain_write_errors(folder):
            for name in ("model", "text", "cache", "jobs"):
                (folder / name).mkdir()
            for name in pack.names:
                pack.extract(name, folder / name)
        yield _read(workspace, pack, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read(workspace: Workspace, pack: Pack, folder: Path) -> _Staged:
    """Everything in the folder, read; FormatError where something is not sound."""
    for table in (*folder.glob("model/*.parquet"), *folder.glob("text/*.parquet")):
        require_bounded(table)
    bundle = load_bundle(folder / "model")
    model = bundle.model
    if model.content_hash != pack.about.get("content_hash"):
        raise FormatError("the model in the pack is not the one that its manifest names.")
    if any(name.startswith("text/") for name in pack.names):
        corpus: Corpus | None = load_corpus(folder / "text")
        if corpus is None or corpus.content_hash != model.corpus_hash:
            raise FormatError("the text in the pack is not the one that its model was trained on.")
    else:
        corpus = workspace.open_corpus(model)
    keys: tuple[str, ...] = ()
    if corpus is not None and model.settings is not None and _is_of_one(workspace):
        keys = tuple(Answers(Store(folder / "cache"), model, corpus).keys())
    tried = ProbesTried()
    if "tried.json" in pack.names:
        tried = probes_tried.read_file(folder / "tried.json")
        if tried.problem:
            raise FormatError(f"tried.json in the pack: {tried.problem}")
    files = sorted((folder / "jobs").iterdir())
    findings = tuple(read_finding(file, model.content_hash) for file in files)
    return _Staged(folder, bundle, corpus, keys, tried, findings)


def _is_of_one(workspace: Workspace) -> bool:
    """Whether cache and queue are this user's alone.

    That an answer is right cannot be checked without computing it, so a visitor of a shared server
    does not bring answers for the others.
    """
    return workspace.home == shared_home(workspace.home)


# --- into the workspace


def _may_write_model(workspace: Workspace, bundle: Bundle, name: str, is_replaced: bool) -> bool:
    """Whether the model is to be written; False where it is here. InputError where it may not."""
    known = next((e for e in workspace.catalogue() if e.name == name), None)
    if known is None:
        if os.path.lexists(model_path(workspace.home, name)):
            raise InputError(
                f"a folder named {name!r} is there and holds no model; give another name (--name)."
            )
        return True
    is_same = False
    if not known.problem:
        try:
            here = workspace.open_model(name).model
            is_same = here.content_hash == bundle.model.content_hash
        except FormatError:  # damaged
            is_same = False
    if is_same:
        return False
    if known.kind == "sample":
        raise InputError(
            f"{name!r} is the name of another model, a sample; give another name (--name)."
        )
    if not is_replaced:
        raise InputError(
            f"there is another model {name!r}; give another name (--name), or replace it"
            " (--overwrite)."
        )
    return True


def _move(workspace: Workspace, pack: Pack, staged: _Staged, name: str, is_new: bool) -> Unpacked:
    """Move everything to its place, the model last: a kill before leaves nothing that is wrong."""
    model, folder = staged.bundle.model, staged.folder
    corpus_hash = model.corpus_hash
    has_packed_text = (folder / "text" / "corpus.json").is_file()
    if has_packed_text and corpus_hash and not text_path(workspace.home, corpus_hash).is_dir():
        _move_folder(folder / "text", corpus_path(workspace.home, corpus_hash), CORPUS_FILES)
    n_answers = sum(_move_answer(workspace, folder / "cache", key) for key in staged.keys)
    before = len(workspace.probes_tried(model).entries)
    tried = probes_tried.add(workspace.home, model.content_hash, staged.tried)
    n_jobs = sum(keep_finding(workspace, finding, name) for finding in staged.findings)
    if is_new:
        _move_folder(folder / "model", model_path(workspace.home, name), BUNDLE_FILES)
    return Unpacked(
        name,
        is_new,
        staged.corpus is not None,
        max(len(tried.entries) - before, 0),
        n_answers,
        n_jobs,
        tuple(_notes(workspace, pack, staged)),
    )


def _move_folder(source: Path, target: Path, own: frozenset[str]) -> None:
    with replace_directory(target, own) as folder:
        for file in source.iterdir():
            file.replace(folder / file.name)


def _move_answer(workspace: Workspace, folder: Path, key: str) -> bool:
    """Move what the store lacks of an answer; whether it lacked anything."""
    store, is_missing = workspace.store, False
    with explain_write_errors(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
        for file in Store(folder).paths(key):
            target = store.root / file.name
            if not target.exists():
                sync_file(file)
                file.replace(target)
                is_missing = True
    return is_missing


def _notes(workspace: Workspace, pack: Pack, staged: _Staged) -> Iterator[str]:
    n_packed = len({Path(n).stem for n in pack.names if n.startswith("cache/")})
    n_left = n_packed - len(staged.keys)
    sample = pack.about.get("sample")
    if staged.corpus is None and staged.bundle.model.corpus_hash is not None:
        yield (
            f"The text is not in the pack. Fetch it with 'clif fetch {sample}', then unpack again"
            " for the answers about it."
            if isinstance(sample, str) and sample.isalnum()
            else "The text is not in the pack, so there are no sentences to attribute to."
        )
    elif n_left and not _is_of_one(workspace):
        yield f"{n_left:,} stored answers were left out: this server's cache is everyone's."
    elif n_left:
        yield (
            f"{n_left:,} stored answers were left out: they are damaged, or of another version or"
            " trainer. Asked again, they are computed."
        )
