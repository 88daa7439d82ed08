"""Our answer on the peers' problem: rows of one centre, one context and five fixed negatives.

The mean loss of such rows is a skip-gram loss on a sparse pattern with one weight for positives and
one for negatives, so the compiled products of ``clif_core`` apply unchanged.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import torch

from clif_core.influence.solvers import Solution, conjugate_gradient
from clif_core.sgns.pair_kernels import curvature_product, double_rows, pair_dots, pair_dots_along
from clif_core.sgns.pairs import Pairs

__all__ = ["answer"]


class Rows:
    """The rows as a symmetric pattern of pairs, and all that does not depend on the probe."""

    def __init__(self, problem: dict[str, np.ndarray], dtype: type) -> None:
        self.v = problem["centre_vectors"].astype(dtype)
        self.u = problem["context_vectors"].astype(dtype)
        n, rows = len(self.v), problem["rows"]
        centre, others = np.repeat(rows[:, 0], rows.shape[1] - 1), rows[:, 1:].ravel()
        code, mirrored = centre * n + others, others * n + centre
        pattern = np.unique(np.concatenate([code, mirrored]))
        at = np.searchsorted(pattern, code).reshape(len(rows), -1)
        self.positive, self.negative = at[:, 0], at[:, 1:]
        offsets = np.searchsorted(pattern // n, np.arange(n + 1))
        self.pairs = Pairs(offsets, (pattern % n).astype(np.int32), np.zeros(len(pattern), dtype))
        self.s = (1 / (1 + np.exp(-pair_dots(self.pairs, self.v, self.u)))).astype(dtype)
        n_positive = np.bincount(self.positive, minlength=len(pattern)) / len(rows)
        n_negative = np.bincount(self.negative.ravel(), minlength=len(pattern)) / len(rows)
        self.residual = (-n_positive * (1 - self.s) + n_negative * self.s).astype(dtype)
        self.curvature = ((n_positive + n_negative) * self.s * (1 - self.s)).astype(dtype)
        self.pairs.transposition()

    def solve(self, gradient: np.ndarray, damping: float, tolerance: float) -> Solution:
        room = double_rows(self.v, self.u)

        def product(x: torch.Tensor) -> torch.Tensor:
            a, b = x.numpy()
            found = curvature_product(
                self.pairs, self.v, self.u, a, b, self.curvature, self.residual, rows=room
            )
            return torch.from_numpy(found).add_(x, alpha=damping)

        g = torch.from_numpy(gradient.astype(self.v.dtype))
        return conjugate_gradient(product, g, max_iterations=2000, tolerance=tolerance)

    def score(self, h: np.ndarray) -> np.ndarray:
        """(gradient of each row's loss) . h."""
        y = pair_dots_along(self.pairs, self.v, self.u, h[0], h[1])
        residual_free = self.s * y
        return residual_free[self.positive] - y[self.positive] + residual_free[self.negative].sum(1)


def answer(file: Path, dtype: type, damping: float, tolerance: float, repeats: int = 1) -> dict:  # type: ignore[type-arg]
    """Medians of set-up, solve and scoring, with the scores of every row."""
    problem = dict(np.load(file))
    times = []
    for _ in range(repeats):
        marks = [time.perf_counter()]
        rows = Rows(problem, dtype)
        marks.append(time.perf_counter())
        solution = rows.solve(problem["gradient"], damping, tolerance)
        marks.append(time.perf_counter())
        scores = rows.score(solution.value.numpy())
        marks.append(time.perf_counter())
        times.append(np.diff(marks))
    setup, solve, score = np.median(times, axis=0)
    return {
        "scores": scores,
        "setup_seconds": setup,
        "solve_seconds": solve,
        "score_seconds": score,
        "n_scored": len(scores),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "note": solution.note,
        "n_steps": solution.iterations,
        "converged": solution.converged,
    }
