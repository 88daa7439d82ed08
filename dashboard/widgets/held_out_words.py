"""Lists judged under held-out seeds, in sentences and cells.

Strings from the figures of a ``ListTable``; no Streamlit. HTML only as marked-up cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from clif_core.evaluation import ListRow, ListTable
from clif_core.influence.estimators import ENSEMBLE, ESTIMATORS, QUICK, UNROLLED
from clif_core.phrases import fixed, percent
from dashboard.widgets.estimator_words import in_sentence
from dashboard.wording import say

__all__ = ["cells", "figures", "notes", "verdict"]

_FEWEST = 3  # lists that can correlate


def verdict(table: ListTable) -> str:
    """How the ensemble's predictions of the lists fit what the held-out trainings gave."""
    fit, own = table.fit(ENSEMBLE), table.fit(ENSEMBLE, ENSEMBLE)
    said = say("trust.lists_verdict", share=_share(fit.slope))
    if own.n:
        ends = {"low": _share(own.lowest), "high": _share(own.highest)}
        said = f"{said} {say('trust.lists_spread', **ends)}"
    return said


def notes(table: ListTable) -> list[str]:
    """Intervals, the other estimates, and how far each chooser's lists moved the probe."""
    held, n = table.held(lambda row: row.is_held)
    wide, _ = table.held(lambda row: row.is_held_with_error)
    fit = table.fit(ENSEMBLE)
    told = {"n": len(table.rows), "seeds": len(table.seeds), "runs": table.n_runs}
    said = [say("trust.lists_measured", **told)]
    if fit.n >= _FEWEST:
        said.append(say("trust.lists_r", r=fixed(fit.pearson, 2)))
    if n:
        said.append(say("trust.lists_intervals", held=held, n=n, wide=wide))
    others = [(name, table.fit(name)) for name in (UNROLLED, QUICK)]
    slopes = [
        say("trust.lists_slope_of", name=in_sentence(name), slope=fixed(fit.slope, 2),
            low=fixed(fit.lowest, 2), high=fixed(fit.highest, 2))
        for name, fit in others
        if fit.n
    ]  # fmt: skip
    if slopes:
        said.append(say("trust.lists_others", said="; ".join(slopes)))
    choosers = dict.fromkeys(row.chooser for row in table.rows if row.side != "chance")
    moved = [
        say("trust.lists_moved_by", name=in_sentence(name), share=percent(table.moved_by(name)))
        for name in choosers
        if name != ENSEMBLE and math.isfinite(table.moved_by(name))
    ]
    if moved:
        said.append(say("trust.lists_moved", said="; ".join(moved)))
    return said


def figures(table: ListTable) -> list[str | Markup]:
    """The cells of a probe's row: the slope with its range below it, and the intervals."""
    fit, own = table.fit(ENSEMBLE), table.fit(ENSEMBLE, ENSEMBLE)
    held, n = table.held(lambda row: row.is_held)
    slope: str | Markup = _share(fit.slope)
    if own.n:
        below = Markup('{}<br><span class="clif-near">{}\u00a0to\u00a0{}</span>')
        slope = below.format(slope, _share(own.lowest), _share(own.highest))
    return [slope, say("trust.lists_held_of", held=held, n=n)]


def cells(row: ListRow, others: Sequence[str]) -> list[str | Markup]:
    """The cells of a list's row."""
    known = math.isfinite(row.low)
    kind = "yes" if row.is_held else "nearly" if row.is_held_with_error else "no"
    predicted = [
        _change(row.predicted[name]) if name in row.predicted and ESTIMATORS[name].has_size else "–"
        for name in others
    ]
    return [
        _with_interval(row.mean, row.interval.low, row.interval.high),
        _with_interval(row.predicted[ENSEMBLE], row.low, row.high) if known else "–",
        say(f"trust.lists_held_{kind}") if known else "–",
        *predicted,
    ]


def _with_interval(value: float, low: float, high: float) -> Markup:
    cell = Markup('{}<br><span class="clif-near">{}\u00a0to\u00a0{}</span>')
    return cell.format(*map(_change, (value, low, high)))


def _share(slope: float) -> str:
    return percent(slope) if math.isfinite(slope) else "–"


def _change(value: float) -> str:
    """A change with its sign, in the same decimals in every row."""
    return fixed(value, is_signed=True)
