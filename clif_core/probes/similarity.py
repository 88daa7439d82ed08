"""Similarity: the cosine of two words' vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clif_core.errors import InputError
from clif_core.probes.base import Probe, unit
from clif_core.probes.lookup import NamedSet

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Similarity"]


@dataclass(frozen=True)
class Similarity(Probe):
    """cos(w1, w2), between -1 and 1."""

    kind: ClassVar[str] = "similarity"

    word_1: str
    word_2: str
    name: str = ""

    def __post_init__(self) -> None:
        self._clean_word("word_1", "word_2")
        if self.word_1.lower() == self.word_2.lower():
            raise InputError(
                f"similarity of {self.word_1!r} with itself is always 1; give two different words."
            )
        self._set_field("name", self.name or f"Similarity of {self.word_1}, {self.word_2}")

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return NamedSet("first word", (self.word_1,)), NamedSet("second word", (self.word_2,))

    @property
    def meaning(self) -> str:
        return f"Positive: {self.word_1!r} and {self.word_2!r} point in similar directions."

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return ((0, 1),)

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        first, second = parts
        return (unit(first) * unit(second)).sum(dim=(-2, -1))
