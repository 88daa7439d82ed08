"""The predicted value of a probe as more and more text is edited, strongest text first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clif_core.interventions.predict import at_weight

__all__ = ["Floats", "predicted_curve"]

Floats = npt.NDArray[np.float64]


def predicted_curve(value: float, effects: Floats, weight: float = 0.0) -> Floats:
    """(n + 1,) the value with the first 0, 1, ..., n texts given a weight.

    ``effects`` (n,): removal effects in the order of editing. A sum of first-order effects, like
    ``predict_sum``.
    """
    return value + at_weight(np.concatenate([[0.0], np.cumsum(effects)]), weight)
