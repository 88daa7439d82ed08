"""Is ``unrolled`` right? Its predictions against coupled retraining without random documents.

    python -m benchmarks.fidelity_unrolled --sets 10 --processes 2 [--texts brown] [--fractions .01]

Both say what *this very training* would have given without the text (same seed, same draws), so
there is a definite answer and the ceiling is 1. Every retrained model is kept in the workspace's
cache as float16 centre vectors: run again with more sets and only the new ones are trained.
Writes benchmarks/results/fidelity_unrolled.md. A retraining takes under a minute.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from scipy import stats

from clif_core.corpus import Corpus
from clif_core.pipeline import Workspace
from clif_core.probes import Similarity
from clif_core.probes.base import ResolvedProbe
from clif_core.probes.shipped import find_probe
from clif_core.skipgram import SkipGram
from clif_core.store import make_key
from clif_core.training.coupled import train_coupled

RESULT = Path(__file__).parent / "results" / "fidelity_unrolled.md"
PROBES = {
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


def resolve(text: str, model: SkipGram) -> list[ResolvedProbe]:
    named = [find_probe(name) for name in PROBES[text]]
    return [p.resolve(model.vocabulary) for p in (*named, *(Similarity(a, b) for a, b in PAIRS))]


def open_sample(text: str) -> tuple[Workspace, SkipGram, Corpus]:
    workspace = Workspace()
    model = workspace.open_model(text).model
    corpus = workspace.open_corpus(model)
    if corpus is None:
        sys.exit(f"The text of {text!r} is not here; run: clif fetch {text}")
    return workspace, model, corpus


def predict(text: str) -> np.ndarray:
    """(n_probes, n_documents) removal effects; computed once."""
    workspace, model, corpus = open_sample(text)
    probes = resolve(text, model)
    key = make_key(
        "fidelity-prediction", model=model.content_hash, probes=[p.probe.key for p in probes]
    )
    found = workspace.store.get_arrays(key)
    if found is None:
        answers = workspace.open_engine(model, corpus).unrolled(probes)
        found = {"by_document": np.stack([answer.document_effects for answer in answers])}
        workspace.store.put_arrays(key, found, {"text": text})
    return found["by_document"]


def random_documents(corpus: Corpus, fraction: float, at: int) -> np.ndarray:
    """The documents that set number ``at`` leaves out; numbers from 1, or 0 for none."""
    if at == 0:
        return np.empty(0, np.int64)
    n = max(1, round(corpus.n_documents * fraction))
    generator = np.random.default_rng([at, round(fraction * 1000)])
    return np.sort(generator.choice(corpus.n_documents, n, replace=False))


def retrain(text: str, fraction: float, at: int) -> np.ndarray:
    """Centre vectors of the training without a set of documents, from the cache when there."""
    workspace, model, corpus = open_sample(text)
    settings = model.require_settings()
    removed = random_documents(corpus, fraction, at)
    key = make_key("retrained", model=model.content_hash, documents=removed.tolist())
    found = workspace.store.get_arrays(key)
    if found is None:
        weights = np.ones(corpus.n_tokens, np.float32)
        for document in removed:
            bounds = corpus.document_token_offsets[document : document + 2]
            weights[bounds[0] : bounds[1]] = 0
        centre, _ = train_coupled(corpus, model.vocabulary, settings, weights)
        found = {"centre_vectors": centre.astype(np.float16)}
        workspace.store.put_arrays(key, found, {"text": text, "n_removed": len(removed)})
        print(f"{text}: trained without {len(removed)} documents (set {at})", flush=True)
    return found["centre_vectors"].astype(np.float32)


def bootstrap(predicted: np.ndarray, actual: np.ndarray, n: int = 2000) -> tuple[float, float]:
    """95 % interval of the Spearman correlation over resampled sets."""
    generator = np.random.default_rng(0)
    draws = generator.integers(0, len(actual), (n, len(actual)))
    found = [stats.spearmanr(predicted[d], actual[d]).statistic for d in draws]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def judge(text: str, fraction: float, n_sets: int) -> Iterable[str]:
    """The rows of one table: a probe each, and their mean."""
    _, model, corpus = open_sample(text)
    probes, by_document = resolve(text, model), predict(text)
    base = retrain(text, fraction, 0)
    removed = [random_documents(corpus, fraction, at) for at in range(1, n_sets + 1)]
    vectors = [retrain(text, fraction, at) for at in range(1, n_sets + 1)]
    figures = []
    for i, probe in enumerate(probes):
        predicted = np.array([by_document[i, documents].sum() for documents in removed])
        actual = np.array([probe.value(v) for v in vectors]) - probe.value(base)
        pearson = float(np.corrcoef(predicted, actual)[0, 1])
        lds = float(stats.spearmanr(predicted, actual).statistic)
        slope = float(predicted @ actual / (predicted @ predicted))
        low, high = bootstrap(predicted, actual)
        figures.append((pearson, lds, slope))
        yield (
            f"| {probe.probe.name} | {pearson:.3f} | {lds:.3f} ({low:.2f} to {high:.2f}) |"
            f" {slope:.2f} | {actual.std():.4f} | {probe.value(base):+.3f} |"
        )
    means = np.mean(figures, axis=0)
    yield f"| **mean** | **{means[0]:.3f}** | **{means[1]:.3f}** | **{means[2]:.2f}** | | |"


def report(texts: Sequence[str], fractions: Sequence[float], n_sets: int) -> str:
    lines = [
        "# Fidelity of `unrolled`: predicted against coupled retraining",
        "",
        f"`python -m benchmarks.fidelity_unrolled --sets {n_sets}`, {date.today().isoformat()},"
        f" {os.cpu_count()} cores of {platform.machine()}. Random whole documents left out,"
        " one seed, ceiling 1. Slope: actual on predicted through the origin. LDS: Spearman over"
        " the sets with a bootstrap 95 % interval.",
    ]
    for text in texts:
        for fraction in fractions:
            lines += [
                "",
                f"## {text}, {fraction:.0%} of the documents, {n_sets} sets",
                "",
                "| probe | Pearson | LDS | slope | sd of actual change | probe |",
                "|---|---:|---:|---:|---:|---:|",
                *judge(text, fraction, n_sets),
            ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", nargs="+", default=list(PROBES), choices=list(PROBES))
    parser.add_argument("--fractions", nargs="+", type=float, default=[0.01, 0.1])
    parser.add_argument("--sets", type=int, default=10)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    # Set by set, so that an interrupted run leaves as many of each as it could.
    todo = [
        (text, fraction, at)
        for at in range(options.sets + 1)
        for text in options.texts
        for fraction in options.fractions
    ]
    with ProcessPoolExecutor(options.processes) as pool:
        for work in [pool.submit(partial(retrain, *job)) for job in todo]:
            work.result()
    text = report(options.texts, options.fractions, options.sets)
    RESULT.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
