"""How well does each estimator agree with the derivative of the training run?

    python -m benchmarks.agreement [shakespeare] [brown]

Retraining (``benchmarks.fidelity``) is the truth but can judge some hundred sets only; the exact
derivative (``unrolled``) judges every sentence. Printed is the mean over the same probes of the
Pearson correlation of removal effects: by sentence, by document, over the 200 sentences of largest
effect, and over 60 random tenths of the documents; and the slope (exact on estimated, by document),
which says whether sizes can be trusted. Writes ``results/agreement-NAME.md``. Effects that
``benchmarks.fidelity`` stored are read, not computed again.
"""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.fidelity import NAMED, RESULTS, Sample
from benchmarks.machine import machine
from clif_core.evaluation import judges
from clif_core.evaluation.predictors import sentence_effects
from clif_core.influence.estimators import UNROLLED, find_estimator

DAMPINGS: dict[str, tuple[float, ...]] = {
    "gradient": (0.0,),
    "block": (1.0, 10.0, 100.0),
    "gauss_newton": (10.0,),
    "exact": (10.0,),
    "absolute": (10.0,),
}
Floats = npt.NDArray[np.float64]


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    for name in names or list(NAMED):
        sample = Sample.open(name)
        truth = _effects(sample, UNROLLED, 0.0)
        rows = [
            _row(sample, truth, estimator, damping)
            for estimator, dampings in DAMPINGS.items()
            for damping in dampings
        ]
        text = _table(sample, rows)
        (RESULTS / f"agreement-{name}.md").write_text(text, "utf-8")
        print(text)


def _effects(sample: Sample, estimator: str, damping: float) -> Floats:
    """(n_probes, n_sentences); those of the default damping are read from the store."""
    if damping == find_estimator(estimator).default_damping:
        store = sample.retrainings.store
        return sentence_effects(store, sample.engine, sample.probes, estimator)
    answers = [sample.engine.influence(p, estimator, damping=damping) for p in sample.probes]
    return np.stack([answer.sentence_effects for answer in answers])


def _row(sample: Sample, truth: Floats, estimator: str, damping: float) -> str:
    estimated = _effects(sample, estimator, damping)
    figures = np.array([_agree(sample, *both) for both in zip(estimated, truth, strict=True)])
    mean, slopes = figures.mean(0), figures[:, -1]
    slope = "–" if estimator == "gradient" else f"{slopes.min():.2f} to {slopes.max():.2f}"
    cells = " | ".join(f"{value:.2f}" for value in mean[:-1])
    return f"| `{estimator}` | {damping:g} | {cells} | {slope} |"


def _agree(sample: Sample, estimated: Floats, truth: Floats) -> list[float]:
    strongest = np.argsort(-np.abs(truth))[:200]
    starts = sample.engine.corpus.document_offsets
    a, b = (np.add.reduceat(effects, starts[:-1]) for effects in (estimated, truth))
    tenths = np.random.default_rng(0).random((60, len(a))) < 0.1
    return [
        float(judges.pearson(estimated, truth)),
        float(judges.pearson(estimated[strongest], truth[strongest])),
        float(judges.pearson(a, b)),
        float(judges.pearson(tenths @ a, tenths @ b)),
        float(judges.slope(a, b)),
    ]


def _table(sample: Sample, rows: list[str]) -> str:
    asked = "; ".join(f"{p.probe.name} ({', '.join(p.words[:2])} …)" for p in sample.probes)
    return "\n".join([
        f"# Estimators against the exact derivative: {sample.name}",
        "",
        f"`python -m benchmarks.agreement {sample.name}`, {date.today().isoformat()},"
        f" {machine()}. Mean Pearson correlation with `unrolled` over {len(sample.probes)} probes:"
        f" {asked}.",
        "",
        "| estimator | damping | sentences | 200 strongest | documents | random tenths | slope |",
        "|---|---:|---:|---:|---:|---:|---|",
        *rows,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
