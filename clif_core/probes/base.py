"""A probe: the question put to the vectors, as a value and its gradient.

A ``Probe`` is written in words. ``resolve`` looks them up in a vocabulary, drops those that the
model lacks (and names them), and gives a ``ResolvedProbe`` that works on arrays. The gradient
touches only the rows of the probe's words, so it is returned for those rows alone.

A family of probes is a frozen dataclass that says three things: its word sets (``named_sets``), its
formula on their vectors (``formula``), and in a sentence what a positive value means (``meaning``).
Everything runs in float64 on the CPU; nothing here is random. Formulas read the last two axes of
each part, (..., n_in_set, dim) -> (...), so that thousands of resampled or random sets go through
in one call; where the value is undefined they give NaN, and ``value`` says why.
"""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.errors import ProbeError
from clif_core.probes.lookup import (
    FoundSet,
    NamedSet,
    duplicate_notes,
    find_words,
    loss_notes,
    too_few,
)
from clif_core.sgns.model import Vocabulary

__all__ = ["Probe", "ResolvedProbe", "unit"]

Vectors = npt.NDArray[np.floating[Any]]


def unit(vectors: Tensor) -> Tensor:
    """The vectors scaled to length 1 along the last axis (a zero vector stays zero)."""
    scaled: Tensor = vectors / vectors.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return scaled


