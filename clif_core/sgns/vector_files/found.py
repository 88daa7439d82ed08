"""What a vectors file holds, and what was found and repaired while it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError
from clif_core.sgns.settings import TrainingSettings

__all__ = ["Faults", "Found", "ReadOptions", "VectorFile", "show_bytes"]

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

MAX_BYTES = 4 << 30  # of the vectors in memory
MAX_WORDS = 10_000_000
MAX_DIM = 10_000
_MAX_EXAMPLES = 3
_LEAST_ROWS = 1_000

#: What can be wrong with one row: its fault in a strict reading; what it is called, and what is
#: done about it otherwise.
_FAULTS = {
    "cut": (
        "ends within a letter, so it is cut or not UTF-8",
        "word ends within a letter (cut, or not UTF-8)",
        "read with U+FFFD at its end",
    ),
    "encoding": (
        "is not UTF-8",
        "word is not UTF-8",
        "read with U+FFFD for what is wrong; --words-encoding cp1252 reads Windows-1252",
    ),
    "double": ("came before", "word came before", "its first vector is kept"),
    "empty": ("is empty: a word has at least one letter", "row has no word", "left out"),
    "width": (
        "has another number of numbers than the rest",
        "row has another number of numbers than the rest",
        "left out",
    ),
    "number": (
        "holds something that is no number",
        "row holds something that is no number",
        "left out",
    ),
    "finite": (
        "holds a number that is not finite",
        "row holds a number that is not finite",
        "left out",
    ),
    "blank": ("is blank", "line is blank", "passed over"),
    "end": (
        "is the last one and has no line break at its end, so its last number may be cut",
        "last line has no line break at its end, so its last number may be cut",
        "read as it is",
    ),
}


@dataclass(frozen=True)
class ReadOptions:
    """How a vectors file is read.

    ``limit``: the first words of the file only. ``is_strict``: the first fault is a FormatError,
    nothing is repaired. ``encoding``: of the words. ``inside``: which file of an archive.
    ``max_bytes``: limit of the vectors in memory, so that a small file cannot fill it.
    ``n_numbers``: instead of ``limit``, the first words whose vectors have so many numbers in all.
    """

    limit: int | None = None
    is_strict: bool = False
    encoding: str = "utf-8"
    inside: str = ""
    max_bytes: int = MAX_BYTES
    n_numbers: int | None = None

    def n_rows(self, dim: int) -> int | None:
        """The most words that are read of vectors of ``dim`` dimensions; None: all of them."""
        if self.limit is None and self.n_numbers is not None:
            return max(self.n_numbers // max(dim, 1), _LEAST_ROWS)
        return self.limit


@dataclass(frozen=True)
class Found:
    """What a file is, how it was wrapped, and what was repaired.

    ``kind`` is empty where the vectors are of no file. ``repairs`` and ``notes`` are sentences for
    people; ``n_repairs`` counts what was repaired. ``n_in_file``: about how many words the file
    has where only its first ones were read, 0 where that is not known; None: all were read.
    """

    kind: str
    n_words: int
    dim: int
    wrapping: str = ""
    n_repairs: int = 0
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    n_in_file: int | None = None

    @property
    def is_part(self) -> bool:
        """Whether the file has further words."""
        return self.n_in_file is not None and self.n_in_file != self.n_words

    @property
    def lines(self) -> tuple[str, ...]:
        wrapped = f" in {self.wrapping}" if self.wrapping else ""
        first = f"{self.kind}{wrapped}: "
        if not self.is_part:
            first += f"{self.n_words:,} words of {self.dim} dimensions."
        elif self.n_in_file:
            first += f"about {self.n_in_file:,} words of {self.dim} dimensions; the first"
            first += f" {self.n_words:,} were read."
        else:
            first += f"the first {self.n_words:,} words, of {self.dim} dimensions."
        return (first, *self.repairs, *self.notes)


@dataclass(frozen=True, eq=False)
class VectorFile:
    """Words and their vectors in the order of the file, with what else the file holds.

    Parameters
    ----------
    vectors : (n_words, dim), finite
    counts : (n_words,), or None where the file has none
    context_vectors : (n_words, dim), or None
    settings : how the model was trained, where the file says it
    card : that of our own export; else empty
    is_of_lines : whether the training took each line of its text by itself, as fastText does
    """

    words: tuple[str, ...]
    vectors: FloatArray
    found: Found
    counts: IntArray | None = None
    context_vectors: FloatArray | None = None
    settings: TrainingSettings | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    is_of_lines: bool = False


class Faults:
    """The faults of one file: counted and listed, or refused at the first one."""

    def __init__(self, name: str, is_strict: bool) -> None:
        self.name, self.is_strict = name, is_strict
        self._examples: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}
        self._sentences: list[str] = []

    def of_word(self, kind: str, where: str, shown: str = "") -> None:
        """Note one of ``_FAULTS``. Raises FormatError in a strict reading."""
        quoted = f" ({shown})" if shown else ""
        if self.is_strict:
            raise FormatError(
                f"{where} of {self.name} {_FAULTS[kind][0]}{quoted}. Mend the file, or read it"
                " without 'strict'."
            )
        self._counts[kind] = self._counts.get(kind, 0) + 1
        examples = self._examples.setdefault(kind, [])
        if len(examples) < _MAX_EXAMPLES:
            examples.append(f"{where}{quoted}")

    def of_file(self, fault: str, repair: str) -> None:
        """Note what is wrong with the file as a whole. Raises FormatError in a strict reading."""
        if self.is_strict:
            raise FormatError(f"{fault} Mend the file, or read it without 'strict'.")
        self._sentences.append(f"{fault} {repair}")

    def of_header(self, n_said: int, n_read: int) -> None:
        """Note where the header's number of words is another than that of the file."""
        if n_said != n_read:
            self.of_file(
                f"The header of {self.name} says {n_said:,} words, the file holds {n_read:,}.",
                "All of them were read." + " The file may be cut short." * (n_said > n_read),
            )

    @property
    def n(self) -> int:
        return sum(self._counts.values()) + len(self._sentences)

    @property
    def n_left_out(self) -> int:
        """How many rows were left out."""
        kinds = ("double", "empty", "finite", "number", "width")
        return sum(self._counts.get(kind, 0) for kind in kinds)

    @property
    def lines(self) -> tuple[str, ...]:
        """A sentence a kind of fault, with its number and the first examples."""
        found = []
        for kind, n in self._counts.items():
            _, what, repair = _FAULTS[kind]
            shown = ", ".join(self._examples[kind]) + (", ..." if n > _MAX_EXAMPLES else "")
            found.append(f"{n:,} x: {what}; {repair}. Found: {shown}.")
        return (*found, *self._sentences)


def show_bytes(raw: bytes) -> str:
    """The quotation of raw bytes for a message: their start in quotes, or "not text"."""
    text = " ".join(raw[:40].decode("utf-8", "replace").split())
    return repr(text) if text.isprintable() else "not text"
