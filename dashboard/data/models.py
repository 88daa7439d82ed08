"""Models, their texts and influence engines, opened once per server.

Two rules hold for all of ``dashboard.data``. Heavy objects (models, corpora, engines, answers) live
in memory once per server, bounded by their bytes (``data.kept``). Results live in ``cache_data``,
keyed by *content hashes*; arrays are passed as ``_arrays``, because Streamlit hashes only a sample
of a large array and would return stale answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from clif_core.errors import CapabilityError, InputError
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.names import text_path
from clif_core.workspace.workspace import CatalogueEntry, Workspace
from dashboard import state
from dashboard.data import visitors
from dashboard.data.kept import by_bytes

if TYPE_CHECKING:
    from clif_core.influence.engine import InfluenceEngine

__all__ = [
    "bundle_named",
    "catalogue",
    "catalogue_entry",
    "corpus_of",
    "engine_of",
    "for_this_visitor",
    "is_imported",
    "model_title",
    "remove_model",
    "select_existing_model",
    "selected_bundle",
    "selected_corpus",
    "selected_engine",
    "workspace",
]

#: The sample of the first screen: its finding was measured to go with its sentences.
FIRST_MODEL = "brown"
_T = TypeVar("_T")
Stamps = tuple[tuple[str, int], ...]


_of_worker: ContextVar[Workspace | None] = ContextVar("workspace of a worker", default=None)


def workspace() -> Workspace:
    """The models, texts and results of this machine's user, or of a shared server's visitor."""
    return _of_worker.get() or _workspace(visitors.home(), visitors.max_bytes())


@st.cache_resource(show_spinner=False, max_entries=1000)
def _workspace(home: Path | None, max_bytes: int | None) -> Workspace:
    return Workspace(home, max_bytes=max_bytes)


def for_this_visitor(work: Callable[[], _T]) -> Callable[[], _T]:
    """``work``, to be run on a worker thread, where no session says whose workspace it is."""
    here = workspace()

    def run() -> _T:
        _of_worker.set(here)
        return work()

    return run


# --- the catalogue


def catalogue() -> list[CatalogueEntry]:
    """The models that can be opened: samples first, then the user's own, newest first.

    Cards are read again only when a model or a text was added, replaced or removed.
    """
    here = workspace()
    return list(_catalogue(str(here.home), _stamps(here)))


def _stamps(here: Workspace) -> Stamps:
    """(path, modification time) of every card and of the folder of texts; takes no reading."""
    cards = [*here.sample_models.glob("*/card.json"), *(here.home / "models").glob("*/card.json")]
    folders = [here.sample_models, here.home / "models", here.home / "corpora"]
    return tuple((str(path), _modified(path)) for path in (*folders, *sorted(cards)))


@st.cache_resource(show_spinner=False, max_entries=4)
def _catalogue(home: str, stamps: Stamps) -> tuple[CatalogueEntry, ...]:
    entries = workspace().catalogue()
    own = [entry for entry in entries if entry.kind == "own"]
    own.sort(key=lambda entry: _modified(entry.path / "card.json"), reverse=True)
    samples = [entry for entry in entries if entry.kind != "own"]
    samples.sort(key=lambda entry: entry.name != FIRST_MODEL)
    return (*samples, *own)


def _modified(path: Path) -> int:
    """When a file or folder last changed, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def catalogue_entry(name: str) -> CatalogueEntry | None:
    """The catalogue's entry of a model, or None."""
    return next((entry for entry in catalogue() if entry.name == name), None)


def model_title(name: str) -> str:
    """The title of a model in the catalogue, or its bare name."""
    entry = catalogue_entry(name)
    return name if entry is None else entry.title


def is_imported(card: Mapping[str, Any]) -> bool:
    """Whether a model came from files, so that missing parts can be added; copies did not."""
    return card.get("kind") == "own"


