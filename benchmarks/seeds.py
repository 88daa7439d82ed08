"""What a training owes to its seed, and from which first vectors an ensemble should start.

    python -m benchmarks.seeds [brown | shakespeare] [--start-ranges 12 1] [--runs 16]
    python -m benchmarks.seeds shakespeare --backend coupled --start-ranges 1 --held-out-ranges

For each ``start_range``, exact derivatives of ``runs`` trainings under seeds of their own; then the
same text is taken away under further seeds that are in no ensemble ("held out"), trained from each
of ``--held-out-ranges`` (none given: this part is left out): random documents (1 %), and for each
probe the hundred sentences whose removal lowers it most, chosen by an ensemble, by one run and by
the quick estimate. Runs are in batches, on a CUDA device if there is one, else on the CPU (hours);
there ``--backend coupled``, pair by pair, is the faster for eight probes (``results/cores.md``).

What is computed is saved in ``--folder`` and not computed again, and a derivative that was stopped
goes on from its checkpoint; the table goes to ``results/seeds-NAME.md``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity import Sample, on_one_line
from benchmarks.machine import machine
from benchmarks.splits import N_SPLITS, N_STRONGEST, agreement, over_splits, spearman_brown
from clif_core.device import pick_device
from clif_core.influence.estimators import QUICK
from clif_core.influence.gathering import RunText, gradients_of
from clif_core.measurement.over_runs import HOLDS_RUNS, judge_units
from clif_core.sgns.settings import TrainingSettings
from clif_core.training import train_repeatable

RESULTS = Path(__file__).parent / "results"
FIRST_SEED, FIRST_HELD_OUT = 1_000_003, 2_000_003
MOST_JUDGES = 6
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Runs:
    """``effects`` (K, n_probes, n_sentences): removal effects of each run; seconds for each run."""

    effects: Floats
    seconds: list[float]

    @property
    def mean(self) -> Floats:
        return np.asarray(self.effects.mean(0))


@dataclass(frozen=True, eq=False)
class Study:
    sample: Sample
    settings: TrainingSettings
    folder: Path

    def settings_of(self, start_range: float, seed: int) -> TrainingSettings:
        return replace(self.settings, start_range=start_range, seed=seed)

    @property
    def name(self) -> str:
        """Of the files: coupled runs are kept apart from those in batches."""
        backend = self.settings.backend
        return self.sample.name if backend == "batched" else f"{self.sample.name}-{backend}"

    # --- derivatives

    def runs(self, start_range: float, n_runs: int) -> Runs:
        file = self.folder / f"{self.name}-{start_range:g}.npz"
        saved = _load(file)
        effects, seconds = list(saved[0]), saved[1]
        for seed in range(FIRST_SEED + len(effects), FIRST_SEED + n_runs):
            of_run, took = self._derivative(start_range, seed)
            effects.append(of_run)
            seconds.append(took)
            _save(file, effects, seconds)
        return Runs(np.array(effects[:n_runs]), seconds[:n_runs])

    def _derivative(self, start_range: float, seed: int) -> tuple[Floats, float]:
        """(n_probes, n_sentences) removal effects, float32."""
        started, engine, probes = perf_counter(), self.sample.engine, self.sample.probes
        counts, offsets = engine.model.vocabulary.counts, engine.corpus.sentence_offsets
        on = RunText(engine.text, counts, offsets, pick_device())
        settings = self.settings_of(start_range, seed)
        beside = self.folder / f"{self.name}-{start_range:g}-{seed}"
        tell = on_one_line(f"{start_range:g}, seed {seed}")
        run = on.differentiate(settings, partial(gradients_of, probes), 1, tell, beside)
        answers = [on.answer(seed, run, at, probe) for at, probe in enumerate(probes)]
        return np.array([answer.sentence_effects for answer in answers]), perf_counter() - started

    # --- trainings without some text, under held-out seeds

    def changes(
        self, start_range: float, sets: dict[str, npt.NDArray[np.bool_]], n_seeds: int
    ) -> dict[str, Floats]:
        """For each set of sentences, how each probe changes without it: (n_seeds, n_probes)."""
        file = self.folder / f"{self.name}-held-out-{start_range:g}.json"
        values = json.loads(file.read_text()) if file.is_file() else {}
        everything = {"all": np.zeros(len(next(iter(sets.values()))), bool)} | sets
        seeds = range(FIRST_HELD_OUT, FIRST_HELD_OUT + n_seeds)
        for seed, (name, removed) in itertools.product(seeds, everything.items()):
            if f"{seed} {name}" not in values:
                values[f"{seed} {name}"] = self._values(start_range, seed, removed)
                file.write_text(json.dumps(values))
        return {
            name: np.array([np.subtract(values[f"{s} {name}"], values[f"{s} all"]) for s in seeds])
            for name in sets
        }

    def _values(self, start_range: float, seed: int, removed: npt.NDArray[np.bool_]) -> list[float]:
        """The probes after a training without some sentences."""
        engine = self.sample.engine
        present = np.repeat(~removed, np.diff(engine.corpus.sentence_offsets)).astype(np.float32)
        centre, _ = train_repeatable(
            engine.corpus, engine.model.vocabulary, self.settings_of(start_range, seed), present
        )
        return [probe.value(centre) for probe in self.sample.probes]


def _load(file: Path) -> tuple[list[Floats], list[float]]:
    if not file.is_file():
        return [], []
    with np.load(file) as saved:
        effects = saved["effects"].astype(np.float32) * saved["scales"][..., None]
        return list(effects), saved["seconds"].tolist()


def _save(file: Path, effects: Sequence[Floats], seconds: Sequence[float]) -> None:
    """float16, in units of the largest effect of each run and probe."""
    scales = np.abs(np.array(effects)).max(-1)
    scaled = (np.array(effects) / scales[..., None]).astype(np.float16)
    np.savez_compressed(file, effects=scaled, scales=scales, seconds=seconds)


# --- figures


def sets_of(
    study: Study, ensembles: dict[float, Runs], n_random: int
) -> dict[str, npt.NDArray[np.bool_]]:
    """Sentences to take away, by name."""
    engine, n_probes = study.sample.engine, len(study.sample.probes)
    starts = engine.corpus.document_offsets
    generator, found = np.random.default_rng(0), {}
    for at in range(n_random):
        chosen = generator.choice(len(starts) - 1, max(1, (len(starts) - 1) // 100), replace=False)
        found[f"random {at}"] = np.isin(
            np.repeat(np.arange(len(starts) - 1), np.diff(starts)), chosen
        )
    quick = np.array([engine.influence(p, QUICK).sentence_effects for p in study.sample.probes])
    choosers = {f"ensemble {r:g}": runs.mean for r, runs in ensembles.items()}
    choosers |= {f"run {r:g}": runs.effects[0] for r, runs in ensembles.items()}
    choosers |= {QUICK: quick}
    for (name, effects), probe in itertools.product(choosers.items(), range(n_probes)):
        chosen = np.zeros(effects.shape[1], bool)
        chosen[np.argsort(effects[probe])[:N_STRONGEST]] = True
        found[f"list {name} {probe}"] = chosen
    return found


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
        f"Means over {N_SPLITS} random splits of the runs. Sixteen with sixteen: r by"
        " Spearman-Brown from the halves. Hold: how many sentences over all runs but some / the"
        " share of these that keep their sign in the mean of those some.",
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
            cells += [f"{spearman_brown(found.halves, n_runs // 2):.2f}"]
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
    sets: dict[str, npt.NDArray[np.bool_]],
    changes: dict[str, Floats],
) -> list[str]:
    n_probes = len(study.sample.probes)
    random = [name for name in changes if name.startswith("random")]
    measured = np.array([changes[name] for name in random])  # (n_sets, n_seeds, n_probes)
    mean = measured.mean(1)
    quick = np.array(
        [study.sample.engine.influence(p, QUICK).sentence_effects for p in study.sample.probes]
    )
    predictors = {f"ensemble {r:g}": runs.mean for r, runs in ensembles.items()}
    predictors |= {f"one run {r:g}": runs.effects[0] for r, runs in ensembles.items()}
    predictors |= {QUICK: quick}
    n_seeds = measured.shape[1]
    lines = [
        f"## {n_seeds} held-out seeds, trained from first vectors of {family:g}",
        "",
        f"{len(random)} random hundredths of the documents, mean of the seeds: Pearson (slope)."
        " Ceiling: what the mean of the seeds correlates with that of as many others"
        " (Spearman-Brown).",
        "",
        "| probe | ceiling | " + " | ".join(predictors) + " |",
        "|---|---:|" + "---:|" * len(predictors),
    ]
    for at, probe in enumerate(study.sample.probes):
        halves = [measured[:, s::2, at].mean(1) for s in (0, 1)]
        r = float(np.corrcoef(*halves)[0, 1])
        cells = [f"{2 * r / (1 + r):.2f}"]
        for effects in predictors.values():
            predicted = np.array([effects[at][sets[name]].sum() for name in random])
            slope = predicted @ mean[:, at] / (predicted @ predicted)
            cells.append(f"{np.corrcoef(predicted, mean[:, at])[0, 1]:.2f} ({slope:.2f})")
        lines.append(f"| {probe.probe.name} | " + " | ".join(cells) + " |")
    lists = sorted({n.rsplit(" ", 1)[0] for n in changes if n.startswith("list")})
    lines += [
        "",
        f"Without the {N_STRONGEST} sentences whose removal lowers the probe most: measured change"
        " (mean of the seeds ± standard error); in brackets what that chooser predicted.",
        "",
        "| probe | " + " | ".join(x.removeprefix("list ") for x in lists) + " |",
        "|---|" + "---:|" * len(lists),
    ]
    by_name = predictors | {f"run {r:g}": runs.effects[0] for r, runs in ensembles.items()}
    for at in range(n_probes):
        cells = []
        for chooser in lists:
            name = f"{chooser} {at}"
            found = changes[name][:, at]
            predicted = by_name[chooser.removeprefix("list ")][at][sets[name]].sum()
            error = found.std(ddof=1) / np.sqrt(len(found))
            cells.append(f"{found.mean():+.3f} ± {error:.3f} ({predicted:+.3f})")
        lines.append(f"| {study.sample.probes[at].probe.name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _of(r: float, shared: float) -> str:
    return f"{r:.2f} / {shared:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", default="brown")
    parser.add_argument("--start-ranges", type=float, nargs="+", default=[12.0, 1.0])
    parser.add_argument("--held-out-ranges", type=float, nargs="*", default=[12.0])
    parser.add_argument("--backend", default="batched", choices=("batched", "coupled"))
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--held-out", type=int, default=6)
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=Path("artefacts/seeds"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    sample = Sample.open(options.name)
    settings = replace(sample.engine.model.require_settings(), backend=options.backend)
    study = Study(sample, settings, options.folder)
    started = perf_counter()
    ensembles = {}
    for start_range in options.start_ranges:
        ensembles[start_range] = study.runs(start_range, options.runs)
        print(f"{start_range:g}: {options.runs} runs, {perf_counter() - started:.0f} s", flush=True)
    held_out, families = {}, options.held_out_ranges
    sets = sets_of(study, ensembles, options.sets) if families else {}
    for family in families:
        held_out[family] = sets, study.changes(family, sets, options.held_out)
        print(f"held out, {family:g}: {perf_counter() - started:.0f} s", flush=True)
    table = write_table(study, ensembles, held_out)
    (RESULTS / f"seeds-{options.name}.md").write_text(table, "utf-8")
    print(table)


if __name__ == "__main__":
    main()
