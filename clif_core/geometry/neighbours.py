"""The words nearest to a word, by exact cosine of centre vectors, and analogies.

Every search compares with all words: (n_words, dim) times one vector takes about a millisecond for
20,000 words, so no approximate index is needed. Equal cosines are ordered by row, which makes the
result reproducible.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.sgns.model import SkipGram

__all__ = ["analogy", "nearest", "nearest_to_vector"]

FloatArray = npt.NDArray[np.float32]


def nearest(model: SkipGram, word: str, k: int = 10) -> pd.DataFrame:
    """The ``k`` words nearest to ``word``, best first: columns ``word``, ``cosine``, ``count``.

    The word itself is excluded. Raises UnknownWordError, which suggests spellings.
    """
    row = model.vocabulary.id(word)
    return nearest_to_vector(model, model.unit_vectors[row], k, without=(row,))


def analogy(
    model: SkipGram, plus: Sequence[str], minus: Sequence[str], k: int = 10
) -> pd.DataFrame:
    """Answers to "a is to b as c is to ...?", best first: ``plus`` = (b, c), ``minus`` = (a,).

    3CosAdd (Mikolov et al. 2013): the words nearest to sum(plus) - sum(minus) of unit vectors.
    The given words are excluded, as is usual; otherwise the answer is mostly one of them (Linzen
    2016, arXiv:1606.07736), so a plausible answer is weak evidence.
    """
    if not plus:
        raise InputError("An analogy needs at least one word to add; none was given.")
    plus_ids, minus_ids = model.vocabulary.ids(plus), model.vocabulary.ids(minus)
    unit = model.unit_vectors
    vector = unit[plus_ids].sum(axis=0) - unit[minus_ids].sum(axis=0)
    return nearest_to_vector(model, vector, k, without=(*plus_ids, *minus_ids))


def nearest_to_vector(
    model: SkipGram, vector: npt.ArrayLike, k: int = 10, without: Sequence[int] = ()
) -> pd.DataFrame:
    """The ``k`` words nearest to a (dim,) vector, best first, except the rows ``without``."""
    direction = np.asarray(vector, dtype=np.float32)
    if direction.shape != (model.dim,):
        raise InputError(f"The vector has shape {direction.shape}; the model needs ({model.dim},).")
    if k < 1:
        raise InputError(f"k must be at least 1, got {k}.")
    length = float(np.linalg.norm(direction))
    cosines = model.unit_vectors @ (direction / max(length, 1e-12))
    cosines[list(without)] = -np.inf
    rows = _top(cosines, min(k, model.n_words - len(set(without))))
    return pd.DataFrame(
        {
            "word": [model.vocabulary.words[row] for row in rows],
            "cosine": cosines[rows],
            "count": model.vocabulary.counts[rows],
        }
    )


def _top(values: FloatArray, k: int) -> npt.NDArray[np.int64]:
    """The rows of the ``k`` largest values, largest first, equal ones by row.

    Cost linear in the number of values: only the values not below the k-th are sorted.
    """
    if k <= 0:
        return np.empty(0, dtype=np.int64)
    threshold = np.partition(values, len(values) - k)[len(values) - k]
    candidates = np.flatnonzero(values >= threshold)
    order = np.lexsort((candidates, -values[candidates]))
    return candidates[order][:k].astype(np.int64)
