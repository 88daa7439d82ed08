"""The page of ``benchmarks.held_out``: lists, goals, and what ensembles share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from benchmarks.held_out_study import Study
from benchmarks.splits import N_SPLITS, over_splits, sixteen
from clif_core.evaluation import Fit, ListRow, ListTable, Table
from clif_core.evaluation.held_out import N_SEEDS
from clif_core.influence.estimators import ENSEMBLE, QUICK, UNROLLED
from clif_core.interventions.thinned import MUCH

__all__ = ["page"]

ESTIMATES = (ENSEMBLE, UNROLLED, QUICK)
MOVERS = (UNROLLED, QUICK, "word_count")


# --- the ensemble against itself


def halves_table(study: Study) -> list[str]:
    """What disjoint parts of each shipped ensemble share; means over random splits."""
    lines = [
        "## Disjoint parts of the seed ensemble",
        "",
        f"Means over {N_SPLITS} random splits of its runs. Sixteen: computed from the halves"
        " (`splits.sixteen`). Shared: of the hundred strongest sentences either way.",
        "",
        "| probe | two runs: r | halves: r | sixteen with sixteen: r (at least .9) | halves: shared"
        " of 100 | sixteen with sixteen: shared (at least 80) | hold over all but six runs | of"
        " these keep their sign in the mean of the six (at least 95 %) |",
        "|---|" + "---:|" * 7,
    ]
    for probe, answers in zip(study.probes, study.answers, strict=True):
        runs = answers[ENSEMBLE].runs
        if runs is None or runs.n_runs < 2 * N_SEEDS:
            continue
        found = over_splits(runs.by_run, N_SEEDS)
        r, shared = sixteen(found, runs.n_runs // 2)
        lines.append(
            f"| {probe.probe.name} | {found.two:.2f} | {found.halves:.2f} |"
            f" {r:.2f} | {found.strongest:.0f} | {shared:.0f} |"
            f" {found.n_holding:,.0f} | {found.kept:.1%} |"
        )
    return lines


# --- sets that nobody chose


def sets_table(study: Study, every: Sequence[Table], sound: Sequence[Table]) -> list[str]:
    """``every``: over all sets, a table a probe; ``sound``: over those without a warning."""
    lines = [
        "## Random hundredths of the documents",
        "",
        f"Mean change of the probe over the {N_SEEDS} seeds against the prediction: Pearson (slope"
        " of measured on predicted). Attainable: the Pearson of a perfect prediction, the root of"
        " what the mean of the seeds correlates with that of as many others (halves of the seeds,"
        " Spearman-Brown). No warning: without the sets of which *What if* warns that a word of the"
        f" probe loses {MUCH:.0%} of its occurrences or more.",
        "",
        "| probe | sets | attainable | " + " | ".join(ESTIMATES) + " | ensemble, of the attainable"
        " (goal .9) |",
        "|---|---:|---:|" + "---:|" * (len(ESTIMATES) + 1),
    ]
    for kind, tables in (("all", every), ("no warning", sound)):
        for probe, table in zip(study.probes, tables, strict=True):
            rows = {row.estimator: row for row in table.rows}
            root = math.sqrt(max(table.ceiling or 0.0, 0.0))
            cells = [f"{rows[e].pearson:.2f} ({rows[e].slope:.2f})" for e in ESTIMATES]
            share = _number(rows[ENSEMBLE].pearson / root if root else math.nan)
            lines.append(
                f"| {probe.probe.name} | {kind}: {table.n_sets} | {root:.2f} |"
                f" {' | '.join(cells)} | {share} |"
            )
    return [*lines, ""]


# --- the page


def page(
    study: Study,
    made: dict[str, Any],
    tables: Sequence[ListTable],
    sets: Sequence[Sequence[Table]] = (),
) -> str:
    lines = [
        f"# Held-out seeds: {study.sample.name}",
        "",
        f"`{made['command']}`, {made['date']}, {made['machine']}. Lists of sentences, the same ones"
        f" under every seed, left out of trainings under {made['n_seeds']} seeds that are in no"
        " ensemble (from 3,000,003), by the sample's own trainer and settings. Changes of the"
        " probe, mean of the seeds with Student's 95 % interval. Predictions: sums of removal"
        " effects; of the ensemble with the 95 % interval.",
        "",
        "## Goals",
        "",
        "| probe | lists | slope (.9 to 1.1) | r (at least .95) | measured for a predicted 1, lists"
        " of the ensemble | intervals that hold the mean (90 to 98 %) | the same, the mean's own"
        " error allowed for |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for table in tables:
        fit, own = table.fit(ENSEMBLE), table.fit(ENSEMBLE, ENSEMBLE)
        held, n = table.held(lambda row: row.is_held)
        wide, _ = table.held(lambda row: row.is_held_with_error)
        lines.append(
            f"| {table.probe} | {fit.n} | {fit.slope:.2f} | {_r(fit)} |"
            f" {own.lowest:.2f} to {own.highest:.2f} | {held} of {n} | {wide} of {n} |"
        )
    lines += [
        "",
        "How each estimate predicts the lists of all estimators: slope, r, and range of measured"
        " over predicted; how far each chooser's lists moved the probe, of 1 by the ensemble's.",
        "",
        "| probe | " + " | ".join(f"{e}: slope, r, range" for e in ESTIMATES) + " | "
        + " | ".join(f"moved by {c}" for c in MOVERS) + " |",
        "|---|" + "---:|" * (len(ESTIMATES) + len(MOVERS)),
    ]  # fmt: skip
    for table in tables:
        cells = [_fit(table.fit(name)) for name in ESTIMATES]
        cells += [_number(table.moved_by(name)) for name in MOVERS]
        lines.append(f"| {table.probe} | " + " | ".join(cells) + " |")
    lines += ["", *halves_table(study)]
    if sets and all(len(found) == len(study.probes) for found in sets):
        lines += ["", *sets_table(study, *sets)]
    for table in tables:
        lines += ["", f"## {table.probe}: {table.n_runs} runs", "", *_list_table(table)]
    return "\n".join(lines) + "\n"


def _fit(fit: Fit) -> str:
    return f"{fit.slope:.2f}, {_r(fit)}, {fit.lowest:.2f} to {fit.highest:.2f}"


def _r(fit: Fit) -> str:
    """Two points always lie on a line."""
    return f"{fit.pearson:.3f}" if fit.n > 2 else "–"


def _list_table(table: ListTable) -> list[str]:
    heads = ["chosen by", "removal", "sentences", "measured (95 %)", "ensemble predicts (95 %)",
             "holds", *(f"{name} predicts" for name in ESTIMATES[1:])]  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|---|---|---:|---:|---:|---|" + "---:|" * 2]
    for row in sorted(table.rows, key=lambda r: (r.size, r.side)):
        lines.append(f"| {' | '.join(_cells(row))} |")
    return lines


def _cells(row: ListRow) -> list[str]:
    measured = row.interval
    return [
        row.chooser,
        row.side,
        str(row.size),
        f"**{row.mean:+.3f}** ({measured.low:+.3f} to {measured.high:+.3f})",
        f"{row.predicted[ENSEMBLE]:+.3f} ({row.low:+.3f} to {row.high:+.3f})",
        "yes" if row.is_held else "within its error" if row.is_held_with_error else "no",
        *(f"{row.predicted[name]:+.3f}" for name in ESTIMATES[1:]),
    ]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"
