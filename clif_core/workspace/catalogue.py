"""Which models can be opened: the samples of the project, and the user's own.

A card is parsed once per process for as long as its file stays the same, so that listing all
models costs one look at each folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from clif_core.errors import FormatError, InputError
from clif_core.sgns.bundle import read_card
from clif_core.storage.files import restore_interrupted
from clif_core.text.fetch import SAMPLES
from clif_core.workspace.names import is_content_hash, text_path

__all__ = ["Catalogue", "CatalogueEntry"]


@dataclass(frozen=True)
class CatalogueEntry:
    """A model that can be opened. ``problem`` says why not, for a bundle that is damaged.

    ``card`` is shared by all entries of an unchanged file: copy it to change it.
    """

    name: str
    title: str
    kind: Literal["sample", "own"]
    path: Path
    card: Mapping[str, Any]
    has_corpus: bool
    problem: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The models under a user's ``home`` and in the folder of samples."""

    home: Path
    sample_models: Path

    def entries(self) -> list[CatalogueEntry]:
        """Every model, samples first, the default sample at the head; damaged ones with why."""
        restore_interrupted(self.home / "models")
        samples = [self._entry(path, "sample") for path in _folders(self.sample_models)]
        own = [self._entry(path, "own") for path in _folders(self.home / "models")]
        order = {name: at for at, name in enumerate(SAMPLES)}
        samples.sort(key=lambda entry: (order.get(entry.name, len(order)), entry.name))
        return samples + own

    def find(self, name: str) -> CatalogueEntry | None:
        """The model of a name; a sample goes before a model of the user's."""
        return next((entry for entry in self.entries() if entry.name == name), None)

    def path_of(self, name: str) -> Path:
        """The folder of a model; raises InputError for an unknown name."""
        found = self.find(name)
        if found is None:
            known = ", ".join(entry.name for entry in self.entries()) or "none"
            raise InputError(f"there is no model {name!r}; known: {known}.")
        return found.path

    def _entry(self, path: Path, kind: Literal["sample", "own"]) -> CatalogueEntry:
        name = path.name.encode("utf-8", "backslashreplace").decode()  # bytes that are no text
        try:
            card = _card_at(path)
        except FormatError as error:
            return CatalogueEntry(name, name, kind, path, {}, False, str(error))
        if name != path.name:
            problem = "The name of its folder is no text; rename the folder."
            return CatalogueEntry(name, name, kind, path, {}, False, problem)
        corpus_hash = card.get("corpus_hash")
        has_corpus = is_content_hash(corpus_hash) and text_path(self.home, corpus_hash).is_dir()
        title = str(card.get("title") or path.name)
        return CatalogueEntry(path.name, title, kind, path, card, has_corpus)


def _card_at(path: Path) -> Mapping[str, Any]:
    try:
        stat = (path / "card.json").stat()
    except OSError:
        return read_card(path)  # which says what is wrong
    # The inode changes when the file is replaced, even within one tick of the clock.
    return _read_card(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)


@lru_cache(maxsize=256)
def _read_card(path: Path, mtime_ns: int, size: int, inode: int) -> Mapping[str, Any]:
    return read_card(path)


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(p for p in parent.iterdir() if not p.name.startswith(".") and p.is_dir())
    except OSError:  # absent, or it may not be read
        return []
