"""Axis: where words lie between two poles.

    value = mean over the words of cos(w, mean A - mean B)

with means of the raw vectors (SemAxis, An, Kwak & Ahn 2018, arXiv:1806.05521).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from clif_core.probes.base import Probe, unit
from clif_core.probes.lookup import NamedSet, refuse_overlap

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Axis"]


@dataclass(frozen=True)
class Axis(Probe):
    """Mean cosine of the words with the axis from pole B to pole A."""

    kind: ClassVar[str] = "axis"
    labels_of_words: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"pole_a": "label_a", "pole_b": "label_b"}
    )

    targets: tuple[str, ...]
    pole_a: tuple[str, ...]
    pole_b: tuple[str, ...]
    label: str = "words"
    label_a: str = "A"
    label_b: str = "B"
    name: str = ""

    def __post_init__(self) -> None:
        self._clean_words(targets=self.label, pole_a=self.label_a, pole_b=self.label_b)
        refuse_overlap(self.label_a, self.pole_a, self.label_b, self.pole_b)
        self._name_sets()

    @property
    def title_by_labels(self) -> str:
        return f"{self.label} on the axis {self.label_b} to {self.label_a}"

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (
            NamedSet(self.label, self.targets),
            NamedSet(self.label_a, self.pole_a),
            NamedSet(self.label_b, self.pole_b),
        )

    @property
    def meaning(self) -> str:
        return (
            f"Positive: {self.label} lie towards {self.label_a}, negative: towards {self.label_b}."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return self._by_word(parts).mean(dim=-1)

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return ((1, 2),)

    @property
    def random_sets(self) -> tuple[int, ...]:
        """The words: where do random words of similar frequency lie on the axis?"""
        return (0,)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The coordinate of each word on the axis."""
        return [self._by_word(parts), None, None]

    def _by_word(self, parts: Sequence[Tensor]) -> Tensor:
        words, a, b = parts
        axis = unit(a.mean(dim=-2) - b.mean(dim=-2))
        return (unit(words) @ axis[..., None]).squeeze(-1)
