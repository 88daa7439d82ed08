"""One probe on one model, with everything that an auditor asks of a number.

The value never comes alone: per-word values, lost words, the interval over words, what each word
carries (leave one out), a permutation test, null probes of random words of like frequency, and the
spread over seeds where the bundle has several. Low p means "detected by this probe"; a high one
means "not detected by this probe", never "no bias".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.measurement import statistics
from clif_core.probes import Probe, ResolvedProbe
from clif_core.probes.lookup import nearest_spellings
from clif_core.sgns.model import SkipGram

__all__ = ["NullComparison", "ProbeReport", "measure"]

Floats = npt.NDArray[np.float64]
_BLOCK_BYTES = 64_000_000  # memory for one block of resampled vectors


@dataclass(frozen=True, eq=False)
class NullComparison:
    """The probe's value among those of the same probe filled with random words of like frequency.

    ``replaced`` names the sets that were filled; std has ddof 0; the p-values are those of
    ``statistics.sampled_p_values``.
    """

    values: Floats
    mean: float
    std: float
    p_one_sided: float
    p_two_sided: float
    replaced: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ProbeReport:
    """What ``measure`` found.

    Parameters
    ----------
    value : the probe's value; positive as ``meaning`` says
    quantities : every figure of the family by name (WEAT: difference, effect_size, statistic)
    permutation : None where the family has no two exchangeable groups
    interval : 95 % bootstrap over the words of every set; None where every set has one word. With
        few words it is too narrow rather than too wide
    nulls : None where the vocabulary is too small, or the probe ranges over the whole of it
    seeds : the value over trainings that differ in the seed; None when there is one training
    words : one row a word: ``set``, ``word``, ``count`` (0 when lost), ``association`` (NaN where
        the family has none), ``is_lost``, ``nearest`` (spellings, for lost words),
        ``value_without`` (the probe with the word left out; NaN where its set would be empty),
        ``carried`` (value minus value_without: above 0, the word raises the probe)
    notes : what a reader should know, in sentences
    """

    probe: Probe
    resolved: ResolvedProbe
    value: float
    quantities: dict[str, float]
    permutation: statistics.PermutationTest | None
    interval: statistics.Interval | None
    nulls: NullComparison | None
    seeds: statistics.SeedSpread | None
    words: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    @property
    def meaning(self) -> str:
        return self.probe.meaning

    @property
    def lost(self) -> tuple[str, ...]:
        return self.resolved.lost


def measure(
    probe: Probe,
    model: SkipGram,
    seed: int = 0,
    *,
    n_permutations: int = statistics.N_DRAWS,
    n_nulls: int = 1_000,
    n_resamples: int = 1_000,
) -> ProbeReport:
    """Measure ``probe`` on ``model``'s centre vectors; raises ProbeError when it has no value.

    ``seed`` drives the sampled permutations, the null probes and the bootstrap; the same seed gives
    the same report. Zero draws leave the part out. Typically some tenths of a second.
    """
    resolved = probe.resolve(model.vocabulary)
    value = resolved.value(model.centre_vectors)
    vectors = torch.from_numpy(model.centre_vectors[resolved.word_ids].astype(np.float64))
    parts = resolved.parts(vectors)
    with torch.no_grad():
        interval = statistics.percentile_interval(_resample(resolved, parts, n_resamples, seed))
        table = _word_table(resolved, model, parts, value)
        notes = list(resolved.notes)
        nulls = None
        try:
            nulls = _compare_with_nulls(resolved, parts, model, value, n_nulls, seed)
        except InputError as error:
            notes.append(f"No null probes: {error}")
    return ProbeReport(
        probe=probe,
        resolved=resolved,
        value=value,
        quantities=resolved.quantities(model.centre_vectors),
        permutation=_permute(probe, parts, n_permutations, seed),
        interval=interval,
        nulls=nulls,
        seeds=_over_seeds(resolved, model, value),
        words=table,
        notes=tuple(notes),
    )


def _permute(
    probe: Probe, parts: Sequence[Tensor], n_draws: int, seed: int
) -> statistics.PermutationTest | None:
    groups = probe.exchangeable(parts)
    if groups is None or n_draws == 0:
        return None
    first, second = (group.numpy() for group in groups)
    return statistics.permutation_test(first, second, seed=seed, n_draws=n_draws)


def _over_seeds(
    resolved: ResolvedProbe, model: SkipGram, value: float
) -> statistics.SeedSpread | None:
    own_seed = model.settings.seed if model.settings else 0
    values = {own_seed: value}
    values |= {seed: resolved.value(vectors) for seed, vectors in model.other_seeds.items()}
    return statistics.seed_spread(values)


def _resample(resolved: ResolvedProbe, parts: Sequence[Tensor], n_draws: int, seed: int) -> Floats:
    """(n_draws,) values with the words of every set drawn anew, with replacement."""
    rng = np.random.default_rng(seed)
    picks = [
        torch.from_numpy(rng.integers(len(found), size=(n_draws, len(found))))
        if len(found) > 1 and not found.is_pool
        else None
        for found in resolved.sets
    ]
    for i in resolved.probe.tied_sets[1:]:
        picks[i] = picks[resolved.probe.tied_sets[0]]
    return _evaluate(resolved.probe, parts, picks)


def _leave_one_out(resolved: ResolvedProbe, parts: Sequence[Tensor], i: int) -> Floats:
    """(n_in_set,) values with each word of set ``i`` left out; NaN where the set needs them all."""
    n = len(resolved.sets[i])
    if n <= resolved.probe.named_sets[i].at_least:
        return np.full(n, np.nan)
    others = torch.arange(n).repeat(n, 1)[~torch.eye(n, dtype=torch.bool)].reshape(n, n - 1)
    tied = resolved.probe.tied_sets
    left_out = tied if i in tied else (i,)
    picks = [others if j in left_out else None for j in range(len(parts))]
    return _evaluate(resolved.probe, parts, picks)


def _evaluate(probe: Probe, parts: Sequence[Tensor], picks: Sequence[Tensor | None]) -> Floats:
    """(n_draws,) values; set i takes the rows ``picks[i]``, (n_draws, m), of part i."""
    n_draws = max((len(pick) for pick in picks if pick is not None), default=0)
    width = sum(pick.shape[1] for pick in picks if pick is not None) * parts[0].shape[-1] * 8
    block = max(1, _BLOCK_BYTES // max(width, 1))
    values = [np.empty(0)]
    for start in range(0, n_draws, block):
        drawn = [
            part if pick is None else part[pick[start : start + block]]
            for part, pick in zip(parts, picks, strict=True)
        ]
        values.append(probe.formula(drawn).numpy())
    return np.concatenate(values)


def _compare_with_nulls(
    resolved: ResolvedProbe,
    parts: Sequence[Tensor],
    model: SkipGram,
    value: float,
    n_nulls: int,
    seed: int,
) -> NullComparison | None:
    if n_nulls == 0 or any(found.is_pool for found in resolved.sets):
        return None
    sets = [resolved.sets[i] for i in resolved.probe.random_sets]
    rows = np.concatenate([found.ids for found in sets])
    near = statistics.frequency_neighbours(model.vocabulary.counts, rows, resolved.word_ids)
    drawn_rows = statistics.random_replacements(near, n_nulls, seed)
    pool, places = np.unique(drawn_rows, return_inverse=True)
    vectors = torch.from_numpy(model.centre_vectors[pool].astype(np.float64))
    draws = np.split(places.reshape(n_nulls, -1), np.cumsum([len(s) for s in sets])[:-1], axis=1)
    sources: list[Tensor] = list(parts)
    picks: list[Tensor | None] = [None] * len(parts)
    for i, pick in zip(resolved.probe.random_sets, draws, strict=True):
        sources[i], picks[i] = vectors, torch.from_numpy(pick)
    values = _evaluate(resolved.probe, sources, picks)
    one_sided, two_sided = statistics.sampled_p_values(value, values)
    return NullComparison(
        values=values,
        mean=float(np.nanmean(values)),
        std=float(np.nanstd(values)),
        p_one_sided=one_sided,
        p_two_sided=two_sided,
        replaced=tuple(found.label for found in sets),
    )


def _word_table(
    resolved: ResolvedProbe, model: SkipGram, parts: Sequence[Tensor], value: float
) -> pd.DataFrame:
    associations = resolved.associations(model.centre_vectors)
    tables = []
    for i, found in enumerate(resolved.sets):
        if found.is_pool:
            continue
        without = _leave_one_out(resolved, parts, i)
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
        if found.lost:
            tables.append(_lost_rows(found.label, found.lost, model))
    return pd.concat(tables, ignore_index=True)


def _lost_rows(label: str, lost: Sequence[str], model: SkipGram) -> pd.DataFrame:
    nearest = [", ".join(nearest_spellings(word, model.vocabulary)) for word in lost]
    return pd.DataFrame(
        {
            "set": label,
            "word": list(lost),
            "count": 0,
            "association": np.nan,
            "is_lost": True,
            "nearest": nearest,
            "value_without": np.nan,
            "carried": np.nan,
        }
    )
