"""Fidelity tables as a page of Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from clif_core.evaluation import ProbeRow, Row, Table
from clif_core.influence.estimators import UNROLLED

HOW = (
    "Each set of text is left out and the same training repeated without it (same seed, same draws,"
    " so the ceiling is 1). Figures are means over the probes. LDS: Spearman over"
    " the sets, with a bootstrap 95 % interval. Slope: actual on predicted through the origin, only"
    " where the size of a prediction has a meaning. Baselines are in italics."
)


def markdown(
    name: str, made: Mapping[str, Any], tables: Sequence[Table], from_before: Sequence[str] = ()
) -> str:
    """The page; ``from_before``: removed texts of tables that an earlier run judged."""
    lines = [
        f"# Fidelity: {name}",
        "",
        f"`{made['command']}`, {made['date']}, {made['machine']}. {HOW}",
    ]
    if from_before:
        lines += ["", f"Judged by an earlier run: without {', and without '.join(from_before)}."]
    for table in tables:
        lines += [
            "",
            f"## Without {table.removed}: {table.n_sets} sets",
            "",
            *estimator_table(table),
        ]
        found = [row for row in table.rows if row.estimator == UNROLLED]
        if found:
            lines += ["", f"`{UNROLLED}` probe by probe:", "", *probe_table(table, found[0])]
    return "\n".join(lines) + "\n"


def estimator_table(table: Table) -> list[str]:
    heads = ["estimator", "Pearson", "LDS", "slope", *_extra(table)]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    for row in table.rows:
        named = f"*{row.estimator}*" if row.is_baseline else f"`{row.estimator}`"
        lines.append(f"| {named} | {' | '.join(_cells(table, row))} |")
    return lines


def probe_table(table: Table, row: Row) -> list[str]:
    heads = ["probe", "Pearson", "LDS", "slope", *_extra(table), "sd of actual change"]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    for found in row.per_probe:
        cells = [found.probe, *_cells(table, found), f"{found.sd_actual:.4f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _extra(table: Table) -> list[str]:
    if table.kind == "random":
        return []
    return ["sign agrees", *(["r²"] if table.kind == "differential" else [])]


def _cells(table: Table, row: Row | ProbeRow) -> list[str]:
    interval = f"{_number(row.lds)} ({_number(row.lds_low, 2)} to {_number(row.lds_high, 2)})"
    cells = [_number(row.pearson), interval, _number(row.slope, 2)]
    if table.kind != "random":
        cells.append("–" if math.isnan(row.sign_agreement) else f"{row.sign_agreement:.0%}")
    if table.kind == "differential":
        cells.append(_number(row.r2))
    return cells


def _number(value: float, digits: int = 3) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
