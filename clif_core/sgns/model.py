"""A trained skip-gram model: its vectors and its vocabulary.

Centre vectors ``V`` (n_words, dim) belong to the word predicted from; context vectors ``U``
(n_words, dim) to its neighbours in the window (Mikolov et al. 2013, arXiv:1310.4546).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clif_core.errors import CapabilityError, UnknownWordError
from clif_core.sgns.settings import TrainingSettings
from clif_core.sgns.spelling import fold, similar

__all__ = ["SkipGram", "Vocabulary"]

FloatArray = npt.NDArray[np.float32]
FloatArray64 = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


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

    @property
    def has_counts(self) -> bool:
        """Whether any count is known: vectors files of most programs hold none."""
        return bool(self.counts.any())

    @cached_property
    def frequencies(self) -> FloatArray64:
        """How often each word occurs, to compare words with one another: (n_words,), 1 or more.

        The counts; where none is known, n_words / rank, because most programs write the most
        frequent words first and counts fall about as one over the rank (Zipf's law).
        """
        if self.has_counts:
            return np.maximum(self.counts, 1).astype(np.float64)
        return len(self) / np.arange(1, len(self) + 1)

    @cached_property
    def content_hash(self) -> str:
        """Hash of the words and their counts, which the draws of a training depend on."""
        digest = hashlib.sha256("\n".join(self.words).encode())
        digest.update(np.ascontiguousarray(self.counts, dtype=np.int64).tobytes())
        return digest.hexdigest()

    def id(self, word: str) -> int:
        """The row of a word. Raises UnknownWordError, which names the nearest spellings."""
        row = self.index.get(word)
        if row is None:
            raise UnknownWordError(word, len(self), self.suggest(word))
        return row

    def ids(self, words: Iterable[str]) -> IntArray:
        return np.array([self.id(word) for word in words], dtype=np.int64)

    @cached_property
    def folded(self) -> list[str]:
        """The words without what spellings may differ in (``spelling.fold``), in the same order."""
        return [fold(word) for word in self.words]

    @cached_property
    def _rows_of_folded(self) -> dict[str, list[int]]:
        """Rows by folded word, without the words that are their own folded form."""
        rows: dict[str, list[int]] = {}
        for row, (word, folded) in enumerate(zip(self.words, self.folded, strict=True)):
            if word != folded:
                rows.setdefault(folded, []).append(row)
        return rows

    def rows_alike(self, word: str) -> list[int]:
        """Rows of the words that differ at most in case, Unicode form, quotes, blanks or "_"."""
        folded = fold(word)
        rows = self._rows_of_folded.get(folded, [])
        own = self.index.get(folded)
        return sorted(rows if own is None else [own, *rows])

    def suggest(self, word: str, n: int = 3) -> list[str]:
        """The nearest spellings; other spellings of the same word alone if there are any."""
        rows = self.rows_alike(word)[:n] or similar(word, self.folded, n)
        return [self.words[row] for row in rows]


@dataclass(frozen=True, eq=False)
class SkipGram:
    """A trained model. Arrays are float32 on the CPU; the engine copies them to its device.

    Parameters
    ----------
    centre_vectors : (n_words, dim)
    context_vectors : (n_words, dim), or None when an imported file has none
    settings : None when unknown; influence then raises CapabilityError
    corpus_hash : ``content_hash`` of the training corpus, or None
    other_seeds : centre vectors of trainings that differ in the seed only
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
        """Hash of words, counts, both matrices and settings; it enters every cache key."""
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
        """Whether its training can be repeated draw by draw without some of its text."""
        return self.settings is not None and self.settings.is_repeatable

    def with_trainings(self, others: Iterable[SkipGram]) -> SkipGram:
        """The model with those ``others`` as ``other_seeds`` that differ in the seed only.

        They have its words and counts, text and settings; a seed that it has already stays.
        """
        found = dict(self.other_seeds)
        for other in others:
            if self._is_training_of_same(other):
                found.setdefault(other.require_settings().seed, other.centre_vectors)
        return replace(self, other_seeds=found)

    def _is_training_of_same(self, other: SkipGram) -> bool:
        mine, theirs = self.settings, other.settings
        if mine is None or theirs is None or mine.seed == theirs.seed:
            return False
        return (
            self.corpus_hash is not None
            and self.corpus_hash == other.corpus_hash
            and replace(mine, seed=theirs.seed) == theirs
            and list(self.vocabulary.words) == list(other.vocabulary.words)
            and np.array_equal(self.vocabulary.counts, other.vocabulary.counts)
        )

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
                "cannot be computed. Give window, n_negatives and subsampling_threshold on import."
            )
        return self.settings