class ResolvedProbe:
    """A probe on one vocabulary.

    Attributes
    ----------
    word_ids : (k,) distinct rows that the probe reads, in a fixed order
    words : (k,) those rows' words
    sets : the probe's word sets as found, in the order of its formula's arguments
    lost : words of the probe that the vocabulary lacks
    notes : what a reader should know about the sets (repeated words, words in two roles)
    meaning : one plain sentence that says what a positive value means
    """

    def __init__(self, probe: Probe, sets: Sequence[FoundSet], notes: Sequence[str] = ()) -> None:
        self.probe = probe
        self.sets = tuple(sets)
        rows = {
            int(row): word
            for found in sets
            for row, word in zip(found.ids, found.words, strict=True)
        }
        self.word_ids: npt.NDArray[np.int64] = np.fromiter(rows, dtype=np.int64, count=len(rows))
        self.words = tuple(rows.values())
        self.lost = tuple(dict.fromkeys(word for found in sets for word in found.lost))
        self.notes = (*duplicate_notes(sets), *loss_notes(sets), *notes)
        self.meaning = probe.meaning
        self._n_chosen = len({int(row) for s in sets if not s.is_pool for row in s.ids})
        place = {row: i for i, row in enumerate(rows)}
        self._places = [torch.tensor([place[int(row)] for row in found.ids]) for found in sets]

    def formula(self, rows: Tensor) -> Tensor:
        """The probe as a scalar of its rows, (k, dim) -> (), in the order of ``word_ids``."""
        return self.probe.formula(self.parts(rows))

    def parts(self, rows: Tensor) -> list[Tensor]:
        """The rows (k, dim) as one (n_in_set, dim) matrix for each word set."""
        return [rows[places] for places in self._places]

    def value(self, centre_vectors: Vectors) -> float:
        """The probe's value on (n_words, dim) vectors, computed in float64."""
        with torch.no_grad():
            value = float(self.formula(self._rows(centre_vectors)))
        self._refuse_undefined(value)
        return value

    def quantities(self, centre_vectors: Vectors) -> dict[str, float]:
        """Every figure that the probe can report, its own value first; NaN where undefined."""
        with torch.no_grad():
            return self.probe.quantities(self.parts(self._rows(centre_vectors)))

    def associations(self, centre_vectors: Vectors) -> list[npt.NDArray[np.float64]]:
        """For each set, (n_in_set,) values of its words; NaN where the probe has none for them."""
        with torch.no_grad():
            parts = self.parts(self._rows(centre_vectors))
            by_set = self.probe.associations(parts)
        return [
            np.full(len(found), np.nan) if given is None else given.numpy()
            for found, given in zip(self.sets, by_set, strict=True)
        ]

    def gradient(self, centre_vectors: Vectors) -> npt.NDArray[np.float64]:
        """d value / d rows, (k, dim) float64, for the rows ``word_ids``; zero elsewhere."""
        if not self.probe.is_differentiable:
            raise ProbeError(
                f"{self.probe.name} is not differentiable ({self.probe.why_not_differentiable}), "
                "so it can be measured but text cannot be attributed to it."
            )
        rows = self._rows(centre_vectors).requires_grad_()
        value = self.formula(rows)
        self._refuse_undefined(float(value.detach()))
        (gradient,) = torch.autograd.grad(value, rows)
        result: npt.NDArray[np.float64] = gradient.numpy()
        return result

    def active_gradient(
        self, centre_vectors: Vectors
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """(rows, gradient of those rows) without the rows whose gradient is zero.

        Probes that range over the vocabulary read every row and lean on a few; solvers should not
        pay for the rest. One row is kept when all are zero.
        """
        gradient = self.gradient(centre_vectors)
        is_active = (gradient != 0).any(axis=1)
        is_active[0] |= not is_active.any()
        return self.word_ids[is_active], gradient[is_active]

    def _refuse_undefined(self, value: float) -> None:
        if not math.isfinite(value):
            raise ProbeError(f"{self.probe.name} has no value here: {self.probe.why_undefined}")

    def _rows(self, centre_vectors: Vectors) -> Tensor:
        rows = centre_vectors[self.word_ids].astype(np.float64)
        norms = np.linalg.norm(rows[: self._n_chosen], axis=1)
        unusable = np.flatnonzero(~np.isfinite(norms) | (norms == 0))
        if len(unusable):
            named = ", ".join(repr(self.words[i]) for i in unusable[:5])
            raise ProbeError(
                f"{self.probe.name}: the vector of {named} is zero or not a number, so it has no"
                " direction to compare; remove the word from the probe or check the model's file."
            )
        return torch.from_numpy(rows)


class Probe(ABC):
    """A question in words, independent of any model. Subclasses are frozen dataclasses."""

    kind: ClassVar[str]
    is_differentiable: ClassVar[bool] = True
    why_not_differentiable: ClassVar[str] = ""
    why_undefined: ClassVar[str] = "its formula gives no number on these vectors."
    name: str

    @property
    @abstractmethod
    def named_sets(self) -> tuple[NamedSet, ...]:
        """The probe's word sets, in the order of the formula's arguments."""

    @property
    @abstractmethod
    def meaning(self) -> str:
        """One plain sentence that says what a positive value means."""

    @abstractmethod
    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        """The value of the sets' vectors: float64 matrices (..., n_in_set, dim) -> (...)."""

    def quantities(self, parts: Sequence[Tensor]) -> dict[str, float]:
        """Every figure the probe can report; just its value unless the family has more."""
        return {"value": float(self.formula(parts))}

    def exchangeable(self, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor] | None:
        """Two groups of word values whose labels mean nothing under the null hypothesis.

        The value must rise with the sum of the first group, so that a permutation test can be made.
        """
        return None

    @property
    def tied_sets(self) -> tuple[int, ...]:
        """Sets whose words go together (the two sides of pairs): resampled and left out as one."""
        return ()

    @property
    def random_sets(self) -> tuple[int, ...]:
        """Which sets a null probe fills with random words of like frequency; all by default."""
        return tuple(range(len(self.named_sets)))

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """For each set its words' values, or None where the family gives its words none."""
        return [None] * len(parts)

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that the probe names, each once."""
        return tuple(dict.fromkeys(word for part in self.named_sets for word in part.words))

    def resolve(self, vocabulary: Vocabulary) -> ResolvedProbe:
        """Look the words up; raises ProbeError when too few are known for an answer."""
        sets = [find_words(part, vocabulary) for part in self.named_sets]
        for part, found in zip(self.named_sets, sets, strict=True):
            self.refuse_too_few(part, found, vocabulary)
        return ResolvedProbe(self, sets, self.check_sets(sets))

    def refuse_too_few(self, part: NamedSet, found: FoundSet, vocabulary: Vocabulary) -> None:
        """Raise ProbeError when a set has lost more words than it can spare."""
        if len(found) < part.at_least:
            raise ProbeError(too_few(self.name, part, found, vocabulary))

    def check_sets(self, sets: Sequence[FoundSet]) -> tuple[str, ...]:
        """Notes on the sets as found; raises ProbeError when they allow no answer."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able description with ``kind``; ``probes.from_dict`` is its inverse."""
        return {"kind": self.kind, **{f.name: _plain(getattr(self, f.name)) for f in self._fields}}

    @property
    def _fields(self) -> tuple[Any, ...]:
        return fields(self)  # type: ignore[arg-type]  # every concrete family is a dataclass

    @property
    def key(self) -> str:
        """A stable hash of the question, for caches and links."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
