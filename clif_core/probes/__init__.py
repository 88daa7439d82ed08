"""Probes: scalar measures of a model's vectors, such as WEAT; one file per family."""

from clif_core.probes.axis import Axis
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.probes.circle import circle_probe, is_circle
from clif_core.probes.cluster import ClusterMembership
from clif_core.probes.coherence import Coherence
from clif_core.probes.direction import DirectBias, Projection
from clif_core.probes.distance import Mac, RelativeNormDistance
from clif_core.probes.formula import FUNCTIONS, Formula
from clif_core.probes.languages import LANGUAGES, guess_language
from clif_core.probes.lookup import FoundSet, NamedSet, find_row, find_words
from clif_core.probes.margin import AnalogyMargin, NeighbourMargin
from clif_core.probes.matching import Match, complete, match
from clif_core.probes.position import Position
from clif_core.probes.registry import (
    KINDS,
    from_dict,
    load_probe,
    parse_probe,
    probe_text,
    save_probe,
)
from clif_core.probes.ripa import Ripa
from clif_core.probes.same_question import question_key
from clif_core.probes.shipped import (
    CatalogueProbe,
    Source,
    WordPairs,
    WordSet,
    catalogue,
    find_probe,
    open_probe,
    word_pairs,
    word_sets,
)
from clif_core.probes.similarity import Similarity
from clif_core.probes.single_weat import SingleWeat
from clif_core.probes.weat import QUANTITIES, Quantity, Weat
from clif_core.probes.word_lists import join_words, name_of_words, split_words

__all__ = [
    "FUNCTIONS",
    "KINDS",
    "LANGUAGES",
    "QUANTITIES",
    "AnalogyMargin",
    "Axis",
    "CatalogueProbe",
    "ClusterMembership",
    "Coherence",
    "DirectBias",
    "Formula",
    "FoundSet",
    "Mac",
    "Match",
    "NamedSet",
    "NeighbourMargin",
    "Position",
    "Probe",
    "Projection",
    "Quantity",
    "RelativeNormDistance",
    "ResolvedProbe",
    "Ripa",
    "Similarity",
    "SingleWeat",
    "Source",
    "Weat",
    "WordPairs",
    "WordSet",
    "catalogue",
    "circle_probe",
    "complete",
    "find_probe",
    "find_row",
    "find_words",
    "from_dict",
    "guess_language",
    "is_circle",
    "join_words",
    "load_probe",
    "match",
    "name_of_words",
    "open_probe",
    "parse_probe",
    "probe_text",
    "question_key",
    "save_probe",
    "split_words",
    "word_pairs",
    "word_sets",
]
