"""Every error that this package raises on purpose.

    ClifError
    |-- InputError          a value that a person gave is not usable: a word, a number, a setting
    |   `-- UnknownWordError
    |-- FormatError         a file that is not in the format it should have
    |-- ProbeError          a probe that has no answer on this model
    |-- CapabilityError     the model or the machine lacks a part that the request needs
    |-- FetchError          text that could not be fetched, or has the wrong checksum
    |-- JobError            a long computation that failed, was cancelled or is refused
    `-- StorageError        the disk is full, or may not be written to

A message says what was wrong, the value, what is allowed and the next step.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "CapabilityError",
    "ClifError",
    "FetchError",
    "FormatError",
    "InputError",
    "JobError",
    "ProbeError",
    "StorageError",
    "UnknownWordError",
]


class ClifError(Exception):
    """The parent of every deliberate error; its text is written for the user."""


class InputError(ClifError):
    """A value that a person gave is not usable."""


class UnknownWordError(InputError):
    """A word is not in the model's vocabulary."""

    def __init__(self, word: str, n_words: int, nearest: Sequence[str] = ()) -> None:
        hint = f"; nearest: {', '.join(repr(w) for w in nearest)}" if nearest else ""
        super().__init__(f"{word!r} is not among the model's {n_words:,} words{hint}.")
        self.word = word
        self.n_words = n_words
        self.nearest = tuple(nearest)

    def __reduce__(self) -> tuple[type[UnknownWordError], tuple[str, int, tuple[str, ...]]]:
        return type(self), (self.word, self.n_words, self.nearest)  # to another process whole


class FormatError(ClifError):
    """A file is not in the format it should have."""


class ProbeError(ClifError):
    """A probe has no answer on this model: too few known words, or no gradient."""


class CapabilityError(ClifError):
    """The model or the machine lacks a part (context vectors, corpus, CUDA device)."""


class FetchError(ClifError):
    """Text could not be fetched, or has the wrong checksum."""


class JobError(ClifError):
    """A long computation failed, was cancelled, or is refused because too many are waiting."""


class StorageError(ClifError):
    """The disk is full, or may not be written to."""
