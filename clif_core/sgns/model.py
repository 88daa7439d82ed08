"""A trained skip-gram model: vectors, vocabulary and the settings of its training.

Centre vectors ``V`` (n_words, dim) belong to the word predicted from; context vectors ``U``
(n_words, dim) to its neighbours in the window (Mikolov et al. 2013, arXiv:1310.4546).
"""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from clif_core.errors import CapabilityError, InputError, UnknownWordError

__all__ = ["BACKENDS", "SMOOTH_START", "SkipGram", "TrainingSettings", "Vocabulary"]

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

BACKENDS = ("coupled", "batched", "gensim")  # the trainers that are here
SMOOTH_START = 12.0  # start_range at which a run is nearly linear in its text and as good


@dataclass(frozen=True)
class TrainingSettings:
    """How a skip-gram model was trained; the names are those of gensim's documentation.

    ``unit`` says what a window may not cross. ``is_window_reduced``: the trainer draws the window
    size uniformly from 1..window at every position (word2vec and gensim do).
    ``is_subsampled_first``: words dropped by subsampling are removed before windows are laid, so
    that windows reach further in the text (word2vec and gensim do); otherwise distances are those
    of the text. ``start_range``: the first centre vectors are uniform in +-start_range / dim
    (gensim: 1); larger ones make a run a straighter function of its text (docs/decisions/0020).
    ``max_unit_length``: longer units are cut there, in vocabulary words (gensim: 10,000); 0 means
    never. ``backend``: who trains, see ``clif_core.training``.
    """

    dim: int = 100
    window: int = 5
    min_count: int = 5
    epochs: int = 10
    n_negatives: int = 5
    noise_exponent: float = 0.75
    subsampling_threshold: float = 1e-3
    learning_rate: float = 0.025
    min_learning_rate: float = 1e-4
    start_range: float = 1.0
    seed: int = 1
    unit: Literal["sentence", "document"] = "sentence"
    is_window_reduced: bool = True
    is_subsampled_first: bool = True
    max_unit_length: int = 10_000
    backend: Literal["gensim", "coupled", "batched", "unknown"] = "gensim"

    def __post_init__(self) -> None:
        for name in ("dim", "window", "min_count", "epochs", "n_negatives"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.subsampling_threshold < 0:
            raise InputError(
                "subsampling_threshold must be 0 (off) or positive, got"
                f" {self.subsampling_threshold}."
            )
        if not 0 < self.start_range < math.inf:
            raise InputError(f"start_range must be positive (gensim: 1), got {self.start_range}.")
        if not 0 < self.min_learning_rate <= self.learning_rate:
            raise InputError(
                "learning rates must satisfy 0 < min_learning_rate <= learning_rate, got"
                f" {self.min_learning_rate} and {self.learning_rate}."
            )

    @property
    def is_repeatable(self) -> bool:
        """Whether the trainer can run again, draw by draw, minus some text."""
        return self.backend in ("coupled", "batched")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingSettings:
        unknown = sorted(set(values) - set(cls.__dataclass_fields__))
        if unknown:
            raise InputError(
                f"unknown training setting {unknown[0]!r}; known: "
                f"{', '.join(cls.__dataclass_fields__)}."
            )
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The model's words with their counts in the training text, most frequent first."""

    words: Sequence[str]
    counts: IntArray

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def id(self, word: str) -> int:
        """The row of a word; raises UnknownWordError, which names the nearest spellings."""
        row = self.index.get(word)
        if row is None:
            raise UnknownWordError(word, len(self), self.suggest(word))
        return row

    def ids(self, words: Iterable[str]) -> IntArray:
        return np.array([self.id(word) for word in words], dtype=np.int64)

    def suggest(self, word: str, n: int = 3) -> list[str]:
        """The nearest spellings in the vocabulary, lower case tried first."""
        if word.lower() in self.index:
            return [word.lower()]
        return difflib.get_close_matches(word.lower(), self.words, n=n, cutoff=0.6)


@dataclass(frozen=True, eq=False)
class SkipGram:
    """A trained model. Arrays are float32 on the CPU; the engine moves what it needs to a device.

    Parameters
    ----------
    centre_vectors : (n_words, dim)
    context_vectors : (n_words, dim), or None when the file that the user brought has none
    settings : None when unknown; then influence is refused and says what is missing
    corpus_hash : ``content_hash`` of the training corpus, or None
    other_seeds : centre vectors of further trainings that differ in the seed alone
    """

    name: str
    vocabulary: Vocabulary
    centre_vectors: FloatArray
    context_vectors: FloatArray | None = None
    settings: TrainingSettings | None = None
    corpus_hash: str | None = None
    other_seeds: Mapping[int, FloatArray] = field(default_factory=dict)

    @property
    def n_words(self) -> int:
        return int(self.centre_vectors.shape[0])

    @property
    def dim(self) -> int:
        return int(self.centre_vectors.shape[1])

    @cached_property
    def content_hash(self) -> str:
        """Hash of words, counts, both matrices and settings; the key of every cached result."""
        digest = hashlib.sha256()
        digest.update("\n".join(self.vocabulary.words).encode())
        digest.update(np.ascontiguousarray(self.vocabulary.counts).tobytes())
        digest.update(np.ascontiguousarray(self.centre_vectors).tobytes())
        if self.context_vectors is not None:
            digest.update(np.ascontiguousarray(self.context_vectors).tobytes())
        digest.update(repr(self.settings).encode())
        return digest.hexdigest()[:20]

    @cached_property
    def unit_vectors(self) -> FloatArray:
        """Centre vectors scaled to length 1 (a zero vector stays zero)."""
        norms = np.linalg.norm(self.centre_vectors, axis=1, keepdims=True)
        return np.asarray(self.centre_vectors / np.maximum(norms, 1e-12), dtype=np.float32)

    @property
    def is_repeatable(self) -> bool:
        """Whether its training can be run again, draw by draw, minus some text."""
        return self.settings is not None and self.settings.is_repeatable

    def require_context_vectors(self) -> FloatArray:
        if self.context_vectors is None:
            raise CapabilityError(
                f"Model {self.name!r} has no context vectors, so influence cannot be computed. "
                "Bring the output matrix as a second file (gensim: model.syn1neg; word2vec: "
                "-save-context), or train with 'clif train'."
            )
        return self.context_vectors

    def require_settings(self) -> TrainingSettings:
        if self.settings is None:
            raise CapabilityError(
                f"The training settings of model {self.name!r} are unknown, so its training loss "
                "cannot be rebuilt. Give window, n_negatives and subsampling_threshold on import."
            )
        return self.settings
