"""Every estimator on the sample models, judged by retraining without the text.

    python -m benchmarks.fidelity [brown] [--trials hundredths] [--sets 60] [--processes 2]
    python -m benchmarks.fidelity --trials none                    judge what is trained already
    python -m benchmarks.fidelity --trials none --keep-on-card     and put the tables on the cards

Trains the missing sets of the chosen trials, then judges every trial of the sample that has trained
sets and writes ``results/fidelity-NAME.md``. It may be interrupted at any time: retrainings are
cached in the workspace. A retraining takes half a minute; another estimator, or the same sets
again, takes none. The change of each probe is written to ``results/retrained/NAME.csv``; a set in
that file counts as trained, on any machine.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch

from benchmarks.fidelity_report import markdown
from benchmarks.machine import machine
from clif_core.errors import InputError
from clif_core.evaluation import (
    PREDICTORS,
    Changes,
    Retrainings,
    Table,
    Trial,
    add_to_card,
    differential_sets,
    judge,
    measured_changes,
    random_sets,
    read_card,
    read_changes,
    strongest_sentences,
    write_changes,
)
from clif_core.evaluation.harness import trained_sets
from clif_core.evaluation.predictors import sentence_effects
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import ENSEMBLE, UNROLLED
from clif_core.probes import Similarity, find_probe
from clif_core.probes.base import ResolvedProbe
from clif_core.progress import Progress
from clif_core.sgns.bundle import read_card as read_bundle_card
from clif_core.sgns.model import SkipGram
from clif_core.workspace.workspace import Workspace

RESULTS = Path(__file__).parent / "results"
MEASURED = RESULTS / "retrained"
NAMED = {
    "shakespeare": ("men_women_war_love", "gender_terms_pleasant"),
    "brown": ("clif_career", "gender_terms_career_family"),
}
PAIRS = (
    ("king", "crown"),
    ("love", "heart"),
    ("man", "woman"),
    ("war", "peace"),
    ("home", "family"),
    ("good", "evil"),
)
#: The runs of the samples can be repeated, so the seed ensemble answers another question.
USUAL = [name for name in PREDICTORS if name != ENSEMBLE]
N_SETS = {"hundredths": 60, "tenths": 60, "strongest": 100, "differential": 4}
SIZES = (10, 30, 100, 300)


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample model, its engine, its retrainings and its probes."""

    name: str
    path: Path
    engine: InfluenceEngine
    retrainings: Retrainings
    probes: tuple[ResolvedProbe, ...]

    @classmethod
    def open(cls, name: str) -> Sample:
        workspace = Workspace()
        bundle = workspace.open_model(name)
        corpus = workspace.open_corpus(bundle.model)
        if corpus is None or bundle.path is None:
            sys.exit(f"The text of {name!r} is not here; run: clif fetch {name}")
        asked = [find_probe(probe) for probe in NAMED[name]]
        asked += [Similarity(*pair) for pair in PAIRS]
        return cls(
            name,
            bundle.path,
            workspace.open_engine(bundle.model, corpus),
            Retrainings(
                workspace.store,
                bundle.model,
                corpus,
                read_measured(name, bundle.model),
            ),
            tuple(probe.resolve(bundle.model.vocabulary) for probe in asked),
        )

    def trial(self, kind: str, n_sets: int) -> Trial:
        corpus = self.engine.corpus
        if kind == "hundredths":
            return random_sets(corpus, self.probes, 0.01, n_sets)
        if kind == "tenths":
            return random_sets(corpus, self.probes, 0.1, n_sets)
        # Texts are chosen by the exact derivative, computed for all probes at once.
        effects = sentence_effects(self.retrainings.store, self.engine, self.probes, UNROLLED)
        if kind == "strongest":
            return strongest_sentences(self.probes[:2], effects[:2], n_sets)
        return differential_sets(self.probes[0], effects[0], SIZES[:n_sets], "sentences")


def read_measured(name: str, model: SkipGram) -> Changes:
    """Changes that earlier runs measured by retraining, on any machine."""
    return read_changes(MEASURED / f"{name}.csv", model.content_hash)


