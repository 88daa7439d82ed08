"""Curvature as operators with one method, the product with a direction."""

from clif_core.influence.curvature.autograd import Packing, Parameters, SummedLoss
from clif_core.influence.curvature.blocks import solve_blocks, word_blocks
from clif_core.influence.curvature.null_space import NullSpace, beside_null_space
from clif_core.influence.curvature.sgns import KroneckerPreconditioner, SkipGramCurvature
from clif_core.influence.curvature.word_shapes import WordShapePreconditioner

__all__ = [
    "KroneckerPreconditioner",
    "NullSpace",
    "Packing",
    "Parameters",
    "SkipGramCurvature",
    "SummedLoss",
    "WordShapePreconditioner",
    "beside_null_space",
    "solve_blocks",
    "word_blocks",
]
