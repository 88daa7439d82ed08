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
from clif_core.measurement.verdict import DETECTED, HOLDS_SHARE, TrainingTest, Verdict, judge

__all__ = [
    "DETECTED",
    "HOLDS_SHARE",
    "AnalogyScore",
    "Interval",
    "NullComparison",
    "PermutationTest",
    "ProbeReport",
    "SeedSpread",
    "SimilarityScore",
    "TrainingTest",
    "Verdict",
    "adjust_p_values",
    "judge",
    "measure",
    "permutation_test",
    "score_analogies",
    "score_similarity",
]
