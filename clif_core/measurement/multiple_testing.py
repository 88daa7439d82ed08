"""Correction of p-values when several probes are tried."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError

__all__ = ["adjust_p_values"]


def adjust_p_values(p_values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Benjamini-Hochberg adjusted p-values, in the given order (1995, J. R. Stat. Soc. B 57).

    If adjusted values below q count as discoveries, the expected share of false ones is below q.
    Pass the p-values of all probes that were tried, not only of the promising ones.
    """
    given = np.asarray(p_values, dtype=np.float64)
    if given.size == 0:
        return given
    if not ((given >= 0) & (given <= 1)).all():
        raise InputError(f"p-values must lie between 0 and 1, got {given.tolist()}.")
    from scipy import stats  # takes over a second to import

    adjusted: npt.NDArray[np.float64] = stats.false_discovery_control(given, method="bh")
    return adjusted
