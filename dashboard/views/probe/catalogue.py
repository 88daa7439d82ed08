"""The menu of shipped probes: lists in the model's language, those that it can answer first."""

from __future__ import annotations

import streamlit as st

from clif_core.probes import LANGUAGES, CatalogueProbe, Probe, Weat, catalogue
from clif_core.sgns.model import SkipGram, Vocabulary
from dashboard import state
from dashboard.data.suggested_probes import language_of, n_missing
from dashboard.wording import say

__all__ = ["draw_catalogue"]

_MOSTLY = 0.6  # a probe with a smaller share of its words in the model is marked
_OWN = "own"


def draw_catalogue(current: Probe | None, model: SkipGram) -> None:
    """The shipped probes in one language, those that this model can answer first."""
    key = current.key if current is not None else ""
    name = next((e.probe.name for e in catalogue() if e.probe.key == key), None)
    if name is None and isinstance(current, Weat):  # the same words, asked another way
        same = (e.probe.name for e in catalogue() if e.probe.words == current.words)
        name = next(same, None)
    menu, side = st.columns([5, 2], vertical_alignment="bottom")
    with side:
        language = _draw_language(model)
    entries = {e.probe.name: e for e in _ordered(model.vocabulary, language, name)}
    options = list(entries) if name or current is None else [_OWN, *entries]
    chosen = name or (None if current is None else _OWN)

    def pick() -> None:
        picked = st.session_state["probe_catalogue"]
        if picked in entries:
            state.update(probe=entries[picked].probe.to_dict(), document=None, sentence=None)

    menu.selectbox(
        say("probe.catalogue"),
        options,
        index=None if chosen is None else 0,
        key=state.control("probe_catalogue", chosen),
        format_func=lambda n: (
            say("probe.own") if n == _OWN else _label(entries[n], model.vocabulary)
        ),
        on_change=pick,
        placeholder=say("probe.pick"),
        help=say("probe.catalogue_help"),
    )
    if name:
        entry = entries[name]
        st.caption(say("probe.source", description=entry.description, source=entry.source.name))


def _draw_language(model: SkipGram) -> str:
    """The language of the lists: guessed from the model's words, until another is picked."""
    guess = language_of(model)
    key = f"probe_language_{model.content_hash}"
    language = st.selectbox(
        say("probe.language"),
        list(LANGUAGES),
        index=list(LANGUAGES).index(guess.language or "en"),
        key=key,
        format_func=LANGUAGES.__getitem__,
        help=say("probe.language_help", how=guess.how),
    )
    return str(language)


def _ordered(vocabulary: Vocabulary, language: str, chosen: str | None) -> list[CatalogueProbe]:
    """The probes in this language, and the chosen one whatever its language."""
    entries = [e for e in catalogue() if e.source.language == language or e.probe.name == chosen]
    own_last = sorted(entries, key=lambda e: e.source.name != "CLIF Dashboard")
    return sorted(own_last, key=lambda e: _is_mostly_missing(e.probe, vocabulary))


def _is_mostly_missing(probe: Probe, vocabulary: Vocabulary) -> bool:
    return n_missing(probe, vocabulary) > (1 - _MOSTLY) * len(probe.words)


def _label(entry: CatalogueProbe, vocabulary: Vocabulary) -> str:
    missing, total = n_missing(entry.probe, vocabulary), len(entry.probe.words)
    if not missing:
        return entry.title
    key = "probe.mostly_missing" if _is_mostly_missing(entry.probe, vocabulary) else "probe.missing"
    return say(key, title=entry.title, missing=missing, total=total)
