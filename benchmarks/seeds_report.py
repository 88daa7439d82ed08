"""The page of ``benchmarks.seeds``: runs against runs, and trainings without some text."""

from __future__ import annotations

import itertools
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.machine import machine
from benchmarks.seeds_study import Runs, Study
from benchmarks.splits import N_SPLITS, N_STRONGEST, agreement, over_splits, sixteen, spearman_brown
from clif_core.influence.estimators import QUICK
from clif_core.measurement.over_runs import HOLDS_RUNS, judge_units

__all__ = ["write_table"]

MOST_JUDGES = 6
Floats = npt.NDArray[np.floating[Any]]
Sentences = npt.NDArray[np.bool_]  # (n_sentences,) which are taken away


def write_table(study: Study, ensembles: dict[float, Runs], held_out: dict[float, Any]) -> str:
    """The report; ``held_out``: by start_range, (sets, changes by set)."""
    how = "in batches" if study.settings.backend == "batched" else "pair by pair"
    lines = [
        f"# Seeds: {study.sample.name}",
        "",
        f"`python -m benchmarks.seeds {shlex.join(sys.argv[1:])}`, {date.today().isoformat()},"
        f" {machine()}. Sample settings but for the first vectors (`start_range`), {how}.",
        "",
        *_runs_table(study, ensembles),
        *_signs_table(study, ensembles),
    ]
    for family, (sets, changes) in held_out.items():
        lines += _held_out_tables(study, ensembles, family, sets, changes)
    return "\n".join(lines) + "\n"


