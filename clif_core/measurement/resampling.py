"""A probe evaluated on many other choices of its words: resampled, with one left out, replaced.

A choice is written as ``picks``: for set i an (n_draws, m) tensor of rows of part i, or None where
the set stays as it is. All draws are evaluated together, in blocks of bounded memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clif_core.late import late_import
from clif_core.probes import Probe, ResolvedProbe

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = ["bootstrap", "evaluate", "leave_one_out"]

Floats = npt.NDArray[np.float64]
_BLOCK_BYTES = 64_000_000  # memory for one block of resampled vectors


def bootstrap(resolved: ResolvedProbe, parts: Sequence[Tensor], n_draws: int, seed: int) -> Floats:
    """(n_draws,) values with the words of every set drawn with replacement."""
    rng = np.random.default_rng(seed)
    picks = [
        torch.from_numpy(rng.integers(len(found), size=(n_draws, len(found))))
        if len(found) > 1 and not found.is_pool
        else None
        for found in resolved.sets
    ]
    for i in resolved.probe.tied_sets[1:]:
        picks[i] = picks[resolved.probe.tied_sets[0]]
    return evaluate(resolved.probe, parts, picks)


def leave_one_out(resolved: ResolvedProbe, parts: Sequence[Tensor], i: int) -> Floats:
    """(n_in_set,) values without each word of set ``i``; NaN where the set needs all its words."""
    n = len(resolved.sets[i])
    if n <= resolved.probe.named_sets[i].at_least:
        return np.full(n, np.nan)
    others = torch.arange(n).repeat(n, 1)[~torch.eye(n, dtype=torch.bool)].reshape(n, n - 1)
    tied = resolved.probe.tied_sets
    left_out = tied if i in tied else (i,)
    picks = [others if j in left_out else None for j in range(len(parts))]
    return evaluate(resolved.probe, parts, picks)


def evaluate(probe: Probe, parts: Sequence[Tensor], picks: Sequence[Tensor | None]) -> Floats:
    """(n_draws,) values; set i takes the rows ``picks[i]``, (n_draws, m), of part i."""
    n_draws = max((len(pick) for pick in picks if pick is not None), default=0)
    width = sum(pick.shape[1] for pick in picks if pick is not None) * parts[0].shape[-1] * 8
    block = max(1, _BLOCK_BYTES // max(width, 1))
    values = [np.empty(0)]
    with torch.no_grad():
        for start in range(0, n_draws, block):
            drawn = [
                part if pick is None else part[pick[start : start + block]]
                for part, pick in zip(parts, picks, strict=True)
            ]
            values.append(probe.formula(drawn).numpy())
    return np.concatenate(values)
