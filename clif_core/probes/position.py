"""Position: how far training has moved a word.

The CLIF authors' probe (Silva, Chopra & Gombolay 2022, arXiv:2012.01685): the mean over the
dimensions of the squared difference between a word's vector and a given one, usually its vector
before training. Compare vectors of the same training only: two trainings differ by a rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clif_core.errors import InputError, ProbeError
from clif_core.late import late_import
from clif_core.probes.base import Probe
from clif_core.probes.lookup import NamedSet

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = ["Position"]


@dataclass(frozen=True)
class Position(Probe):
    """Mean squared difference of the word's vector from ``start``, a vector of the same length."""

    kind: ClassVar[str] = "position"
    parameters: ClassVar[tuple[str, ...]] = ("start",)
    is_zero_neutral: ClassVar[bool] = False

    word: str
    start: tuple[float, ...]
    name: str = ""

    def __post_init__(self) -> None:
        self._clean_word("word")
        start = tuple(float(number) for number in self.start)
        if not start:
            raise InputError("start is empty; give the vector to compare the word's vector with.")
        self._set_field("start", start)
        self._set_field("name", self.name or f"Distance that {self.word} has moved")

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (NamedSet("word", (self.word,)),)

    @property
    def meaning(self) -> str:
        return f"Never negative; the larger, the farther {self.word!r} lies from its start."

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
