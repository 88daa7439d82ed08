"""The value of a probe on a model with its uncertainty, and the quality of a model."""

from clif_core.measurement.multiple_testing import adjust_p_values
from clif_core.measurement.nulls import NullComparison
from clif_core.measurement.permutation import PermutationTest, permutation_test
from clif_core.measurement.probe_report import ProbeReport, measure
from clif_core.measurement.quality import (
    AnalogyScore,
    SimilarityScore,
    score_analogies,
    score_similarity,
)
from clif_core.measurement.uncertainty import Interval, SeedSpread

__all__ = [
    "AnalogyScore",
    "Interval",
    "NullComparison",
    "PermutationTest",
    "ProbeReport",
    "SeedSpread",
    "SimilarityScore",
    "adjust_p_values",
    "measure",
    "permutation_test",
    "score_analogies",
    "score_similarity",
]
