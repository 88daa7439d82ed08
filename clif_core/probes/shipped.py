"""The word sets and probes that ship with the project, as data with their sources.

One TOML file a source in ``word_sets/``: a ``[source]`` table, the sets, and the probes built from
them. A probe names the sets of its own file plainly and those of another as ``file/set``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from clif_core.errors import InputError
from clif_core.probes.base import Probe
from clif_core.probes.weat import Weat

__all__ = ["CatalogueProbe", "Source", "WordSet", "catalogue", "find_probe", "word_sets"]


@dataclass(frozen=True)
class Source:
    """Whose words these are: a short name, the citation, an address and the licence."""

    name: str
    citation: str
    url: str
    licence: str


@dataclass(frozen=True)
class WordSet:
    """A shipped word set; ``name`` is ``file/set``, such as ``caliskan/flowers``."""

    name: str
    label: str
    words: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class CatalogueProbe:
    """A shipped probe with the title and the sentence that a list of probes shows."""

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
    """Every shipped word set by its name ``file/set``, in the order of the files."""
    found = {}
    for file, table in _tables().items():
        source = Source(**table["source"])
        for key, entry in table.get("sets", {}).items():
            name = f"{file}/{key}"
            found[name] = WordSet(name, entry["label"], tuple(entry["words"]), source)
    return found


@cache
def catalogue() -> tuple[CatalogueProbe, ...]:
    """Every shipped probe, ready to be resolved, in the order of the files."""
    return tuple(
        CatalogueProbe(
            _weat(file, entry), entry["title"], entry["description"], Source(**table["source"])
        )
        for file, table in _tables().items()
        for entry in table.get("probes", [])
    )


def find_probe(name: str) -> Probe:
    """The shipped probe of that name, such as ``weat_6``."""
    by_name = {entry.probe.name: entry.probe for entry in catalogue()}
    if name not in by_name:
        raise InputError(f"no shipped probe is called {name!r}; there are: {', '.join(by_name)}.")
    return by_name[name]


def _weat(file: str, entry: Mapping[str, str]) -> Weat:
    def of(role: str) -> WordSet:
        name = entry[role]
        return word_sets()[name if "/" in name else f"{file}/{name}"]

    x, y, a, b = map(of, ("targets_x", "targets_y", "attributes_a", "attributes_b"))
    return Weat(
        entry["name"], x.words, y.words, a.words, b.words, x.label, y.label, a.label, b.label
    )
