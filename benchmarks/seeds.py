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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity import Sample, on_one_line
from benchmarks.seeds_report import write_table
from benchmarks.splits import N_STRONGEST
from clif_core.device import pick_device
from clif_core.influence.estimators import QUICK
from clif_core.influence.gathering import RunText, gradients_of
from clif_core.sgns.settings import TrainingSettings
from clif_core.training import train_repeatable

RESULTS = Path(__file__).parent / "results"
FIRST_SEED, FIRST_HELD_OUT = 1_000_003, 2_000_003
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
        found = partial(gradients_of, probes)
        run = on.differentiate(settings, found, 1, tell, beside, len(probes))
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


def sets_of(
    study: Study, ensembles: dict[float, Runs], n_random: int
) -> dict[str, npt.NDArray[np.bool_]]:
    """Sentences to take away, by name."""
    engine, n_probes = study.sample.engine, len(study.sample.probes)
    starts = engine.corpus.document_offsets
    generator, found = np.random.default_rng(0), {}
    for at in range(n_random):
        drawn = generator.choice(len(starts) - 1, max(1, (len(starts) - 1) // 100), replace=False)
        found[f"random {at}"] = np.isin(
            np.repeat(np.arange(len(starts) - 1), np.diff(starts)), drawn
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
    if options.runs < 2:
        parser.error("--runs is 2 or more: runs are compared,")
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
