"""Writes the pack of a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from clif_core.errors import FormatError
from clif_core.sgns.bundle import Bundle
from clif_core.text.corpus import Corpus
from clif_core.text.corpus_files import CORPUS_FILES
from clif_core.text.fetch import SAMPLES
from clif_core.workspace.names import text_path, tried_path
from clif_core.workspace.packs.answers import Answers
from clif_core.workspace.packs.archive import write_pack
from clif_core.workspace.packs.findings import findings_of
from clif_core.workspace.workspace import Workspace

__all__ = ["Packed", "pack"]

Files = dict[str, Path | bytes]  # by their names in the pack


@dataclass(frozen=True)
class Packed:
    """What a pack holds besides its model; ``notes``: what was left out and why, for people."""

    path: Path
    has_text: bool
    n_probes: int
    n_answers: int
    n_jobs: int
    notes: tuple[str, ...]


def pack(workspace: Workspace, name: str, path: Path) -> Packed:
    """Write a model, its text and everything found out about it as one file (``unpack``).

    Held are the bundle, the text, the probes tried, the answers in the cache and the results of
    finished retrainings and fine-tunings. The text of a sample is never packed: its licence may not
    allow it. Equal content gives equal bytes; a file at ``path`` is replaced. Raises InputError for
    an unknown model, FormatError for a damaged one, StorageError where the disk is full.
    """
    path, bundle = Path(path), workspace.open_model(name)
    model, notes = bundle.model, []
    corpus = workspace.open_corpus(model)  # which verifies it
    sample = _sample_of(workspace, corpus, model.corpus_hash)
    text: Files = {}
    if corpus is not None and sample is None:
        folder = text_path(workspace.home, corpus.content_hash)
        text = {f"text/{file}": folder / file for file in CORPUS_FILES}
    if sample is not None:
        notes.append(
            f"The text is that of the sample {sample!r}. It is not in the pack, because its licence"
            f" may not allow that; 'clif fetch {sample}' fetches it on any machine."
        )
    elif corpus is None and model.corpus_hash is not None:
        notes.append("The text of the model is not here, so neither it nor answers are packed.")
    answers: Files = {}
    keys: list[str] = []
    if corpus is not None and model.settings is not None:
        keys = list(Answers(workspace.store, model, corpus).keys())
        answers = {f"cache/{p.name}": p for key in keys for p in workspace.store.paths(key)}
    tried = workspace.probes_tried(model)
    if tried.problem:
        notes.append(f"The list of probes tried is left out. {tried.problem}")
    listed: Files = {}
    if tried.entries:
        listed["tried.json"] = tried_path(workspace.home, model.content_hash)
    findings = findings_of(workspace, model.content_hash)
    jobs: Files = {f"jobs/{key}.json": content for key, content in findings}
    about = {
        "model": name,
        "content_hash": model.content_hash,
        "corpus_hash": model.corpus_hash,
        "sample": sample,
    }
    write_pack(path, about, _of_bundle(bundle) | text | answers | listed | jobs)
    return Packed(path, bool(text), len(tried.entries), len(keys), len(jobs), tuple(notes))


def _of_bundle(bundle: Bundle) -> Files:
    folder = bundle.path
    if folder is None:
        raise FormatError(f"model {bundle.model.name!r} is in no folder; save it first.")
    names = ("card.json", *bundle.card["files"])
    return {f"model/{name}": folder / name for name in names if (folder / name).is_file()}


def _sample_of(workspace: Workspace, corpus: Corpus | None, corpus_hash: str | None) -> str | None:
    """The name of the sample whose text a text is; None for a text of the user's own."""
    if corpus_hash is None:
        return None
    for entry in workspace.catalogue():
        if entry.kind == "sample" and entry.card.get("corpus_hash") == corpus_hash:
            return entry.name
    if corpus is None or corpus.name not in SAMPLES:
        return None
    package = re.split("==|@", SAMPLES[corpus.name].requirement)[0]
    return corpus.name if package in str(corpus.about.get("source", "")) else None
