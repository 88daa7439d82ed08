"""Probes built on word pairs (woman - man, girl - boy, ...): a pair needs both of its words.

``main_direction`` is the first principal component of the pairs, each centred on its own middle
(Bolukbasi et al. 2016, arXiv:1607.06520), with the sign that puts the first words of the pairs on
its positive side.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clif_core.errors import InputError, ProbeError
from clif_core.late import late_import
from clif_core.probes.base import Probe, ResolvedProbe
from clif_core.probes.lookup import FoundSet, NamedSet, clean_words, find_words
from clif_core.sgns.model import Vocabulary

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = late_import("torch")

__all__ = [
    "PairedProbe",
    "Pairs",
    "WordsOnPairs",
    "clean_pairs",
    "find_pairs",
    "main_direction",
]

Pairs = tuple[tuple[str, ...], ...]


class PairedProbe(Probe):
    """A probe whose last two word sets are the first and the second words of ``pairs``."""

    pairs: Pairs
    label_first: str
    label_second: str

    @property
    @abstractmethod
    def single_sets(self) -> tuple[NamedSet, ...]:
        """The word sets before the pairs."""

    @property
    def named_sets(self) -> tuple[NamedSet, ...]:
        first, second = zip(*self.pairs, strict=True)
        return (
            *self.single_sets,
            NamedSet(self.label_first, first),
            NamedSet(self.label_second, second),
        )

    @property
    def tied_sets(self) -> tuple[int, ...]:
        n = len(self.single_sets)
        return n, n + 1

    @property
    def random_sets(self) -> tuple[int, ...]:
        """The single words: what value do random words of similar frequency give?"""
        return tuple(range(len(self.single_sets)))

    def resolve(self, vocabulary: Vocabulary) -> ResolvedProbe:
        singles = self.find_sets(self.single_sets, vocabulary)
        first, second, notes = find_pairs(
            self.pairs, vocabulary, (self.label_first, self.label_second)
        )
        if not len(first):
            raise ProbeError(
                f"{self.name}: none of its {len(self.pairs)} pairs has both words among the model's"
                f" {len(vocabulary):,}; add pairs of words that occur in the training text."
            )
        return ResolvedProbe(self, [*singles, first, second], notes)


@dataclass(frozen=True)
class WordsOnPairs(PairedProbe):
    """One set of words, measured along the direction of the pairs; ``title`` begins its name."""

    title: ClassVar[str]

    targets: tuple[str, ...]
    pairs: Pairs
    label: str = "words"
    label_first: str = "first of the pairs"
    label_second: str = "second of the pairs"
    name: str = ""

    def __post_init__(self) -> None:
        self._clean_words(targets=self.label)
        self._set_field("pairs", clean_pairs(self.pairs))
        title = f"{self.title} of {self.label} on {self.label_first} to {self.label_second}"
        self._set_field("name", self.name or title)

    @property
    def single_sets(self) -> tuple[NamedSet, ...]:
        return (NamedSet(self.label, self.targets),)


def clean_pairs(pairs: Sequence[Sequence[str]]) -> Pairs:
    """The pairs as tuples of two different words; raises InputError on anything else."""
    if isinstance(pairs, str) or not len(pairs):
        raise InputError(
            f"pairs must be a list of pairs of words, such as [['woman', 'man']]; got {pairs!r}."
        )
    cleaned = []
    for pair in pairs:
        words = clean_words(pair, f"pair {pair!r}")
        if len(words) != 2 or words[0].lower() == words[1].lower():
            raise InputError(f"a pair is two different words; got {pair!r}.")
        cleaned.append(words)
    return tuple(dict.fromkeys(cleaned))


def find_pairs(
    pairs: Pairs, vocabulary: Vocabulary, labels: tuple[str, str]
) -> tuple[FoundSet, FoundSet, list[str]]:
    """The first and the second words of the pairs with both words known, aligned; and notes."""
    complete: list[tuple[FoundSet, FoundSet]] = []
    unknown: tuple[list[str], list[str]] = ([], [])
    without_partner = []
    looked_up = [[find_words(NamedSet("", (word,)), vocabulary) for word in p] for p in pairs]
    for pair, found in zip(pairs, looked_up, strict=True):
        if all(len(one) for one in found) and found[0].ids[0] != found[1].ids[0]:
            complete.append((found[0], found[1]))
            continue
        for side, word in enumerate(pair):
            if len(found[side]):
                without_partner.append(word)
            else:
                unknown[side].append(word)
    sets = [
        FoundSet(
            labels[side],
            tuple(pair[side].words[0] for pair in complete),
            np.array([pair[side].ids[0] for pair in complete], dtype=np.int64),
            tuple(dict.fromkeys(unknown[side])),
            matches=tuple(match for pair in looked_up for match in pair[side].matches),
        )
        for side in (0, 1)
    ]
    notes = [
        f"{', '.join(map(repr, dict.fromkeys(without_partner)))} left out because the other word of"
        " the pair is not in the model's vocabulary."
    ]
    return sets[0], sets[1], notes if without_partner else []


def main_direction(first: Tensor, second: Tensor) -> Tensor:
    """(..., n_pairs, dim) twice -> (..., dim), length 1, from the second words to the first.

    Differentiable: to the eigenvector u of the detached Gram matrix K is added a first-order term
    with value zero and the derivative of the eigenvector, (top - K)^+ dK u. Autograd's own formula
    gives NaN here, because the eigenvalue zero is repeated.
    """
    gaps = first - second
    gram = gaps @ gaps.transpose(-1, -2)  # (..., n_pairs, n_pairs)
    roots, vectors = torch.linalg.eigh(gram.detach())
    top = vectors[..., -1:]  # (..., n_pairs, 1)
    rest = vectors[..., :-1]
    spread = 1 / (roots[..., -1:] - roots[..., :-1]).clamp_min(1e-300)
    move = (gram - gram.detach()) @ top
    top = top + rest @ (spread[..., None] * (rest.transpose(-1, -2) @ move))
    direction = (gaps.transpose(-1, -2) @ top).squeeze(-1)
    direction = direction / direction.norm(dim=-1, keepdim=True)
    side = (gaps * direction.detach()[..., None, :]).sum(dim=(-2, -1))
    oriented: Tensor = direction * torch.where(side < 0, -1.0, 1.0)[..., None]
    return oriented
