"""RIPA, the relational inner product association: w . (x - y) / |x - y| on the raw vectors.

Averaged over the words and over the pairs (Ethayarajh, Duvenaud & Hirst 2019, arXiv:1908.06361).
With raw inner products the value depends on the word's length, and so on its frequency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clif_core.probes.base import unit
from clif_core.probes.paired import WordsOnPairs

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Ripa"]


@dataclass(frozen=True)
class Ripa(WordsOnPairs):
    """Mean inner product of the words with the unit vectors of the pairs' differences."""

    kind: ClassVar[str] = "ripa"
    title: ClassVar[str] = "RIPA"

    @property
    def meaning(self) -> str:
        return (
            f"Positive: {self.label} lie towards {self.label_first} along the differences of the"
            f" pairs, negative: towards {self.label_second}."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return self._by_word(parts).mean(dim=-1)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The mean over the pairs for each target."""
        return [self._by_word(parts), None, None]

    def _by_word(self, parts: Sequence[Tensor]) -> Tensor:
        words, first, second = parts
        relation = unit(first - second).mean(dim=-2)
        return (words @ relation[..., None]).squeeze(-1)
