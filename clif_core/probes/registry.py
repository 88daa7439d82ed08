"""Reads a probe from its description, the inverse of ``Probe.to_dict``, and from shared files.

A probe file is JSON with a format version; files of other tools are read too (``foreign``). All
names and types are checked; nothing in the file is executed.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from clif_core.errors import FormatError, InputError
from clif_core.probes.axis import Axis
from clif_core.probes.base import Probe
from clif_core.probes.bounds import MAX_DEPTH, require_bounds, shown
from clif_core.probes.cluster import ClusterMembership
from clif_core.probes.coherence import Coherence
from clif_core.probes.direction import DirectBias, Projection
from clif_core.probes.distance import Mac, RelativeNormDistance
from clif_core.probes.foreign import probe_of_document, probe_of_table
from clif_core.probes.formula import Formula
from clif_core.probes.margin import AnalogyMargin, NeighbourMargin
from clif_core.probes.position import Position
from clif_core.probes.ripa import Ripa
from clif_core.probes.similarity import Similarity
from clif_core.probes.single_weat import SingleWeat
from clif_core.probes.weat import Weat
from clif_core.storage.json_files import open_regular

__all__ = [
    "FORMAT_VERSION",
    "KINDS",
    "from_dict",
    "load_probe",
    "parse_probe",
    "probe_text",
    "save_probe",
]

FORMAT_VERSION = 1
KINDS: dict[str, type[Probe]] = {
    family.kind: family
    for family in (
        Weat,
        SingleWeat,
        Similarity,
        ClusterMembership,
        NeighbourMargin,
        AnalogyMargin,
        Axis,
        Projection,
        DirectBias,
        Ripa,
        RelativeNormDistance,
        Mac,
        Coherence,
        Position,
        Formula,
    )
}
_LARGEST_FILE = 1_000_000  # bytes; a probe has a few hundred words, so a larger file is no probe


def from_dict(description: Mapping[str, Any]) -> Probe:
    """The probe with this description (as of ``Probe.to_dict``); raises InputError if invalid."""
    if not isinstance(description, Mapping):
        raise InputError(f"a probe is described by a mapping, got {type(description).__name__}.")
    require_bounds(description)
    kind = description.get("kind")
    family = KINDS.get(kind) if isinstance(kind, str) else None
    if family is None:
        raise InputError(f"unknown kind of probe {shown(kind)}; known: {', '.join(KINDS)}.")
    given = {key: value for key, value in description.items() if key != "kind"}
    known = {f.name: f for f in fields(family)}  # type: ignore[arg-type]  # all are dataclasses
    for key in given:
        if key not in known:
            raise InputError(f"a {kind} probe has no {shown(key)}; it has: {', '.join(known)}.")
    for name, field in known.items():
        if name not in given and _is_required(field):
            raise InputError(f"a {kind} probe needs {name!r}, which is missing.")
    hints = typing.get_type_hints(family)
    return family(**{key: _read(key, value, hints[key]) for key, value in given.items()})


def probe_text(probe: Probe, title: str = "", description: str = "") -> str:
    """The content of a probe file; ``parse_probe`` reads it back."""
    content = {
        "format": "clif-probe",
        "format_version": FORMAT_VERSION,
        "title": title or probe.name,
        "description": description,
        "probe": probe.to_dict(),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def save_probe(probe: Probe, path: Path, title: str = "", description: str = "") -> None:
    """Write the probe to a file that can be shared."""
    path.write_text(probe_text(probe, title, description), encoding="utf-8")


def load_probe(path: Path) -> Probe:
    """The probe in a file of ``save_probe`` or of another tool; FormatError if it holds none."""
    try:
        with open_regular(path) as file:
            content = file.read(_LARGEST_FILE + 1)
            n_bytes = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:  # ValueError: a zero in the name
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read ({why}); give a probe file.") from error
    _refuse_large(path.name, n_bytes)
    return parse_probe(content, path.name)


def _refuse_large(name: str, n_bytes: int) -> None:
    if n_bytes > _LARGEST_FILE:
        raise FormatError(
            f"{name} has {n_bytes:,} bytes; a probe file is at most {_LARGEST_FILE:,}."
            " Is it another kind of file?"
        )


def parse_probe(content: bytes, name: str = "the file") -> Probe:
    """The probe in the bytes of a probe file; ``name`` is for the error messages."""
    _refuse_large(name, len(content))
    text = _decode(content, name)
    try:
        if not name.lower().endswith(".json") and not text.lstrip().startswith(("{", "[")):
            return probe_of_table(text, name)
        document = json.loads(text)
        require_bounds(document, MAX_DEPTH + 1)
        if not isinstance(document, dict) or "format" not in document:
            return probe_of_document(document, name)
    except InputError as error:
        raise FormatError(f"{name} holds no probe that can be used: {error}") from error
    except csv.Error as error:  # a cell of more than 131,072 characters
        raise FormatError(f"{name} is not a table of words ({error}).") from error
    except (ValueError, RecursionError) as error:  # also a number of more than 4,300 digits
        raise FormatError(f"{name} is not a JSON file ({error}).") from error
    if document["format"] != "clif-probe":
        raise FormatError(f'{name} is not a probe file: it lacks "format": "clif-probe".')
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        found = "no format_version" if version is None else f"format version {shown(version)}"
        raise FormatError(
            f"{name} has {found}; this program reads version {FORMAT_VERSION}."
            " Update the program, or save the probe again."
        )
    try:
        return from_dict(document.get("probe", {}))
    except InputError as error:
        raise FormatError(f"{name} holds a probe that cannot be used: {error}") from error


def _decode(content: bytes, name: str) -> str:
    """The text, by its byte order mark if it has one, else UTF-8."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except ValueError as error:
        raise FormatError(
            f"{name} is not text in UTF-8 ({error}); save it as UTF-8 and open it again."
        ) from error


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _read(name: str, value: Any, hint: Any) -> Any:
    """The JSON value converted to the field's type: lists to tuples; raises InputError."""
    origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(f"{name} must be a list, got {shown(value)}.")
        inner = typing.get_args(hint)[0]
        return tuple(_read(f"an item of {name}", item, inner) for item in value)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise InputError(f"{name} must be a mapping, got {shown(value)}.")
        inner = typing.get_args(hint)[1]
        return {str(key): _read(f"{name}[{key!r}]", item, inner) for key, item in value.items()}
    if origin is typing.Literal:
        if value not in typing.get_args(hint):
            raise InputError(f"{name} must be one of {typing.get_args(hint)}, got {shown(value)}.")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise InputError(f"{name} must be of type {hint.__name__}, got {shown(value)}.")
    return value
