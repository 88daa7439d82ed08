"""How well can an additive estimator predict? The part of a set's effect that is a sum.

    python -m benchmarks.additive [brown] [--sets 60] [--processes 2]

Every estimator of removal effects adds up over documents, so it misses how documents change each
other's effects. Pairs of sets that share half their documents show how much that is: a sum over
documents correlates rho across a pair (0.44 for halves of tenths), an interaction of two documents
rho squared, of three rho cubed. The model is trained again without each set. The residual of the
exact derivative is compared across pairs, and the part of it that could still be a sum bounds
every additive estimator from above. Writes ``results/additive.md``.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import date

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.fidelity import RESULTS, Sample, on_one_line
from benchmarks.machine import machine
from clif_core.evaluation import Retrainings, judges, random_sets
from clif_core.evaluation.harness import actual_changes
from clif_core.evaluation.predictors import predict
from clif_core.evaluation.sets import Trial
from clif_core.influence.estimators import UNROLLED
from clif_core.interventions.edit import Edit
from clif_core.probes import Similarity
from clif_core.probes.base import ResolvedProbe

FRACTION = 0.1
N_MORE = 32  # pairs of frequent words, so that the result does not hang on a few probes
FREQUENT = (100, 1500)  # ranks
N_DRAWS = 2_000
Floats = npt.NDArray[np.float64]


def more_probes(sample: Sample) -> list[ResolvedProbe]:
    """The similarity of random pairs of frequent words."""
    vocabulary = sample.engine.model.vocabulary
    ranked = np.argsort(-vocabulary.counts, kind="stable")[slice(*FREQUENT)]
    chosen = np.random.default_rng(0).choice(ranked, (N_MORE, 2), replace=False)
    words = [[vocabulary.words[at] for at in pair] for pair in chosen]
    return [Similarity(*pair).resolve(vocabulary) for pair in words]


def partner(edit: Edit, at: int, n_documents: int) -> Edit:
    """A set of the same size that shares half its documents with ``edit``."""
    generator = np.random.default_rng([at, 2])
    own = np.array(edit.items)
    others = np.setdiff1d(np.arange(n_documents), own)
    n_shared = len(own) // 2
    shared = generator.choice(own, n_shared, replace=False)
    new = generator.choice(others, len(own) - n_shared, replace=False)
    return Edit("documents", tuple(np.concatenate([shared, new]).tolist()))


def overlap(edit: Edit, n_documents: int) -> float:
    """rho: the correlation of a sum over one set with that over its partner."""
    size = len(edit.items)
    by_chance = size / n_documents
    return (size // 2 / size - by_chance) / (1 - by_chance)


def first_order(retrainings: Retrainings, trial: Trial) -> Floats:
    """(n_probes, n_sets) the probe's gradient times the measured change of the vectors."""
    base = retrainings.base(retrainings.own_seed)
    gradients = [probe.gradient(base) for probe in trial.probes]
    out = np.empty((len(trial.probes), trial.n_sets))
    for at, edit in enumerate(trial.edits[0]):
        vectors = retrainings.kept(edit, retrainings.own_seed)
        assert vectors is not None, "all sets are trained"
        for p, probe in enumerate(trial.probes):
            change = vectors[probe.word_ids] - base[probe.word_ids]
            out[p, at] = np.sum(gradients[p] * change)
    return out


def residuals(predicted: Floats, actual: Floats) -> tuple[Floats, Floats]:
    """Residuals of the regression on the prediction, (2, n_probes, n_pairs), and its r squared."""
    x = predicted - predicted.mean((0, 2), keepdims=True)
    y = actual - actual.mean((0, 2), keepdims=True)
    xx, xy, yy = ((a * b).sum((0, 2)) for a, b in ((x, x), (x, y), (y, y)))
    return y - (xy / xx)[None, :, None] * x, xy**2 / (xx * yy)


def pooled(predicted: Floats, actual: Floats, rho: float) -> Floats:
    """(4,): r, correlation of the residuals across pairs, lowest and highest limit of r.

    Means over the probes. A share a of the residual is a sum; the rest are interactions, which
    correlate between 0 and rho squared across pairs. So a lies between
    (R - rho^2) / (rho - rho^2) and R / rho. R is the mean correlation: that of a single probe is
    too noisy for its share to be cut off at 0 and 1.
    """
    left, r2 = residuals(predicted, actual)
    across = (2 * (left[0] * left[1]).sum(-1) / np.square(left).sum((0, 2))).mean()
    shares = np.clip([(across - rho**2) / (rho - rho**2), across / rho], 0, 1)
    bounds = [np.sqrt(r2 + (1 - r2) * share).mean() for share in shares]
    return np.array([np.sqrt(r2).mean(), across, *bounds])


