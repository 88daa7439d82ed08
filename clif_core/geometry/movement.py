"""How words move between two models: both in one coordinate frame, and the shift of each word.

Two trainings of one text are comparable by angles only, because the loss does not change under a
rotation of all vectors. Before their coordinates are compared, the second model is therefore
rotated onto the first by the orthogonal matrix that brings their shared words closest (Procrustes;
Schönemann 1966):

    R = U W',  with  U S W' = svd(B' A)  for unit rows A (first) and B (second)

A coupled retraining, and a model made from the other's vectors, already share the frame
(``is_shared``): a rotation would hide a common drift. Coordinates are in the frame of the first
model, so that its words have the same coordinates as on its own map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clif_core.errors import InputError
from clif_core.geometry import projection
from clif_core.sgns.model import SkipGram

__all__ = ["Movement", "move", "shares_frame"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
FEWEST_SHARED = 3
#: Methods in a card's history that leave the coordinate frame of the source model unchanged.
_KEEPS_FRAME = ("hard debias", "projection only", "repaired")


@dataclass(frozen=True, eq=False)
class Movement:
    """The words that two models share, and their unit vectors in the first model's frame.

    Parameters
    ----------
    words : the k shared words, in the first model's order
    counts : (k,) in the first model's text
    before, after : (k, dim) unit vectors; ``after`` rotated onto ``before`` where ``is_turned``
    """

    words: tuple[str, ...]
    counts: Ints
    before: Floats
    after: Floats
    is_turned: bool

    @property
    def shifts(self) -> npt.NDArray[np.float64]:
        """(k,) 1 - cosine of a word's two vectors: 0 same direction, 1 right angle, 2 opposite."""
        cosines = np.einsum("kd,kd->k", self.before, self.after, dtype=np.float64)
        return np.asarray(1 - cosines)

    def table(self) -> pd.DataFrame:
        """``word``, ``count``, ``shift``, largest shift first."""
        found = pd.DataFrame({"word": self.words, "count": self.counts, "shift": self.shifts})
        return found.sort_values("shift", ascending=False, kind="stable", ignore_index=True)

    def rows(self, words: Sequence[str]) -> Ints:
        """The rows of those of the words that both models have."""
        index = {word: row for row, word in enumerate(self.words)}
        return np.array([index[word] for word in words if word in index], dtype=np.int64)

    def on_map(self) -> tuple[Floats, Floats]:
        """(k, 2) coordinates before and after, on the first model's principal components."""
        frame = projection.pca_frame(self.before, 2)
        return frame.coordinates(self.before), frame.coordinates(self.after)

    def on_axis(self, from_words: Sequence[str], to_words: Sequence[str]) -> tuple[Floats, Floats]:
        """(k, 2) coordinates before and after.

        x: the cosine with the named axis of the first model. y: the first principal component of
        the first model's vectors without their part along the axis. Raises InputError where an end
        has no known word.
        """
        direction = projection.axis_direction(
            self.before, self.rows(from_words), self.rows(to_words)
        )
        rest = self.before - np.outer(self.before @ direction, direction)
        frame = projection.pca_frame(rest, 2)
        before, after = (
            np.stack([v @ direction, frame.coordinates(v)[:, 0]], axis=1).astype(np.float32)
            for v in (self.before, self.after)
        )
        return before, after


def move(first: SkipGram, second: SkipGram, is_shared: bool) -> Movement:
    """The movement from one model to another.

    ``is_shared``: both have the same frame, see ``shares_frame``. Raises InputError where they
    share too few words. Cost: one singular value decomposition of (dim, dim).
    """
    index = second.vocabulary.index
    words = tuple(word for word in first.vocabulary.words if word in index)
    if len(words) < FEWEST_SHARED:
        raise InputError(
            f"models {first.name!r} and {second.name!r} share {len(words)} words; movement needs at"
            f" least {FEWEST_SHARED} shared words. Choose models of the same language and case."
        )
    rows = first.vocabulary.ids(words)
    before = first.unit_vectors[rows]
    after = second.unit_vectors[second.vocabulary.ids(words)]
    is_turned = not (is_shared and first.dim == second.dim)
    if is_turned:
        after = _rotate_onto(before, after)
        before = _widen(before, after.shape[1])
    counts = np.asarray(first.vocabulary.counts[rows], dtype=np.int64)
    return Movement(words, counts, before, after, is_turned)


def shares_frame(
    first: Mapping[str, Any], first_name: str, second: Mapping[str, Any], second_name: str
) -> bool:
    """Whether one of two models was made from the other, or both from a third, in one frame.

    Decided by the last step in the history of each card: a coupled retraining, or a method that
    changes the vectors themselves.
    """
    steps = [_origin(card) for card in (first, second)]
    if steps[0] is not None and steps[0] == steps[1]:
        return True
    return steps[0] == second_name or steps[1] == first_name


def _origin(card: Mapping[str, Any]) -> str | None:
    """The source model of the last step of a history, if that step left the frame unchanged."""
    history = card.get("history")
    if not isinstance(history, list) or not history or not isinstance(history[-1], Mapping):
        return None
    step = history[-1]
    is_same_frame = step.get("is_coupled") is True or step.get("method") in _KEEPS_FRAME
    return str(step["of"]) if is_same_frame and "of" in step else None


def _rotate_onto(before: Floats, after: Floats) -> Floats:
    """``after`` times the orthogonal matrix that brings it closest to ``before``.

    The vectors with fewer dimensions are padded with zeros, which changes no cosine.
    """
    from scipy.linalg import orthogonal_procrustes  # only this function needs SciPy

    dim = max(before.shape[1], after.shape[1])
    source, target = _widen(after, dim), _widen(before, dim)
    rotation, _ = orthogonal_procrustes(source.astype(np.float64), target.astype(np.float64))
    return np.asarray(source @ rotation, dtype=np.float32)


def _widen(vectors: Floats, dim: int) -> Floats:
    return np.pad(vectors, ((0, 0), (0, dim - vectors.shape[1])))
