"""SC-WEAT (WEFAT): does one word lean towards A or towards B?

    difference  = s(w, A, B) = mean over A of cos(w, a) - mean over B of cos(w, b)
    effect size = difference / standard deviation of cos(w, .) over A and B together, ddof 0

(Caliskan, Bryson & Narayanan 2017, the word-embedding factual association test.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from clif_core.errors import InputError
from clif_core.probes.base import Probe, unit
from clif_core.probes.lookup import NamedSet, clean_words, refuse_overlap
from clif_core.probes.weat import SMALLEST_SPREAD, join

__all__ = ["SingleWeat"]


@dataclass(frozen=True)
class SingleWeat(Probe):
    """One word against two attribute sets."""

    kind: ClassVar[str] = "single_weat"
    why_undefined: ClassVar[str] = (
        "the effect size divides by the spread of the word's cosines, and that is zero."
        " Ask for the difference, or give sets with more and different words."
    )

    word: str
    attributes_a: tuple[str, ...]
    attributes_b: tuple[str, ...]
    label_a: str = "A"
    label_b: str = "B"
    quantity: Literal["difference", "effect_size"] = "difference"
    name: str = ""

    def __post_init__(self) -> None:
        if self.quantity not in ("difference", "effect_size"):
            raise InputError(
                f"quantity must be 'difference' or 'effect_size', got {self.quantity!r}."
            )
        object.__setattr__(self, "word", clean_words([self.word], "word")[0])
        object.__setattr__(self, "attributes_a", clean_words(self.attributes_a, self.label_a))
        object.__setattr__(self, "attributes_b", clean_words(self.attributes_b, self.label_b))
        refuse_overlap(self.label_a, self.attributes_a, self.label_b, self.attributes_b)
        title = f"{self.word} between {self.label_a} and {self.label_b}"
        object.__setattr__(self, "name", self.name or title)

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (
            NamedSet("word", (self.word,)),
            NamedSet(self.label_a, self.attributes_a),
            NamedSet(self.label_b, self.attributes_b),
        )

    @property
    def meaning(self) -> str:
        return f"Positive: {self.word!r} leans more towards {self.label_a} than {self.label_b}."

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        a, b = self.exchangeable(parts)
        difference = a.mean(dim=-1) - b.mean(dim=-1)
        if self.quantity == "difference":
            return difference
        spread = join(a, b).std(dim=-1, correction=0)
        return torch.where(spread > SMALLEST_SPREAD, difference / spread, torch.nan)

    def quantities(self, parts: Sequence[Tensor]) -> dict[str, float]:
        a, b = self.exchangeable(parts)
        difference, spread = float(a.mean() - b.mean()), float(join(a, b).std(correction=0))
        effect_size = difference / spread if spread > SMALLEST_SPREAD else float("nan")
        return {"difference": difference, "effect_size": effect_size}

    @property
    def random_sets(self) -> tuple[int, ...]:
        """The word: do random words of its frequency lean as far?"""
        return (0,)

    def exchangeable(self, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The word's cosines with A, (..., n_a), and with B, (..., n_b)."""
        word, a, b = map(unit, parts)
        towards = word.transpose(-1, -2)  # (..., dim, 1)
        return (a @ towards).squeeze(-1), (b @ towards).squeeze(-1)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """Of an attribute, its cosine with the word."""
        return [None, *self.exchangeable(parts)]
