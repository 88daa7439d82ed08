"""How much of a bias does removing little text remove? Influence, word counts, chance, hard debias.

    python -m benchmarks.mitigation [--texts brown] [--seeds 1] [--folds 2] [--at-most 6]

Sentences are ranked on one half of the probe's words (``benchmarks.studies.mitigation``) and
removed to a share of the text's words, the model is trained again without them (coupled), and the
effect size is read on the other half. A second fold swaps the halves. The workspace caches every
training, so the command may be stopped at any time and resumes. Writes results/mitigation.md and
.svg from the trainings done so far.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.figures import Curve, CurvePanel, write_curves
from benchmarks.studies.mitigation import (
    METHODS,
    Method,
    judge,
    order_sentences,
    split_probe,
    take_share,
)
from benchmarks.what_if import RESULTS, Budget, BudgetSpent, Sample
from clif_core.errors import InputError
from clif_core.influence.engine import InfluenceEngine
from clif_core.interventions.debias import debias
from clif_core.interventions.edit import Edit
from clif_core.measurement.probe_report import measure
from clif_core.probes import Weat
from clif_core.probes.shipped import find_probe
from clif_core.sgns.model import SkipGram

PROBES = {"shakespeare": "men_women_war_love", "brown": "gender_terms_career_family"}
OTHERS = {
    "shakespeare": ("gender_terms_pleasant", "weat_1"),
    "brown": ("clif_career", "gender_terms_pleasant", "weat_1"),
}
SHARES = (0.05, 0.02, 0.01, 0.005)  # the most informative first
NAMES = {"influence": "influence", "counts": "word counts", "random": "random"}


class Trial:
    """One sample, seed and fold: its halves, its rankings and the bias left."""

    def __init__(self, sample: Sample, seed: int, fold: int, budget: Budget) -> None:
        self.sample, self.seed, self.fold, self.budget = sample, seed, fold, budget

    @cached_property
    def base(self) -> SkipGram:
        return self.sample.base(self.seed, self.budget)

    @cached_property
    def engine(self) -> InfluenceEngine:
        return InfluenceEngine(self.base, self.sample.corpus, pairs=self.sample.pairs)

    @cached_property
    def questions(self) -> dict[str, Weat]:
        probe = find_probe(PROBES[self.sample.name])
        assert isinstance(probe, Weat)
        halves = split_probe(probe, self.sample.model.vocabulary)
        return {
            "whole": probe,
            "chosen": halves[self.fold],
            "held_out": halves[1 - self.fold],
        }

    @cached_property
    def before(self) -> SkipGram:
        """The repeated training, because the sample's stored vectors are rounded."""
        if self.base is not self.sample.model:
            return self.base
        return self._train(None, "repeated")

    def edit(self, method: Method, share: float) -> Edit:
        # Random text does not depend on the half, so both folds share it.
        order = order_sentences(
            self.sample.workspace, self.engine, self.questions["chosen"], method, self.seed
        )
        return take_share(self.sample.corpus, order, share)

    def row(self, method: str, share: float) -> dict[str, Any]:
        if method == "none":
            return self._judge(self.before)
        if method == "hard debias":
            return self._judge(debias(self.before, "gender")[0].model)
        edit = self.edit(method, share)  # type: ignore[arg-type]
        label = f"without {share:.1%} by {method}, fold {self.fold}"
        return self._judge(self._train(edit, label)) | {"n_sentences": len(edit.items)}

    def _train(self, edit: Edit | None, label: str) -> SkipGram:
        label = f"{self.sample.name} seed {self.seed} {label}"
        sample = self.sample
        return self.budget.train(sample.workspace, self.base, sample.corpus, edit, None, label)

    def _judge(self, after: SkipGram) -> dict[str, Any]:
        others = [find_probe(name) for name in OTHERS[self.sample.name]]
        found = judge(self.before, after, self.questions, others)
        permutation = measure(self.questions["whole"], after).permutation
        found["p"] = float("nan") if permutation is None else permutation.p_two_sided
        return found


Cell = tuple[str, int, int, str, float]  # text, seed, fold, method, share


def cells(texts: Sequence[str], n_seeds: int, n_folds: int) -> Iterator[Cell]:
    """Everything to train, the most informative first."""
    for seed in range(1, n_seeds + 1):
        for fold in range(n_folds):
            for text in texts:
                yield text, seed, fold, "none", 0.0
                yield text, seed, fold, "hard debias", 0.0
            for share in SHARES:
                for text in texts:
                    yield from ((text, seed, fold, method, share) for method in METHODS)


def collect(
    texts: Sequence[str], n_seeds: int, n_folds: int, at_most: int
) -> dict[Cell, dict[str, Any]]:
    budget, found = Budget(at_most), {}
    samples = {text: Sample(text) for text in texts}
    trials: dict[tuple[str, int, int], Trial] = {}
    for text, seed, fold, method, share in cells(texts, n_seeds, n_folds):
        own = Trial(samples[text], seed, fold, budget)
        trial = trials.setdefault((text, seed, fold), own)
        try:
            found[text, seed, fold, method, share] = trial.row(method, share)
        except BudgetSpent:
            continue
        except InputError as error:  # no more text of that kind
            print(f"{text}, {method}, {share:.1%}: {error}")
    return found


