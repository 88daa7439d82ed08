"""Correction of p-values when several probes, or many sentences, are tried."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError

__all__ = ["adjust_p_values"]


def adjust_p_values(
    p_values: Sequence[float] | npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Benjamini-Hochberg adjusted p-values, in the given order (1995, J. R. Stat. Soc. B 57).

    If adjusted values below q count as discoveries, the expected share of false ones is below q.
    Pass the p-values of all probes that were tried, not only of the promising ones.
    """
    given = np.asarray(p_values, dtype=np.float64)
    if not ((given >= 0) & (given <= 1)).all():
        raise InputError(f"p-values must lie between 0 and 1, got {given.tolist()}.")
    order = np.argsort(given)[::-1]  # largest first
    scaled = given[order] * len(given) / np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return adjusted
