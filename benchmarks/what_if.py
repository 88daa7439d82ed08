"""Text that the quick estimate names, removed, against random text of the same size.

    python -m benchmarks.what_if --seeds 4 [--texts brown] [--at-most 6]

For each seed: a training, a ranking of sentences by ``block``, and coupled retrainings without the
N strongest sentences each way and without random ones of as many words. Judged: does the retrained
probe move in the predicted direction, and further than without random text? Intervals are 95 %
(Student's t) over the seeds.

The workspace caches every training, the most informative first, so the command may be stopped at
any time (``--at-most`` limits the number of trainings) and resumes. Writes results/what-if.md and
what-if.svg from the trainings done so far.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.figures import Curve, CurvePanel, write_curves
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import UNROLLED
from clif_core.interventions.edit import Edit, random_edit, token_mask, token_weights
from clif_core.interventions.predict import predict_plug_in, predict_resolved
from clif_core.probes.shipped import find_probe
from clif_core.sgns.model import SkipGram
from clif_core.sgns.pairs import Pairs
from clif_core.text.corpus import Corpus
from clif_core.workspace.tasks.choice import strongest
from clif_core.workspace.tasks.retrained import cached_retraining, retrained
from clif_core.workspace.workspace import Workspace

RESULTS = Path(__file__).parent / "results"
PROBES = {"shakespeare": "men_women_war_love", "brown": "clif_career"}
SIZES = ((100, 300), (30, 10))  # the most informative first
DIRECTIONS = ("lowers", "raises")
_STRONGEST = {"lowers": "most lowering", "raises": "most raising"}


class BudgetSpent(Exception):
    """The allowed number of trainings is used up."""


@dataclass
class Budget:
    """How many trainings may still be done."""

    left: int

    def train(self, workspace: Workspace, model: SkipGram, corpus: Corpus, edit: Edit | None,
              seed: int | None, label: str) -> SkipGram:  # fmt: skip
        found = cached_retraining(workspace, model, edit, seed)
        if found is not None:
            return found
        if self.left <= 0:
            raise BudgetSpent
        self.left -= 1
        start = time.perf_counter()
        trained = retrained(workspace, model, corpus, edit, seed)
        print(f"{label}: {time.perf_counter() - start:.0f} s", flush=True)
        return trained


@dataclass(eq=False)
class Sample:
    """A sample model, its text and the pairs, which all seeds share."""

    name: str
    workspace: Workspace = field(default_factory=Workspace)

    @cached_property
    def model(self) -> SkipGram:
        return self.workspace.open_model(self.name).model

    @cached_property
    def corpus(self) -> Corpus:
        corpus = self.workspace.open_corpus(self.model)
        if corpus is None:
            sys.exit(f"The text of {self.name!r} is not here; run: clif fetch {self.name}")
        return corpus

    @cached_property
    def pairs(self) -> Pairs:
        return self.workspace.open_engine(self.model, self.corpus).pairs

    def base(self, seed: int, budget: Budget) -> SkipGram:
        """The model of that seed; for the sample's own seed the sample itself."""
        if seed == self.model.require_settings().seed:
            return self.model
        label = f"{self.name} seed {seed}"
        return budget.train(self.workspace, self.model, self.corpus, None, seed, label)


