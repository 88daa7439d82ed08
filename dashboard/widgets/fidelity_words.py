"""Fidelity in sentences: how an estimate ranked and sized the effects that retraining measured.

Strings from the figures of a ``clif_core.evaluation`` table; no Streamlit, no HTML.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from clif_core.evaluation import Row, Table
from clif_core.influence.estimators import QUICK, UNROLLED
from clif_core.phrases import fixed, percent, sentence_case
from dashboard.widgets import escape
from dashboard.widgets.estimator_words import in_sentence
from dashboard.wording import say

__all__ = ["fidelity_note", "how_made", "kind_of_truth", "sizes", "verdict"]

_FAITHFUL = 0.1  # a mean slope within this of 1 is called true to size,
_MOST_OFF = 0.25  # where that of every probe is within this: a mean hides both ends


def _row(table: Table, estimator: str) -> Row | None:
    return next((row for row in table.rows if row.estimator == estimator), None)


def _ranked(table: Table) -> list[Row]:
    """The estimators worth a sentence: the exact derivative, the quick estimate, else the best."""
    named = [_row(table, name) for name in (UNROLLED, QUICK)]
    found = [row for row in named if row is not None and math.isfinite(row.lds)]
    return found or [row for row in table.rows if not row.is_baseline][:1]


def verdict(table: Table) -> str:
    """The outcome of a trial of the estimates, in one sentence."""
    rows = _ranked(table)
    if not rows:
        return say("trust.verdict_none", removed=table.removed)
    said = [
        say("trust.verdict_next" if at else "trust.verdict_first",
            name=in_sentence(row.estimator), lds=fixed(row.lds, 2))
        for at, row in enumerate(rows)
    ]  # fmt: skip
    line = say(f"trust.verdict_{table.kind}", removed=table.removed, said="; ".join(said))
    baselines = [r for r in table.rows if r.is_baseline and math.isfinite(r.lds)]
    best = max(baselines, key=lambda r: r.lds, default=None)
    if best is None or best.estimator == "random":
        return f"{line} {say('trust.verdict_chance')}"
    values = {"name": in_sentence(best.estimator), "lds": fixed(best.lds, 2)}
    return f"{line} {say('trust.verdict_baseline', **values)}"


def sizes(table: Table) -> list[str]:
    """How far directions and sizes agree with retraining, for each estimator of the verdict."""
    said = []
    for row in _ranked(table):
        if math.isfinite(row.sign_agreement):
            name = sentence_case(in_sentence(row.estimator))
            said.append(say("trust.signs", name=name, share=percent(row.sign_agreement)))
        if row.has_size and math.isfinite(row.slope):
            said.append(_size(row))
    return said


def _size(row: Row) -> str:
    name = sentence_case(in_sentence(row.estimator))
    if row.slope <= 0:
        return say("trust.size_none", name=name, slope=fixed(row.slope, 2))
    slopes = [each.slope for each in row.per_probe if math.isfinite(each.slope)]
    if abs(row.slope - 1) <= _FAITHFUL:
        is_mixed = any(abs(slope - 1) > _MOST_OFF for slope in slopes)
        key = "trust.size_mixed" if is_mixed else "trust.size_true"
    else:
        key = "trust.size_over" if row.slope < 1 else "trust.size_under"
    return say(key, name=name, slope=fixed(row.slope, 2), range=_range(slopes))


def _range(slopes: Sequence[float]) -> str:
    """The lowest and the highest of several probes; "" for one."""
    if len(slopes) < 2:
        return ""
    return say("trust.size_range", low=fixed(min(slopes), 2), high=fixed(max(slopes), 2))


def kind_of_truth(table: Table, made: dict[str, object]) -> str:
    """What the estimates are judged by: this training repeated, or an average of trainings."""
    n_seeds = int(str(made.get("n_seeds") or 1))
    is_coupled = "coupled" in str(made.get("kind") or "")
    is_same = is_coupled and n_seeds == 1
    same = "trust.truth_each" if table.kind == "strongest" else "trust.truth_same"
    what = same if is_same else "trust.truth_mean"
    ceiling = ""
    if table.ceiling is not None and table.ceiling < 1:
        ceiling = say("trust.truth_ceiling", ceiling=fixed(table.ceiling, 2))
    return " ".join(filter(None, (say(what, n=table.n_sets, seeds=n_seeds), ceiling)))


def how_made(made: Mapping[str, object]) -> str:
    """The command, date and machine of some tables, as Markdown."""
    command = str(made.get("command", "?")).replace("`", "")  # in a code span nothing is escaped
    date, machine = (escape.markdown(str(made.get(name, "?"))) for name in ("date", "machine"))
    return say("trust.made", command=command, date=date, machine=machine)


def fidelity_note(tables: Sequence[Table], estimator: str) -> str:
    """The estimator's agreement with retraining, as Markdown; empty where not measured."""
    for table in tables:
        row = _row(table, estimator)
        if table.kind == "random" and row is not None and math.isfinite(row.lds):
            return say("trust.note", removed=escape.markdown(table.removed), lds=fixed(row.lds, 2))
    return ""
