"""Solvers of (curvature + damping) h = g, each given one product and returning a Solution.

All work on a tensor of any shape and know nothing of skip-gram.
"""

from clif_core.influence.solvers.conjugate_gradient import conjugate_gradient
from clif_core.influence.solvers.dense import solve_dense
from clif_core.influence.solvers.lanczos import absolute_lanczos
from clif_core.influence.solvers.lissa import lissa
from clif_core.influence.solvers.solution import Operator, Solution

__all__ = ["Operator", "Solution", "absolute_lanczos", "conjugate_gradient", "lissa", "solve_dense"]
