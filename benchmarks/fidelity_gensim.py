"""The estimators judged on gensim's models, whose runs cannot be repeated exactly.

    python -m benchmarks.fidelity_gensim [brown] [--sets 60] [--seeds 4] [--processes 2]

Trains half of Brown (every second text) and Shakespeare with gensim, stores the models in the
workspace as NAME-gensim, trains each again without random tenths of the documents under several
seeds, by gensim and by the coupled trainer, judges every estimator on the mean over the seeds and
writes ``results/fidelity-gensim.md``. It may be interrupted at any time: trainings and effects are
cached, and ``--judge-only`` judges the sets trained so far.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import torch

from benchmarks import peer_estimators
from benchmarks.fidelity import (
    NAMED,
    PAIRS,
    RESULTS,
    keep_measured,
    on_one_line,
    read_measured,
    train_missing,
)
from benchmarks.fidelity_report import estimator_table, probe_table
from benchmarks.machine import machine
from clif_core.errors import InputError
from clif_core.evaluation import Retrainings, Table, judge, random_sets
from clif_core.evaluation.harness import actual_changes, compare, trained_sets
from clif_core.influence.ensemble import N_RUNS
from clif_core.influence.estimators import CLOSED_FORM, ENSEMBLE
from clif_core.probes import Similarity, find_probe
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.training import train
from clif_core.workspace.workspace import Workspace

# Without unrolled: the run of another trainer cannot be repeated.
PREDICTORS = (ENSEMBLE, *CLOSED_FORM, "plug_in", "random", "word_count", "pmi")
FIRST_JUDGE = 9
SETTINGS = {
    "brown": TrainingSettings(dim=64, window=5, epochs=10, unit="sentence", backend="gensim"),
    "shakespeare": TrainingSettings(dim=64, window=5, epochs=10, unit="document", backend="gensim"),
}
HOW = (
    "The models are gensim's. Without a tenth of the documents they are trained again by gensim,"
    " and by the coupled trainer with its draws held fixed, under other seeds than the ensemble's."
    " Judged is the mean change over the seeds; the seeds' agreement (split halves, stepped up) is"
    " an upper limit by noise; a perfect prediction would reach its square root. `ensemble`"
    f" is {N_RUNS} runs of our own trainer on the same text and settings, differentiated, the mean"
    " drawn towards `block` as far as they disagree. Baselines are in italics. Estimators of other"
    " packages are made again from our products, with the damping of ours; their conjugate gradient"
    " is `exact`, their TracInCP *gradient*."
)


def half(corpus: Corpus) -> Corpus:
    """Every second document, with its sentences."""
    documents = []
    for at in range(0, corpus.n_documents, 2):
        rows = corpus.sentences.iloc[slice(*corpus.document_offsets[at : at + 2])]
        sentences = [(int(row.start), int(row.end), {}) for row in rows.itertuples()]
        row = corpus.documents.iloc[at]
        documents.append(SourceDocument(row["title"], row["text"], {}, sentences))
    return build_corpus(f"{corpus.name}-half", documents, dict(corpus.about))


def open_model(workspace: Workspace, name: str) -> tuple[SkipGram, Corpus]:
    """The gensim model of a sample's text; trained and stored in the workspace where missing."""
    own = f"{name}-gensim"
    try:
        model = workspace.open_model(own).model
    except InputError:
        corpus = workspace.open_corpus(workspace.open_model(name).model)
        if corpus is None:
            sys.exit(f"The text of {name!r} is not here; run: clif fetch {name}")
        corpus = half(corpus) if name == "brown" else corpus
        model = replace(train(corpus, SETTINGS[name]), name=own)
        workspace.keep_model(Bundle(model, {"title": own}), corpus)
    corpus = workspace.open_corpus(model)
    assert corpus is not None, "stored beside the model"
    return model, corpus


