"""Influence by fitted context vectors, beside that of the true ones and beside retraining.

    python -m benchmarks.fitted_contexts [brown] [--ridges 5] [--estimators block]

Each sample's own centre vectors are given without their context vectors, which are fitted to the
text (docs/decisions/0033). Influence by these is compared with that by the vectors of the training,
sentence by sentence, and both are judged by the removals that were measured by retraining
(``fidelity``; results/retrained). Writes ``results/fitted-contexts.md``; takes minutes.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.fidelity import NAMED, RESULTS, Sample
from benchmarks.machine import machine
from clif_core.evaluation import Trial
from clif_core.evaluation.harness import actual_changes, compare, trained_sets
from clif_core.evaluation.predictors import sentence_effects
from clif_core.evaluation.table import Row
from clif_core.influence.engine import InfluenceEngine
from clif_core.sgns.expected_loss import noise_distribution
from clif_core.sgns.fitted_contexts import RIDGE, fit_context_vectors
from clif_core.storage.store import Store

RESULT = RESULTS / "fitted-contexts.md"
ESTIMATORS = ("block", "gauss_newton")  # that solve with the context vectors of the model
TRIALS = {"hundredths": 60, "tenths": 60}
MIN_SETS = 10
TOP = 20
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contexts:
    """An engine, and where its context vectors come from."""

    name: str
    engine: InfluenceEngine
    seconds: float = 0.0  # of the processor, for the fit


def contexts_of(engine: InfluenceEngine, ridges: Sequence[float]) -> Iterator[Contexts]:
    """The model as it was trained, then with context vectors fitted at each ridge."""
    yield Contexts("of the training", engine)
    model = engine.model
    settings = model.require_settings()
    noise = noise_distribution(model.vocabulary.counts, settings.noise_exponent)
    for ridge in ridges:
        started = process_time()
        fitted = fit_context_vectors(
            model.centre_vectors, engine.pairs, noise, settings.n_negatives, ridge=ridge
        )
        usual = ", as `clif import` does" if ridge == RIDGE else ""
        yield Contexts(
            f"fitted, ridge {ridge:g}{usual}",
            InfluenceEngine(replace(model, context_vectors=fitted.astype("f4")), engine.corpus),
            process_time() - started,
        )


def judge(sample: Sample, trial: Trial, predicted: Floats, estimator: str) -> Row:
    """The effects of sentences, (n_probes, n_sentences), against measured removals of documents."""
    bounds = sample.engine.corpus.document_offsets
    sums = np.array(
        [
            [sum(row[bounds[i] : bounds[i + 1]].sum() for i in edit.items) for edit in edits]
            for row, edits in zip(predicted, trial.edits, strict=True)
        ]
    )
    actual = actual_changes(sample.retrainings, trial, (sample.retrainings.own_seed,))[0]
    return compare(trial, estimator, sums, actual)


def shared(one: Floats, other: Floats) -> float:
    """Share of the 20 strongest sentences each way that are the same, mean over probes."""
    n = [
        len(set(np.argsort(sign * a)[:TOP]) & set(np.argsort(sign * b)[:TOP]))
        for a, b in zip(one, other, strict=True)
        for sign in (1, -1)
    ]
    return float(np.mean(n)) / TOP


def measure(name: str, ridges: Sequence[float], estimators: Sequence[str]) -> Iterator[str]:
    """The table of a sample, line by line."""
    sample = Sample.open(name)
    trials = []
    for kind, n in TRIALS.items():
        trial = sample.trial(kind, n)
        done = trained_sets(sample.retrainings, trial, (sample.retrainings.own_seed,))
        if len(done) >= MIN_SETS:
            trials.append(trial.only(done))
    yield f"## {name}"
    yield ""
    heads = [f"LDS, {t.removed.removeprefix('Without ').removeprefix('without ')}" for t in trials]
    yield "| estimator | context vectors | r | top 20 shared | " + " | ".join(heads) + " | fit, s |"
    yield "|---|---|---:|---:|" + "---:|" * len(heads) + "---:|"
    true: dict[str, Floats] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for contexts in contexts_of(sample.engine, ridges):
            for estimator in estimators:
                effects = sentence_effects(store, contexts.engine, sample.probes, estimator)
                own = true.setdefault(estimator, effects)
                r = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(effects, own, strict=True)])
                rows = [judge(sample, trial, effects, estimator) for trial in trials]
                judged = (
                    f"{row.lds:.3f} ({row.lds_low:.2f} to {row.lds_high:.2f})" for row in rows
                )
                yield (
                    f"| `{estimator}` | {contexts.name} | {r:.3f} | {shared(effects, own):.0%} | "
                    + " | ".join(judged)
                    + f" | {contexts.seconds:.0f} |"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="sample", default=[])
    parser.add_argument("--ridges", nargs="+", type=float, default=[1.0, RIDGE, 20.0])
    parser.add_argument("--estimators", nargs="+", choices=ESTIMATORS, default=ESTIMATORS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = options.names or list(NAMED)
    lines = [
        "# Influence by fitted context vectors",
        "",
        f"`python -m benchmarks.fitted_contexts {shlex.join(sys.argv[1:])}`,"
        f" {date.today().isoformat()}, {machine()}. Given are a sample's centre vectors, text,"
        " counts and settings; its context vectors are fitted. r: of the removal effects of all"
        " sentences with those by the context vectors of the training; top 20 shared: of the"
        " strongest sentences, each way. LDS: Spearman of predicted and measured changes when sets"
        " of documents are left out and the same training is repeated, with a bootstrap 95 %"
        " interval. Means over the probes of"
        " [fidelity](fidelity-brown.md).",
    ]
    for name in names:
        lines += ["", *measure(name, options.ridges, options.estimators)]
        print("\n".join(lines), flush=True)
    RESULT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