def remove_model(name: str) -> None:
    """Delete one of the user's own models; the selection falls back to the default."""
    workspace().remove_model(name)
    if state.current().model == name:
        state.update(model="")


def select_existing_model() -> str:
    """Select the first model where the selection names none, or one that is not here.

    Returns a message for the second case, else "".
    """
    names = [entry.name for entry in catalogue()]
    wanted = state.current().model
    if wanted in names or not (wanted or names):
        return ""
    state.update(model=_first_model())
    if not wanted:
        return ""
    return (
        f"There is no model {wanted!r} here, so the first one is shown instead. Available: "
        f"{', '.join(names) or 'none'}. To open {wanted!r}, add it under Start."
    )


def _first_model() -> str:
    """The first sample whose text is here, else the first model; "" where there is none.

    The text of ``FIRST_MODEL`` is fetched by npm, which not every machine has.
    """
    entries = catalogue()
    with_text = [entry for entry in entries if entry.kind == "sample" and entry.has_corpus]
    return next((entry.name for entry in (*with_text, *entries)), "")


# --- bundles


def selected_bundle() -> Bundle:
    """The bundle of the selected model.

    Raises InputError when there is no model at all, FormatError when the bundle is damaged.
    """
    found = _bundle(state.current().model)
    if found is None:
        raise InputError("No model is here yet. Run 'make samples', or add your own under Start.")
    return found


def bundle_named(name: str) -> Bundle:
    """The bundle of any model of the catalogue; raises InputError when there is none."""
    found = _bundle(name)
    if found is None:
        known = ", ".join(entry.name for entry in catalogue()) or "none"
        raise InputError(f"There is no model {name!r} here to compare with. Available: {known}.")
    return found


def _bundle(name: str) -> Bundle | None:
    entry = catalogue_entry(name)
    if entry is None:
        return None
    return _open_bundle(name, str(entry.path), _modified(entry.path / "card.json"))


@by_bytes
def _open_bundle(name: str, path: str, modified: int) -> Bundle:
    return workspace().open_model(name)


# --- texts and engines


def selected_corpus() -> Corpus:
    """The text of the selected model; raises CapabilityError where it is not here."""
    return corpus_of(selected_bundle().model)


def corpus_of(model: SkipGram) -> Corpus:
    """As ``selected_corpus``, for any model and from any thread."""
    corpus = None if model.corpus_hash is None else _open_corpus(_text_at(model), model)
    if corpus is None:
        raise CapabilityError(
            f"The training text of {model.name!r} is not here, so nothing can be traced back to "
            f"sentences. {_how_to_add_text(model.name)}"
        )
    return corpus


def _text_at(model: SkipGram) -> str:
    """Where the text of a model is for this visitor: that of a sample is opened once for all."""
    return str(text_path(workspace().home, str(model.corpus_hash)))


def _how_to_add_text(name: str) -> str:
    entry = catalogue_entry(name)
    if entry is not None and entry.kind == "sample":
        return "It can be fetched under Start."
    if entry is not None and is_imported(entry.card):
        return "Add it under Start."
    if entry is not None and entry.card.get("history"):
        return "It is a changed copy: look into the model that it was made from instead."
    return "Train it again with 'clif train'."


@by_bytes
def _open_corpus(path: str, _model: SkipGram) -> Corpus | None:
    return workspace().open_corpus(_model)


def selected_engine() -> InfluenceEngine:
    """The influence engine of the selected model.

    Raises CapabilityError where context vectors, settings or the text are missing.
    """
    return engine_of(selected_bundle().model)


def engine_of(model: SkipGram) -> InfluenceEngine:
    """As ``selected_engine``, for any model and from any thread."""
    corpus = corpus_of(model)
    return _open_engine(model.content_hash, corpus.content_hash, model, corpus)


@by_bytes
def _open_engine(
    model_hash: str, corpus_hash: str, _model: SkipGram, _corpus: Corpus
) -> InfluenceEngine:
    return workspace().open_engine(_model, _corpus)