@dataclass(eq=False)
class Trial:
    """One sample and seed: its ranking, its edits and the probe after each."""

    sample: Sample
    seed: int
    budget: Budget

    @cached_property
    def base(self) -> SkipGram:
        return self.sample.base(self.seed, self.budget)

    @cached_property
    def engine(self) -> InfluenceEngine:
        return InfluenceEngine(self.base, self.sample.corpus, pairs=self.sample.pairs)

    @cached_property
    def probe(self) -> Any:
        return find_probe(PROBES[self.sample.name]).resolve(self.base.vocabulary)

    @cached_property
    def influence(self) -> Any:
        return self.sample.workspace.results.influence(self.engine, self.probe)

    def edit(self, n: int, kind: str) -> Edit:
        """The N strongest in a direction, or random text of the size of the N most lowering."""
        if kind == "random":
            return random_edit(
                self.sample.corpus, self.edit(n, "lowers"), seed=1000 * self.seed + n
            )
        return Edit("sentences", strongest(self.influence, n, kind, "sentences"))

    @cached_property
    def before(self) -> float:
        """The probe without an edit; a sample is trained again, because its file is rounded."""
        is_sample = self.base is self.sample.model
        return (
            self.value(None, "repeated")
            if is_sample
            else self.probe.value(self.base.centre_vectors)
        )

    def value(self, edit: Edit | None, label: str) -> float:
        """The probe after training again, with an edit or without one."""
        own = f"{self.sample.name} seed {self.seed} {label}"
        sample = self.sample
        model = self.budget.train(sample.workspace, self.base, sample.corpus, edit, None, own)
        return float(self.probe.value(model.centre_vectors))

    def row(self, n: int, kind: str) -> dict[str, float | None]:
        """Actual and predicted changes of one edit; raises BudgetSpent."""
        edit = self.edit(n, kind)
        actual = self.value(edit, f"{kind} {n}") - self.before
        weights = token_weights(self.sample.corpus, edit)
        exact = self.sample.workspace.results.cached(self.engine, self.probe, UNROLLED)
        items = list(edit.items)
        return {
            "actual": actual,
            "block": float(self.influence.sentence_effects[items].sum()),
            "plug_in": predict_plug_in(self.engine, self.probe, weights),
            "resolved": predict_resolved(self.engine, self.probe, weights),
            UNROLLED: None if exact is None else float(exact.sentence_effects[items].sum()),
            "share": float(token_mask(self.sample.corpus, edit).mean()),
        }


Cell = tuple[str, int, str, int]  # text, seed, kind, N


def cells(texts: Sequence[str], n_seeds: int) -> Iterator[Cell]:
    """Everything to train, the most informative first."""
    for sizes in SIZES:
        for kinds in (("lowers", "random"), ("raises",)):
            for seed, n in product(range(1, n_seeds + 1), sizes):
                for text in texts:
                    yield from ((text, seed, kind, n) for kind in kinds)


def collect(texts: Sequence[str], n_seeds: int, at_most: int) -> dict[Cell, dict[str, Any]]:
    budget, found = Budget(at_most), {}
    samples = {text: Sample(text) for text in texts}
    trials: dict[tuple[str, int], Trial] = {}
    for text, seed, kind, n in cells(texts, n_seeds):
        trial = trials.setdefault((text, seed), Trial(samples[text], seed, budget))
        try:
            found[text, seed, kind, n] = trial.row(n, kind)
        except BudgetSpent:
            continue  # later cells may be cached
    return found


# --- the table and the figure


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval of Student's t; NaN bounds with fewer than two."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    reach = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return mean, mean - reach, mean + reach


def with_interval(values: Sequence[float]) -> str:
    mean, low, high = interval(values)
    spread = "" if np.isnan(low) else f" ({low:+.3f} to {high:+.3f})"
    return f"{mean:+.3f}{spread}"


def rows_of(found: dict[Cell, dict[str, Any]], text: str, kind: str, n: int) -> dict[int, Any]:
    return {seed: row for (t, seed, k, m), row in found.items() if (t, k, m) == (text, kind, n)}


