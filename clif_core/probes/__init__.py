"""Probes: the questions that can be put to a model's vectors; one file a family."""

from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.probes.cluster import ClusterMembership
from clif_core.probes.lookup import FoundSet, NamedSet, find_words
from clif_core.probes.registry import KINDS, from_dict, load_probe, parse_probe, save_probe
from clif_core.probes.shipped import (
    CatalogueProbe,
    Source,
    WordSet,
    catalogue,
    find_probe,
    word_sets,
)
from clif_core.probes.similarity import Similarity
from clif_core.probes.weat import QUANTITIES, Quantity, Weat

__all__ = [
    "KINDS",
    "QUANTITIES",
    "CatalogueProbe",
    "ClusterMembership",
    "FoundSet",
    "NamedSet",
    "Probe",
    "Quantity",
    "ResolvedProbe",
    "Similarity",
    "Source",
    "Weat",
    "WordSet",
    "catalogue",
    "find_probe",
    "find_words",
    "from_dict",
    "load_probe",
    "parse_probe",
    "save_probe",
    "word_sets",
]
