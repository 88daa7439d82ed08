"""What a seed ensemble should say and in which order, against runs that are in none of its means.

    python -m benchmarks.ensemble_choices [--runs 24] [--splits 20]

On the Lee news text that gensim brings: runs under other seeds are differentiated, an ensemble of
4, 8 or 12 of them speaks, and the mean of all others judges it (docs/decisions/0027). Writes
``benchmarks/results/ensemble-choices.md``. Two minutes on one core.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from datetime import date
from pathlib import Path

import gensim
import numpy as np
import numpy.typing as npt
from scipy import stats

from benchmarks.machine import machine
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import RunsInMemory, SeedRun, seeds_of
from clif_core.influence.result import Influence
from clif_core.measurement.multiple_testing import adjust_p_values
from clif_core.measurement.over_runs import HOLDS_Q, UnitStatistics, judge_units
from clif_core.probes import Similarity
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.settings import SMOOTH_START, TrainingSettings
from clif_core.text.corpus import SourceDocument, build_corpus
from clif_core.training import train

RESULT = Path(__file__).parent / "results" / "ensemble-choices.md"
SETTINGS = TrainingSettings(dim=32, epochs=8, start_range=SMOOTH_START, backend="coupled")
QUESTIONS = (
    ("police", "court"), ("australia", "india"), ("man", "woman"), ("government", "minister"),
)  # fmt: skip
SIZES = (4, 8, 12)
N_STRONGEST = 100
FIGURES = {
    "r, mean": "correlation of sentence effects with the judge's, plain mean",
    "r, drawn": "the same, drawn towards the quick estimate",
    "slope, mean": "judge's effects on effects, over the 100 strongest; 1 is to size",
    "slope, drawn": "the same, drawn",
    "95 % all": "share of sentences whose interval holds the judge's effect, its error allowed for",
    "95 % top": "the same, of the 100 strongest",
    "95 % top, plain": "the same, interval around the plain mean",
    "holds": "sentences marked *holds* (q at most .05)",
    "q, student": "sentences with q at most .05 by the t test of each by itself",
    "keep sign": "of those that hold, share with that sign in the judge's mean",
    "list by effect": "judge's change without the 100 strongest by effect",
    "list by bound": "by the bound of the interval nearest 0",
    "list by one run": "by the effects of one run",
    "list by block": "by the quick estimate",
}

Floats = npt.NDArray[np.float64]


def measure(
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    runs: list[SeedRun],
    n_runs: int,
    n_splits: int,
) -> dict[str, float]:
    """The mean of each figure over splits into an ensemble of ``n_runs`` and its judge."""
    figures: dict[str, list[float]] = defaultdict(list)
    generator, quick = np.random.default_rng(0), engine.influence(probe)
    for _ in range(n_splits):
        order = generator.permutation(len(runs))
        chosen = [runs[at] for at in order[:n_runs]]
        others = np.stack([runs[at].sentence_effects for at in order[n_runs:]])
        answer = engine.combine_runs(probe, chosen, quick)
        for name, value in figures_of(answer, others.astype(np.float64), quick).items():
            figures[name].append(value)
    return {name: float(np.nanmean(values)) for name, values in figures.items()}


def figures_of(answer: Influence, others: Floats, quick: Influence) -> dict[str, float]:
    """``FIGURES`` of one ensemble; ``others`` (n_other_runs, n_sentences) judge it."""
    assert answer.runs is not None
    drawn, plain = answer.runs.sentences, judge_units(answer.runs.by_run)
    judge = others.mean(0)
    error = others.std(0, ddof=1) / np.sqrt(len(others))
    is_seen = (answer.runs.by_run != 0).any(0)
    top, top_plain = strongest(drawn.effect), strongest(plain.effect)

    def moved(by: Floats) -> float:
        at = strongest(by)
        return float((np.sign(by) * judge)[at].sum())

    return {
        "r, mean": np.corrcoef(plain.effect, judge)[0, 1],
        "r, drawn": np.corrcoef(drawn.effect, judge)[0, 1],
        "slope, mean": slope(plain.effect, judge, top_plain),
        "slope, drawn": slope(drawn.effect, judge, top),
        "95 % all": covered(drawn, judge, error)[is_seen].mean(),
        "95 % top": covered(drawn, judge, error)[top].mean(),
        "95 % top, plain": covered(plain, judge, error)[top_plain].mean(),
        "holds": drawn.holds.sum(),
        "q, student": student(answer.runs.by_run[:, is_seen]),
        "keep sign": (drawn.mean * judge > 0)[drawn.holds].mean() if drawn.holds.any() else np.nan,
        "list by effect": moved(drawn.effect),
        "list by bound": moved(drawn.sure),
        "list by one run": moved(answer.runs.by_run[0].astype(np.float64)),
        "list by block": moved(quick.sentence_effects),
    }


def strongest(effects: Floats) -> npt.NDArray[np.int64]:
    return np.argsort(-np.abs(effects), kind="stable")[:N_STRONGEST]


def slope(effects: Floats, judge: Floats, at: npt.NDArray[np.int64]) -> float:
    return float((effects * judge)[at].sum() / np.square(effects[at]).sum())


def covered(found: UnitStatistics, judge: Floats, error: Floats) -> npt.NDArray[np.bool_]:
    """Whether each interval holds the judge's effect, widened by the judge's own error."""
    half = np.hypot((found.high - found.low) / 2, stats.norm.ppf(0.975) * error)
    return np.asarray(np.abs(found.effect - judge) <= half)


def student(by_run: npt.NDArray[np.float32]) -> int:
    """How many sentences have q at most .05 when no variance is drawn towards the usual one."""
    p = stats.ttest_1samp(by_run.astype(np.float64), 0.0).pvalue
    return int((adjust_p_values(p) <= HOLDS_Q).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--splits", type=int, default=20)
    options = parser.parse_args()
    stories = (Path(gensim.__file__).parent / "test/test_data/lee_background.cor").read_text(
        "utf-8"
    )
    documents = [SourceDocument(f"Story {n}", s) for n, s in enumerate(stories.splitlines())]
    corpus = build_corpus("lee", documents, {"title": "Lee background corpus"})
    engine = InfluenceEngine(train(corpus, SETTINGS), corpus)
    probes = [Similarity(*pair).resolve(engine.model.vocabulary) for pair in QUESTIONS]
    kept = RunsInMemory()
    engine.gather_runs(probes, kept, n_runs=options.runs, progress=lambda *at: print(*at, end="\r"))
    rows = {}
    for n_runs in SIZES:
        by_probe = []
        for probe in probes:
            found = [kept[probe.probe.key, seed] for seed in seeds_of(SETTINGS.seed, options.runs)]
            by_probe.append(measure(engine, probe, found, n_runs, options.splits))
        rows[n_runs] = {name: np.array([one[name] for one in by_probe]) for name in FIGURES}
    RESULT.write_text(page(rows, options), "utf-8")


def page(rows: dict[int, dict[str, Floats]], options: argparse.Namespace) -> str:
    command = f"python -m benchmarks.ensemble_choices --runs {options.runs}"
    lines = [
        "# What a seed ensemble should say",
        "",
        f"`{command} --splits {options.splits}`, {date.today().isoformat()}, {machine()}. The Lee"
        " news text (300 stories), dimension 32, 8 epochs, four similarities. Means over probes and"
        f" random splits of {options.runs} runs, and the range over probes in brackets; the judge"
        " is the mean of the runs that the ensemble has not.",
        "",
        "| figure | " + " | ".join(f"{n} runs" for n in rows) + " |",
        "|---|" + "---:|" * len(rows),
    ]
    for name, meaning in FIGURES.items():
        cells = [f"{v.mean():.3g} ({v.min():.3g} to {v.max():.3g})" for v in
                 (row[name] for row in rows.values())]  # fmt: skip
        lines.append(f"| {name}: {meaning} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
