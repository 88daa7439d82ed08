"""The study as a page of Markdown: the 2 x 2, its classes, and the release's own comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from clif_core.mixture.study import DAMPINGS, OneSeed
from clif_core.mixture.summary import (
    CELLS,
    TRUTHS,
    Interval,
    by_seed,
    correlations_of,
    differences,
    mean_with_interval,
    name_of,
    two_by_two,
)
from clif_core.mixture.training import regime_named

__all__ = ["Study", "page"]

TITLES = {"two_steps": "After the release's two steps", "converged": "At convergence"}
Study = Mapping[str, Sequence[OneSeed]]


def page(study: Study, origin: str) -> str:
    """The whole page; ``study``: regime -> seeds, ``origin``: command, date and machine."""
    lines = [
        "# The mixture of Gaussians: estimated against retrained",
        "",
        origin,
        "",
        _INTRO,
    ]
    for regime, found in study.items():
        lines += ["", f"## {TITLES[regime]}", "", *_how_it_ended(found), ""]
        lines += [*_two_by_two(found), "", *_differences(found), "", *_by_class(found), ""]
        lines += [*_as_released(found), "", *_sweep(found, regime)]
        lines += ["", f"![2 x 2, {regime}](mixture-{regime}.svg)"]
        lines += [f"![r by class, {regime}](mixture-{regime}-classes.svg)"]
    return "\n".join(lines) + "\n"


def _interval(interval: Interval) -> str:
    mean, low, high = interval
    return f"{mean:.3f} ({low:.3f} to {high:.3f})"


def _two_by_two(found: Sequence[OneSeed]) -> list[str]:
    """Rows of the main table, each cell against the retraining of its own model."""
    rows = two_by_two(found)
    columns = list(next(iter(rows.values())))
    lines = [f"| trained with | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for name, intervals in rows.items():
        lines.append(f"| {name} | {' | '.join(map(_interval, intervals.values()))} |")
    return lines


def _differences(found: Sequence[OneSeed]) -> list[str]:
    lines = ["Does cross exceed matched? The difference of mean r, paired by seed:", ""]
    lines += ["| compared | cross - matched | |", "|---|---:|---|"]
    for name, (mean, low, high) in differences(found).items():
        verdict = "cross exceeds" if low > 0 else "matched exceeds" if high < 0 else "not settled"
        lines.append(f"| {name} | {mean:+.3f} ({low:+.3f} to {high:+.3f}) | {verdict} |")
    return lines


def _by_class(found: Sequence[OneSeed]) -> list[str]:
    table = correlations_of(found)
    table = table[(table["estimate"] == "held") & (table["truth"] == "left_out")]
    lines = [
        "By class of the probe point (held ~ left out, all seeds together):",
        "",
        "| trained, asked | class | mean r | sd over points | share r >= 0.6 | share r >= 0.8 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for trained, probe in CELLS:
        cell = table[(table["trained"] == trained) & (table["probe"] == probe)]
        for label, part in cell.groupby("class"):
            r = part["r"]
            lines.append(
                f"| {name_of(trained, probe)} | {label} | {r.mean():.3f} | {r.std():.3f} |"
                f" {(r >= 0.6).mean():.0%} | {(r >= 0.8).mean():.0%} |"
            )
    return lines


def _as_released(found: Sequence[OneSeed]) -> list[str]:
    table = correlations_of(found)
    lines = [
        "**As the release judged it**: its own one-pass estimate of the NLL, of both models,"
        " against retraining of the NLL model alone.",
        "",
        "| judged by | estimate | cross (KL model) | matched (NLL model) |",
        "|---|---|---:|---:|",
    ]
    for truth, title in TRUTHS.items():
        for estimate in ("released", "held"):
            cells = [by_seed(table, t, "nll", estimate, truth) for t in ("kl", "nll")]
            if all(cells):
                intervals = [_interval(mean_with_interval(cell)) for cell in cells]
                lines.append(f"| {title} | {estimate} | {intervals[0]} | {intervals[1]} |")
    return lines


def _sweep(found: Sequence[OneSeed], regime: str) -> list[str]:
    table = pd.concat([one.sweep for one in found])
    lines = [
        f"The damping (NLL asked about, held ~ left out; the tables use"
        f" {regime_named(regime).damping:g}, in the unit of the Hessian of the summed loss):",
        "",
        "| trained with | " + " | ".join(f"{d:g}" for d in DAMPINGS) + " |",
        "|---|" + "---:|" * len(DAMPINGS),
    ]
    for trained in ("kl", "nll"):
        means = table[table["trained"] == trained].groupby("damping")["r"].mean()
        lines.append(
            f"| {trained.upper()} | " + " | ".join(f"{means[d]:.2f}" for d in DAMPINGS) + " |"
        )
    return lines


def _how_it_ended(found: Sequence[OneSeed]) -> list[str]:
    rows = pd.DataFrame([one.about for one in found])
    n_left = int(rows["kl_not_at_rest"].sum() + rows["nll_not_at_rest"].sum())
    how = (
        "Each training without a point starts anew"
        if rows["is_anew"].all()
        else "Each training without a point goes on from the model at rest (docs/decisions/0018)"
    )
    return [
        f"{how}. Seeds {', '.join(map(str, rows['seed']))}. Points in the cluster of their class:"
        f" KL {rows['kl_accuracy'].mean():.0%}, NLL {rows['nll_accuracy'].mean():.0%}. Gradient"
        f" left, |F|: at most {max(rows['kl_rest'].max(), rows['nll_rest'].max()):.1g}."
        + (f" {n_left} of {300 * len(rows)} leave-one-out trainings did not come to rest and are"
           " not counted." if n_left else "")
    ]  # fmt: skip


_INTRO = """Three round Gaussians at (0, 0), (5, 5), (5, -5), sd 1.25, 50 points each;
an encoder 2 -> 12 -> 12 with three centres (deep embedded clustering, 228 parameters, float64),
trained with its own KL target or with the negative log-likelihood (NLL) of the classes. The
question is the loss of one point, KL or NLL; the truth is training again without each of the 150
points, each with its own optimiser. Every figure is Pearson's r over the 150
points left out, averaged over the 150 points asked about, then over seeds; in brackets a 95 %
interval over seeds (Student's t).

- **held**: the paper's formula, every target held, solved exactly in float64.
- **moving**: the same with the targets moving, as they do in training.
- **derivative**: trainings with a point's weight at 1 +- 0.001 instead of left out.
- **others only**: without the effect of a point on itself."""
