"""Two probes that average distances: RND and MAC.

RND, the relative norm distance (Garg et al. 2018, arXiv:1711.08412), on the raw vectors:
    mean over the attribute words of |a - mean X| - |a - mean Y|
MAC, the mean average cosine distance (Manzini et al. 2019, arXiv:1904.04047):
    mean over targets t and attribute sets A_j of mean over a in A_j of 1 - cos(t, a)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from clif_core.errors import InputError
from clif_core.late import late_import
from clif_core.probes.base import Probe, unit
from clif_core.probes.lookup import NamedSet, clean_words, refuse_overlap

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = ["Mac", "RelativeNormDistance"]


@dataclass(frozen=True)
class RelativeNormDistance(Probe):
    """How much farther the attribute words are from the mean of X than from the mean of Y."""

    kind: ClassVar[str] = "relative_norm_distance"
    labels_of_words: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"targets_x": "label_x", "targets_y": "label_y"}
    )

    targets_x: tuple[str, ...]
    targets_y: tuple[str, ...]
    attributes: tuple[str, ...]
    label_x: str = "X"
    label_y: str = "Y"
    label_attributes: str = "attributes"
    name: str = ""

    def __post_init__(self) -> None:
        self._clean_words(
            targets_x=self.label_x, targets_y=self.label_y, attributes=self.label_attributes
        )
        refuse_overlap(self.label_x, self.targets_x, self.label_y, self.targets_y)
        self._name_sets()

    @property
    def title_by_labels(self) -> str:
        return f"RND of {self.label_attributes} from {self.label_x} and {self.label_y}"

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (
            NamedSet(self.label_x, self.targets_x),
            NamedSet(self.label_y, self.targets_y),
            NamedSet(self.label_attributes, self.attributes),
        )

    @property
    def meaning(self) -> str:
        return (
            f"Positive: {self.label_attributes} lie nearer to {self.label_y} than to"
            f" {self.label_x}."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return self._by_attribute(parts).mean(dim=-1)

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return ((0, 1),)

    @property
    def random_sets(self) -> tuple[int, ...]:
        """X and Y: do random groups of similar frequency differ as much?"""
        return 0, 1

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The distance of each attribute to the mean of X minus that to the mean of Y."""
        return [None, None, self._by_attribute(parts)]

    def _by_attribute(self, parts: Sequence[Tensor]) -> Tensor:
        x, y, attributes = parts
        to_x = (attributes - x.mean(dim=-2, keepdim=True)).norm(dim=-1)
        to_y = (attributes - y.mean(dim=-2, keepdim=True)).norm(dim=-1)
        gap: Tensor = to_x - to_y
        return gap


@dataclass(frozen=True)
class Mac(Probe):
    """Mean cosine distance of the targets to the attribute sets, each set with equal weight."""

    kind: ClassVar[str] = "mac"
    is_zero_neutral: ClassVar[bool] = False

    targets: tuple[str, ...]
    attribute_sets: tuple[tuple[str, ...], ...]
    label_targets: str = "targets"
    labels: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        n = len(self.attribute_sets)
        if n == 0:
            raise InputError("attribute_sets needs at least one list of words, got none.")
        labels = tuple(self.labels) or tuple(f"attributes {i + 1}" for i in range(n))
        if len(labels) != n:
            raise InputError(f"{n} attribute sets need {n} labels, got {len(labels)}.")
        sets = tuple(
            clean_words(words, label)
            for words, label in zip(self.attribute_sets, labels, strict=True)
        )
        self._clean_words(targets=self.label_targets)
        self._set_field("attribute_sets", sets)
        self._set_field("labels", labels)
        self._set_field("name", self.name or f"MAC of {self.label_targets}")

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (
            NamedSet(self.label_targets, self.targets),
            *map(NamedSet, self.labels, self.attribute_sets),
        )

    @property
    def meaning(self) -> str:
        return (
            f"Between 0 and 2: the larger, the farther {self.label_targets} lie from"
            f" {' and '.join(self.labels)}; 1 means unrelated on average."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        return self._by_target(parts).mean(dim=-1)

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return (tuple(range(1, len(self.named_sets))),)

    @property
    def random_sets(self) -> tuple[int, ...]:
        return (0,)

    def associations(self, parts: Sequence[Tensor]) -> list[Tensor | None]:
        """The mean cosine distance of each target to the attribute sets."""
        return [self._by_target(parts), *[None] * (len(parts) - 1)]

    def _by_target(self, parts: Sequence[Tensor]) -> Tensor:
        targets, *attribute_sets = map(unit, parts)
        means = [(targets @ a.mean(dim=-2)[..., None]).squeeze(-1) for a in attribute_sets]
        cosines = torch.stack(torch.broadcast_tensors(*means), dim=0)  # type: ignore[no-untyped-call]
        distance: Tensor = 1 - cosines.mean(dim=0)
        return distance
