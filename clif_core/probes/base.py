"""A probe: the question put to the vectors, as a value and its gradient.

A ``Probe`` is written in words. ``resolve`` looks them up in a vocabulary, drops those that the
model lacks (and names them), and gives a ``ResolvedProbe`` that works on arrays. The gradient
touches only the rows of the probe's words, so it is returned for those rows alone.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from clif_core.errors import ProbeError
from clif_core.skipgram import Vocabulary

__all__ = ["Probe", "ResolvedProbe"]


class ResolvedProbe(ABC):
    """A probe on one vocabulary.

    Attributes
    ----------
    word_ids : (k,) distinct rows that the probe reads, in a fixed order
    lost : words of the probe that the vocabulary lacks
    meaning : one plain sentence that says what a positive value means
    """

    probe: Probe
    word_ids: npt.NDArray[np.int64]
    lost: tuple[str, ...]
    meaning: str

    @abstractmethod
    def formula(self, rows: Tensor) -> Tensor:
        """The probe as a scalar of its rows, (k, dim) -> (), in the order of ``word_ids``."""

    def value(self, centre_vectors: npt.NDArray[np.floating[Any]]) -> float:
        """The probe's value on (n_words, dim) vectors, computed in float64."""
        with torch.no_grad():
            return float(self.formula(self._rows(centre_vectors)))

    def gradient(
        self, centre_vectors: npt.NDArray[np.floating[Any]]
    ) -> npt.NDArray[np.float64]:
        """d value / d rows, (k, dim) float64, for the rows ``word_ids``; zero elsewhere."""
        if not self.probe.is_differentiable:
            raise ProbeError(
                f"{self.probe.name} is not differentiable ({self.probe.why_not_differentiable}), "
                "so it can be measured but text cannot be attributed to it."
            )
        rows = self._rows(centre_vectors).requires_grad_()
        (gradient,) = torch.autograd.grad(self.formula(rows), rows)
        return gradient.numpy()

    def _rows(self, centre_vectors: npt.NDArray[np.floating[Any]]) -> Tensor:
        return torch.from_numpy(centre_vectors[self.word_ids].astype(np.float64))


class Probe(ABC):
    """A question in words, independent of any model. Subclasses are frozen dataclasses."""

    name: str
    is_differentiable: bool = True
    why_not_differentiable: str = ""

    @property
    @abstractmethod
    def words(self) -> tuple[str, ...]:
        """Every word that the probe names."""

    @abstractmethod
    def resolve(self, vocabulary: Vocabulary) -> ResolvedProbe:
        """Look the words up; raises ProbeError when too few are known for an answer."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """A JSON-able description with ``kind``; ``probes.from_dict`` is its inverse."""

    @property
    def key(self) -> str:
        """A stable hash of the question, for caches and links."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
