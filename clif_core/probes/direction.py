"""Projection and direct bias: how much of a word lies along the direction of some word pairs.

    projection  = mean over the words of cos(w, g)
    direct bias = mean over the words of |cos(w, g)| ** strictness

with g the first principal component of the centred pairs (Bolukbasi et al. 2016, arXiv:1607.06520,
section 5.2). The projection has a sign, the direct bias is a magnitude.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clif_core.errors import InputError
from clif_core.probes.base import unit
from clif_core.probes.paired import WordsOnPairs, main_direction

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DirectBias", "Projection"]


def _cosines(parts: Sequence[Tensor]) -> Tensor:
    words, first, second = parts
    direction = main_direction(unit(first), unit(second))
    return (unit(words) @ direction[..., None]).squeeze(-1)  # (..., n_words)


@dataclass(frozen=True)
class Projection(WordsOnPairs):
    """Mean cosine of the words with the pairs' direction, from the second words to the first."""

    kind: ClassVar[str] = "projection"
    title: ClassVar[str] = "Projection"

    @property
    def meaning(self) -> str:
        return (
            f"Positive: {self.label} lie on the side of {self.label_first}, negative: on that of"
            f" {self.label_second}."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return _cosines(parts).mean(dim=-1)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The cosine of each target with the direction."""
        return [_cosines(parts), None, None]


@dataclass(frozen=True)
class DirectBias(WordsOnPairs):
    """Mean |cosine| ** strictness of words that should be neutral with the pairs' direction."""

    kind: ClassVar[str] = "direct_bias"
    parameters: ClassVar[tuple[str, ...]] = ("strictness",)
    title: ClassVar[str] = "Direct bias"

    strictness: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.strictness <= 10:
            raise InputError(f"strictness must be above 0 and at most 10; got {self.strictness}.")
        super().__post_init__()

    @property
    def meaning(self) -> str:
        return (
            f"Never negative; the larger, the closer {self.label} lie to the line between"
            f" {self.label_first} and {self.label_second}, on either side."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return (_cosines(parts).abs() ** self.strictness).mean(dim=-1)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The cosine of each target with the direction, with its sign."""
        return [_cosines(parts), None, None]
