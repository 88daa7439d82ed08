"""ECT, the embedding coherence test: do two groups rank the attribute words alike?

Spearman correlation of cos(mean X, a) and cos(mean Y, a) over the attribute words, means of the raw
vectors (Dev & Phillips 2019, arXiv:1901.07656). Ranks are constant under small changes of the
vectors, so there is no gradient and the value cannot be attributed to text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from clif_core.late import late_import
from clif_core.probes.base import Probe, unit
from clif_core.probes.lookup import NamedSet, refuse_overlap

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = ["Coherence"]


@dataclass(frozen=True)
class Coherence(Probe):
    """Between -1 and 1; 1 means that both groups order the attribute words in the same way."""

    kind: ClassVar[str] = "coherence"
    labels_of_words: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"targets_x": "label_x", "targets_y": "label_y"}
    )
    is_differentiable: ClassVar[bool] = False
    why_not_differentiable: ClassVar[str] = (
        "it compares ranks, which are constant under small changes of the vectors"
    )
    why_undefined: ClassVar[str] = "all attribute words have the same similarity, so no ranks."

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
        return f"Coherence of {self.label_x} and {self.label_y} on {self.label_attributes}"

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        return (
            NamedSet(self.label_x, self.targets_x),
            NamedSet(self.label_y, self.targets_y),
            NamedSet(self.label_attributes, self.attributes, at_least=3),
        )

    @property
    def meaning(self) -> str:
        return (
            f"Positive: {self.label_x} and {self.label_y} order {self.label_attributes} alike;"
            " 1: in the same order, 0: unrelated."
        )

    def formula(self, parts: Sequence[Tensor]) -> Tensor:
        x, y, attributes = parts
        first, second = (
            self._ranks((unit(attributes) @ unit(group.mean(dim=-2))[..., None]).squeeze(-1))
            for group in (x, y)
        )
        together = (first * second).sum(dim=-1)
        return together / (first.square().sum(dim=-1) * second.square().sum(dim=-1)).sqrt()

    @property
    def interchangeable_sets(self) -> tuple[tuple[int, ...], ...]:
        return ((0, 1),)

    @property
    def random_sets(self) -> tuple[int, ...]:
        """X and Y: are random groups of similar frequency as coherent?"""
        return 0, 1

    @staticmethod
    def _ranks(similarities: Tensor) -> Tensor:
        """Ranks minus their mean, (..., n) -> (..., n); ties share the mean rank."""
        from scipy.stats import rankdata  # takes over a second to import

        ranks = torch.from_numpy(rankdata(similarities.numpy(), axis=-1))
        return ranks - ranks.mean(dim=-1, keepdim=True)
