"""Questions that a model can be offered: the shipped probe to begin with, and a word's cluster."""

from __future__ import annotations

from clif_core.geometry.clustering import central_words, nearest_other
from clif_core.probes import CatalogueProbe, ClusterMembership, Probe, catalogue
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from dashboard.data import services
from dashboard.wording import say

__all__ = ["cluster_probe", "default_probe", "n_missing", "name_of_cluster"]

_FIRST_CHOICES = ("weat_6", "men_women_war_love", "gender_terms_career_family")
_N_CLUSTER_WORDS = 40  # of each cluster in a membership probe: its most central words


def n_missing(probe: Probe, vocabulary: Vocabulary) -> int:
    """How many of the probe's words the model has neither as written nor in lower case."""
    return sum(w not in vocabulary and w.lower() not in vocabulary for w in probe.words)


def default_probe(model: SkipGram, preferred: str = "") -> CatalogueProbe:
    """The shipped probe to begin with: the preferred one, or the first that loses no word."""
    by_name = {entry.probe.name: entry for entry in catalogue()}
    if preferred in by_name:
        return by_name[preferred]
    choices = [by_name[name] for name in _FIRST_CHOICES if name in by_name]
    choices += [entry for entry in catalogue() if entry not in choices]
    return min(choices, key=lambda entry: n_missing(entry.probe, model.vocabulary))


def cluster_probe(bundle: Bundle, grouping: services.Grouping, row: int) -> ClusterMembership:
    """Why a word lies in its cluster and not in the one that is nearest beside it."""
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


def name_of_cluster(names: list[tuple[str, ...]], cluster: int) -> str:
    """The name of a cluster as people read it; -1 is no cluster."""
    return ", ".join(names[cluster]) if cluster >= 0 else say("map.no_cluster")