def _runs_table(study: Study, ensembles: dict[float, Runs]) -> list[str]:
    heads = [
        f"two runs at {r:g} | halves at {r:g} | sixteen with sixteen at {r:g} | hold at {r:g}"
        for r in ensembles
    ]
    lines = [
        "## Runs against runs: correlation of sentence effects / of the hundred strongest either"
        " way, how many are shared",
        "",
        f"Means over {N_SPLITS} random splits of the runs. Sixteen with sixteen:"
        " computed from the halves (`splits.sixteen`). Hold: how many sentences over all runs but"
        " some / the share of these that keep their sign in the mean of those some.",
        "",
        "| probe | " + " | ".join(heads) + " |",
        "|---|" + "---|" * (4 * len(ensembles)),
    ]
    for at, probe in enumerate(study.sample.probes):
        cells = []
        for runs in ensembles.values():
            n_runs = len(runs.effects)
            found = over_splits(runs.effects[:, at], n_judges(n_runs))
            cells += [f"{found.two:.2f}", _of(found.halves, found.strongest)]
            cells.append(_of(*sixteen(found, n_runs // 2)))
            cells += [_holding(found.n_holding, found.kept)]
        lines.append(f"| {probe.probe.name} | " + " | ".join(cells) + " |")
    return [*lines, "", *_sizes(ensembles), *_across(ensembles), ""]


def n_judges(n_runs: int) -> int:
    """How many of the runs judge what the others hold, which need to be ``HOLDS_RUNS``."""
    return max(1, min(MOST_JUDGES, n_runs - HOLDS_RUNS))


def _sizes(ensembles: dict[float, Runs]) -> list[str]:
    """How many runs there are, how they are divided, and what one costs."""
    return [
        f"At {r:g}: {(n := len(runs.effects))} runs, halves of {n // 2}, {n_judges(n)} of them"
        f" judge what {n - n_judges(n)} hold. A derivative of all probes, median:"
        f" {np.median(runs.seconds):.1f} s."
        for r, runs in ensembles.items()
    ]


def _across(ensembles: dict[float, Runs]) -> list[str]:
    found = []
    for (a, of_a), (b, of_b) in itertools.combinations(ensembles.items(), 2):
        r = [agreement(x, y)[0] for x, y in zip(of_a.mean, of_b.mean, strict=True)]
        found.append(f"All runs at {a:g} with all at {b:g}: {', '.join(f'{x:.2f}' for x in r)}.")
    return found


def _signs_table(study: Study, ensembles: dict[float, Runs]) -> list[str]:
    """Of the sentences that hold in some runs, how many keep their sign in runs of another kind."""
    pairs = list(itertools.permutations(ensembles, 2))
    if not pairs:
        return []
    sizes = sorted({len(next(iter(ensembles.values())).effects) // k for k in (2, 1)})
    heads = [f"{n} at {a:g}, judged by all at {b:g}" for a, b in pairs for n in sizes]
    lines = [
        "## Sentences that hold: how many, and the share that keep their sign in runs of the other"
        " start",
        "",
        "| probe | " + " | ".join(heads) + " |",
        "|---|" + "---:|" * len(heads),
    ]
    for at, probe in enumerate(study.sample.probes):
        cells = []
        for (a, b), n in itertools.product(pairs, sizes):
            found = judge_units(ensembles[a].effects[:n, at])
            other = ensembles[b].mean[at]
            kept = np.sign(found.mean[found.holds]) == np.sign(other[found.holds])
            cells.append(_holding(len(kept), kept.mean() if len(kept) else np.nan))
        lines.append(f"| {probe.probe.name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _holding(n_holding: float, kept: float) -> str:
    return f"{n_holding:,.0f} / {kept:.3f}" if np.isfinite(kept) else "0 / –"


def _held_out_tables(
    study: Study,
    ensembles: dict[float, Runs],
    family: float,
    sets: dict[str, Sentences],
    changes: dict[str, Floats],
) -> list[str]:
    quick = np.array(
        [study.sample.engine.influence(p, QUICK).sentence_effects for p in study.sample.probes]
    )
    choosers = {f"ensemble {r:g}": runs.mean for r, runs in ensembles.items()}
    choosers |= {f"run {r:g}": runs.effects[0] for r, runs in ensembles.items()}
    choosers |= {QUICK: quick}
    n_seeds = len(next(iter(changes.values())))
    return [
        f"## {n_seeds} held-out seeds, trained from first vectors of {family:g}",
        "",
        *_random_table(study, choosers, sets, changes),
        *_lists_table(study, choosers, sets, changes),
    ]


def _random_table(
    study: Study,
    choosers: dict[str, Floats],
    sets: dict[str, Sentences],
    changes: dict[str, Floats],
) -> list[str]:
    random = [name for name in changes if name.startswith("random")]
    measured = np.array([changes[name] for name in random])  # (n_sets, n_seeds, n_probes)
    lines = [
        f"{len(random)} random hundredths of the documents, mean of the seeds: Pearson (slope), and"
        " Pearson without the one set that takes most of a word of the probe. Ceiling: what a"
        " perfect prediction would reach, the root of what the mean of the seeds correlates with"
        " that of as many others (Spearman-Brown); – where that is below 0. Last row: means of the"
        " Pearsons, and the root of the mean of what the ceilings are roots of.",
        "",
        "| probe | ceiling | " + " | ".join(choosers) + " | set that takes most |",
        "|---|---|" + "---|" * len(choosers) + "---|",
    ]
    every = []
    for at, probe in enumerate(study.sample.probes):
        of_probe = measured[:, :, at]
        worst, word, share = _most_taken(study, at, [sets[name] for name in random])
        rest = np.arange(len(random)) != worst
        figures = [(_reliability(of_probe), _reliability(of_probe[rest]))]
        cells = [_both(*map(_root, figures[0]))]
        for effects in choosers.values():
            predicted = np.array([effects[at][sets[name]].sum() for name in random])
            mean = of_probe.mean(1)
            figures.append((_r(predicted, mean), _r(predicted[rest], mean[rest])))
            slope = predicted @ mean / (predicted @ predicted)
            cells.append(f"{figures[-1][0]:.2f} ({slope:.2f}), {figures[-1][1]:.2f}")
        every.append(figures)
        took = f"{share:.0%} of {word}"
        lines.append(f"| {probe.probe.name} | {' | '.join(cells)} | {took} |")
    first, *others = np.array(every).mean(0)
    cells = [_both(*map(_root, first)), *(_both(*pair) for pair in others)]
    lines.append(f"| mean | {' | '.join(cells)} | |")
    return [*lines, ""]


def _most_taken(study: Study, probe: int, sets: Sequence[Sentences]) -> tuple[int, str, float]:
    """The set that takes the largest share of the occurrences of a word of the probe.

    (which set, the word, the share). Known before anything is trained, so that leaving the set out
    looks at no outcome; but the rule was made when the sets of Brown had been seen.
    """
    engine = study.sample.engine
    text, words = engine.text, engine.model.vocabulary.words
    ids = study.sample.probes[probe].word_ids
    of_all = np.bincount(text.word_ids, minlength=len(words))[ids]
    lengths = np.diff(engine.corpus.sentence_offsets)
    shares = np.array([
        np.bincount(text.word_ids[np.repeat(removed, lengths)[text.tokens]], minlength=len(words))
        [ids] / of_all
        for removed in sets
    ])  # fmt: skip
    worst, word = np.unravel_index(shares.argmax(), shares.shape)
    return int(worst), words[ids[word]], float(shares.max())


def _reliability(by_seed: Floats) -> float:
    """r of the mean over seeds with that of as many others, from ``by_seed`` (n_sets, n_seeds)."""
    return spearman_brown(_r(by_seed[:, 0::2].mean(1), by_seed[:, 1::2].mean(1)), 1, 2)


def _root(reliability: float) -> float:
    """The r of a perfect prediction with a mean of that reliability; nan below 0."""
    return float(np.sqrt(reliability)) if reliability >= 0 else np.nan


def _r(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def _both(all_sets: float, rest: float) -> str:
    return ", ".join("–" if np.isnan(r) else f"{r:.2f}" for r in (all_sets, rest))


def _lists_table(
    study: Study,
    choosers: dict[str, Floats],
    sets: dict[str, Sentences],
    changes: dict[str, Floats],
) -> list[str]:
    lists = sorted({n.rsplit(" ", 1)[0] for n in changes if n.startswith("list")})
    lines = [
        f"Without the {N_STRONGEST} sentences whose removal lowers the probe most: measured change"
        " (mean of the seeds ± standard error); in brackets what that chooser predicted.",
        "",
        "| probe | " + " | ".join(x.removeprefix("list ") for x in lists) + " |",
        "|---|" + "---:|" * len(lists),
    ]
    for at, probe in enumerate(study.sample.probes):
        cells = []
        for chooser in lists:
            name = f"{chooser} {at}"
            found = changes[name][:, at]
            predicted = choosers[chooser.removeprefix("list ")][at][sets[name]].sum()
            error = found.std(ddof=1) / np.sqrt(len(found))
            cells.append(f"{found.mean():+.3f} ± {error:.3f} ({predicted:+.3f})")
        lines.append(f"| {probe.probe.name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _of(r: float, shared: float) -> str:
    return f"{r:.2f} / {shared:.0f}"