def probes_of(name: str, model: SkipGram) -> list[ResolvedProbe]:
    """The probes of the sample that have enough of their words in this model."""
    found = []
    for probe in [*map(find_probe, NAMED[name]), *(Similarity(*pair) for pair in PAIRS)]:
        try:
            found.append(probe.resolve(model.vocabulary))
        except InputError as error:
            print(f"{name}: without {probe.name}: {error}", flush=True)
    return found


def judge_one(name: str, options: argparse.Namespace) -> list[str]:
    """The lines of one model: judged by gensim's retrainings, then by coupled ones."""
    workspace = Workspace()
    model, corpus = open_model(workspace, name)
    engine = workspace.open_engine(model, corpus, "cpu")
    trial = random_sets(corpus, probes_of(name, model), 0.1, options.sets)

    report = on_one_line(name)
    peers = {}
    for peer in peer_estimators.PEERS if options.peers else ():
        report(0.0, peer)
        peers[peer] = peer_estimators.document_effects(engine, trial.probes, peer)
    lines = []
    for trainer, seeds in seeds_of(options.seeds).items():
        if trainer not in options.trainers:
            continue
        settings = replace(model.require_settings(), backend=trainer)
        trained = model if trainer == "gensim" else replace(model, settings=settings)
        file = f"{name}-gensim-by-{trainer}"
        measured = read_measured(file, trained)
        retrainings = Retrainings(workspace.store, trained, corpus, measured)
        if not options.judge_only:
            train_missing(retrainings, trial, seeds, options.processes, report)
        keep_measured(file, retrainings, trial, seeds)
        table = judge(retrainings, engine, trial, options.predictors, seeds)
        judged = trial.only(trained_sets(retrainings, trial, seeds))
        actual = actual_changes(retrainings, judged, seeds).mean(0)
        rows = [
            compare(judged, peer, peer_estimators.sums_of_sets(judged, effects), actual)
            for peer, effects in peers.items()
        ]
        found = section(name, trainer, table)
        if rows:
            found += peer_section(replace(table, rows=tuple(rows)))
        print("\n".join(found), flush=True)
        lines += found
    return lines


def seeds_of(n_seeds: int) -> dict[str, tuple[int, ...]]:
    """The seeds of each trainer's retrainings; the ensemble has others (1,000,003 and up)."""
    return {
        "gensim": tuple(range(1, n_seeds + 1)),
        "coupled": tuple(range(FIRST_JUDGE, FIRST_JUDGE + n_seeds)),
    }


def section(name: str, trainer: str, table: Table) -> list[str]:
    ceiling = np.nan if table.ceiling is None else table.ceiling
    return [
        "",
        f"## {name}, without {table.removed}, trained again by {trainer}: {table.n_sets} sets",
        "",
        f"Agreement of the seeds {ceiling:.3f}; its root {np.sqrt(ceiling):.3f}.",
        "",
        *estimator_table(table),
        "",
        f"`{ENSEMBLE}` probe by probe:",
        "",
        *probe_table(table, next(row for row in table.rows if row.estimator == ENSEMBLE)),
    ]


def peer_section(peers: Table) -> list[str]:
    return ["", "Estimators of other packages:", "", *estimator_table(peers)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="sample")
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--processes", type=int, help="at once; default: as many as fit")
    parser.add_argument("--trainers", nargs="+", default=list(seeds_of(1)), choices=seeds_of(1))
    parser.add_argument("--predictors", nargs="+", default=PREDICTORS, choices=PREDICTORS)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--output", default="fidelity-gensim", help="file under results/")
    parser.add_argument("--judge-only", action="store_true", help="the sets that are trained")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SETTINGS):
        parser.error(f"unknown {sorted(unknown)[0]!r}; samples are {', '.join(SETTINGS)},")
    torch.set_num_threads(1)
    command = f"python -m benchmarks.fidelity_gensim {shlex.join(sys.argv[1:])}".strip()
    lines = [
        "# Fidelity on models of another trainer",
        "",
        f"`{command}`, {date.today().isoformat()}, {machine()}, {options.seeds} seeds. {HOW}",
    ]
    for name in options.names or list(SETTINGS):
        lines += judge_one(name, options)
    (RESULTS / f"{options.output}.md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
