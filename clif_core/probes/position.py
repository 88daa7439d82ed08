"""Position: how far has training moved a word?

The CLIF authors' probe (Silva, Chopra & Gombolay 2022, arXiv:2012.01685): the mean over the
dimensions of the squared difference between a word's vector and a given one, usually its vector
before training. Compare only vectors of one space: two trainings are turned against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from clif_core.errors import InputError, ProbeError
from clif_core.probes.base import Probe
from clif_core.probes.lookup import NamedSet, clean_words

__all__ = ["Position"]


@dataclass(frozen=True)
class Position(Probe):
    """Mean squared difference of the word's vector from ``start``, a vector of the same length."""

    kind: ClassVar[str] = "position"

    word: str
    start: tuple[float, ...]
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "word", clean_words([self.word], "word")[0])
        start = tuple(float(number) for number in self.start)
        if not start:
            raise InputError("start is empty; give the vector that the word is compared with.")
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "name", self.name or f"Distance that {self.word} has moved")

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (NamedSet("word", (self.word,)),)

    @property
    def meaning(self) -> str:
        return f"Never negative; the larger, the farther {self.word!r} lies from where it started."

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        (word,) = parts
        if word.shape[-1] != len(self.start):
            raise ProbeError(
                f"{self.name}: start has {len(self.start)} numbers, the model's vectors have"
                f" {word.shape[-1]}; take the start from the same training."
            )
        start = torch.tensor(self.start, dtype=word.dtype)
        moved: Tensor = (word - start).square().mean(dim=(-2, -1))
        return moved