# --- the table and the figure


def rows_of(
    found: dict[Cell, dict[str, Any]], text: str, method: str, share: float
) -> list[dict[str, Any]]:
    return [row for (t, _, _, m, s), row in found.items() if (t, m, s) == (text, method, share)]


def mean(rows: Sequence[dict[str, Any]], *path: str) -> float:
    values = []
    for row in rows:
        value: Any = row
        for name in path:
            value = value[name]
        values.append(value)
    return float(np.mean(values))


def table(found: dict[Cell, dict[str, Any]], text: str) -> list[str]:
    lines = [
        "| removed | runs | sentences | effect size, held-out words | left of it | on the words"
        " that chose | on all words (p) | WordSim-353 | SimLex-999 | analogies | mean shift |"
        f" {' | '.join(OTHERS[text])} |",
        f"|---|{'---:|' * (10 + len(OTHERS[text]))}",
    ]
    start = rows_of(found, text, "none", 0.0)
    if not start:
        return []
    cases = [("none", 0.0), ("hard debias", 0.0)]
    cases += [(method, share) for method in METHODS for share in sorted(SHARES)]
    for method, share in cases:
        rows = rows_of(found, text, method, share)
        if rows:
            name = f"{share:.1%} by {NAMES[method]}" if share else method
            lines.append(_line("nothing" if method == "none" else name, text, rows, start))
    return lines


def _line(
    name: str, text: str, rows: Sequence[dict[str, Any]], start: Sequence[dict[str, Any]]
) -> str:
    effect = mean(rows, "held_out", "effect_size")
    left = effect / mean(start, "held_out", "effect_size")
    removed = f"{mean(rows, 'n_sentences'):,.0f}" if "n_sentences" in rows[0] else "0"
    others = " | ".join(f"{mean(rows, 'others', other):+.3f}" for other in OTHERS[text])
    return (
        f"| {name} | {len(rows)} | {removed} | **{effect:+.2f}** | {left:.0%} |"
        f" {mean(rows, 'chosen', 'effect_size'):+.2f} |"
        f" {mean(rows, 'whole', 'effect_size'):+.2f} ({mean(rows, 'p'):.3f}) |"
        f" {mean(rows, 'wordsim353'):.3f} | {mean(rows, 'simlex999'):.3f} |"
        f" {mean(rows, 'analogies'):.3f} | {mean(rows, 'mean_shift'):.3f} | {others} |"
    )


def draw(found: dict[Cell, dict[str, Any]], texts: Sequence[str]) -> None:
    x_values = ["0 %", *(f"{share:.1%}" for share in sorted(SHARES))]
    colours = {"influence": "blue", "counts": "orange", "random": "grey"}

    def curve(text: str, method: str) -> Curve:
        points = []
        for share in (0.0, *sorted(SHARES)):
            rows = rows_of(found, text, method if share else "none", share)
            if rows:
                label = f"{share:.1%}" if share else "0 %"
                values = [row["held_out"]["effect_size"] for row in rows]
                spread = (min(values), max(values)) if len(values) > 1 else (None, None)
                points.append((label, float(np.mean(values)), *spread))
        return Curve(NAMES[method], colours[method], points)

    def debiased(text: str) -> Curve:
        rows = rows_of(found, text, "hard debias", 0.0)
        level = mean(rows, "held_out", "effect_size")
        points = [(x, level, None, None) for x in x_values]
        return Curve("hard debias", "green", points, True)

    panels = [
        CurvePanel(
            f"{text}: {PROBES[text]}",
            "share of the text's words removed",
            "effect size on held-out words",
            x_values,
            [*(curve(text, method) for method in METHODS), debiased(text)],
        )
        for text in texts
        if rows_of(found, text, "none", 0.0)
    ]
    alt = "Effect size on held-out words against the share of text removed, by method"
    write_curves(RESULTS / "mitigation.svg", alt, panels)


def report(found: dict[Cell, dict[str, Any]], texts: Sequence[str]) -> str:
    lines = [
        "# Mitigation: how much of a bias goes with how little text",
        "",
        f"`python -m benchmarks.mitigation`, {date.today().isoformat()}, {os.cpu_count()} cores of"
        f" {platform.machine()}. Sentences are ranked on one half of the probe's words, densest"
        " effect per word first, and the model is trained again without them (coupled). Means over"
        " the runs: a run is a seed and a fold (which half chooses); bars in the figure span them."
        " p: exact or seeded permutation test, two-sided, mean. Mean shift: 1 - cosine of a word"
        " before and after. Further columns: other probes (difference of means).",
        "",
        "![Effect size against share removed](mitigation.svg)",
    ]
    for text in texts:
        lines += ["", f"## {text}, `{PROBES[text]}`", "", *table(found, text)]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", nargs="+", default=list(PROBES), choices=list(PROBES))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--folds", type=int, default=2, choices=(1, 2))
    parser.add_argument("--at-most", type=int, default=10**6, help="trainings, then report")
    options = parser.parse_args()
    found = collect(options.texts, options.seeds, options.folds, options.at_most)
    text = report(found, options.texts)
    (RESULTS / "mitigation.md").write_text(text, "utf-8")
    draw(found, options.texts)
    print(text)


if __name__ == "__main__":
    main()
