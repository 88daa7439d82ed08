"""Two probes that compare a word with the whole vocabulary: neighbour margin and analogy margin.

The rival is the word of the vocabulary that the named words are compared with. ``word_ids`` covers
the vocabulary, and the gradient is nonzero only for the named words and the rival. Where the rival
changes, the value has a kink; the gradient is that for the present rival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clif_core.errors import InputError, ProbeError
from clif_core.probes.base import Probe, ResolvedProbe, unit
from clif_core.probes.lookup import FoundSet, NamedSet
from clif_core.sgns.model import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AnalogyMargin", "NeighbourMargin"]


def _with_rivals(resolved: ResolvedProbe, vocabulary: Vocabulary, at_least: int) -> ResolvedProbe:
    """The probe with one more set: all words of the vocabulary that the probe does not name."""
    others = np.setdiff1d(np.arange(len(vocabulary)), resolved.word_ids)
    if len(others) < at_least:
        raise ProbeError(
            f"{resolved.probe.name}: the vocabulary has {len(others)} other words, and the probe"
            f" compares with {at_least}."
        )
    words = tuple(vocabulary.words[row] for row in others)
    pool = FoundSet("all other words", words, others, is_pool=True)
    return ResolvedProbe(resolved.probe, [*resolved.sets, pool])


@dataclass(frozen=True)
class NeighbourMargin(Probe):
    """cos(word, neighbour) minus the ``rank``-th largest cosine of the word with another word."""

    kind: ClassVar[str] = "neighbour_margin"
    parameters: ClassVar[tuple[str, ...]] = ("rank",)

    word: str
    neighbour: str
    rank: int = 10
    name: str = ""

    def __post_init__(self) -> None:
        self._clean_word("word", "neighbour")
        if self.rank < 1:
            raise InputError(f"rank must be at least 1, got {self.rank}.")
        if self.word.lower() == self.neighbour.lower():
            raise InputError(f"{self.word!r} is always its own nearest word; give another word.")
        title = f"{self.neighbour} among the {self.rank} nearest of {self.word}"
        self._set_field("name", self.name or title)

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return NamedSet("word", (self.word,)), NamedSet("neighbour", (self.neighbour,))

    @property
    def meaning(self) -> str:
        return f"Positive: {self.neighbour!r} is among the {self.rank} nearest of {self.word!r}."

    def resolve(self, vocabulary: Vocabulary) -> ResolvedProbe:
        return _with_rivals(super().resolve(vocabulary), vocabulary, self.rank)

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        word, neighbour, pool = map(unit, parts)
        rivals = (pool @ word.transpose(-1, -2)).squeeze(-1)
        rival = rivals.topk(self.rank).values[..., -1]
        margin: Tensor = (word * neighbour).sum(dim=(-2, -1)) - rival
        return margin


@dataclass(frozen=True)
class AnalogyMargin(Probe):
    """a is to b as c is to ``expected``: its 3CosAdd score minus the best score of another word.

    The score of x is cos(x, b) - cos(x, a) + cos(x, c); a, b and c themselves are excluded
    (Mikolov et al. 2013, arXiv:1301.3781).
    """

    kind: ClassVar[str] = "analogy_margin"

    a: str
    b: str
    c: str
    expected: str
    name: str = ""

    def __post_init__(self) -> None:
        self._clean_word("a", "b", "c", "expected")
        words = {w.lower() for w in (self.a, self.b, self.c, self.expected)}
        if len(words) < 4:
            raise InputError(
                f"an analogy needs four different words, got {self.a!r}, {self.b!r}, {self.c!r},"
                f" {self.expected!r}."
            )
        title = f"{self.a} is to {self.b} as {self.c} is to {self.expected}"
        self._set_field("name", self.name or title)

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return tuple(NamedSet(f, (getattr(self, f),)) for f in ("a", "b", "c", "expected"))

    @property
    def meaning(self) -> str:
        return (
            f"Positive: the model completes '{self.a} is to {self.b} as {self.c} is to ...' with"
            f" {self.expected!r}."
        )

    def resolve(self, vocabulary: Vocabulary) -> ResolvedProbe:
        return _with_rivals(super().resolve(vocabulary), vocabulary, 1)

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        a, b, c, expected, pool = map(unit, parts)
        answer = b - a + c  # (..., 1, dim)
        rivals = (pool @ answer.transpose(-1, -2)).squeeze(-1)
        margin: Tensor = (expected * answer).sum(dim=(-2, -1)) - rivals.max(dim=-1).values
        return margin
