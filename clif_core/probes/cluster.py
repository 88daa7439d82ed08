"""Cluster membership: why is this word in this cluster and not in that one?

    value = |w - centroid of its own cluster|^2 - |w - centroid of the other cluster|^2

The vectors are scaled to length 1 first, because a raw vector's length follows the word's frequency
and the map, the neighbours and the clustering all compare directions; ``vectors="raw"`` leaves them
unscaled. A centroid is the plain mean of the (scaled) member vectors. If ``own`` contains the word,
the word is part of its own centroid, as in k-means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from clif_core.errors import InputError
from clif_core.probes.base import Probe, unit
from clif_core.probes.lookup import NamedSet

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ClusterMembership"]


@dataclass(frozen=True)
class ClusterMembership(Probe):
    """Squared distance to the own centroid minus that to another, usually the nearest one."""

    kind: ClassVar[str] = "cluster_membership"
    parameters: ClassVar[tuple[str, ...]] = ("vectors",)

    word: str
    own: tuple[str, ...]
    other: tuple[str, ...]
    label_own: str = "its cluster"
    label_other: str = "the other cluster"
    vectors: Literal["unit", "raw"] = "unit"
    name: str = ""

    def __post_init__(self) -> None:
        if self.vectors not in ("unit", "raw"):
            raise InputError(f"vectors must be 'unit' or 'raw', got {self.vectors!r}.")
        self._clean_word("word")
        self._clean_words(own=self.label_own, other=self.label_other)
        self._set_field("name", self.name or f"Cluster membership of {self.word}")
        if set(self.own) == {self.word}:
            raise InputError(
                f"{self.label_own!r} holds only {self.word!r} itself, so the distance to its"
                " centroid is always 0; add other members of the cluster."
            )

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (
            NamedSet("word", (self.word,)),
            NamedSet(self.label_own, self.own),
            NamedSet(self.label_other, self.other),
        )

    @property
    def meaning(self) -> str:
        return (
            f"Positive: {self.word!r} lies nearer to {self.label_other} than to {self.label_own};"
            f" negative: nearer to {self.label_own}."
        )

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return ((1, 2),)

    @property
    def random_sets(self) -> tuple[int, ...]:
        """The word: where do random words of similar frequency lie between the two clusters?"""
        return (0,)

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        word, own, other = map(unit, parts) if self.vectors == "unit" else parts
        to_own, to_other = (
            (word - members.mean(dim=-2, keepdim=True)).square().sum(dim=(-2, -1))
            for members in (own, other)
        )
        return to_own - to_other

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The cosine of each member with the word."""
        word, own, other = (unit(p) for p in parts)
        return [None, own @ word[0], other @ word[0]]
