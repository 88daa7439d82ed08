"""The word sets and probes that ship with the project, with their sources.

``word_sets/`` has one TOML file per source: a ``[source]`` table, the sets, and the probes built
from them. A probe names a set of its own file as ``set``, one of another file as ``file/set``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from clif_core.errors import InputError
from clif_core.probes.base import Probe
from clif_core.probes.direction import DirectBias, Projection
from clif_core.probes.paired import Pairs
from clif_core.probes.registry import load_probe
from clif_core.probes.weat import Weat

__all__ = [
    "CatalogueProbe",
    "Source",
    "WordPairs",
    "WordSet",
    "catalogue",
    "find_probe",
    "open_probe",
    "word_pairs",
    "word_sets",
]


_SUFFIXES = (".json", ".csv", ".tsv", ".txt")  # of files that may hold a probe


@dataclass(frozen=True)
class Source:
    """Where word sets come from: a short name, the citation, a URL, the licence, the language."""

    name: str
    citation: str
    url: str
    licence: str
    language: str = "en"


@dataclass(frozen=True)
class WordSet:
    """A shipped word set; ``name`` is ``file/set``, such as ``caliskan/flowers``."""

    name: str
    label: str
    words: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class WordPairs:
    """Shipped word pairs; ``name`` is ``file/pairs``, such as ``bolukbasi/gender_definitional``."""

    name: str
    label_first: str
    label_second: str
    pairs: Pairs
    source: Source


@dataclass(frozen=True)
class CatalogueProbe:
    """A shipped probe with its title and description for lists of probes."""

    probe: Probe
    title: str
    description: str
    source: Source


@cache
def _tables() -> Mapping[str, dict[str, Any]]:
    folder = files("clif_core.probes") / "word_sets"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): tomllib.loads((folder / name).read_text(encoding="utf-8"))
        for name in names
    }


@cache
def word_sets() -> Mapping[str, WordSet]:
    """All shipped word sets by name (``file/set``), in the order of the files."""
    found = {}
    for file, table in _tables().items():
        source = Source(**table["source"])
        for key, entry in table.get("sets", {}).items():
            name = f"{file}/{key}"
            found[name] = WordSet(name, entry["label"], tuple(entry["words"]), source)
    return found


@cache
def word_pairs() -> Mapping[str, WordPairs]:
    """All shipped lists of word pairs by name (``file/pairs``), in the order of the files."""
    found = {}
    for file, table in _tables().items():
        source = Source(**table["source"])
        for key, entry in table.get("pairs", {}).items():
            name, pairs = f"{file}/{key}", tuple(map(tuple, entry["pairs"]))
            found[name] = WordPairs(
                name, entry["label_first"], entry["label_second"], pairs, source
            )
    return found


@cache
def catalogue() -> tuple[CatalogueProbe, ...]:
    """All shipped probes, in the order of the files."""
    return tuple(
        CatalogueProbe(
            _build(file, entry), entry["title"], entry["description"], Source(**table["source"])
        )
        for file, table in _tables().items()
        for entry in table.get("probes", [])
    )


def find_probe(name: str) -> Probe:
    """The shipped probe with this name, such as ``weat_6``; raises InputError if there is none."""
    by_name = {entry.probe.name: entry.probe for entry in catalogue()}
    if name not in by_name:
        raise InputError(
            f"no shipped probe is called {name!r}; choose one of: {', '.join(by_name)}."
        )
    return by_name[name]


def open_probe(question: str | Path) -> Probe:
    """The probe in that file or, where it is no file, the shipped probe of that name."""
    path = Path(question)
    is_file = path.suffix.lower() in _SUFFIXES or path.is_file()
    return load_probe(path) if is_file else find_probe(str(question))


def _build(file: str, entry: Mapping[str, str]) -> Probe:
    if entry["kind"] == Weat.kind:
        roles = ("targets_x", "targets_y", "attributes_a", "attributes_b")
        x, y, a, b = (word_sets()[_full_name(file, entry[role])] for role in roles)
        return Weat(
            entry["name"], x.words, y.words, a.words, b.words, x.label, y.label, a.label, b.label
        )
    family = {kind.kind: kind for kind in (Projection, DirectBias)}[entry["kind"]]
    targets = word_sets()[_full_name(file, entry["targets"])]
    pairs = word_pairs()[_full_name(file, entry["pairs"])]
    return family(
        targets.words,
        pairs.pairs,
        label=targets.label,
        label_first=pairs.label_first,
        label_second=pairs.label_second,
        name=entry["name"],
    )


def _full_name(file: str, name: str) -> str:
    return name if "/" in name else f"{file}/{name}"
