"""Probes that the dashboard suggests: the shipped one to begin with, and a word's cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from clif_core.geometry.clustering import central_words, nearest_other
from clif_core.probes import (
    CatalogueProbe,
    ClusterMembership,
    Probe,
    Weat,
    catalogue,
    find_row,
    guess_language,
)
from clif_core.probes.languages import Guess
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.workspace.shipped import shipped_value
from dashboard.data.word_geometry import Grouping, name_of_cluster

__all__ = ["cluster_probe", "default_probe", "language_of", "n_missing", "own_probe_name",
           "value_of"]  # fmt: skip

_FIRST_CHOICES = ("weat_6", "men_women_war_love", "gender_terms_career_family")
_N_CLUSTER_WORDS = 40  # most central words of each cluster in a membership probe


# A menu asks this of every shipped probe each time it is drawn.
_missing: WeakKeyDictionary[Vocabulary, dict[str, int]] = WeakKeyDictionary()


def n_missing(probe: Probe, vocabulary: Vocabulary) -> int:
    """How many of the probe's words are out of vocabulary in every spelling."""
    known = _missing.setdefault(vocabulary, {})
    if probe.key not in known:
        known[probe.key] = sum(find_row(word, vocabulary) is None for word in probe.words)
    return known[probe.key]


@st.cache_data(show_spinner=False, max_entries=64)
def _guess(model_hash: str, _vocabulary: Vocabulary) -> Guess:
    return guess_language(_vocabulary)


def language_of(model: SkipGram) -> Guess:
    """The language of the model's words, and how it was told."""
    return _guess(model.content_hash, model.vocabulary)


def own_probe_name(card: Mapping[str, Any]) -> str:
    """The name of the probe that a model's card puts first; "" where it names none."""
    named = str(card.get("default_probe") or "")
    rows = card.get("probes")
    first = rows[0] if isinstance(rows, list) and rows else None
    return named or (str(first.get("name") or "") if isinstance(first, Mapping) else "")


def default_probe(bundle: Bundle) -> CatalogueProbe:
    """The shipped probe to begin with: the card's first, else the one with fewest words missing.

    Among equals, the earlier of ``_FIRST_CHOICES``. A sample's first comes with its derivative.
    """
    model = bundle.model
    by_name = {entry.probe.name: entry for entry in catalogue()}
    own = own_probe_name(bundle.card)
    if own in by_name:
        return by_name[own]
    choices = [by_name[name] for name in _FIRST_CHOICES if name in by_name]
    choices += [entry for entry in catalogue() if entry not in choices]
    return min(choices, key=lambda entry: n_missing(entry.probe, model.vocabulary))


def cluster_probe(bundle: Bundle, grouping: Grouping, row: int) -> ClusterMembership:
    """Why a word lies in its cluster and not in the nearest other one."""
    clustering, names = grouping
    words, unit = bundle.model.vocabulary.words, bundle.model.unit_vectors
    own, other = int(clustering.labels[row]), nearest_other(unit, clustering.labels, row)
    return ClusterMembership(
        word=words[row],
        own=central_words(words, unit, clustering.labels, own, _N_CLUSTER_WORDS),
        other=central_words(words, unit, clustering.labels, other, _N_CLUSTER_WORDS),
        label_own=name_of_cluster(names, own),
        label_other=name_of_cluster(names, other),
    )


def value_of(bundle: Bundle, probe: Probe) -> float:
    """The value of a WEAT, whose question depends on its sign; 0 for the other families.

    A sample brings the value of its first probe, so its first page computes none (and needs no
    torch, which takes a second and a half to import).
    """
    if not isinstance(probe, Weat):
        return 0.0
    model = bundle.model
    shipped = shipped_value(bundle.card, model.content_hash, probe.key)
    if shipped is not None:
        return shipped
    return probe.resolve(model.vocabulary).value(model.centre_vectors)
