"""How many steps Gauss-Newton takes, and how much memory its noise part, by the size of the text.

    python -m benchmarks.gauss_newton [--tokens 3e6 ...] [--words 200000]

Steps of conjugate gradient with one shape for every word's block, and as the estimator is: each
word's shape (``clif_core.influence.curvature.word_shapes``) beside the null space, on the sample
models and on larger texts made of sentences drawn from Brown with replacement, whose rarer words
are spelt in one of six ways: so the vocabulary grows with the text. Memory on random pairs. Writes
``results/gauss-newton.md``.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from multiprocessing import get_context

import numpy as np
import torch

from benchmarks.bench_memory import _peak
from benchmarks.fidelity import RESULTS
from benchmarks.machine import machine
from clif_core.influence.closed_form import TOLERANCE, estimate
from clif_core.influence.curvature import KroneckerPreconditioner, SkipGramCurvature
from clif_core.influence.engine import N_NOISE, InfluenceEngine
from clif_core.influence.estimators import find_estimator
from clif_core.influence.solvers import Solution, conjugate_gradient
from clif_core.probes import find_probe
from clif_core.sgns import expected_loss
from clif_core.sgns.expected_loss import ExpectedLoss, Noise, noise_distribution
from clif_core.sgns.pairs import Pairs
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.training import train
from clif_core.workspace.workspace import Workspace

PROBES = {"shakespeare": "men_women_war_love", "brown": "weat_6"}
DAMPING = find_estimator("gauss_newton").default_damping
FINE = 0.001
MOST = 300  # steps
SPELLINGS = ("", "bb", "cc", "dd", "ff", "gg")
FREQUENT = 1500  # words spelt in one way only
EPOCHS = 2


def engines(sizes: list[int]) -> Iterator[tuple[str, InfluenceEngine, str]]:
    """Label, engine and probe of each text, one in memory at a time."""
    workspace = Workspace()
    for name, probe in PROBES.items():
        model = workspace.open_model(name).model
        corpus = workspace.open_corpus(model)
        assert corpus is not None, f"the text of {name} is not here; run: clif fetch {name}"
        yield name, InfluenceEngine(model, corpus), probe
    assert corpus is not None  # Brown's, the last
    settings = replace(model.require_settings(), backend="gensim", epochs=EPOCHS)
    for size in sizes:
        large = larger_text(corpus, list(model.vocabulary.words[:FREQUENT]), size)
        yield "made of Brown", InfluenceEngine(train(large, settings), large), PROBES["brown"]


def larger_text(corpus: Corpus, frequent: list[str], n_tokens: int) -> Corpus:
    generator = np.random.default_rng(0)
    n_sentences, known = len(corpus.sentence_offsets) - 1, set(frequent)

    def sentence() -> str:
        ending = SPELLINGS[generator.integers(len(SPELLINGS))]
        words = corpus.sentence_text(int(generator.integers(n_sentences))).split()
        return " ".join(
            word + ending if word.isalpha() and word.islower() and word not in known else word
            for word in words
        )

    def documents() -> Iterator[SourceDocument]:
        n = 0
        while n < n_tokens:
            text = " ".join(sentence() for _ in range(100))
            n += text.count(" ") + 1
            yield SourceDocument(f"from token {n:,}", text, {})

    return build_corpus("made of Brown", documents(), {"title": "made of Brown"})


def steps_row(label: str, engine: InfluenceEngine, probe_name: str) -> str:
    loss, model = engine.loss, engine.model
    ids, gradient = (
        find_probe(probe_name).resolve(model.vocabulary).active_gradient(model.centre_vectors)
    )
    rows, g = torch.as_tensor(ids), torch.as_tensor(gradient, dtype=loss.v.dtype)
    alone = _by_blocks_alone(loss, rows, g)
    beside = [
        estimate(loss, rows, g, "gauss_newton", tolerance=tolerance).solution
        for tolerance in (TOLERANCE, FINE)
    ]
    cells = [
        label,
        f"{engine.windows.n_positions:,}",
        f"{len(loss.v):,}",
        f"{engine.pairs.n_pairs:,}",
        *(f"{solution.iterations} ({solution.seconds:.0f} s)" for solution in (alone, *beside)),
        f"{beside[0].relative_residual:.3f}",
    ]
    return f"| {' | '.join(cells)} |"


def _by_blocks_alone(loss: ExpectedLoss, rows: torch.Tensor, gradient: torch.Tensor) -> Solution:
    curvature = SkipGramCurvature(loss, "gauss_newton", DAMPING)
    g = torch.zeros(2, *loss.v.shape, dtype=loss.v.dtype)
    g[0, rows] = gradient
    return conjugate_gradient(
        curvature,
        g,
        precondition=KroneckerPreconditioner(curvature, DAMPING).inverse,
        max_iterations=MOST,
        tolerance=TOLERANCE,
        check_every=1,
    )


def memory_of(n_words: int, table_bytes: int | None) -> tuple[float, float]:
    """Peak megabytes before and after the estimate, of a process of its own.

    Random pairs, 20 a word; ``table_bytes`` None: the limit of the library.
    """
    if table_bytes is not None:
        expected_loss.NOISE_TABLE_BYTES = table_bytes
    generator = np.random.default_rng(0)
    n_near = 10
    near = (np.arange(n_words)[:, None] + 1 + generator.integers(0, n_words - 1, n_near)) % n_words
    i, j = np.repeat(np.arange(n_words), n_near), near.ravel()
    keys = np.unique(np.concatenate([i * n_words + j, j * n_words + i]))
    offsets = np.searchsorted(keys, np.arange(n_words + 1) * n_words)
    columns = (keys % n_words).astype(np.int32)
    pairs = Pairs(offsets, columns, np.ones(len(keys), np.float32))
    v, u = torch.randn(2, n_words, 64, generator=torch.manual_seed(0)) * 0.3
    noise = Noise.sampled(noise_distribution(np.arange(n_words, 0, -1)), N_NOISE)
    loss = ExpectedLoss(v, u, pairs, noise, 5)
    before = _peak()
    rows = torch.arange(10)
    direction = estimate(loss, rows, v[rows], "gauss_newton", max_iterations=3)
    loss.pair_effects_along(None, direction.solution.value)
    return before, _peak()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=float, nargs="*", default=[3e6])
    parser.add_argument("--words", type=int, default=200_000)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        peaks = [pool.apply(memory_of, (chosen.words, limit)) for limit in (1 << 60, None)]
    table = []
    for each in engines([int(size) for size in chosen.tokens]):
        table.append(steps_row(*each))
        print(table[-1], flush=True)
    command = f"python -m benchmarks.gauss_newton {shlex.join(arguments)}".strip()
    lines = [
        "# Gauss-Newton: steps and memory",
        "",
        f"`{command}`, {date.today().isoformat()}, {machine()}, one thread. Steps of conjugate "
        f"gradient (time) to a relative residual of {TOLERANCE} and {FINE}, damping {DAMPING:g}. "
        "Alone: blocks of one shape; beside: each word's shape, the null space solved directly.",
        "",
        f"| text | positions | words | pairs | alone, {TOLERANCE} "
        f"| beside, {TOLERANCE} | beside, {FINE} | residual of an answer |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *table,
        "",
        f"Peak memory with {chosen.words:,} words, {N_NOISE:,} noise words, random pairs, d = 64:",
        "",
        "| noise part | before the estimate | at its peak |",
        "|---|---:|---:|",
        *(
            f"| {what} | {before:,.0f} MB | {peak:,.0f} MB |"
            for what, (before, peak) in zip(("in tables", "in blocks"), peaks, strict=True)
        ),
    ]
    (RESULTS / "gauss-newton.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