def keep_measured(
    name: str, retrainings: Retrainings, trial: Trial, seeds: Sequence[int] | None = None
) -> None:
    """Add the measured changes of a trial to the file; ``seeds`` None: the model's own."""
    known = dict(read_measured(name, retrainings.model))
    seeds = (retrainings.own_seed,) if seeds is None else seeds
    for which, changes in measured_changes(retrainings, trial, seeds).items():
        known[which] = {**known.get(which, {}), **changes}
    write_changes(MEASURED / f"{name}.csv", retrainings.model.content_hash, known)


def train(sample: Sample, kind: str, n_sets: int, n_processes: int | None) -> None:
    trial = sample.trial(kind, n_sets)
    seeds = (sample.retrainings.own_seed,)
    tell = on_one_line(f"{sample.name}, {kind}")
    train_missing(sample.retrainings, trial, seeds, n_processes, tell)


def on_one_line(name: str) -> Progress:
    """Prints progress, each message over the one before."""

    def tell(fraction: float, message: str) -> None:
        print(f"\r{name}: {fraction:4.0%} {message:<60.60}", end="", flush=True)

    return tell


def train_missing(
    retrainings: Retrainings,
    trial: Trial,
    seeds: Sequence[int],
    n_processes: int | None,
    progress: Progress,
) -> None:
    """Train the sets that are neither cached here nor measured on another machine."""
    known = measured_changes(retrainings, trial, seeds)
    missing = [e for e in trial.all_edits if any((e.key, seed) not in known for seed in seeds)]
    retrainings.train_all(missing, seeds, n_processes=n_processes, progress=progress)


def judge_all(
    sample: Sample, wanted: int | None, predictors: Sequence[str]
) -> tuple[list[Table], list[str]]:
    """(tables of every trial, removed texts of the tables taken from the card).

    A table of the card is taken where it judged more sets than are trained here."""
    tables, from_before = [], []
    model = sample.engine.model
    before = {_which(t): t for t in read_card(read_bundle_card(sample.path), model.content_hash)}
    for kind, usual in N_SETS.items():
        trial = sample.trial(kind, wanted or usual)
        keep_measured(sample.name, sample.retrainings, trial)
        old = before.get(_which(trial))
        n_done = len(trained_sets(sample.retrainings, trial, (sample.retrainings.own_seed,)))
        if old is not None and n_done < old.n_sets:
            tables.append(old)
            from_before.append(old.removed)
            continue
        try:
            tables.append(judge(sample.retrainings, sample.engine, trial, predictors))
        except InputError as error:  # too few sets are trained
            print(f"{sample.name}: {error}", flush=True)
    return tables, from_before


def _which(trial: Trial | Table) -> tuple[object, ...]:
    return trial.kind, trial.level, trial.fraction


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="sample")
    parser.add_argument("--trials", nargs="+", default=["hundredths", "tenths"])
    parser.add_argument("--sets", type=int, help="of each trial; usual: " + str(N_SETS))
    parser.add_argument("--predictors", nargs="+", default=USUAL, choices=PREDICTORS)
    parser.add_argument("--processes", type=int, help="at once; default: as many as fit")
    parser.add_argument("--keep-on-card", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.trials) - {*N_SETS, "none"} | set(options.names) - set(NAMED):
        parser.error(f"unknown {sorted(unknown)[0]!r}; trials are {', '.join(N_SETS)} and none,")
    torch.set_num_threads(1)
    for name in options.names or list(NAMED):
        sample = Sample.open(name)
        for kind in options.trials:
            if kind != "none":
                train(sample, kind, options.sets or N_SETS[kind], options.processes)
        tables, from_before = judge_all(sample, options.sets, options.predictors)
        made = {
            "command": f"python -m benchmarks.fidelity {shlex.join(sys.argv[1:])}".strip(),
            "date": date.today().isoformat(),
            "machine": machine(),
            "n_seeds": 1,
            "kind": "coupled, same seed",
        }
        text = markdown(name, made, tables, from_before)
        (RESULTS / f"fidelity-{name}.md").write_text(text, "utf-8")
        print(text)
        if options.keep_on_card:
            model = sample.engine.model
            size = add_to_card(sample.path, tables, made, model.content_hash)
            print(f"{name}: {size:,} bytes on the card")


if __name__ == "__main__":
    main()
