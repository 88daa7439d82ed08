"""The job that reads a user's files into a model (kind ``import``).

Reading takes the interpreter for itself for as long as the files are large: in a process of its own
it keeps nobody waiting but the one who asked. Each reading has a folder and a queue of its own, so
that it does not wait behind trainings, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from clif_core.errors import InputError
from clif_core.progress import Progress, scaled
from clif_core.sgns.vector_files import MAX_BYTES as MAX_VECTOR_BYTES
from clif_core.sgns.vector_files import open_vectors
from clif_core.storage.gzipped import MAX_TEXT_BYTES
from clif_core.text.corpus import Corpus
from clif_core.text.readers import TextOptions, read_neutrality, read_own_text, read_plots
from clif_core.text.readers.neutrality import SIDES
from clif_core.text.token_rule import TokenRule
from clif_core.workspace.completing import complete_model
from clif_core.workspace.import_work import ImportWork, import_work
from clif_core.workspace.importing import import_model
from clif_core.workspace.jobs import Jobs
from clif_core.workspace.rates import Expected
from clif_core.workspace.workspace import Workspace

__all__ = [
    "Brought",
    "expect_reading",
    "read_aside",
    "read_brought",
    "read_brought_text",
    "work_import",
]

_POLL_SECONDS = 0.2
_FILMS = ".tsv"
_SAVING = 0.95  # of the work is done when the model is saved
_PATHS = ("vectors", "words", "counts", "context")


@dataclass(frozen=True)
class Brought:
    """What a person gives: files by the names they know, how the text is written, the settings.

    ``written``: own (told by looking, or as ``options`` say), plots, or a side of the Neutrality
    Corpus. ``is_added``: the files complete the model of that name; else they are a new one.
    ``limit`` to ``inside`` are those of ``open_vectors``, ``are_settings_assumed`` is that of
    ``import_model``.
    """

    name: str
    title: str = ""
    licence: str = ""
    vectors: Path | None = None
    words: Path | None = None
    limit: int | None = None
    is_strict: bool = False
    words_encoding: str = "utf-8"
    inside: str = ""
    counts: Path | None = None
    context: Path | None = None
    texts: Mapping[str, Path] = field(default_factory=dict)
    written: str = "own"
    options: TextOptions = field(default_factory=TextOptions)
    rule: TokenRule | None = None
    settings: Mapping[str, Any] | None = None
    are_settings_assumed: bool = False
    is_added: bool = False

    @property
    def work(self) -> ImportWork:
        return import_work((self.vectors, self.context), self.texts.values())


def read_brought_text(
    workspace: Workspace, brought: Brought, folder: Path, progress: Progress | None = None
) -> str:
    """Read the text alone, in another process, and keep it; its content hash."""
    return str(read_brought(workspace, brought, folder, progress)["corpus_hash"])


def expect_reading(workspace: Workspace, brought: Brought) -> Expected:
    """What ``read_brought`` will take."""
    return workspace.rates.expect(brought.work.work)


def read_brought(
    workspace: Workspace, brought: Brought, folder: Path, progress: Progress | None = None
) -> Mapping[str, Any]:
    """Read the files in another process and save the model; as ``read_aside``.

    A text without vectors is kept, for a model to be trained on it.
    """
    request = {
        "home": str(workspace.home.absolute()),
        "max_bytes": workspace.max_bytes,
        **asdict(brought),
        **{name: str(getattr(brought, name) or "") for name in _PATHS},
        "share_of_vectors": brought.work.share_of_vectors,
        "rule": None if brought.rule is None else brought.rule.to_dict(),
        "texts": {name: str(path) for name, path in brought.texts.items()},
    }
    with workspace.rates.timing(brought.work.work):
        return read_aside("import", request, folder, progress)


def read_aside(
    kind: str, request: Mapping[str, Any], folder: Path, progress: Progress | None = None
) -> Mapping[str, Any]:
    """The result of a job on files of a person, done in another process; waits for it.

    ``folder``: of ``temporary_folder``. The process ends with the waiting, whatever ends that.
    Raises JobError with what is wrong with the files.
    """
    jobs = Jobs(folder / "job")
    key = jobs.submit(kind, request)
    try:
        while True:
            try:
                return jobs.wait(key, timeout=_POLL_SECONDS)
            except TimeoutError:
                status = jobs.status(key)
                if progress is not None:
                    progress(status.fraction, status.message)
    finally:
        jobs.end()


def work_import(request: Mapping[str, Any], folder: Path, progress: Progress) -> Mapping[str, Any]:
    """Read the files of a request, as ``read_brought`` writes it, and save the model."""
    workspace = Workspace(Path(request["home"]), max_bytes=request["max_bytes"])
    if not request["vectors"] and not request["is_added"]:
        return _keep_text(request, workspace, progress)
    share = _SAVING * request["share_of_vectors"]
    progress(0.01, "reading the vectors")
    name, words = request["name"], _path(request["words"])
    limit = MAX_VECTOR_BYTES if _is_strangers(request) else None
    bounds: dict[str, Any] = {
        "is_strict": request["is_strict"],
        "encoding": request["words_encoding"],
        "max_bytes": limit,
    }
    context = _path(request["context"])
    other = None if context is None else open_vectors(context, words, **bounds)
    text = _read_text(request)
    further = scaled(progress, share, _SAVING)
    if request["is_added"]:
        bundle = workspace.open_model(name)
        known = workspace.open_corpus(bundle.model)
        assumed = request["are_settings_assumed"]
        bundle, corpus = complete_model(
            bundle, other, request["settings"], text, known, assumed, further, workspace.keep_pairs
        )
    else:
        vectors = open_vectors(
            Path(request["vectors"]), words, request["limit"], inside=request["inside"], **bounds
        )
        bundle, corpus = import_model(
            name,
            vectors,
            other,
            counts_path=_path(request["counts"]),
            settings=request["settings"],
            title=request["title"],
            licence=request["licence"],
            are_settings_assumed=request["are_settings_assumed"],
            progress=further,
            keep=workspace.keep_pairs,
            **text,
        )
    progress(_SAVING, "saving the model")
    workspace.keep_model(bundle, corpus)
    return {"model": name}


def _keep_text(
    request: Mapping[str, Any], workspace: Workspace, progress: Progress
) -> Mapping[str, Any]:
    text = _read_text(request)
    if "corpus" in text:
        corpus: Corpus = text["corpus"]
    else:
        given, limit = text["corpus_path"], text["max_text_bytes"]
        corpus = read_own_text(
            given, request["name"], limit, text["options"], text["rule"], progress=progress
        )
    workspace.require_room()
    workspace.keep_corpus(corpus)
    return {"corpus_hash": corpus.content_hash}


def _path(name: str) -> Path | None:
    return Path(name) if name else None


def _is_strangers(request: Mapping[str, Any]) -> bool:
    """Whether the files are of a visitor of a shared server, who has a room of some bytes there."""
    return request["max_bytes"] is not None


def _read_text(request: Mapping[str, Any]) -> dict[str, Any]:
    """The text as ``import_model`` takes it: files with options, or a corpus; nothing for none."""
    files = {name: Path(path) for name, path in request["texts"].items()}
    if not files:
        return {}
    if request["written"] == "own":
        rule = None if request["rule"] is None else TokenRule.from_dict(request["rule"])
        limit = MAX_TEXT_BYTES if _is_strangers(request) else None
        options = TextOptions(**request["options"])
        return {"corpus_path": files, "options": options, "rule": rule, "max_text_bytes": limit}
    films = [name for name in files if _FILMS in name.lower()]
    lists = films if request["written"] == "plots" and len(files) == 2 else []
    rest = [path for name, path in files.items() if name not in lists]
    if len(rest) != 1 or len(lists) > 1:
        raise InputError(
            "this format takes one file of text; only film plots take a second one,"
            " movie.metadata.tsv."
        )
    for name in lists:  # where read_plots looks for it
        files[name].rename(rest[0].with_name("movie.metadata.tsv"))
    if request["written"] == "plots":
        return {"corpus": read_plots(rest[0])}
    for side in SIDES:
        if request["written"] == f"neutrality-{side}":
            return {"corpus": read_neutrality(rest[0], side)}
    raise InputError(f"unknown way of writing {request['written']!r:.80}.")
