"""Curvature as operators with one method, the product with a direction."""

from clif_core.curvature.blocks import solve_blocks, word_blocks
from clif_core.curvature.sgns import KroneckerPreconditioner, SkipGramCurvature

__all__ = ["KroneckerPreconditioner", "SkipGramCurvature", "solve_blocks", "word_blocks"]
