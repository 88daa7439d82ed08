"""How processor time and peak memory grow with the text, step by step, each in its own process.

    python -m benchmarks.growth FILE ... [--millions 0.3 1 3] [--words 100000 1000000] [--steps ...]

FILE: texts without repeats. Without any, the text of the sample ``library`` serves, or where that
is not here those of the other samples. Passages of all of them are drawn in random order, so that
a smaller text is a smaller one of the same kind. Exponents are slopes of straight lines through
the logarithms: through all sizes, and through the last two. ``--words``: clustered vectors of 300
dimensions, for a first map. What was measured is kept in ``results/growth.json``, so sizes may be
measured one after another, or some steps again; the table has all.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import numpy as np
from filelock import FileLock

from benchmarks.figures import figure
from benchmarks.machine import machine
from clif_core.geometry.clustering import families, kmeans, majority_around, name_clusters
from clif_core.geometry.neighbours import nearest
from clif_core.geometry.projection import pca
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.result import Influence
from clif_core.probes import Weat
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.corpus import Corpus
from clif_core.text.library import LIBRARY
from clif_core.text.readers.own import read_own_text
from clif_core.training import train
from clif_core.workspace.workspace import Workspace

RESULT = Path(__file__).parent / "results" / "growth.md"
FIGURE, KEPT = RESULT.with_suffix(".svg"), RESULT.with_suffix(".json")
SETTINGS = TrainingSettings(dim=100, window=5, min_count=5, epochs=1, backend="coupled")
NAME = "growth"
ALIKE = 3_000_000  # tokens of all epochs
FEW = 6_000  # words, about; the smallest text has more
FACTS = (
    ("words kept", "read", "words"),
    ("distinct pairs", "count", "pairs"),
    ("pairs that an epoch meets", "count", "met"),
)
_PARAGRAPHS = 40  # of a passage
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
Measured = dict[str, float]


def read(home: Path) -> Measured:
    """Read and tokenise; then train an epoch, of which the seconds alone are told, and save."""
    started = process_time()
    corpus = read_own_text(home / "text.txt", NAME)
    found = _measured(started, tokens=corpus.n_tokens, types=len(corpus.words))
    started = process_time()
    model = replace(train(corpus, SETTINGS), name=NAME)
    found["training"] = process_time() - started
    Workspace(home).keep_model(Bundle(model, {"corpus": corpus.card}), corpus)
    return found | {"words": model.n_words}


def open_text(home: Path) -> Measured:
    """Vectors and text from the disk."""
    started = process_time()
    _open(home)
    return _measured(started)


def count(home: Path) -> Measured:
    """The engine, with nothing cached: pairs are counted and stored."""
    model, corpus, workspace = _open(home)
    started = process_time()
    engine = workspace.open_engine(model, corpus)
    pairs = engine.pairs
    met = float(pairs.weights.sum(dtype=np.float64))
    return _measured(started, pairs=pairs.n_pairs, met=round(met))


def open_cached(home: Path) -> Measured:
    """All that a question needs, pairs from the cache."""
    started = process_time()
    _engine(home)
    return _measured(started)


def block(home: Path) -> Measured:
    """A question of eight words by the quick estimate, ranked; the second such one."""
    engine = _engine(home)
    _ask(engine, "block", 8)
    started = process_time()
    _ask(engine, "block", 0)
    return _measured(started)


def gauss_newton(home: Path) -> Measured:
    return _solve(_engine(home))


def gauss_newton_alike(home: Path) -> Measured:
    """Of vectors trained as long at every size: after one epoch a small text has hardly begun."""
    _, corpus, _ = _open(home)
    settings = replace(SETTINGS, epochs=max(1, round(ALIKE / corpus.n_tokens)))
    engine = InfluenceEngine(replace(train(corpus, settings), name=NAME), corpus)
    _ask(engine, "block", 0)  # counts
    return _solve(engine) | {"epochs": settings.epochs}


def _solve(engine: InfluenceEngine) -> Measured:
    started = process_time()
    solved = _ask(engine, "gauss_newton", 0).solution
    found = _measured(started, steps=solved.iterations, residual=solved.relative_residual)
    return found | {"a_step": found["seconds"] / solved.iterations}


def score(home: Path) -> Measured:
    """Score every context of the text along a known direction; the second time."""
    engine = _engine(home)
    values = np.zeros(engine.pairs.n_pairs, np.float32)
    engine.windows.sum_over_contexts(engine.pairs, values)
    started = process_time()
    engine.windows.sum_over_contexts(engine.pairs, values)
    return _measured(started)


def derivative(home: Path) -> Measured:
    """The exact derivative of one epoch for one probe."""
    engine = _engine(home)
    started = process_time()
    engine.unrolled([_probe(engine, 0)])
    return _measured(started)


def train_few(home: Path) -> Measured:
    """An epoch on the most frequent words, as many at every size."""
    _, corpus, _ = _open(home)
    settings = _of_few_words(corpus)
    started = process_time()
    model = train(corpus, settings)
    return _measured(started, words=model.n_words)


def derivative_few(home: Path) -> Measured:
    """The exact derivative of ``train_few`` for one probe."""
    _, corpus, _ = _open(home)
    engine = InfluenceEngine(replace(train(corpus, _of_few_words(corpus)), name=NAME), corpus)
    started = process_time()
    engine.unrolled([_probe(engine, 0)])
    return _measured(started)


#: The steps in their order, and their titles.
STEPS: dict[str, tuple[str, Callable[[Path], Measured]]] = {
    "read": ("read and tokenise", read),
    "count": ("open the engine, nothing cached (counting)", count),
    "open": ("open vectors and text", open_text),
    "cached": ("open vectors, text and engine, pairs cached", open_cached),
    "block": ("`block` probe of eight words", block),
    "score": ("score every context", score),
    "gauss_newton": ("Gauss-Newton", gauss_newton),
    "gauss_newton_alike": (
        f"Gauss-Newton, all trained on {ALIKE / 1e6:g} M tokens, in 1 to 10 epochs",
        gauss_newton_alike,
    ),
    "derivative": ("exact derivative, one probe, an epoch", derivative),
    "train_few": (f"train, an epoch, of the {FEW:,} most frequent words", train_few),
    "derivative_few": ("exact derivative of that, one probe", derivative_few),
}


def _open(home: Path) -> tuple[SkipGram, Any, Workspace]:
    workspace = Workspace(home)
    model = workspace.open_model(NAME).model
    corpus = workspace.open_corpus(model)
    assert corpus is not None
    return model, corpus, workspace


def _of_few_words(corpus: Corpus) -> TrainingSettings:
    """With the lowest count that leaves ``FEW`` words at most."""
    counts = np.sort(np.bincount(corpus.token_words, minlength=len(corpus.words)))[::-1]
    return replace(SETTINGS, min_count=int(counts[FEW]) + 1)


def _engine(home: Path) -> InfluenceEngine:
    model, corpus, workspace = _open(home)
    return workspace.open_engine(model, corpus)


def _probe(engine: InfluenceEngine, first: int) -> Any:
    """Four sets of two words of middling frequency."""
    words = tuple(engine.model.vocabulary.words[500 + first : 508 + first])
    probe = Weat("growth", words[0:2], words[2:4], words[4:6], words[6:8])
    return probe.resolve(engine.model.vocabulary)


def _ask(engine: InfluenceEngine, estimator: str, first: int) -> Influence:
    answer = engine.influence(_probe(engine, first), estimator)
    answer.top_sentences(50, "lowers")
    answer.top_sentences(50, "raises")
    return answer


def first_map(n_words: int) -> Measured:
    """From vectors to a first map with clusters, their names and areas, and a word's neighbours."""
    generator = np.random.default_rng(1)
    middles = generator.normal(size=(200, 300)).astype(np.float32)
    vectors = generator.normal(size=(n_words, 300)).astype(np.float32)
    vectors += middles[generator.integers(200, size=n_words)]
    words = tuple(f"w{i}" for i in range(n_words))
    model = SkipGram("m", Vocabulary(words, np.arange(n_words, 0, -1)), vectors)
    started = process_time()
    unit, counts = model.unit_vectors, model.vocabulary.counts
    places = pca(unit, 2)[0]
    labels = kmeans(unit, 20).labels
    name_clusters(words, counts, unit, labels)
    areas = families(unit, labels, 12)[labels]
    majority_around(places, areas)
    name_clusters(words, counts, unit, areas)
    nearest(model, "w7")
    return _measured(started)


