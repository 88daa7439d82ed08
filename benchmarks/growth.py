"""How seconds and peak memory grow with the text, step by step, each in a process of its own.

    python -m benchmarks.growth FILE ... [--millions 0.3 1 3] [--words 100000 1000000] [--steps ...]

FILE: texts without repeats; the first so many tokens of all of them, one after another, are read.
Without any, the texts of the samples in the workspace serve. Exponents are those of a straight line
through the logarithms, against tokens (of counting, against pairs). ``--words``: random vectors of
300 dimensions, the worst case of a map.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.machine import machine
from clif_core.geometry.clustering import kmeans, majority_around, name_clusters
from clif_core.geometry.neighbours import nearest
from clif_core.geometry.projection import pca
from clif_core.influence.engine import InfluenceEngine
from clif_core.probes import Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.readers.own import read_own_text
from clif_core.training import train
from clif_core.workspace.workspace import Workspace

RESULT = Path(__file__).parent / "results" / "growth.md"
SETTINGS = TrainingSettings(dim=100, window=5, min_count=5, epochs=1, backend="coupled")
NAME = "growth"
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
Measured = dict[str, float]


def read(home: Path) -> Measured:
    """Read and tokenise; what later steps open is saved untimed."""
    started = perf_counter()
    corpus = read_own_text(home / "text.txt", NAME)
    found = _measured(started, tokens=corpus.n_tokens, types=len(corpus.words))
    model = replace(train(corpus, SETTINGS), name=NAME)
    Workspace(home).keep_model(Bundle(model, {"corpus": corpus.card}), corpus)
    return found | {"words": model.n_words}


def train_epoch(home: Path) -> Measured:
    corpus = _open(home)[1]
    started = perf_counter()
    train(corpus, SETTINGS)
    return _measured(started)


def open_text(home: Path) -> Measured:
    """Vectors and text from the disk."""
    started = perf_counter()
    _open(home)
    return _measured(started)


def count(home: Path) -> Measured:
    """The engine, with nothing cached: pairs are counted and stored."""
    model, corpus, workspace = _open(home)
    started = perf_counter()
    engine = workspace.open_engine(model, corpus)
    return _measured(started, pairs=engine.pairs.n_pairs)


def open_cached(home: Path) -> Measured:
    """All that a question needs, pairs from the cache."""
    started = perf_counter()
    _engine(home)
    return _measured(started)


def block(home: Path) -> Measured:
    """A question of eight words by the quick estimate, ranked; the second such one."""
    engine = _engine(home)
    _ask(engine, "block", 8)
    started = perf_counter()
    _ask(engine, "block", 0)
    return _measured(started)


def gauss_newton(home: Path) -> Measured:
    engine = _engine(home)
    started = perf_counter()
    _ask(engine, "gauss_newton", 0)
    return _measured(started)


def score(home: Path) -> Measured:
    """Score every context of the text along a known direction; the second time."""
    engine = _engine(home)
    values = np.zeros(engine.pairs.n_pairs, np.float32)
    engine.windows.sum_over_contexts(engine.pairs, values)
    started = perf_counter()
    engine.windows.sum_over_contexts(engine.pairs, values)
    return _measured(started)


def derivative(home: Path) -> Measured:
    """The exact derivative of one epoch for one probe."""
    engine = _engine(home)
    started = perf_counter()
    engine.unrolled([_probe(engine, 0)])
    return _measured(started)


#: The steps in their order, and what each is measured against.
STEPS: dict[str, tuple[str, str, Callable[[Path], Measured]]] = {
    "read": ("read and tokenise", "tokens", read),
    "train": ("train, an epoch", "tokens", train_epoch),
    "count": ("open the engine, nothing cached (counting)", "pairs", count),
    "open": ("open vectors and text", "tokens", open_text),
    "cached": ("open vectors, text and engine, pairs cached", "tokens", open_cached),
    "block": ("`block` probe of eight words", "tokens", block),
    "score": ("score every context", "tokens", score),
    "gauss_newton": ("Gauss-Newton", "tokens", gauss_newton),
    "derivative": ("exact derivative, one probe, an epoch", "tokens", derivative),
}


def _open(home: Path) -> tuple[SkipGram, Any, Workspace]:
    workspace = Workspace(home)
    model = workspace.open_model(NAME).model
    corpus = workspace.open_corpus(model)
    assert corpus is not None
    return model, corpus, workspace


def _engine(home: Path) -> InfluenceEngine:
    model, corpus, workspace = _open(home)
    return workspace.open_engine(model, corpus)


def _probe(engine: InfluenceEngine, first: int) -> Any:
    """Four sets of two words of middling frequency."""
    words = engine.model.vocabulary.words[500 + first : 508 + first]
    probe = Weat("growth", words[0:2], words[2:4], words[4:6], words[6:8])
    return probe.resolve(engine.model.vocabulary)


def _ask(engine: InfluenceEngine, estimator: str, first: int) -> None:
    answer = engine.influence(_probe(engine, first), estimator)
    answer.top_sentences(50, "lowers")
    answer.top_sentences(50, "raises")


def first_map(n_words: int) -> Measured:
    """From vectors to a first map with clusters, their names and a word's neighbours."""
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(n_words, 300)).astype(np.float32)
    words = tuple(f"w{i}" for i in range(n_words))
    model = SkipGram("m", Vocabulary(words, np.arange(n_words, 0, -1)), vectors)
    started = perf_counter()
    unit = model.unit_vectors
    places = pca(unit, 2)[0]
    labels = kmeans(unit, 20).labels
    name_clusters(words, model.vocabulary.counts, unit, labels)
    majority_around(places, labels)
    nearest(model, "w7")
    return _measured(started)


