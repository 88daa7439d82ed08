"""Why is this word in this cluster? k-means, the text behind it, and training without that text.

    python -m benchmarks.clusters [juliet witch fool] [--model shakespeare] [--k 40]

For each word: its cluster and the nearest other one; the margin between them and the authors'
position probe; the sentences that pull the word in and those that pull it away; the training
repeated without the strongest of them, beside random text of the same size; cluster, neighbours
and margin before and after. ``--model`` takes any model with its text, such as one trained on film
plots: 'clif train MovieSummaries --format plots --genre "Science Fiction" --name plots'. The
workspace caches answers and trainings. Writes ``results/clusters.md`` and ``.svg``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.experiment import Study, shorten
from benchmarks.figures import Bar, write_bars
from benchmarks.machine import machine
from benchmarks.studies.clusters import (
    choose_k,
    cluster_words,
    locate,
    margin_probe,
    position_probe,
    pulling_text,
)
from clif_core.geometry.clustering import Clustering, central_words
from clif_core.influence.estimators import UNROLLED
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.probes import ClusterMembership
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram

RESULTS = Path(__file__).parent / "results"
WORDS = ("juliet", "witch", "fool")
KS = (8, 20, 40, 60, 80)
#: (number of sentences, whether they pull the word in; else they pull it away)
SETS = ((30, True), (100, True), (100, False))
N_QUOTED = 4
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A word with its two probes and the influence answer of each."""

    word: str
    margin: ClusterMembership
    resolved: tuple[ResolvedProbe, ResolvedProbe]  # margin, position
    answers: tuple[Influence, Influence]

    def value(self, model: SkipGram) -> float:
        return self.resolved[0].value(model.centre_vectors)

    def position(self, model: SkipGram) -> float:
        return self.resolved[1].value(model.centre_vectors)


def _ask(opened: Study, clustering: Clustering, words: Sequence[str]) -> list[Case]:
    model = opened.model
    margins = [margin_probe(model, clustering, word) for word in words]
    probes = [
        probe.resolve(model.vocabulary)
        for probe in (*margins, *(position_probe(model, word) for word in words))
    ]
    answers = opened.influences(probes, UNROLLED)
    n = len(words)
    return [
        Case(word, margins[i], (probes[i], probes[n + i]), (answers[i], answers[n + i]))
        for i, word in enumerate(words)
    ]


def _word_lines(opened: Study, clustering: Clustering, cases: Sequence[Case]) -> Iterator[str]:
    yield from (
        "## The words and their clusters",
        "",
        "| word | seen | its cluster | nearest other | margin | position |",
        "|---|---:|---|---|---:|---:|",
    )
    model = opened.model
    for case in cases:
        row = model.vocabulary.id(case.word)
        own = int(clustering.labels[row])
        named = central_words(model.vocabulary.words, model.unit_vectors, clustering.labels, own, 5)
        yield (
            f"| {case.word} | {model.vocabulary.counts[row]:,} | {', '.join(named)} |"
            f" {', '.join(case.margin.other[:5])} | {case.value(model):+.3f} |"
            f" {case.position(model):.3f} |"
        )
    yield ""


