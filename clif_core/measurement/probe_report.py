"""One probe on one model, with the figures that qualify its value.

``measure`` gives the value, the values of single words, the words that are out of vocabulary, an
interval over the words, the contribution of each word (leave one out), a permutation test, null
probes with random words of similar frequency, and the spread over seeds where the bundle has
several. The ``verdict`` takes all of these in; "not detected by this probe" never means "no bias".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.late import late_import
from clif_core.measurement.nulls import NullComparison, NullDraws, compare_with_nulls, draw_nulls
from clif_core.measurement.permutation import N_DRAWS, PermutationTest, permutation_test
from clif_core.measurement.resampling import bootstrap, leave_one_out
from clif_core.measurement.uncertainty import (
    Interval,
    SeedSpread,
    percentile_interval,
    seed_spread,
)
from clif_core.measurement.verdict import TrainingTest, Verdict, judge
from clif_core.probes import Probe, ResolvedProbe
from clif_core.probes.lookup import nearest_spellings
from clif_core.sgns.model import SkipGram

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = ["ProbeReport", "measure"]

N_NULLS_OF_OTHERS = 200  # null probes of each further training: enough to tell p from 0.05


@dataclass(frozen=True, eq=False)
class ProbeReport:
    """The result of ``measure``.

    Parameters
    ----------
    value : the probe's value; ``meaning`` explains its sign
    quantities : every figure of the family by name (WEAT: difference, effect_size, statistic)
    permutation : None where the family has no two exchangeable groups
    interval : 95 % bootstrap over the words of every set; None where every set has one word. With
        few words it tends to be too narrow
    nulls : None where the vocabulary is too small, or the probe compares with all of it
    seeds : the value over trainings that differ in the seed; None when there is one training
    verdict : what may be said of the probe, see ``verdict``; the tests of the further trainings
        are in it
    words : one row per word: ``set``, ``word``, ``count`` (0 if out of vocabulary),
        ``association`` (NaN where the family has none), ``is_lost`` (out of vocabulary; the name
        in stored reports), ``nearest`` (spellings, for words out of vocabulary), ``value_without``
        (the probe with the word left out; NaN where its set would be too small), ``carried``
        (value minus value_without: above 0, the word raises the probe)
    notes : remarks for the reader, in sentences
    """

    probe: Probe
    resolved: ResolvedProbe
    value: float
    quantities: dict[str, float]
    permutation: PermutationTest | None
    interval: Interval | None
    nulls: NullComparison | None
    seeds: SeedSpread | None
    verdict: Verdict
    words: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    @property
    def meaning(self) -> str:
        return self.probe.meaning

    @property
    def out_of_vocabulary(self) -> tuple[str, ...]:
        return self.resolved.out_of_vocabulary


_BY_RANK = (
    "The model has no word counts, so random words of like frequency are words of like rank in its"
    " file: most programs write the most frequent words first."
)


def measure(
    probe: Probe,
    model: SkipGram,
    seed: int = 0,
    *,
    n_permutations: int = N_DRAWS,
    n_nulls: int = 1_000,
    n_resamples: int = 1_000,
) -> ProbeReport:
    """Measure ``probe`` on ``model``'s centre vectors; raises ProbeError when it has no value.

    ``seed`` drives the sampled permutations, the null probes and the bootstrap; the same seed gives
    the same report. A number of draws of 0 leaves that part out. Takes a few tenths of a second.
    """
    resolved = probe.resolve(model.vocabulary)
    value = resolved.value(model.centre_vectors)
    parts = _parts(resolved, model.centre_vectors)
    notes = list(resolved.notes)
    draws = None
    try:
        draws = draw_nulls(resolved, model.vocabulary, n_nulls, seed)
    except InputError as error:
        notes.append(f"No null probes: {error}")
    if draws and not model.vocabulary.has_counts:
        notes.append(_BY_RANK)
    nulls = (
        compare_with_nulls(resolved, parts, model.centre_vectors, value, draws) if draws else None
    )
    permutation = _permute(probe, parts, n_permutations, seed)
    own = TrainingTest(
        seed=model.settings.seed if model.settings else 0,
        value=value,
        p_permutation=permutation.p_two_sided if permutation else None,
        p_nulls=nulls.p_two_sided if nulls and probe.is_zero_neutral else None,
    )
    others = _other_trainings(
        resolved, model, draws if probe.is_zero_neutral else None, n_permutations, seed
    )
    return ProbeReport(
        probe=probe,
        resolved=resolved,
        value=value,
        quantities=resolved.quantities(model.centre_vectors),
        permutation=permutation,
        interval=percentile_interval(bootstrap(resolved, parts, n_resamples, seed)),
        nulls=nulls,
        seeds=seed_spread({training.seed: training.value for training in (own, *others)}),
        verdict=judge((own, *others), _smallest_p(permutation, nulls if own.p_nulls else None)),
        words=_word_table(resolved, model, parts, value),
        notes=tuple(notes),
    )


def _parts(resolved: ResolvedProbe, centre_vectors: npt.NDArray[np.floating[Any]]) -> list[Tensor]:
    rows = centre_vectors[resolved.word_ids].astype(np.float64)
    return resolved.parts(torch.from_numpy(rows))


def _permute(
    probe: Probe, parts: Sequence[Tensor], n_draws: int, seed: int
) -> PermutationTest | None:
    groups = probe.exchangeable(parts)
    if groups is None or n_draws == 0:
        return None
    first, second = (group.numpy() for group in groups)
    return permutation_test(first, second, seed=seed, n_draws=n_draws)


def _other_trainings(
    resolved: ResolvedProbe,
    model: SkipGram,
    draws: NullDraws | None,
    n_permutations: int,
    seed: int,
) -> list[TrainingTest]:
    """The value and the tests of the same probe on the trainings that came with the model."""
    found = []
    for other, vectors in model.other_seeds.items():
        value, parts = resolved.value(vectors), _parts(resolved, vectors)
        test = _permute(resolved.probe, parts, n_permutations, seed)
        p_nulls = None
        if draws is not None:
            nulls = compare_with_nulls(resolved, parts, vectors, value, draws, N_NULLS_OF_OTHERS)
            p_nulls = nulls.p_two_sided
        found.append(TrainingTest(other, value, test.p_two_sided if test else None, p_nulls))
    return found


def _smallest_p(permutation: PermutationTest | None, nulls: NullComparison | None) -> float | None:
    """The smallest p that the tests together can give, None without a test."""
    found = [permutation.smallest_p] if permutation else []
    if nulls:
        found.append(1 / (np.isfinite(nulls.values).sum() + 1))
    return max(found, default=None)


def _word_table(
    resolved: ResolvedProbe, model: SkipGram, parts: Sequence[Tensor], value: float
) -> pd.DataFrame:
    associations = resolved.associations(model.centre_vectors)
    tables = []
    for i, found in enumerate(resolved.sets):
        if found.is_pool:
            continue
        without = leave_one_out(resolved, parts, i)
        tables.append(
            pd.DataFrame(
                {
                    "set": found.label,
                    "word": found.words,
                    "count": model.vocabulary.counts[found.ids],
                    "association": associations[i],
                    "is_lost": False,
                    "nearest": "",
                    "value_without": without,
                    "carried": value - without,
                }
            )
        )
        if found.out_of_vocabulary:
            tables.append(_unknown_rows(found.label, found.out_of_vocabulary, model))
    return pd.concat(tables, ignore_index=True)


def _unknown_rows(label: str, words: Sequence[str], model: SkipGram) -> pd.DataFrame:
    nearest = [", ".join(nearest_spellings(word, model.vocabulary)) for word in words]
    return pd.DataFrame(
        {
            "set": label,
            "word": list(words),
            "count": 0,
            "association": np.nan,
            "is_lost": True,
            "nearest": nearest,
            "value_without": np.nan,
            "carried": np.nan,
        }
    )
