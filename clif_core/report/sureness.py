"""How sure an effect is, as reports and screens show it: its interval, and one dot a run.

JSON-able data, and the places on a strip that it is drawn at. The strip is HTML and no SVG because
Streamlit removes SVG from a page; its template is ``sureness.html``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.influence.result import Influence
from clif_core.measurement.over_runs import UnitStatistics

__all__ = ["of_sentence", "of_this_run", "places", "sureness"]

_MARGIN = 0.04  # of the strip's width, at each end


def sureness(
    statistics: UnitStatistics, unit: int, by_run: npt.NDArray[np.floating] | None = None
) -> dict[str, Any]:
    """What the runs say of one unit: ``low``, ``high``, ``n_agree``, ``n_runs``, ``holds``.

    With ``by_run`` (n_runs,), its effect in each run, also ``values``, which a strip shows.
    """
    told: dict[str, Any] = {
        "low": float(statistics.low[unit]),
        "high": float(statistics.high[unit]),
        "n_agree": int(statistics.n_agree[unit]),
        "n_runs": statistics.n_runs,
        "holds": bool(statistics.holds[unit]),
    }
    return told if by_run is None else told | {"values": [float(value) for value in by_run]}


def of_sentence(influence: Influence, sentence: int) -> dict[str, Any] | None:
    """The sureness of a sentence with its value in each run; None without runs."""
    runs = influence.runs
    if runs is None:
        return None
    return sureness(runs.sentences, sentence, runs.by_run[:, sentence])


def of_this_run(told: Mapping[str, Any], effect: float) -> dict[str, Any]:
    """What other trainings say of the effect that a unit has in one training, ``own``.

    It holds only where theirs does and has its sign; ``is_shared``: the interval has its sign.
    """
    is_shared = min(told["low"] * effect, told["high"] * effect) > 0
    holds = told["holds"] and is_shared
    return {**told, "own": effect, "is_shared": is_shared, "holds": holds}


def places(told: Mapping[str, Any]) -> dict[str, Any]:
    """Where a strip draws its marks, in percent of its width from the left.

    ``zero``, ``low`` and ``width`` of the interval, and ``dots``: one a run, each with ``at`` and
    ``agrees``, whether its sign is that of the runs' mean; ``own``: of this training, or None. 0 is
    always on the strip.
    """
    values, own = list(told["values"]), told.get("own")
    shown = [0.0, told["low"], told["high"], *values, *([] if own is None else [own])]
    finite = [value for value in shown if np.isfinite(value)]
    first, last = min(finite), max(finite)
    span, mean = (last - first) or 1.0, float(np.mean(values))

    def at(value: float) -> float:
        inside = float(min(max((value - first) / span, 0.0), 1.0))
        return round(100 * (_MARGIN + (1 - 2 * _MARGIN) * inside), 1)

    low, high = at(told["low"]), at(told["high"])
    dots = [{"at": at(value), "agrees": value * mean > 0} for value in sorted(values)]
    return {
        "zero": at(0.0),
        "low": low,
        "width": round(high - low, 1),
        "dots": dots,
        "own": None if own is None else at(own),
    }
