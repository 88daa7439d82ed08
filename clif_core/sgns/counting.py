"""The pairs of a text, counted in shards: the rows of some centre words each.

A row is summed by one thread in one order, and rows follow one another, so the table has the same
bits however it was divided and wherever its shards were counted: in threads of this machine, or
where a cluster is (``CLIF_SCHEDULER``) and the text is long, as its tasks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.many import Task, has_cluster, run_each
from clif_core.progress import Progress, silent
from clif_core.sgns.pairs import Pairs
from clif_core.sgns.window_kernels import count_pairs

__all__ = ["count_in_shards", "count_shard"]

WORTH_A_CLUSTER = 5_000_000  # positions of a text
_SHARD = 500_000  # positions of the centre words of a shard, about
_MOST_SHARDS = 256

Rows = tuple[int, int]  # centre words of a shard: from, to
Shard = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]
IntArray = npt.NDArray[np.int64]


def count_in_shards(text: tuple[Any, ...], by_word_offsets: IntArray) -> Pairs:
    """The table of pairs. ``text``: the arguments of ``count_pairs`` before the rows."""
    shards = _divide(by_word_offsets)
    if has_cluster() and by_word_offsets[-1] >= WORTH_A_CLUSTER:
        found: dict[int, Shard] = {}
        tasks = [
            Task(rows, "counting pairs", f"pairs {at + 1} of {len(shards)}")
            for at, rows in enumerate(shards)
        ]
        run_each(count_shard, text, tasks, found.__setitem__)
        return _join(found.pop(at) for at in range(len(shards)))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return _join(pool.map(partial(count_shard, text), shards))


def count_shard(text: tuple[Any, ...], rows: Rows, progress: Progress = silent) -> Shard:
    """How many pairs each of some centre words has, their context words and weights."""
    shard: Shard = count_pairs(*text, *rows)
    return shard


def _divide(by_word_offsets: IntArray) -> list[Rows]:
    """Centre words in shards that have about the same number of positions."""
    n_words, n_positions = len(by_word_offsets) - 1, int(by_word_offsets[-1])
    n = min(max(1, n_positions // _SHARD), _MOST_SHARDS)
    bounds = np.searchsorted(by_word_offsets, n_positions * np.arange(n + 1) / n)
    bounds[0], bounds[-1] = 0, n_words
    return [(int(a), int(b)) for a, b in pairwise(bounds) if a < b or n == 1]


def _join(shards: Iterator[Shard]) -> Pairs:
    """The table; grown in place, so that it is never in memory twice."""
    sizes, columns, weights = [], np.empty(0, np.int32), np.empty(0, np.float32)
    for of_rows, its_columns, its_weights in shards:
        sizes.append(of_rows)
        for whole, part in ((columns, its_columns), (weights, its_weights)):
            n = len(whole)
            whole.resize(n + len(part), refcheck=False)
            whole[n:] = part
    return Pairs(np.concatenate([[0], np.cumsum(np.concatenate(sizes))]), columns, weights)