def _measured(started: float, **facts: float) -> Measured:
    seconds = perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6
    return {"seconds": seconds, "megabytes": peak, **facts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--millions", type=float, nargs="+", default=[0.3, 1, 3])
    parser.add_argument("--words", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    given = parser.parse_args()
    texts = [path.read_text("utf-8") for path in given.files] or list(_sample_texts())
    sizes = [_measure_size(texts, size, given.steps) for size in given.millions]
    maps = {n: _apart(first_map, n) for n in given.words}
    table = "\n".join([*_head(), *_table(sizes, given.steps), *_map_table(maps)]) + "\n"
    RESULT.write_text(table, "utf-8")
    print(table)


def _sample_texts() -> Iterator[str]:
    workspace = Workspace()
    for entry in workspace.catalogue():
        if entry.has_corpus and not entry.problem:
            corpus = workspace.open_corpus(workspace.open_model(entry.name).model)
            yield "\n\n".join(corpus.documents["text"]) if corpus is not None else ""


def _measure_size(texts: Sequence[str], millions: float, steps: Sequence[str]) -> dict[str, Any]:
    """Every step on the first so many tokens of the texts."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "text.txt").write_text(_first_words(texts, round(millions * 1e6)), "utf-8")
        for name in steps:
            found[name] = _apart(STEPS[name][2], home)
            print(f"{millions:g} M, {name}: {found[name]}", file=sys.stderr, flush=True)
    return found


def _first_words(texts: Sequence[str], n_words: int) -> str:
    """About the first ``n_words`` words of some texts, whole paragraphs."""
    kept, n = [], 0
    for text in texts:
        for paragraph in text.split("\n\n"):
            if n >= n_words:
                return "\n\n".join(kept)
            kept.append(paragraph)
            n += len(paragraph.split())
    return "\n\n".join(kept)


def _apart(run: Callable[[Any], Measured], given: Any) -> Measured:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(run, (given,))


def _head() -> Iterator[str]:
    yield "# How costs grow with the text"
    yield ""
    yield (
        f"`python -m benchmarks.growth`, {date.today().isoformat()}, {machine()}. dim"
        f" {SETTINGS.dim}, window {SETTINGS.window}, min count {SETTINGS.min_count}. Each step in a"
        " process of its own: seconds, and the peak of its memory, some 400 MB of it imports. The"
        " exponent is the slope of the logarithms of seconds, against tokens (counting: pairs)."
    )
    yield ""


def _table(sizes: Sequence[dict[str, Any]], steps: Sequence[str]) -> Iterator[str]:
    tokens = [size["read"]["tokens"] for size in sizes]
    yield f"| | {' | '.join(f'{n / 1e6:.2f} M tokens' for n in tokens)} | exponent |"
    yield f"|---|{'---:|' * (len(sizes) + 1)}"
    for title, step, fact in (("words", "read", "words"), ("pairs", "count", "pairs")):
        if step in steps:
            yield f"| {title} | {' | '.join(f'{size[step][fact]:,}' for size in sizes)} | |"
    for name in steps:
        title, against, _ = STEPS[name]
        cells = [f"{s[name]['seconds']:.2f} s, {s[name]['megabytes']:,.0f} MB" for s in sizes]
        of = tokens if against == "tokens" else [size[name][against] for size in sizes]
        slope = f"{_slope(of, [s[name]['seconds'] for s in sizes]):.2f}" if len(sizes) > 1 else ""
        yield f"| {title} | {' | '.join(cells)} | {slope} |"


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def _map_table(maps: dict[int, Measured]) -> Iterator[str]:
    if not maps:
        return
    yield ""
    yield "| first map of random vectors, 300 dimensions | seconds | peak |"
    yield "|---|---:|---:|"
    for n, found in maps.items():
        yield f"| {n:,} words | {found['seconds']:.1f} | {found['megabytes']:,.0f} MB |"


if __name__ == "__main__":
    main()
