"""The CLIF release's estimator, and the cost of each of its departures from the formula.

    python -m benchmarks.published [shakespeare] [brown] [--exact-only]

Starts from the estimator as released and undoes one departure at a time, then all of them:

    positives only          the loss without its negatives, in the curvature and in the scores
    centre side only        the context vectors are held fixed
    probe-word centres only a sentence is scored through the probe's own words alone
    undivided scale         LiSSA's result is not divided by its scale (nor by the number of pairs)
    damping 0.25            what damping 0.01 becomes, because LiSSA adds it after dividing by 25;
                            of the loss averaged over the pairs, so a million times ours

Judged by the exact derivative of the training (``unrolled``; computed where it is not cached, some
minutes) and by the retrainings that ``python -m benchmarks.fidelity`` stored. The probes are those
of that command. Writes ``results/published.md``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.fidelity import NAMED, Sample
from benchmarks.machine import machine
from clif_core.evaluation import judges
from clif_core.evaluation.harness import MIN_SETS, actual_changes, trained_sets
from clif_core.evaluation.predictors import sentence_effects
from clif_core.influence.closed_form import Effort, published
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.estimators import UNROLLED, find_estimator
from clif_core.probes.base import ResolvedProbe

RESULT = Path(__file__).parent / "results" / "published.md"
N_STRONGEST = 200
MOST_SETS = 60
TOLERANCE = 1e-4  # relative residual of conjugate gradient where the contexts move
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Departures:
    """The released estimator; each field set to the other value undoes one departure.

    ``damping`` is of the loss averaged over the pairs of a pass, as in the release.
    """

    has_negatives: bool = False
    moves_contexts: bool = False
    scores_all_centres: bool = False
    is_divided: bool = False
    damping: float = 0.25

    def effects(self, engine: InfluenceEngine, probe: ResolvedProbe) -> Floats:
        """(n_sentences,) removal effects, summed over the contexts of each sentence."""
        rows, gradient = probe.active_gradient(engine.model.centre_vectors)
        loss = engine.loss
        direction = published(
            loss,
            torch.as_tensor(rows),
            torch.as_tensor(gradient, dtype=loss.v.dtype),
            self.damping,
            Effort(tolerance=TOLERANCE),
            has_negatives=self.has_negatives,
            moves_contexts=self.moves_contexts,
            is_divided=self.is_divided,
        )
        value = direction.solution.value
        if direction.rows is None:
            effects = direction.loss.pair_effects(value[0], value[1])
        else:
            at, of_rows = direction.loss.pair_effects_of(direction.rows, value)
            effects = torch.zeros_like(loss.weights)
            effects[at] = of_rows
        centres = None if self.scores_all_centres else rows
        return _by_sentence(engine, effects.numpy(), centres)


RELEASED = Departures()
#: What a row undoes -> the estimator. Fields not given stay as released.
VARIANTS: dict[str, Departures] = {
    "as released": RELEASED,
    "negatives counted": replace(RELEASED, has_negatives=True),
    "all centres scored (contexts fixed)": replace(RELEASED, scores_all_centres=True),
    "contexts move": replace(RELEASED, moves_contexts=True),
    "contexts move, all centres scored": replace(
        RELEASED, moves_contexts=True, scores_all_centres=True
    ),
    "divided by scale and pairs": replace(RELEASED, is_divided=True),
    "damping 0.01": replace(RELEASED, damping=0.01),
    "all undone, damping 0.25": Departures(True, True, True, True, 0.25),
    "all undone, damping 0.01": Departures(True, True, True, True, 0.01),
}


def _by_sentence(
    engine: InfluenceEngine,
    pair_effects: npt.NDArray[np.float32],
    centres: npt.NDArray[np.int64] | None,
) -> Floats:
    by_position = engine.windows.sum_over_contexts(engine.pairs, pair_effects, centres)
    by_token = np.zeros(engine.corpus.n_tokens)
    by_token[engine.text.tokens] = by_position
    before = np.concatenate([[0.0], np.cumsum(by_token)])
    return np.asarray(np.diff(before[engine.corpus.sentence_offsets]))


def _ours(engine: InfluenceEngine, probe: ResolvedProbe, estimator: str) -> Floats:
    """Our own estimator with its own damping, of the summed loss, for comparison."""
    return engine.influence(probe, estimator).sentence_effects


@dataclass(frozen=True, eq=False)
class _Judge:
    """Truths of one sample: the exact derivative, and the retrained changes of random sets."""

    sample: Sample
    exact: Floats  # (n_probes, n_sentences)
    sets: tuple[npt.NDArray[np.int64], ...]  # sentences of each retrained set
    actual: Floats  # (n_probes, n_sets)

    @classmethod
    def of(cls, sample: Sample, has_retrainings: bool) -> _Judge:
        retrainings, engine = sample.retrainings, sample.engine
        exact = sentence_effects(retrainings.store, engine, sample.probes, UNROLLED)
        trial = sample.trial("hundredths", MOST_SETS)
        done = trained_sets(retrainings, trial, (retrainings.own_seed,)) if has_retrainings else []
        if len(done) < MIN_SETS:
            return cls(sample, exact, (), np.empty((len(exact), 0)))
        trial = trial.only(done)
        bounds = engine.corpus.document_offsets
        sets = tuple(
            np.concatenate([np.arange(bounds[d], bounds[d + 1]) for d in edit.items])
            for edit in trial.edits[0]
        )
        return cls(
            sample, exact, sets, actual_changes(retrainings, trial, (retrainings.own_seed,))[0]
        )

    def row(self, name: str, effects: Floats, seconds: float, has_size: bool) -> str:
        """One line of the table; ``effects`` (n_probes, n_sentences)."""
        strongest = np.argsort(-np.abs(self.exact), axis=1)[:, :N_STRONGEST]
        picked = [np.take_along_axis(a, strongest, 1) for a in (effects, self.exact)]
        documents = [self._by_document(a) for a in (effects, self.exact)]
        cells = [
            judges.pearson(effects, self.exact),
            judges.pearson(*picked),
            judges.pearson(*documents),
        ]
        slopes = judges.slope(*documents)
        shown = [_mean_and_range(values) for values in cells]
        shown.append(f"{np.median(slopes):.2g}" if has_size else f"{np.median(slopes):.0e}")
        if self.sets:
            predicted = np.stack([effects[:, s].sum(1) for s in self.sets], axis=1)
            shown.append(_mean_and_range(judges.lds(predicted, self.actual)))
        return f"| {name} | {' | '.join(shown)} | {seconds:.2f} s |"

    def _by_document(self, effects: Floats) -> Floats:
        before = np.pad(np.cumsum(effects, axis=1), ((0, 0), (1, 0)))
        return np.asarray(np.diff(before[:, self.sample.engine.corpus.document_offsets], axis=1))


def _mean_and_range(values: Floats) -> str:
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


def _rows(judge: _Judge) -> Iterator[str]:
    engine, probes = judge.sample.engine, judge.sample.probes
    for name, departures in VARIANTS.items():
        started = time.perf_counter()
        effects = np.stack([departures.effects(engine, probe) for probe in probes])
        seconds = (time.perf_counter() - started) / len(probes)
        yield judge.row(name, effects, seconds, departures.is_divided)
    for estimator in ("gradient", "block"):
        started = time.perf_counter()
        effects = np.stack([_ours(engine, probe, estimator) for probe in probes])
        seconds = (time.perf_counter() - started) / len(probes)
        named = f"ours: `{estimator}`"
        if estimator != "gradient":
            named += f", damping {find_estimator(estimator).default_damping:g} of the summed loss"
        yield judge.row(named, effects, seconds, estimator != "gradient")


def _table(judge: _Judge) -> list[str]:
    sample = judge.sample
    n_pairs = float(sample.engine.loss.centre_weights.sum())
    asked = "; ".join(probe.probe.name for probe in sample.probes)
    columns = ["undone", "sentences", f"{N_STRONGEST} strongest", "documents", "slope"]
    if judge.sets:
        columns.append(f"LDS, {len(judge.sets)} retrained hundredths")
    columns.append("a probe takes")
    note = (
        ""
        if judge.sets
        else " There are no retrainings of this model, so their column is left out."
    )
    return [
        f"## {sample.name}",
        "",
        f"{len(sample.probes)} probes: {asked}. Weight of a pass: {n_pairs:,.0f} pairs, so damping"
        f" 0.25 is {0.25 * n_pairs:,.0f} of the summed loss where ours is 10.{note}",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
        *_rows(judge),
        "",
    ]


def main(arguments: list[str]) -> None:
    torch.set_num_threads(1)
    names = [name for name in arguments if not name.startswith("--")] or list(NAMED)
    lines = [
        "# The released estimator and its departures, one by one",
        "",
        f"`python -m benchmarks.published`, {date.today().isoformat()}, {machine()}, one thread."
        " Agreement with the exact derivative of the training (`unrolled`): Pearson correlation"
        " of removal effects, mean over the probes and the least and greatest of them. Slope:"
        " exact on estimated, by document, median over probes; 1 means that sizes can be trusted."
        " LDS: Spearman with retraining minus a random hundredth of the documents.",
        "",
        "Scoring all centres changes nothing while the contexts are held fixed: a context whose"
        " centre is not a word of the probe then has no path to it. Dividing changes the size"
        " alone, never the order.",
        "",
    ]
    for name in names:
        lines += _table(_Judge.of(Sample.open(name), "--exact-only" not in arguments))
        RESULT.write_text("\n".join(lines), "utf-8")  # after each, in case the next is cut short
    print("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
