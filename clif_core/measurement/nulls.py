"""Null probes: the same probe with random words of similar frequency in some of its sets.

A word is replaced by one of the words whose counts are nearest to its own in ratio. Where a model
has no counts, the rank in its file stands for them (``Vocabulary.frequencies``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.late import late_import
from clif_core.measurement.permutation import p_values
from clif_core.measurement.resampling import evaluate
from clif_core.probes import ResolvedProbe
from clif_core.sgns.model import Vocabulary

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = [
    "NullComparison",
    "NullDraws",
    "compare_with_nulls",
    "draw_nulls",
    "frequency_neighbours",
    "random_replacements",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class NullComparison:
    """The probe's value compared with those of its null probes.

    ``values`` is (n_nulls,), NaN where undefined; mean, std (ddof 0) and the sampled p-values
    (``permutation.p_values``) are over its finite entries. ``replaced`` names the filled sets.
    """

    values: Floats
    mean: float
    std: float
    p_one_sided: float
    p_two_sided: float
    replaced: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class NullDraws:
    """Random words for the sets of a probe, the same on every training of one vocabulary.

    ``pool`` is (n_pool,) rows of the vocabulary; ``picks`` has for each set of ``sets`` an
    (n_nulls, n_in_set) tensor of positions in it.
    """

    sets: tuple[int, ...]
    pool: Ints
    picks: tuple[Tensor, ...]


def draw_nulls(
    resolved: ResolvedProbe, vocabulary: Vocabulary, n_nulls: int, seed: int
) -> NullDraws | None:
    """``n_nulls`` choices of random words; None for none, or for a probe with a word pool.

    Raises InputError where the vocabulary is too small.
    """
    if n_nulls == 0 or any(found.is_pool for found in resolved.sets):
        return None
    sets = [resolved.sets[i] for i in resolved.probe.random_sets]
    rows = np.concatenate([found.ids for found in sets])
    near = frequency_neighbours(vocabulary.frequencies, rows, resolved.word_ids)
    pool, columns = np.unique(random_replacements(near, n_nulls, seed), return_inverse=True)
    picks = np.split(columns.reshape(n_nulls, -1), np.cumsum([len(s) for s in sets])[:-1], axis=1)
    return NullDraws(resolved.probe.random_sets, pool, tuple(map(torch.from_numpy, picks)))


def compare_with_nulls(
    resolved: ResolvedProbe,
    parts: Sequence[Tensor],
    centre_vectors: Vectors,
    value: float,
    draws: NullDraws,
    n_nulls: int | None = None,
) -> NullComparison:
    """``value`` on (n_words, dim) vectors against the first ``n_nulls`` draws (None: all)."""
    vectors = torch.from_numpy(centre_vectors[draws.pool].astype(np.float64))
    sources: list[Tensor] = list(parts)
    picks: list[Tensor | None] = [None] * len(parts)
    for i, pick in zip(draws.sets, draws.picks, strict=True):
        sources[i], picks[i] = vectors, pick[:n_nulls]
    values = evaluate(resolved.probe, sources, picks)
    one_sided, two_sided = p_values(value, values[np.isfinite(values)])
    return NullComparison(
        values=values,
        mean=float(np.nanmean(values)),
        std=float(np.nanstd(values)),
        p_one_sided=one_sided,
        p_two_sided=two_sided,
        replaced=tuple(resolved.sets[i].label for i in draws.sets),
    )


def frequency_neighbours(
    counts: npt.NDArray[np.integer] | Floats, rows: Ints, excluded: Ints, n_neighbours: int = 100
) -> Ints:
    """(len(rows), n_neighbours) rows whose counts are nearest in ratio to each given row's.

    Never one of ``excluded``. ``n_neighbours`` is raised to twice the number of rows where it is
    smaller, and is limited by the vocabulary. Ties are ordered by row. Raises InputError where the
    vocabulary has fewer than twice as many other words as there are rows.
    """
    n_neighbours = max(n_neighbours, 2 * len(rows))
    allowed = np.ones(len(counts), dtype=bool)
    allowed[excluded] = False
    candidates = np.flatnonzero(allowed)
    if len(candidates) < 2 * len(rows):
        raise InputError(
            f"{len(candidates)} words are left to draw from, and {2 * len(rows)} are needed for"
            f" {len(rows)} words: the vocabulary is too small for frequency-matched nulls."
        )
    logs = np.log(np.maximum(counts, 1))
    n = min(n_neighbours, len(candidates))
    return np.stack([candidates[_nearest(logs[candidates], logs[row], n)] for row in rows])


def _nearest(values: Floats, value: float, n: int) -> Ints:
    """The positions of the ``n`` values nearest to one, nearest first; ties in their order."""
    distance = np.abs(values - value)
    furthest = np.partition(distance, n - 1)[n - 1]
    nearer = np.flatnonzero(distance < furthest)
    tied = np.flatnonzero(distance == furthest)[: n - len(nearer)]
    found = np.sort(np.concatenate([nearer, tied]))
    return found[np.argsort(distance[found], kind="stable")]


def random_replacements(neighbours: Ints, n_draws: int, seed: int) -> Ints:
    """(n_draws, n_words) rows: each word replaced by one of its own neighbours at random.

    No row occurs twice in one draw: repeated ones are drawn again.
    """
    rng = np.random.default_rng(seed)
    n_words, n_neighbours = neighbours.shape
    word = np.broadcast_to(np.arange(n_words), (n_draws, n_words))
    drawn = neighbours[word, rng.integers(n_neighbours, size=(n_draws, n_words))]
    while (repeated := _repetitions(drawn)).any():
        drawn[repeated] = neighbours[
            word[repeated], rng.integers(n_neighbours, size=repeated.sum())
        ]
    return drawn


def _repetitions(drawn: Ints) -> npt.NDArray[np.bool_]:
    """(n_draws, n_words) True where a row number occurred earlier in the same draw."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ordered = np.take_along_axis(drawn, order, axis=1)
    repeated = np.zeros(drawn.shape, dtype=bool)
    np.put_along_axis(repeated, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return repeated
