"""How well does each estimator agree with the derivative of the training run?

    python -m benchmarks.agreement [shakespeare] [brown]

The exact derivative (``unrolled``) takes minutes, the quick estimate milliseconds: this is what the
quick one is worth. Mean over probes of the Pearson correlation of removal effects, by sentence, by
document, over the 200 sentences that matter most, and over 60 random tenths of the documents; and
the slope (exact on estimated, by document), which says whether sizes can be believed. Writes
``results/agreement-NAME.md``.
"""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.__main__ import _machine
from clif_core.influence import Influence, InfluenceEngine
from clif_core.pipeline import Workspace
from clif_core.probes import Probe, Similarity, find_probe
from clif_core.probes.base import ResolvedProbe

RESULTS = Path(__file__).parent / "results"
PROBES: dict[str, list[Probe]] = {
    "shakespeare": [
        find_probe("men_women_war_love"), find_probe("gender_terms_pleasant"),
        find_probe("weat_1"), Similarity("king", "crown"), Similarity("love", "death"),
        Similarity("romeo", "juliet"),
    ],
    "brown": [
        find_probe("weat_6"), find_probe("gender_terms_career_family"), find_probe("weat_1"),
        Similarity("man", "work"), Similarity("war", "peace"), Similarity("money", "government"),
    ],
}  # fmt: skip
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
    workspace = Workspace()
    for name in names or list(PROBES):
        model = workspace.open_model(name).model
        corpus = workspace.open_corpus(model)
        if corpus is None:
            sys.exit(f"The text of {name} is not here: run 'clif fetch {name}'.")
        engine = InfluenceEngine(model, corpus)
        probes = [probe.resolve(model.vocabulary) for probe in PROBES[name]]
        truth = engine.unrolled(probes)
        rows = [
            _row(engine, probes, truth, estimator, damping)
            for estimator, dampings in DAMPINGS.items()
            for damping in dampings
        ]
        text = _table(name, probes, truth[0].solution.seconds, rows)
        (RESULTS / f"agreement-{name}.md").write_text(text, "utf-8")
        print(text)


def _row(
    engine: InfluenceEngine,
    probes: list[ResolvedProbe],
    truth: list[Influence],
    estimator: str,
    damping: float,
) -> str:
    started = time.perf_counter()
    answers = [engine.influence(probe, estimator, damping=damping) for probe in probes]
    seconds = (time.perf_counter() - started) / len(probes)
    figures = np.array([_agree(a, t) for a, t in zip(answers, truth, strict=True)])
    mean, slopes = figures.mean(0), figures[:, -1]
    slope = "–" if estimator == "gradient" else f"{slopes.min():.2f} to {slopes.max():.2f}"
    cells = " | ".join(f"{value:.2f}" for value in mean[:-1])
    return f"| `{estimator}` | {damping:g} | {cells} | {slope} | {seconds:.2f} s |"


def _agree(answer: Influence, truth: Influence) -> list[float]:
    a, b = answer.sentence_effects, truth.sentence_effects
    strongest = np.argsort(-np.abs(b))[:200]
    c, d = answer.document_effects, truth.document_effects
    tenths = np.random.default_rng(0).random((60, len(c))) < 0.1
    return [
        _pearson(a, b),
        _pearson(a[strongest], b[strongest]),
        _pearson(c, d),
        _pearson(tenths @ c, tenths @ d),
        float(c @ d / (c @ c)),
    ]


def _pearson(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def _table(name: str, probes: list[ResolvedProbe], seconds: float, rows: list[str]) -> str:
    asked = "; ".join(f"{p.probe.name} ({', '.join(p.words[:2])} …)" for p in probes)
    return "\n".join([
        f"# Estimators against the exact derivative: {name}",
        "",
        f"`python -m benchmarks.agreement {name}`, {date.today().isoformat()}, {_machine()}, one "
        f"thread. Mean Pearson correlation with `unrolled` over {len(probes)} probes: {asked}.",
        f"`unrolled` itself took {seconds:.0f} s for all of them together.",
        "",
        "| estimator | damping | sentences | 200 strongest | documents | random tenths | slope |"
        " a probe takes |",
        "|---|---:|---:|---:|---:|---:|---|---:|",
        *rows,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
