"""A selection as the parameters of a URL, and back.

Input from a URL is untrusted. It is bounded in length here, and checked against the model where it
is used. Links made by earlier versions stay valid.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, get_args

from clif_core.influence.estimators import canonical_name, wire_name
from dashboard.selection import (
    FINE_TUNE_MODES,
    FINE_TUNE_PASSES,
    FINE_TUNE_TOPS,
    MAX_CLUSTERS,
    MAX_LAB_EDITS,
    MAX_TICKED,
    POINT_LIMITS,
    QUOTES,
    RANDOM_SETS,
    REMOVAL_SIZES,
    REMOVAL_WEIGHTS,
    RUN_COUNTS,
    SEEDS,
    Colour,
    Layout,
    Level,
    Question,
    Removal,
    Selection,
    WhatIf,
)

__all__ = ["CODECS", "from_query", "link_name", "to_query"]

_MAX_WORDS_IN_URL = 150
_MAX_CHARACTERS = 20_000  # of one parameter, before it is read
_MAX_PROBE_CHARACTERS = 6_000
_MAX_PROBE_DEPTH = 20


def to_query(selection: Selection) -> dict[str, str]:
    """The selection as URL parameters; fields at their default are left out."""
    query = {}
    for field in fields(Selection):
        value = getattr(selection, field.name)
        if value != field.default:
            query[link_name(field.name)] = CODECS[field.name][0](value)
    return query


def from_query(query: Mapping[str, str]) -> Selection:
    """The selection that a URL describes; a parameter that does not parse is ignored."""
    found = {}
    for name, (_, parse) in CODECS.items():
        if link_name(name) in query:
            try:
                text = query[link_name(name)][:_MAX_CHARACTERS]
                text.encode()  # half of a character: UnicodeEncodeError is a ValueError
                found[name] = parse(text)
            except ValueError:
                continue
    return Selection(**found)


def link_name(field: str) -> str:
    """The URL parameter of a field; links made by earlier versions stay valid."""
    return _LINK_NAMES.get(field, field)


_LINK_NAMES = {
    "fine_tune_mode": "mend_mode",
    "fine_tune_top": "mend_top",
    "fine_tune_passes": "mend_passes",
    "n_runs": "runs",
    "only_holding": "holds",
}


def _text(limit: int) -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    return str, lambda text: text[:limit]


def _one_of(
    allowed: tuple[Any, ...], in_links: Mapping[Any, str] = MappingProxyType({})
) -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    """A codec for one of some values; ``in_links`` has those that links spell differently."""

    def write(value: Any) -> str:
        return in_links.get(value, str(value))

    value_of = {write(value): value for value in allowed}

    def parse(text: str) -> Any:
        if text not in value_of:
            raise ValueError(text)
        return value_of[text]

    return write, parse


def _format_words(words: tuple[str, ...]) -> str:
    return ",".join(word.replace(",", "%2C") for word in words[:_MAX_WORDS_IN_URL])


def _parse_words(text: str) -> tuple[str, ...]:
    words = (word.replace("%2C", ",")[:100] for word in text.split(",") if word)
    return tuple(dict.fromkeys(words))[:_MAX_WORDS_IN_URL]


def _format_probe(probe: Mapping[str, Any]) -> str:
    return json.dumps(probe, separators=(",", ":"), ensure_ascii=False)


def _parse_probe(text: str) -> dict[str, Any]:
    if len(text) > _MAX_PROBE_CHARACTERS or _depth(text) > _MAX_PROBE_DEPTH:
        raise ValueError("a probe of a link is short and flat")
    probe = json.loads(text)  # JSONDecodeError is a ValueError
    if not isinstance(probe, dict):
        raise ValueError("a probe is a JSON object")
    json.dumps(probe, ensure_ascii=False).encode()  # UnicodeEncodeError is a ValueError
    return probe


def _depth(text: str) -> int:
    """The most brackets open at once, those in strings included."""
    deepest = depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _parse_clustering(text: str) -> str:
    kind, _, number = text.partition(":")
    if kind not in ("kmeans", "islands") or not 2 <= int(number) <= MAX_CLUSTERS:
        raise ValueError(text)
    return f"{kind}:{int(number)}"


def _format_ids(ids: tuple[int, ...]) -> str:
    return ",".join(map(str, ids))


def _parse_ids(text: str) -> tuple[int, ...]:
    ids = (_parse_id(part) for part in text.split(",")[:MAX_TICKED])
    return tuple(dict.fromkeys(ids))


def _format_edits(edits: tuple[tuple[int, float, float, int], ...]) -> str:
    return ";".join(f"{i}:{x:g}:{y:g}:{label}" for i, x, y, label in edits[:MAX_LAB_EDITS])


def _parse_edits(text: str) -> tuple[tuple[int, float, float, int], ...]:
    edits = []
    for part in text.split(";")[:MAX_LAB_EDITS]:
        index, x, y, label = part.split(":")
        edits.append((_parse_id(index), float(x), float(y), _parse_id(label)))
    return tuple(edits)


def _parse_id(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


def _parse_damping(text: str) -> float:
    damping = float(text)
    if not 0 <= damping < 1e9:  # also refuses NaN
        raise ValueError(text)
    return damping


_WORDS = (_format_words, _parse_words)
_ID = (str, _parse_id)
_IDS = (_format_ids, _parse_ids)
_YES_NO = _one_of((False, True), {False: "0", True: "1"})
CODECS: dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "model": _text(80),
    "word": _text(100),
    "words": _WORDS,
    "set_name": _text(80),
    "probe": (_format_probe, _parse_probe),
    "document": _ID,
    "sentence": _ID,
    "estimator": (wire_name, lambda text: canonical_name(text[:40])),
    "damping": (str, _parse_damping),
    "question": _one_of(get_args(Question)),
    "n_runs": _one_of(RUN_COUNTS),
    "only_holding": _YES_NO,
    "level": _one_of(get_args(Level)),
    "group": _text(80),
    "only_column": _text(80),
    "only_value": _text(200),
    "search": _text(200),
    "layout": _one_of(get_args(Layout)),
    "dims": _one_of((2, 3)),
    "colour": _one_of(get_args(Colour)),
    "clustering": (str, _parse_clustering),
    "max_points": _one_of(POINT_LIMITS),
    "axis_from": _WORDS,
    "axis_to": _WORDS,
    "removal": _one_of(get_args(Removal)),
    "removal_side": _one_of(("lowers", "raises")),
    "removal_size": _one_of(REMOVAL_SIZES),
    "removal_value": _text(200),
    "removal_weight": _one_of(REMOVAL_WEIGHTS),
    "ticked": _IDS,
    "ticked_documents": _IDS,
    "what_if": _one_of(get_args(WhatIf), {"fine_tune": "mend"}),
    "fine_tune_mode": _one_of(FINE_TUNE_MODES),
    "fine_tune_top": _one_of(FINE_TUNE_TOPS),
    "fine_tune_passes": _one_of(FINE_TUNE_PASSES),
    "n_random": _one_of(RANDOM_SETS),
    "n_seeds": _one_of(SEEDS),
    "judged": _text(120),
    "n_quotes": _one_of(QUOTES),
    "report_sections": _WORDS,
    "report_all": _YES_NO,
    "step": _ID,
    "other_model": _text(80),
    "lab_seed": _ID,
    "lab_regime": _one_of(("converged", "two_steps")),
    "lab_trained": _one_of(("kl", "nll")),
    "lab_asked": _one_of(("kl", "nll")),
    "lab_point": _ID,
    "lab_edits": (_format_edits, _parse_edits),
}