def table(found: dict[Cell, dict[str, Any]], text: str) -> list[str]:
    lines = [
        "| removed | seeds | share of text | predicted: sum | plug-in | settled anew | exact"
        " derivative (seed 1) | measured (95 %) | random as large (95 %) | further than random |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for kind in DIRECTIONS:
        for n in sorted(sum(SIZES, ())):
            rows = rows_of(found, text, kind, n)
            if not rows:
                continue
            random = rows_of(found, text, "random", n)
            lines.append(_line(f"{n} {_STRONGEST[kind]}", kind, rows, random))
    return lines


def _line(name: str, kind: str, rows: dict[int, Any], random: dict[int, Any]) -> str:
    sign = -1 if kind == "lowers" else 1
    mean = {key: np.mean([row[key] for row in rows.values()]) for key in
            ("share", "block", "plug_in", "resolved")}  # fmt: skip
    exact = rows.get(1, {}).get(UNROLLED)
    both = [sign * (rows[s]["actual"] - random[s]["actual"]) for s in rows if s in random]
    verdict = "-"
    if both:
        _, low, _ = interval(both)
        n_further = sum(gap > 0 for gap in both)
        verdict = f"{n_further} of {len(both)} seeds"
        if len(both) > 1:
            verdict += ", significant" if low > 0 else ", not significant"
    actual = with_interval([row["actual"] for row in rows.values()])
    beside = with_interval([row["actual"] for row in random.values()]) if random else "-"
    return (
        f"| {name} | {len(rows)} | {mean['share']:.2%} | {mean['block']:+.3f} |"
        f" {mean['plug_in']:+.3f} | {mean['resolved']:+.3f} |"
        f" {'-' if exact is None else f'{exact:+.3f}'} | **{actual}** | {beside} | {verdict} |"
    )


def draw(found: dict[Cell, dict[str, Any]], texts: Sequence[str], path: Path) -> None:
    sizes = [str(n) for n in sorted(sum(SIZES, ()))]

    def curve(text: str, kind: str, label: str, colour: str, key: str = "actual") -> Curve:
        points = []
        for n in sorted(sum(SIZES, ())):
            rows = rows_of(found, text, kind, n)
            if rows:
                mean, low, high = interval([row[key] for row in rows.values()])
                is_known = key == "actual" and not np.isnan(low)
                bounds = (low, high) if is_known else (None, None)
                points.append((str(n), mean, *bounds))
        return Curve(label, colour, points, key != "actual")

    panels = [
        CurvePanel(
            f"{text}: {PROBES[text]}", "sentences removed", "change of the probe", sizes,
            [c for c in (
                curve(text, "lowers", "most lowering, measured", "blue"),
                curve(text, "lowers", "most lowering, predicted", "blue", "block"),
                curve(text, "raises", "most raising, measured", "orange"),
                curve(text, "raises", "most raising, predicted", "orange", "block"),
                curve(text, "random", "random, measured", "grey"),
            ) if c.points],
        )
        for text in texts
    ]  # fmt: skip
    alt = "Change of the probe after retraining without sentences, by how many; predicted beside"
    write_curves(path, alt, panels)


def report(found: dict[Cell, dict[str, Any]], texts: Sequence[str], n_seeds: int) -> str:
    lines = [
        "# What if: the text that the quick estimate names, taken away",
        "",
        f"`python -m benchmarks.what_if --seeds {n_seeds}`, {date.today().isoformat()},"
        f" {os.cpu_count()} cores of {platform.machine()}. For each seed a training of its own, its"
        " own ranking of the sentences by `block`, and coupled retrainings. Changes of the probe"
        " (difference of means), mean over the seeds; intervals: Student's t, 95 %. Random text has"
        " as many words. Further than random: in the predicted direction, paired by seed.",
        "",
        "![Predicted and measured change](what-if.svg)",
    ]
    for text in texts:
        lines += ["", f"## {text}, `{PROBES[text]}`", "", *table(found, text)]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", nargs="+", default=list(PROBES), choices=list(PROBES))
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--at-most", type=int, default=10**6, help="trainings, then report")
    options = parser.parse_args()
    found = collect(options.texts, options.seeds, options.at_most)
    text = report(found, options.texts, options.seeds)
    (RESULTS / "what-if.md").write_text(text, "utf-8")
    draw(found, options.texts, RESULTS / "what-if.svg")
    print(text)


if __name__ == "__main__":
    main()
