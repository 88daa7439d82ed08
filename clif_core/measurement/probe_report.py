"""One probe on one model, with the figures that qualify its value.

``measure`` gives the value, the values of single words, the words that are out of vocabulary, an
interval over the words, the contribution of each word (leave one out), a permutation test, null
probes with random words of similar frequency, and the spread over seeds where the bundle has
several. A low p means "detected by this probe"; a high p means "not detected by this probe", never
"no bias".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.measurement.nulls import NullComparison, compare_with_nulls
from clif_core.measurement.permutation import N_DRAWS, PermutationTest, permutation_test
from clif_core.measurement.resampling import bootstrap, leave_one_out
from clif_core.measurement.uncertainty import (
    Interval,
    SeedSpread,
    percentile_interval,
    seed_spread,
)
from clif_core.probes import Probe, ResolvedProbe
from clif_core.probes.lookup import nearest_spellings
from clif_core.sgns.model import SkipGram

__all__ = ["ProbeReport", "measure"]


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
    words: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    @property
    def meaning(self) -> str:
        return self.probe.meaning

    @property
    def out_of_vocabulary(self) -> tuple[str, ...]:
        return self.resolved.out_of_vocabulary


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
    vectors = torch.from_numpy(model.centre_vectors[resolved.word_ids].astype(np.float64))
    parts = resolved.parts(vectors)
    notes = list(resolved.notes)
    nulls = None
    try:
        nulls = compare_with_nulls(resolved, parts, model, value, n_nulls, seed)
    except InputError as error:
        notes.append(f"No null probes: {error}")
    return ProbeReport(
        probe=probe,
        resolved=resolved,
        value=value,
        quantities=resolved.quantities(model.centre_vectors),
        permutation=_permute(probe, parts, n_permutations, seed),
        interval=percentile_interval(bootstrap(resolved, parts, n_resamples, seed)),
        nulls=nulls,
        seeds=_over_seeds(resolved, model, value),
        words=_word_table(resolved, model, parts, value),
        notes=tuple(notes),
    )


def _permute(
    probe: Probe, parts: Sequence[Tensor], n_draws: int, seed: int
) -> PermutationTest | None:
    groups = probe.exchangeable(parts)
    if groups is None or n_draws == 0:
        return None
    first, second = (group.numpy() for group in groups)
    return permutation_test(first, second, seed=seed, n_draws=n_draws)


def _over_seeds(resolved: ResolvedProbe, model: SkipGram, value: float) -> SeedSpread | None:
    own_seed = model.settings.seed if model.settings else 0
    values = {own_seed: value}
    values |= {seed: resolved.value(vectors) for seed, vectors in model.other_seeds.items()}
    return seed_spread(values)


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