def _case_lines(
    opened: Study, clustering: Clustering, case: Case, random: dict[int, list[SkipGram]]
) -> tuple[list[str], list[Bar]]:
    before = opened.train(None)
    lines = [
        f"## {case.word}",
        "",
        "| without | words of text | predicted | retrained | random text of the size | in spreads |"
        " position | nearest cluster |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    bars, neighbours = [], [f"- before: {_neighbours(before, clustering, case)}"]
    for n, towards in SETS:
        edit, predicted = pulling_text(case.answers[0], n, towards)
        after = opened.train(edit)
        change = case.value(after) - case.value(before)
        drawn = np.array([case.value(model) - case.value(before) for model in random[n]])
        spread = float(drawn.std(ddof=1))
        named = f"{len(edit.items)} that pull {'in' if towards else 'away'}"
        moved = case.position(after) - case.position(before)
        lines.append(
            f"| {named} | {_n_tokens(opened, edit):,} | {predicted:+.3f} | {change:+.3f} |"
            f" {drawn.mean():+.4f} ± {spread:.4f} | {(change - drawn.mean()) / spread:+.1f} |"
            f" {moved:+.4f} | {_cluster(opened, after, clustering, case)} |"
        )
        neighbours.append(f"- without {named}: {_neighbours(after, clustering, case)}")
        bars.append(Bar(f"{case.word}, {named}", predicted, change, tuple(drawn)))
    lines += [
        "",
        "Neighbours:",
        "",
        *neighbours,
        "",
        f"Text behind the position probe: {_shared(case)}.",
        "",
        *_quote(opened, case),
    ]
    return lines, bars


def _n_tokens(opened: Study, edit: Edit) -> int:
    return int(np.diff(opened.corpus.sentence_offsets)[list(edit.items)].sum())


def _neighbours(model: SkipGram, clustering: Clustering, case: Case) -> str:
    return ", ".join(locate(model, clustering, case.margin).neighbours)


def _cluster(opened: Study, model: SkipGram, clustering: Clustering, case: Case) -> str:
    """The nearest cluster in this model, and whether it is the word's cluster before."""
    found = locate(model, clustering, case.margin).cluster
    own = int(clustering.labels[opened.model.vocabulary.id(case.word)])
    unit, words = opened.model.unit_vectors, opened.model.vocabulary.words
    named = ", ".join(central_words(words, unit, clustering.labels, found, 3))
    return f"{'its own' if found == own else 'another'}: {named}"


def _shared(case: Case) -> str:
    """How far the two probes agree on the text."""
    margin, position = (answer.sentence_effects for answer in case.answers)
    correlation = float(np.corrcoef(margin, position)[0, 1])
    top = [set(np.argsort(-np.abs(effects))[:100].tolist()) for effects in (margin, position)]
    return (
        f"its effects correlate {correlation:+.2f} with those of the margin, and"
        f" {len(top[0] & top[1])} of the 100 strongest sentences are the same"
    )


def _quote(opened: Study, case: Case) -> Iterator[str]:
    for direction, title in (
        ("raises", "Pull it in (the margin rises without them):"),
        ("lowers", "Pull it away:"),
    ):
        yield from (title, "")
        found = case.answers[0].top_sentences(N_QUOTED, direction)  # type: ignore[arg-type]
        for sentence, document, effect in found.itertuples(index=False):
            place = opened.corpus.documents["title"].iloc[document]
            yield f"- {effect:+.4f} “{shorten(opened.corpus.sentence_text(sentence))}” ({place})"
        yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--model", default="shakespeare")
    parser.add_argument("--k", type=int, default=40)
    parser.add_argument("--random", type=int, default=3, help="random sets of each size")
    options = parser.parse_args()
    torch.set_num_threads(1)
    opened = Study.open(options.model)
    ks = sorted({*KS, options.k})
    clustering = cluster_words(opened.model, options.k)
    cases = _ask(opened, clustering, options.words or WORDS)
    likes = {n: pulling_text(cases[0].answers[0], n, towards=True)[0] for n, _ in SETS}
    random = {n: opened.train_random(like, options.random) for n, like in likes.items()}
    silhouettes = ", ".join(
        f"k {choice.k}: {choice.silhouette:.3f}" for choice in choose_k(opened.model, ks)
    )
    lines = [
        f"# Cluster membership: {options.model}",
        "",
        f"`python -m benchmarks.clusters`, {date.today().isoformat()}, {machine()}. k-means of the"
        f" unit vectors of words seen at least 20 times, k = {options.k}. Mean silhouette by k:"
        f" {silhouettes}. Margin: squared distance to the centre of the word's own cluster less"
        " that to the nearest other one (of their 30 most central words); below 0 the word is at"
        " home. Predicted by the exact derivative of the training; retrained with the same draws"
        f" (coupled, one seed). Random: mean and spread of {options.random} sets of the size of the"
        f" text that pulls {cases[0].word} in.",
        "",
        *_word_lines(opened, clustering, cases),
    ]
    bars: list[Bar] = []
    for case in cases:
        added, drawn = _case_lines(opened, clustering, case, random)
        lines += added
        bars += drawn
    text = "\n".join(lines)
    (RESULTS / "clusters.md").write_text(text, "utf-8")
    title = "Change of the cluster margin without text: predicted and retrained"
    write_bars(RESULTS / "clusters.svg", title, bars)
    print(text)


if __name__ == "__main__":
    main()
