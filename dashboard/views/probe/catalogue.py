"""The menu of shipped probes: those that the model can answer come first."""

from __future__ import annotations

import streamlit as st

from clif_core.probes import CatalogueProbe, Probe, Weat, catalogue
from clif_core.sgns.model import Vocabulary
from dashboard import state
from dashboard.data.suggested_probes import n_missing
from dashboard.wording import say

__all__ = ["draw_catalogue"]

_MOSTLY = 0.6  # a probe with a smaller share of its words in the model is marked
_OWN = "own"


def draw_catalogue(current: Probe | None, vocabulary: Vocabulary) -> None:
    """The shipped probes, those that this model can answer first."""
    entries = {entry.probe.name: entry for entry in _ordered(vocabulary)}
    key = current.key if current is not None else ""
    name = next((n for n, entry in entries.items() if entry.probe.key == key), None)
    if name is None and isinstance(current, Weat):  # the same words, asked another way
        name = next((n for n, e in entries.items() if e.probe.words == current.words), None)
    options = list(entries) if name or current is None else [_OWN, *entries]
    chosen = name or (None if current is None else _OWN)

    def pick() -> None:
        picked = st.session_state["probe_catalogue"]
        if picked in entries:
            state.update(probe=entries[picked].probe.to_dict(), document=None, sentence=None)

    st.selectbox(
        say("probe.catalogue"),
        options,
        index=None if chosen is None else 0,
        key=state.control("probe_catalogue", chosen),
        format_func=lambda n: say("probe.own") if n == _OWN else _label(entries[n], vocabulary),
        on_change=pick,
        placeholder=say("probe.pick"),
        help=say("probe.catalogue_help"),
    )
    if name:
        entry = entries[name]
        st.caption(say("probe.source", description=entry.description, source=entry.source.name))


def _ordered(vocabulary: Vocabulary) -> list[CatalogueProbe]:
    entries = catalogue()
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
