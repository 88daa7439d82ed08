"""One form for every family of probes without its own, made from the family's dataclass fields.

The type of a field decides its input: a word, a list of words, pairs or groups (one a line), a
number, a choice. Labels are next to their words; the probe itself checks everything.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from itertools import chain
from typing import Any

import streamlit as st

from clif_core.probes import Probe, join_words, split_words
from clif_core.probes.registry import KINDS
from clif_core.sgns.model import Vocabulary
from dashboard.widgets.word_field import (
    draw_text_field,
    draw_word_field,
    draw_words_field,
    respell_list,
)
from dashboard.wording import say

__all__ = ["FAMILIES", "draw_family_form", "label_written"]

#: Kinds that this form offers. A position is a vector, which comes from files and links.
FAMILIES = (
    "single_weat", "axis", "ripa", "projection", "direct_bias", "relative_norm_distance", "mac",
    "coherence", "neighbour_margin", "analogy_margin",
)  # fmt: skip
_NOT_ASKED = ("name",)  # every family makes its own name
_MAX_CHARACTERS = 20_000
Entry = Callable[[], Any]  # reads the value of a field when the form is sent


def draw_family_form(
    kind: str, current: Probe | None, tag: str, vocabulary: Vocabulary
) -> Callable[[], Probe]:
    """Draw the fields of a family; returns the function that makes the probe from them."""
    family = KINDS[kind]
    old = current if current is not None and current.kind == kind else None
    st.caption(say(f"family.{kind}_help"))
    asked = [f for f in dataclasses.fields(family) if f.name not in _NOT_ASKED]  # type: ignore[arg-type]
    entries: dict[str, Entry] = {}
    for at in range(0, len(asked), 2):
        pair = asked[at : at + 2]
        for column, field in zip(st.columns(2), pair, strict=False):
            with column:
                entries[field.name] = _draw_field(kind, field, old, f"{kind}_{tag}", vocabulary)
    optional = {field.name for field in asked if field.default is not dataclasses.MISSING}

    def build() -> Probe:
        """An optional field left empty takes the family's default."""
        given = {name: read() for name, read in entries.items()}
        return family(**{n: v for n, v in given.items() if v not in ("", ()) or n not in optional})

    return build


def _hint(kind: str, field: dataclasses.Field[Any]) -> Any:
    return typing.get_type_hints(KINDS[kind])[field.name]


def _draw_field(
    kind: str,
    field: dataclasses.Field[Any],
    old: Probe | None,
    tag: str,
    vocabulary: Vocabulary,
) -> Entry:
    label, key = say(f"family.{field.name}"), f"probe_{field.name}_{tag}"
    default = None if field.default is dataclasses.MISSING else field.default
    value: Any = getattr(old, field.name, default)
    hint = _hint(kind, field)
    if hint is int or hint is float:
        number = st.number_input(label, value=hint(value), key=key, help=_help(field.name))
        return lambda: hint(number)
    if typing.get_origin(hint) is typing.Literal:
        options = typing.get_args(hint)
        picked = st.radio(
            label, options, options.index(value), key=key, horizontal=True,
            format_func=lambda name: say(f"probe.quantity_{name}"),
        )  # fmt: skip
        return lambda: picked
    if hint is str:
        if field.name.startswith("label"):
            word = _draw_label(KINDS[kind], label, field.name, old, key)
        else:
            word = draw_word_field(label, value or "", vocabulary, key=key, help=_help(field.name))
        return lambda: word.strip()
    if hint == tuple[str, ...]:
        return _draw_words(label, field.name, value or (), key, vocabulary)
    lines = "\n".join(join_words(group) for group in value or ())
    text = draw_text_field(
        label, lines, vocabulary, lambda text: chain(*_groups(text)), _respell_lines, key=key,
        height=104, max_chars=_MAX_CHARACTERS, help=_help(field.name),
        placeholder=say("family.lines_hint"),
    )  # fmt: skip
    return lambda: _groups(text)


def _groups(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of each line."""
    return tuple(split_words(line) for line in text.splitlines() if line.strip())


def _respell_lines(text: str, word: str, taken: tuple[str, ...]) -> str:
    return "\n".join(
        respell_list(line, word, taken) if word in split_words(line) else line
        for line in text.splitlines()
    )


def label_written(probe: Probe | None, field: str) -> str:
    """The label that a person gave; "" for one that comes from the words of the set."""
    if probe is None:
        return ""
    written = str(probe.to_dict()[field])
    defaults = {f.name: f.default for f in dataclasses.fields(probe)}  # type: ignore[arg-type]
    return "" if written == defaults[field] else written


def _draw_label(family: type[Probe], label: str, name: str, old: Probe | None, key: str) -> str:
    """The name of a set; a set of one's own may be called by its words."""
    is_own = name in family.labels_of_words.values()
    default = {f.name: f.default for f in dataclasses.fields(family)}[name]  # type: ignore[arg-type]
    written = label_written(old, name) if is_own else str(getattr(old, name, default))
    placeholder = say("probe.label_from_words") if is_own else ""
    return st.text_input(label, written, key=key, max_chars=100, placeholder=placeholder)


def _draw_words(
    label: str, name: str, words: tuple[str, ...], key: str, vocabulary: Vocabulary
) -> Entry:
    """A list of words; labels may contain spaces, so only commas separate them."""
    if name == "labels":
        labels = st.text_area(
            label, ", ".join(words), key=key, height=104, max_chars=_MAX_CHARACTERS
        )
        return lambda: tuple(part.strip() for part in labels.split(",") if part.strip())
    text = draw_words_field(
        label, words, vocabulary, key=key, height=104,
        placeholder=say("probe.words_placeholder"), help=_help(name),
    )  # fmt: skip
    return lambda: split_words(text)


def _help(name: str) -> str | None:
    return say("family.strictness_help") if name == "strictness" else None
