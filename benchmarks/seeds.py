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
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity import Sample
from benchmarks.seeds_report import write_table
from benchmarks.seeds_study import Runs, Study
from benchmarks.splits import N_STRONGEST
from clif_core.influence.estimators import QUICK

RESULTS = Path(__file__).parent / "results"


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
