"""Does an answer hold in another training? Fixed lists, trained again under seeds nobody asked.

    effects by chooser -> lists of sentences -> retrainings under held-out seeds -> changes
                               \\-> what each estimate predicts for each list  -> ListTable

A list is fixed: the same sentences are left out under every seed. Lists are the most lowering and
the most raising sentences by each *chooser*: the seed ensemble, the exact derivative of this model
(one run), the quick estimate, word counts, chance. A held-out seed is neither the model's own nor
one of an ensemble, and each list is trained again under each of them, by the model's own trainer
and settings. So the mean of the changes is what a training of this text does without the list, and
every estimate can be compared with it: what it chose, and what it predicted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, product

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.evaluation.baselines import word_count_effects
from clif_core.evaluation.list_table import ListRow, ListTable, Side
from clif_core.evaluation.retrainings import Retrainings
from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.ensemble import MOST_RUNS
from clif_core.influence.estimators import ENSEMBLE, QUICK, UNROLLED
from clif_core.influence.result import Influence
from clif_core.interventions.edit import Edit
from clif_core.interventions.predict import predict_of_text, predict_sum
from clif_core.probes.base import ResolvedProbe
from clif_core.text.corpus import Corpus

__all__ = [
    "CHOOSERS",
    "N_SEEDS",
    "SIZES",
    "TextList",
    "fixed_lists",
    "held_out_seeds",
    "judge_lists",
    "list_edits",
]

COUNTS, CHANCE = "word_count", "random"
CHOOSERS = (ENSEMBLE, UNROLLED, QUICK, COUNTS, CHANCE)
SIZES = (10, 30, 100, 300)
N_SEEDS = 6
FIRST_SEED = 3_000_003  # ensembles count from 1,000,003, at most ``MOST_RUNS`` of them
MOST_SEEDS = 64

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TextList:
    """Sentences to leave out; ``side``: what their removal does to the probe, by the chooser."""

    chooser: str
    side: Side
    edit: Edit

    @property
    def size(self) -> int:
        return len(self.edit.items)


def held_out_seeds(known: Sequence[int], n_seeds: int = N_SEEDS) -> tuple[int, ...]:
    """The first ``n_seeds`` from ``FIRST_SEED`` up that are not ``known``: the model's own ones.

    Raises InputError for fewer than two, whose spread cannot be told, or more than ``MOST_SEEDS``.
    """
    if not 2 <= n_seeds <= MOST_SEEDS:
        raise InputError(f"held-out seeds are 2 to {MOST_SEEDS}, got {n_seeds}.")
    assert FIRST_SEED > 1_000_003 + MOST_RUNS
    return tuple(islice((seed for seed in count(FIRST_SEED) if seed not in known), n_seeds))


def fixed_lists(
    engine: InfluenceEngine,
    probe: ResolvedProbe,
    answers: Mapping[str, Influence],
    sizes: Sequence[int] = SIZES,
    choosers: Sequence[str] = CHOOSERS,
) -> tuple[TextList, ...]:
    """For each size, the strongest sentences both ways by each chooser, and one list by chance.

    ``answers`` by estimator; a chooser that is an estimator without an answer is left out. Chance
    draws by numpy's default generator seeded with the size. Raises InputError for a size that the
    text has not twice, or an unknown chooser.
    """
    n_sentences = engine.corpus.n_sentences
    if not sizes or not 0 < min(sizes) <= max(sizes) <= n_sentences // 2:
        raise InputError(
            f"sizes of lists are from 1 to half of the {n_sentences:,} sentences, got"
            f" {list(sizes)}."
        )
    if unknown := set(choosers) - set(CHOOSERS):
        raise InputError(
            f"unknown chooser {sorted(unknown)[0]!r}; choosers are {', '.join(CHOOSERS)}."
        )
    effects = {name: answer.sentence_effects for name, answer in answers.items()}
    if COUNTS in choosers:
        effects[COUNTS] = word_count_effects(engine, probe)
    found: list[TextList] = []
    for size, chooser in product(sizes, choosers):
        if chooser == CHANCE:
            found.append(TextList(CHANCE, "chance", _by_chance(engine, size)))
        elif chooser in effects:
            for side in ("lowers", "raises"):
                items = _strongest(effects[chooser], size, side)
                found.append(TextList(chooser, side, Edit("sentences", items)))
    return tuple(found)


def _strongest(effects: Floats, size: int, side: Side) -> tuple[int, ...]:
    sign = 1 if side == "lowers" else -1
    return tuple(np.argsort(sign * effects, kind="stable")[:size].tolist())


def _by_chance(engine: InfluenceEngine, size: int) -> Edit:
    some = np.flatnonzero(np.diff(engine.corpus.sentence_offsets))
    drawn = np.random.default_rng(size).choice(some, size, replace=False)
    return Edit("sentences", tuple(drawn.tolist()))


def list_edits(lists: Sequence[TextList]) -> tuple[Edit, ...]:
    """The distinct edits, in order: what is to be trained."""
    return tuple(dict.fromkeys(one.edit for one in lists))


def judge_lists(
    retrainings: Retrainings,
    probe: ResolvedProbe,
    lists: Sequence[TextList],
    answers: Mapping[str, Influence],
    seeds: Sequence[int],
) -> ListTable:
    """What each list was predicted to change and what it changed; never trains.

    Lists that are not trained under every seed are left out; InputError where that leaves none.
    """
    rows = []
    for one in lists:
        measured = [retrainings.changes(one.edit, seed, [probe]) for seed in seeds]
        found = [float(change[0]) for change in measured if change is not None]
        if len(found) == len(seeds):
            rows.append(_row(one, found, answers, retrainings.corpus))
    if not rows:
        raise InputError(
            f"none of the {len(lists)} lists is trained again under all {len(seeds)} seeds; train"
            " more first."
        )
    ensemble = answers.get(ENSEMBLE)
    runs = None if ensemble is None else ensemble.runs
    return ListTable(
        probe=probe.probe.name,
        key=probe.probe.key,
        seeds=tuple(seeds),
        n_runs=0 if runs is None else runs.n_runs,
        rows=tuple(rows),
    )


def _row(
    one: TextList, measured: Sequence[float], answers: Mapping[str, Influence], corpus: Corpus
) -> ListRow:
    predicted = {name: predict_sum(answer, one.edit) for name, answer in answers.items()}
    ensemble = answers.get(ENSEMBLE)
    of_text = None if ensemble is None else predict_of_text(ensemble, one.edit, corpus)
    low, high = (np.nan, np.nan) if of_text is None else (of_text.low, of_text.high)
    return ListRow(one.chooser, one.side, one.size, predicted, low, high, tuple(measured))