def _measured(started: float, **facts: float) -> Measured:
    seconds = process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6
    return {"seconds": seconds, "megabytes": peak, **facts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--millions", type=float, nargs="*", default=[0.3, 1, 3])
    parser.add_argument("--words", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    given = parser.parse_args()
    for n_words in given.words:
        _keep("map", f"{n_words}", _apart(first_map, n_words))
    if given.millions:
        for millions in given.millions:
            _measure_size(given.files, millions, given.steps)
    found = _kept()
    maps = found.pop("map", {})
    sizes = [found[key] for key in sorted(found, key=float)]
    table = "\n".join([*_head(), *_table(sizes), *_map_table(maps)]) + "\n"
    RESULT.write_text(table, "utf-8")
    _draw(sizes)
    print(table)


def _kept() -> dict[str, dict[str, Measured]]:
    """What was measured, by millions of tokens (or "map") and step."""
    found: dict[str, dict[str, Measured]] = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    return found


def _keep(size: str, step: str, measured: Measured) -> None:
    """Add it to what was measured; sizes may be measured at the same time."""
    with FileLock(KEPT.with_suffix(".lock")):
        found = _kept()
        found.setdefault(size, {})[step] = measured
        KEPT.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"{size}, {step}: {measured}", file=sys.stderr, flush=True)


def _sample_texts() -> Iterator[str]:
    """The text of the library, which the other samples are part of; else those of the others."""
    workspace = Workspace()
    entries = [e for e in workspace.catalogue() if e.has_corpus and not e.problem]
    library = [entry for entry in entries if entry.name == LIBRARY]
    for entry in library or entries:
        corpus = workspace.open_corpus(workspace.open_model(entry.name).model)
        yield "\n\n".join(corpus.documents["text"]) if corpus is not None else ""


def _passages(texts: Sequence[str]) -> list[str]:
    """All texts in passages of some paragraphs, in random order."""
    found = []
    for text in texts:
        paragraphs = text.split("\n\n")
        starts = range(0, len(paragraphs), _PARAGRAPHS)
        found += ["\n\n".join(paragraphs[at : at + _PARAGRAPHS]) for at in starts]
    Random(1).shuffle(found)
    return found


def _measure_size(files: Sequence[Path], millions: float, steps: Sequence[str]) -> None:
    """Every step on the first so many words of the passages."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _apart(partial(_write_text, files, round(millions * 1e6)), home / "text.txt")
        for name in steps:
            _keep(f"{millions:g}", name, _apart(STEPS[name][1], home))


def _write_text(files: Sequence[Path], n_words: int, to: Path) -> None:
    """In a process of its own: the peak of a process is inherited by those that it starts."""
    texts = [path.read_text("utf-8") for path in files] or list(_sample_texts())
    to.write_text(_first_words(_passages(texts), n_words), "utf-8")


def _first_words(passages: Sequence[str], n_words: int) -> str:
    kept, n = [], 0
    for passage in passages:
        if n >= n_words:
            break
        kept.append(passage)
        n += len(passage.split())
    return "\n\n".join(kept)


def _apart(run: Callable[[Any], Any], given: Any) -> Any:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(run, (given,))


def _head() -> Iterator[str]:
    yield "# How costs grow with the text"
    yield ""
    yield (
        f"`python -m benchmarks.growth`, {date.today().isoformat()}, {machine()}. dim"
        f" {SETTINGS.dim}, window {SETTINGS.window}, min count {SETTINGS.min_count}. Each step in a"
        " process of its own: seconds of processor time, and the peak of its memory; some 400 MB of"
        " it are imports, and pages of mapped files, which the system may take back, count too. The"
        " exponent is the slope of the logarithms of seconds against tokens: through all sizes /"
        " through the last two."
    )
    yield ""
    yield f"![Seconds against tokens]({FIGURE.name})"
    yield ""


def _table(sizes: Sequence[dict[str, Measured]]) -> Iterator[str]:
    tokens = [size["read"]["tokens"] for size in sizes]
    yield f"| | {' | '.join(f'{n / 1e6:.2f} M tokens' for n in tokens)} | exponent |"
    yield f"|---|{'---:|' * (len(sizes) + 1)}"
    for title, step, fact in FACTS:
        cells = [f"{size[step][fact]:,}" if step in size else "" for size in sizes]
        yield f"| {title} | {' | '.join(cells)} | {_exponents(sizes, step, fact)} |"
    cells = [f"{size['read']['training']:.2f} s" for size in sizes]
    yield f"| train, an epoch | {' | '.join(cells)} | {_exponents(sizes, 'read', 'training')} |"
    for name, (title, _) in STEPS.items():
        cells = [_cell(size[name]) if name in size else "" for size in sizes]
        yield f"| {title} | {' | '.join(cells)} | {_exponents(sizes, name)} |"
        if name == "count":
            against = _exponents(sizes, "count", of=("count", "met"))
            yield f"| - against the pairs that an epoch meets |{' |' * len(sizes)} {against} |"
        if name.startswith("gauss_newton"):
            cells = [_steps_cell(size[name]) if name in size else "" for size in sizes]
            exponents = _exponents(sizes, name, "a_step")
            yield f"| - a step of its solver | {' | '.join(cells)} | {exponents} |"


def _cell(measured: Measured) -> str:
    return f"{measured['seconds']:.2f} s, {measured['megabytes']:,.0f} MB"


def _steps_cell(measured: Measured) -> str:
    return f"{measured['a_step']:.2f} s, {measured['steps']} steps to {measured['residual']:.3f}"


def _exponents(
    sizes: Sequence[dict[str, Measured]],
    step: str,
    fact: str = "seconds",
    of: tuple[str, str] = ("read", "tokens"),
) -> str:
    """Of a fact against another: through all sizes / through the last two."""
    at = [(size[of[0]][of[1]], size[step][fact]) for size in sizes if {step, of[0]} <= size.keys()]
    return f"{_slope(at):.2f} / {_slope(at[-2:]):.2f}" if len(at) > 1 else ""


def _slope(points: Sequence[tuple[float, float]]) -> float:
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])


def _draw(sizes: Sequence[dict[str, Measured]]) -> None:
    """Seconds and megabytes against tokens, both logarithmic."""
    with figure(FIGURE, (10, 4.6), "How costs grow with the text") as drawn:
        for axes, fact in zip(drawn.subplots(1, 2), ("seconds", "megabytes"), strict=True):
            for name, (title, _) in STEPS.items():
                at = [(s["read"]["tokens"] / 1e6, s[name][fact]) for s in sizes if name in s]
                axes.plot([x for x, _ in at], [y for _, y in at], "-o", ms=3.5, label=title)
            axes.set(xscale="log", yscale="log", xlabel="million tokens", ylabel=fact)
            axes.grid(color="#e2e2e2")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _map_table(maps: dict[str, Measured]) -> Iterator[str]:
    if not maps:
        return
    yield ""
    yield "| first map of clustered vectors, 300 dimensions | seconds | peak |"
    yield "|---|---:|---:|"
    for n, found in maps.items():
        yield f"| {int(n):,} words | {found['seconds']:.1f} | {found['megabytes']:,.0f} MB |"


if __name__ == "__main__":
    main()