def interval(predicted: Floats, actual: Floats, rho: float) -> Floats:
    """(2, 4) a 95 % interval of ``pooled``: pairs of sets resampled, the same for every probe."""
    generator = np.random.default_rng(0)
    n_pairs = actual.shape[2]
    draws = [generator.integers(0, n_pairs, n_pairs) for _ in range(N_DRAWS)]
    found = [pooled(predicted[..., draw], actual[..., draw], rho) for draw in draws]
    return np.quantile(found, [0.025, 0.975], axis=0)


def row(name: str, predicted: Floats, actual: Floats, linear: Floats, rho: float) -> str:
    r, across, low, high = pooled(predicted, actual, rho)
    from_, to = interval(predicted, actual, rho)
    joined = [np.concatenate(list(part), axis=-1) for part in (linear, actual, predicted)]
    of_probe = judges.pearson(joined[0], joined[1]).mean()
    of_run = judges.pearson(joined[2], joined[0]).mean()
    return (
        f"| {name} | {r:.3f} | {across:.3f} ({from_[1]:.2f} to {to[1]:.2f})"
        f" | {low:.3f} to {high:.3f} ({from_[2]:.2f} to {to[3]:.2f})"
        f" | {of_probe:.3f} | {of_run:.3f} |"
    )


def measure(name: str, n_pairs: int, n_processes: int | None) -> list[str]:
    """The lines of one sample."""
    sample = Sample.open(name)
    corpus, retrainings = sample.engine.corpus, sample.retrainings
    probes = (*sample.probes, *more_probes(sample))
    first = random_sets(corpus, probes, FRACTION, n_pairs)
    edits = first.edits[0]
    second = tuple(partner(edit, at, corpus.n_documents) for at, edit in enumerate(edits, 1))
    trials = [
        Trial(first.removed, "random", "documents", FRACTION, probes, (sets,) * len(probes))
        for sets in (edits, second)
    ]
    seeds, tell = (retrainings.own_seed,), on_one_line(name)
    retrainings.train_all([*edits, *second], seeds, n_processes=n_processes, progress=tell)
    actual = np.array([actual_changes(retrainings, trial, seeds)[0] for trial in trials])
    linear = np.array([first_order(retrainings, trial) for trial in trials])
    predicted = np.array(
        [predict(retrainings.store, sample.engine, trial, UNROLLED) for trial in trials]
    )
    rho, few = overlap(edits[0], corpus.n_documents), len(sample.probes)
    parts = {f"the {few} probes of the fidelity tables": slice(few), "all": slice(None)}
    return [
        "",
        f"## {name}: {n_pairs} pairs of sets of a tenth, rho {rho:.3f}",
        "",
        "| probes | derivative, r | residuals across pairs | limit of a sum, r"
        " | probe to first order, r | derivative on that, r |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            row(f"{label} ({actual[:, part].shape[1]})", predicted[:, part], actual[:, part],
                linear[:, part], rho)
            for label, part in parts.items()
        ),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="sample", default=["brown"])
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--processes", type=int, help="at once; default: as many as fit")
    options = parser.parse_args()
    torch.set_num_threads(1)
    command = f"python -m benchmarks.additive {shlex.join(sys.argv[1:])}".strip()
    lines = [
        "# What a sum over documents can say",
        "",
        f"`{command}`, {date.today().isoformat()}, {machine()}. Each set and its partner, which"
        " shares half its documents, are left out and the same training repeated. \"Limit of a"
        " sum\": the Pearson correlation that the best estimator which adds up over documents could"
        " reach, if the rest are interactions of documents; in brackets a 95 % interval."
        " \"Probe to first order\": the probe's gradient times the measured change of the vectors,"
        " against the measured change of the probe: what the probe's own curvature costs.",
    ]  # fmt: skip
    for name in options.names:
        lines += measure(name, options.sets, options.processes)
    text = "\n".join(lines) + "\n"
    (RESULTS / "additive.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
