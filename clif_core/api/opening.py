"""Getting a model and a probe: by name, from files, or by training on a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from clif_core.api.model import Model
from clif_core.errors import InputError
from clif_core.probes import Probe, catalogue, from_dict, open_probe
from clif_core.progress import Progress
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.settings import SMOOTH_START, TrainingSettings
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.readers.own import read_own_text
from clif_core.training import fastest_backend
from clif_core.workspace.importing import import_model
from clif_core.workspace.names import check_model_name
from clif_core.workspace.workspace import Workspace

__all__ = ["fetch", "list_models", "list_probes", "load", "open", "probe", "train"]

Text = str | Path | Sequence[str] | Corpus


def list_models(home: Path | str | None = None) -> pd.DataFrame:
    """The models that ``load`` can open: ``name``, ``title``, ``kind``, ``has_text``, ``problem``.

    ``home``: the workspace folder; None takes $CLIF_HOME, or the user's data folder.
    """
    rows = [
        (entry.name, entry.title, entry.kind, entry.has_corpus, entry.problem)
        for entry in _workspace(home).catalogue()
    ]
    return pd.DataFrame(rows, columns=["name", "title", "kind", "has_text", "problem"])


def load(name: str, home: Path | str | None = None) -> Model:
    """A sample model ("shakespeare", "brown") or one of the user's own, by name.

    Raises InputError for an unknown name, FormatError for a damaged model.
    """
    workspace = _workspace(home)
    return Model(workspace.open_model(name), workspace)


def fetch(name: str, home: Path | str | None = None, progress: Progress | None = None) -> None:
    """Fetch the training text of a sample model, unless it is here already.

    ``Model.influence`` does so itself when it needs the text. Raises FetchError.
    """
    _workspace(home).add_sample_text(name, progress)


def open(
    vectors: Path | str,
    *,
    text: Text | None = None,
    context_vectors: Path | str | None = None,
    counts: Path | str | None = None,
    name: str = "opened",
    home: Path | str | None = None,
    **settings: Any,
) -> Model:
    """A model from the user's own files.

    Parameters
    ----------
    vectors, context_vectors : files of any format that ``open_vectors`` reads. Where text and
        settings are there, context vectors that are missing are fitted to the text
    text : the training text: a file, a folder, a list of documents, or a Corpus
    counts : a file of "word count" lines; without it, counts come from the text
    settings : how the model was trained, by the names of ``TrainingSettings`` (``window=5``,
        ``n_negatives=5``, ``subsampling_threshold=1e-3``, ...). Influence needs them

    Nothing is kept; ``Model.keep`` does that. Raises FormatError or InputError.
    """
    corpus = None if text is None else _read(text, name)
    bundle, _ = import_model(
        name,
        Path(vectors),
        None if context_vectors is None else Path(context_vectors),
        counts_path=None if counts is None else Path(counts),
        settings=settings or None,
        corpus=corpus,
    )
    return Model(bundle, _workspace(home), corpus)


def train(
    text: Text,
    *,
    name: str = "trained",
    home: Path | str | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Model:
    """A model trained on a text by the fastest trainer whose runs can be repeated exactly.

    ``text``: a file, a folder, a list of documents, or a Corpus. ``settings`` as in
    ``TrainingSettings`` (``dim=64``, ``window=5``, ``epochs=10``, ``seed=1``, ...); the
    others have the defaults of ``clif train``. Nothing is kept; ``Model.keep`` does that.
    """
    corpus = _read(text, check_model_name(name))
    workspace = _workspace(home)
    chosen = TrainingSettings.from_dict(
        {"backend": fastest_backend(), "start_range": SMOOTH_START, **settings}
    )
    model = replace(workspace.train(corpus, chosen, progress), name=name)
    card = {"title": name, "corpus": corpus.card}
    return Model(Bundle(model, card), workspace, corpus)


def probe(question: str | Path | Mapping[str, Any]) -> Probe:
    """A probe: the name of a shipped one ("weat_6"), a file, or a description as a dict.

    Files: a probe (JSON), a WEFE query, a table of word sets (CSV, TSV or text).
    """
    if isinstance(question, Mapping):
        return from_dict(question)
    return open_probe(question)


def list_probes() -> pd.DataFrame:
    """The shipped probes: ``name``, ``title``, ``kind``, ``n_words``, ``language``, ``source``."""
    rows = [
        (
            e.probe.name,
            e.title,
            e.probe.kind,
            len(e.probe.words),
            e.source.language,
            e.source.citation,
        )
        for e in catalogue()
    ]
    columns = ["name", "title", "kind", "n_words", "language", "source"]
    return pd.DataFrame(rows, columns=columns)


def _workspace(home: Path | str | None) -> Workspace:
    return Workspace(None if home is None else Path(home))


def _read(text: Text, name: str) -> Corpus:
    if isinstance(text, Corpus):
        return text
    if isinstance(text, str | Path):
        path = Path(text)
        if not path.exists():
            raise InputError(
                f"there is no file or folder {str(path)[:80]!r}. To give a text itself, pass a list"
                " of documents: [text]."
            )
        return read_own_text(path, name)
    documents = (SourceDocument(f"Document {at + 1}", body) for at, body in enumerate(text))
    return build_corpus(name, documents, {"title": name})
