"""Compiled loops over chunks of work, in plain Python threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["in_threads"]


def in_threads(run: Callable[[Any], Any], chunks: Sequence[Any], n_threads: int) -> list[Any]:
    """run(chunk) for every chunk, in the order of the chunks; ``run`` should release the GIL."""
    # Not numba's own threading layer: it may abort the process when two sessions enter it at once.
    if len(chunks) <= 1 or n_threads <= 1:
        return [run(chunk) for chunk in chunks]
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(run, chunks))
