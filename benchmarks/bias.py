"""Sources of bias: the authors' four WEATs, the text behind them, and the effect of removing it.

    python -m benchmarks.bias [brown] [newsgroups] [--random 5] [--estimator unrolled]
    python -m benchmarks.bias --only-read newsgroups        its probes alone, without any training
    python -m benchmarks.bias --neutrality biased.word.train

For each probe: d and p; how often its words co-occur; the 100 sentences that carry it; the training
repeated without them, with the same seed and with another; the change of every other probe, beside
random text of the same size; hard debias alone, and on top of the removal. The workspace caches
trainings and answers, so a second run takes a minute. Writes ``results/bias.md`` and
``results/bias.svg``. ``newsgroups`` is left out until 'make samples NAME=newsgroups' has trained
its model. ``--neutrality`` trains on either side of a file of the Wikipedia Neutrality Corpus and
prints the probes.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import torch

from benchmarks.experiment import Study, has_model, shorten
from benchmarks.figures import HeatPanel, write_heat
from benchmarks.machine import machine
from benchmarks.studies.bias import (
    CrossEffects,
    Reading,
    beside_hard_debias,
    carrying_text,
    co_occurrences,
    cross_effects,
    read_weat,
)
from clif_core.errors import ProbeError
from clif_core.influence.estimators import UNROLLED
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.measurement.probe_report import measure
from clif_core.probes import Weat, find_probe
from clif_core.probes.base import ResolvedProbe
from clif_core.sgns.model import SkipGram
from clif_core.sgns.settings import TrainingSettings
from clif_core.text.readers.neutrality import read_neutrality_pair
from clif_core.training import train

RESULTS = Path(__file__).parent / "results"
AUTHORS = ("clif_career", "clif_math", "clif_science", "clif_race")
PROBES = {
    "brown": (*AUTHORS, "gender_terms_career_family"),
    "newsgroups": (*AUTHORS, "gender_terms_pleasant"),
}
#: In a large text only the text of these probes is removed; the other probes are read too.
REMOVED = {"newsgroups": ("gender_terms_pleasant", "clif_career")}
MOST_RANDOM = {"newsgroups": 3}
N_SENTENCES = 100
N_QUOTED = 3
QUOTED = ("brown",)  # the posts of the newsgroups carry no licence
CO_OCCURRENCE_WINDOW = 10
HEAT_TITLE = "Cross-effects of removing the text behind each probe, in random spreads"


@dataclass(frozen=True, eq=False)
class Removal:
    """A probe, its answer, the text that carries it, and the models with and without that text."""

    probe: Weat
    resolved: ResolvedProbe
    influence: Influence
    edit: Edit
    predicted: float
    before: SkipGram
    after: SkipGram
    other_seed: tuple[SkipGram, SkipGram] | None


@dataclass(frozen=True, eq=False)
class Section:
    """The report on one text; cross-effects, and names of the probes, removed ones first."""

    lines: list[str]
    effects: CrossEffects | None = None
    names: tuple[str, ...] = ()


def study(name: str, n_random: int, estimator: str, is_trained: bool) -> Section:
    opened = Study.open(name)
    asked = [probe for at in PROBES[name] if isinstance(probe := find_probe(at), Weat)]
    probes, refused = [], []
    for probe in asked:
        try:
            probe.resolve(opened.model.vocabulary)
            probes.append(probe)
        except ProbeError as error:
            refused.append(f"- {error}")
    first = [f"## {name}", "", *refused, *_reading_lines(opened, probes)]
    if not is_trained:
        return Section([*first, "No text was removed in this run (`--only-read`).", ""])
    chosen = REMOVED.get(name, PROBES[name])
    probes.sort(key=lambda probe: probe.name not in chosen)
    removals = _remove(
        opened,
        [p for p in probes if p.name in chosen],
        estimator,
        has_other_seed=name not in REMOVED,
    )
    drawn = opened.train_random(removals[0].edit, n_random)
    resolved = [probe.resolve(opened.model.vocabulary) for probe in probes]
    effects = cross_effects(resolved, removals[0].before, [r.after for r in removals], drawn)
    lines = [
        *first,
        *_removal_lines(removals, effects, n_random),
        *_text_lines(opened, removals, is_quoted=name in QUOTED),
        *_matrix_lines(probes, removals, effects, n_random),
        *_debias_lines(removals),
    ]
    return Section(lines, effects, tuple(probe.name for probe in probes))


def _remove(
    opened: Study, probes: Sequence[Weat], estimator: str, has_other_seed: bool
) -> list[Removal]:
    resolved = [probe.resolve(opened.model.vocabulary) for probe in probes]
    answers = opened.influences(resolved, estimator)
    seed = opened.model.require_settings().seed + 1
    removals = []
    for probe, found, answer in zip(probes, resolved, answers, strict=True):
        edit, predicted = carrying_text(answer, N_SENTENCES)
        models = opened.train(None), opened.train(edit)
        other = (opened.train(None, seed), opened.train(edit, seed)) if has_other_seed else None
        removals.append(Removal(probe, found, answer, edit, predicted, *models, other))
    return removals


def _reading_lines(opened: Study, probes: Sequence[Weat]) -> Iterator[str]:
    yield from (
        "### Values of the probes, and how often their words co-occur",
        "",
        "| probe | out of vocabulary | difference (95 % over words) | d | p | d of other seeds | "
        "A near X | A near Y | p of equal shares |",
        "|---|---|---:|---:|---:|---|---:|---:|---:|",
    )
    for probe in probes:
        report = measure(probe, opened.model, n_nulls=0)
        reading = read_weat(probe, opened.model)
        interval = report.interval
        around = "" if interval is None else f" ({interval.low:+.3f} to {interval.high:+.3f})"
        others = [
            report.resolved.quantities(vectors)["effect_size"]
            for vectors in opened.model.other_seeds.values()
        ]
        try:
            near = co_occurrences(
                opened.corpus, opened.model.vocabulary, probe, CO_OCCURRENCE_WINDOW
            )
            x, y = near.counts.sum(axis=1)
            shares = f"{near.share_x:.1%} of {x:,} | {near.share_y:.1%} of {y:,} | {near.p:.2g}"
        except ProbeError:
            shares = "too seldom | too seldom | –"
        yield (
            f"| {probe.name} | {', '.join(report.out_of_vocabulary) or 'none'}"
            f" | {reading.difference:+.3f}{around} | {reading.effect_size:+.2f} | {reading.p:.3f} |"
            f" {', '.join(f'{d:+.2f}' for d in others) or '–'} | {shares} |"
        )
    yield from (
        "",
        f"A near X: of the places where a word of X has a word of A or B within"
        f" {CO_OCCURRENCE_WINDOW} words, the share with A; chi-squared test of equal shares.",
        "",
    )


def _removal_lines(
    removals: Sequence[Removal], effects: CrossEffects, n_random: int
) -> Iterator[str]:
    yield from (
        f"### Trained again without the {N_SENTENCES} sentences that carry each",
        "",
        f"| probe | estimator | predicted | retrained | another seed | {n_random} random sets |"
        " in random spreads | d before | d after | p after |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    )
    for at, removal in enumerate(removals):
        before, after = (read_weat(removal.probe, m) for m in (removal.before, removal.after))
        other = "not trained"
        if removal.other_seed is not None:
            first, second = (
                removal.resolved.value(model.centre_vectors) for model in removal.other_seed
            )
            other = f"{second - first:+.4f}"
        drawn = effects.random_changes[:, at]
        yield (
            f"| {removal.probe.name} | {removal.influence.estimator} | {removal.predicted:+.4f} |"
            f" {effects.changes[at, at]:+.4f} | {other} |"
            f" {drawn.mean():+.4f} ± {drawn.std(ddof=1):.4f} |"
            f" {effects.in_spreads[at, at]:+.1f} |"
            f" {before.effect_size:+.2f} | {after.effect_size:+.2f} | {after.p:.3f} |"
        )
    yield ""


def _text_lines(opened: Study, removals: Sequence[Removal], is_quoted: bool) -> Iterator[str]:
    yield from ("### The text behind each", "")
    for removal in removals:
        tokens = np.diff(opened.corpus.sentence_offsets)[list(removal.edit.items)].sum()
        yield (
            f"**{removal.probe.name}**: {len(removal.edit.items)} sentences, {tokens:,} of"
            f" {opened.corpus.n_tokens:,} words."
        )
        yield ""
        found = removal.influence.top_sentences(
            N_SENTENCES, "lowers" if removal.influence.probe_value > 0 else "raises"
        )
        if not is_quoted:
            groups = opened.corpus.documents["group"].iloc[found["document"]].value_counts()
            named = ", ".join(f"{group} {n}" for group, n in groups.head(5).items())
            yield from (f"By group: {named}. (Posts are not quoted: they carry no licence.)", "")
            continue
        for sentence, document, effect in found.head(N_QUOTED).itertuples(index=False):
            title = opened.corpus.documents["title"].iloc[document]
            yield f"- {effect:+.5f} “{shorten(opened.corpus.sentence_text(sentence))}” ({title})"
        yield ""


def _matrix_lines(
    probes: Sequence[Weat], removals: Sequence[Removal], effects: CrossEffects, n_random: int
) -> Iterator[str]:
    names = [probe.name for probe in probes]
    yield from (
        "### Cross-effects: the text of the row removed, the change of the column",
        "",
        "Change of the difference of means, and in brackets its distance from the mean of"
        f" {n_random} random sets, in their spread.",
        "",
        f"| removed text of | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    )
    for removal, changes, spreads in zip(
        removals, effects.changes, effects.in_spreads, strict=True
    ):
        cells = [f"{c:+.4f} ({s:+.1f})" for c, s in zip(changes, spreads, strict=True)]
        yield f"| {removal.probe.name} | {' | '.join(cells)} |"
    spread = " | ".join(f"± {s:.4f}" for s in effects.random_std)
    yield from (f"| random | {spread} |", "")


def _debias_lines(removals: Sequence[Removal]) -> Iterator[str]:
    yield from (
        "### Hard debias, and removal with hard debias on top",
        "",
        "Bolukbasi et al. 2016 with the shipped pairs; d (p). Removal in the last two columns is of"
        f" the same {N_SENTENCES} sentences, the training repeated, then debiased.",
        "",
        "| probe | debias about | as trained | hard debias | removal | removal, hard debias |",
        "|---|---|---:|---:|---:|---:|",
    )
    for removal in removals:
        about = "race" if "race" in removal.probe.name else "gender"
        readings = beside_hard_debias(removal.probe, removal.before, removal.after, about)
        if readings is None:
            yield f"| {removal.probe.name} | {about}: its pairs are not in the text | | | | |"
            continue
        cells = " | ".join(_d_and_p(reading) for reading in readings)
        yield f"| {removal.probe.name} | {about} | {cells} |"
    yield ""


def _d_and_p(reading: Reading) -> str:
    return f"{reading.effect_size:+.2f} ({reading.p:.3f})"


def compare_sides(path: Path) -> str:
    """The authors' probes on models of the biased and of the neutral side of a file of pairs."""
    settings = TrainingSettings(dim=64, window=5, epochs=10, backend="coupled")
    sides = read_neutrality_pair(path)
    models = [train(corpus, settings) for corpus in sides]
    lines = ["| probe | biased: d (p) | neutral: d (p) |", "|---|---:|---:|"]
    for name in AUTHORS:
        probe = find_probe(name)
        assert isinstance(probe, Weat)
        try:
            cells = " | ".join(_d_and_p(read_weat(probe, model)) for model in models)
        except ProbeError as error:
            cells = f"{error} | "
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="text", help=", ".join(PROBES))
    parser.add_argument("--random", type=int, default=5, help="random sets of the same size")
    parser.add_argument("--estimator", default=UNROLLED)
    parser.add_argument("--only-read", nargs="+", metavar="text", help="texts to train nothing on")
    parser.add_argument("--neutrality", type=Path, help="a file of the Neutrality Corpus")
    options = parser.parse_args()
    if unknown := set(options.names) - set(PROBES):
        parser.error(f"unknown text {sorted(unknown)[0]!r}; known: {', '.join(PROBES)}")
    torch.set_num_threads(1)
    if options.neutrality:
        print(compare_sides(options.neutrality))
        return
    command = shlex.join(["benchmarks.bias", *sys.argv[1:]])
    lines = [
        "# Sources of bias",
        "",
        f"`python -m {command}`, {date.today().isoformat()}, {machine()}. Text is chosen by"
        f" `{options.estimator}`; every change is one of the difference of means, measured by"
        " training again with the same draws (coupled, one seed; another seed where said). A"
        f" sentence of the newsgroups is a piece of 25 words. p: one-sided permutation test.",
        "",
        "The biased and the neutral side of the Wikipedia Neutrality Corpus are not compared here:"
        " no package brings that corpus. With its file at hand,"
        " `python -m benchmarks.bias --neutrality FILE` prints the table.",
        "",
    ]
    panels = []
    for name in options.names or [name for name in PROBES if has_model(name)]:
        n_random = min(options.random, MOST_RANDOM.get(name, options.random))
        is_trained = name not in (options.only_read or ())
        section = study(name, n_random, options.estimator, is_trained)
        lines += section.lines
        if section.effects is not None:
            panels.append(HeatPanel(name, section.names, section.effects.in_spreads))
    text = "\n".join(lines)
    (RESULTS / "bias.md").write_text(text, "utf-8")
    if panels:
        write_heat(RESULTS / "bias.svg", HEAT_TITLE, panels)
    print(text)


if __name__ == "__main__":
    main()
