"""SC-WEAT (WEFAT): does one word lean towards A or towards B?

    difference  = s(w, A, B) = mean over A of cos(w, a) - mean over B of cos(w, b)
    effect size = difference / standard deviation of cos(w, .) over A and B together, ddof 0

(Caliskan, Bryson & Narayanan 2017, the word-embedding factual association test.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from clif_core.errors import InputError
from clif_core.probes.base import Probe, unit
from clif_core.probes.contrast import CONTRASTS
from clif_core.probes.lookup import NamedSet, refuse_overlap

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SingleWeat"]

_QUANTITIES = ("difference", "effect_size")


@dataclass(frozen=True)
class SingleWeat(Probe):
    """One word against two attribute sets."""

    kind: ClassVar[str] = "single_weat"
    labels_of_words: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"attributes_a": "label_a", "attributes_b": "label_b"}
    )
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
        if self.quantity not in _QUANTITIES:
            raise InputError(f"quantity must be one of {_QUANTITIES}, got {self.quantity!r}.")
        self._clean_word("word")
        self._clean_words(attributes_a=self.label_a, attributes_b=self.label_b)
        refuse_overlap(self.label_a, self.attributes_a, self.label_b, self.attributes_b)
        self._name_sets()

    @property
    def title_by_labels(self) -> str:
        return f"{self.word} between {self.label_a} and {self.label_b}"

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
        return CONTRASTS[self.quantity](*self.exchangeable(parts))

    def quantities(self, parts: Sequence[Tensor]) -> dict[str, float]:
        a, b = self.exchangeable(parts)
        return {name: float(CONTRASTS[name](a, b)) for name in _QUANTITIES}

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return ((1, 2),)

    @property
    def random_sets(self) -> tuple[int, ...]:
        """The word: do random words of similar frequency lean as far?"""
        return (0,)

    def exchangeable(self, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The word's cosines with A, (..., n_a), and with B, (..., n_b)."""
        word, a, b = map(unit, parts)
        towards = word.transpose(-1, -2)  # (..., dim, 1)
        return (a @ towards).squeeze(-1), (b @ towards).squeeze(-1)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The cosine of each attribute with the word."""
        return [None, *self.exchangeable(parts)]
