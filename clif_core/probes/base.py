"""A probe: a scalar function of some words' vectors, with its gradient.

A ``Probe`` is written in words. ``resolve`` looks them up in a vocabulary, leaves out and reports
those that are not in it, and returns a ``ResolvedProbe``, which works on arrays. The value depends
on the rows of the probe's words alone, so the gradient is returned for these rows.

A family of probes is a frozen dataclass with three parts: its word sets (``named_sets``), its
formula on their vectors (``formula``), and a sentence that says what a positive value means
(``meaning``). All computation is float64 on the CPU; nothing is random. A formula reduces the last
two axes of each part, (..., n_in_set, dim) -> (...), so that one call evaluates thousands of
resampled or random sets. An undefined value is NaN, and ``ResolvedProbe.value`` raises an error.
"""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from clif_core.errors import ProbeError
from clif_core.late import late_import
from clif_core.probes.lookup import (
    FoundSet,
    NamedSet,
    clean_words,
    duplicate_notes,
    find_words,
    out_of_vocabulary_notes,
    spelling_notes,
    too_few,
)
from clif_core.probes.word_lists import name_of_words
from clif_core.sgns.model import Vocabulary

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

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
    out_of_vocabulary : words of the probe that the vocabulary does not contain
    matches : words found in another spelling, and words of which none of several was taken
    notes : remarks on the sets for the reader (spellings, repeated words, words in two roles)
    meaning : one sentence that says what a positive value means
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
        self.out_of_vocabulary = tuple(
            dict.fromkeys(word for found in sets for word in found.out_of_vocabulary)
        )
        self.matches = tuple(dict.fromkeys(match for found in sets for match in found.matches))
        self.notes = (
            *spelling_notes(sets),
            *duplicate_notes(sets),
            *out_of_vocabulary_notes(sets),
            *notes,
        )
        self.meaning = probe.meaning
        self._n_chosen = len({int(row) for s in sets if not s.is_pool for row in s.ids})

    @cached_property
    def _members(self) -> list[Tensor]:
        """For each set, (n_in_set,) places of its words in ``word_ids``."""
        index = {int(row): i for i, row in enumerate(self.word_ids)}
        return [torch.tensor([index[int(row)] for row in found.ids]) for found in self.sets]

    def formula(self, rows: Tensor) -> Tensor:
        """The probe as a scalar of its rows, (k, dim) -> (), in the order of ``word_ids``."""
        return self.probe.formula(self.parts(rows))

    def parts(self, rows: Tensor) -> list[Tensor]:
        """The rows (k, dim) as one (n_in_set, dim) matrix for each word set."""
        return [rows[members] for members in self._members]

    def value(self, centre_vectors: Vectors) -> float:
        """The probe's value on (n_words, dim) vectors, computed in float64."""
        with torch.no_grad():
            value = float(self.formula(self._rows(centre_vectors)))
        self._require_finite(value)
        return value

    def quantities(self, centre_vectors: Vectors) -> dict[str, float]:
        """Every figure that the family reports, by name; NaN where undefined."""
        with torch.no_grad():
            return self.probe.quantities(self.parts(self._rows(centre_vectors)))

    def associations(self, centre_vectors: Vectors) -> list[npt.NDArray[np.float64]]:
        """For each set, (n_in_set,) values of its words; NaN where the family defines none."""
        with torch.no_grad():
            parts = self.parts(self._rows(centre_vectors))
            by_set = self.probe.associations(parts)
        return [
            np.full(len(found), np.nan) if given is None else given.numpy()
            for found, given in zip(self.sets, by_set, strict=True)
        ]

    def gradient(self, centre_vectors: Vectors) -> npt.NDArray[np.float64]:
        """d value / d rows, (k, dim) float64, for the rows ``word_ids``; zero elsewhere.

        Raises ProbeError where the family is not differentiable or the value is undefined.
        """
        if not self.probe.is_differentiable:
            raise ProbeError(
                f"{self.probe.name} is not differentiable ({self.probe.why_not_differentiable}), "
                "so it can be measured but text cannot be attributed to it."
            )
        rows = self._rows(centre_vectors).requires_grad_()
        value = self.formula(rows)
        self._require_finite(float(value.detach()))
        (gradient,) = torch.autograd.grad(value, rows)
        result: npt.NDArray[np.float64] = gradient.numpy()
        return result

    def active_gradient(
        self, centre_vectors: Vectors
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """(rows, gradient of those rows) without the rows whose gradient is zero.

        A probe that compares with the whole vocabulary reads every row but depends on a few; this
        spares solvers the others. One row is returned when all gradients are zero.
        """
        gradient = self.gradient(centre_vectors)
        is_active = (gradient != 0).any(axis=1)
        is_active[0] |= not is_active.any()
        return self.word_ids[is_active], gradient[is_active]

    def _require_finite(self, value: float) -> None:
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
    """A probe in words, independent of any model. Subclasses are frozen dataclasses."""

    kind: ClassVar[str]
    is_differentiable: ClassVar[bool] = True
    why_not_differentiable: ClassVar[str] = ""
    why_undefined: ClassVar[str] = "its formula gives no number on these vectors."
    #: Fields that are neither words, labels nor the figure to report: they change the question.
    parameters: ClassVar[tuple[str, ...]] = ()
    #: Fields with the words of a set -> field with its label. A label that was left at its default
    #: ("X") says nothing, so the set is called by its words; the description keeps the default.
    labels_of_words: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: Whether 0 is what chance gives, so that "as far from 0" says something.
    is_zero_neutral: ClassVar[bool] = True
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
        """The value from the sets' vectors: float64 matrices (..., n_in_set, dim) -> (...)."""

    def quantities(self, parts: Sequence[Tensor]) -> dict[str, float]:
        """Every figure that the family reports, by name; only ``value`` unless it has more."""
        return {"value": float(self.formula(parts))}

    def exchangeable(self, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor] | None:
        """Two groups of word values that are exchangeable under the null hypothesis, or None.

        The probe's value must increase with the sum of the first group; the permutation test
        relies on it.
        """
        return None

    @property
    def tied_sets(self) -> tuple[int, ...]:
        """Sets whose words form pairs: they are resampled and left out together."""
        return ()

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        """Groups of sets whose exchange leaves the value as it is, or changes its sign alone."""
        return ()

    @property
    def random_sets(self) -> tuple[int, ...]:
        """The sets that a null probe fills with random words of similar frequency; default all."""
        return tuple(range(len(self.named_sets)))

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """For each set the values of its words, or None where the family defines none."""
        return [None] * len(parts)

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that the probe names, each once."""
        return tuple(dict.fromkeys(word for part in self.named_sets for word in part.words))

    def resolve(self, vocabulary: Vocabulary) -> ResolvedProbe:
        """Look the words up; raises ProbeError when too few are in the vocabulary."""
        sets = self.find_sets(self.named_sets, vocabulary)
        return ResolvedProbe(self, sets, self.check_sets(sets))

    def find_sets(self, parts: Sequence[NamedSet], vocabulary: Vocabulary) -> list[FoundSet]:
        """The sets on a vocabulary; raises ProbeError when one lacks its ``at_least`` words."""
        sets = [find_words(part, vocabulary) for part in parts]
        for part, found in zip(parts, sets, strict=True):
            if len(found) < part.at_least:
                raise ProbeError(too_few(self.name, part, found, vocabulary))
        return sets

    def check_sets(self, sets: Sequence[FoundSet]) -> tuple[str, ...]:
        """Notes on the sets as found."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able description with ``kind``; ``probes.from_dict`` is its inverse."""
        described = {"kind": self.kind, **{f.name: getattr(self, f.name) for f in self._fields}}
        defaults = {f.name: f.default for f in self._fields}
        for words, label in self.labels_of_words.items():
            if described[label] == name_of_words(described[words]):
                described[label] = defaults[label]
        return {name: _plain(value) for name, value in described.items()}

    @property
    def title_by_labels(self) -> str:
        """The name of a probe of this family that was given none; "" where there is none."""
        return ""

    @property
    def shown_name(self) -> str:
        """The name for a reader: one that was made from labels says them as they are shown."""
        return str(getattr(self, "_shown_name", self.name))

    def _name_sets(self) -> None:
        """Call each set that has no label of its own by its words; for ``__post_init__`` only.

        The name stays as the given labels make it, because it enters the probe's key.
        """
        by_labels = self.title_by_labels
        self._set_field("name", self.name or by_labels)
        defaults = {f.name: f.default for f in self._fields}
        for words, label in self.labels_of_words.items():
            if getattr(self, label) in ("", defaults[label]):
                self._set_field(label, name_of_words(getattr(self, words)))
        if self.name == by_labels:
            self._set_field("_shown_name", self.title_by_labels)

    def _set_field(self, field: str, value: object) -> None:
        """Set a field of the frozen dataclass; for ``__post_init__`` only."""
        object.__setattr__(self, field, value)

    def _clean_words(self, **labels: str) -> None:
        """Check and clean the word sets in these fields, given with their labels."""
        for field, label in labels.items():
            self._set_field(field, clean_words(getattr(self, field), label))

    def _clean_word(self, *names: str) -> None:
        """Check and clean the single words in these fields."""
        for field in names:
            self._set_field(field, clean_words([getattr(self, field)], field)[0])

    @property
    def _fields(self) -> tuple[Any, ...]:
        return fields(self)  # type: ignore[arg-type]  # every concrete family is a dataclass

    @cached_property
    def key(self) -> str:
        """A stable hash of the probe, for caches and links."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
