"""Words and vectors as they come from a file: decoded, checked, and kept in one growing matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clif_core.errors import FormatError
from clif_core.sgns.vector_files.found import MAX_DIM, MAX_WORDS, Faults, ReadOptions, show_bytes
from clif_core.storage.gzipped import is_encodable

__all__ = ["Rows", "require_size"]

_FIRST_ROWS = 1024


class Rows:
    """The rows read so far; each word once, every number finite, at most ``limit`` of them."""

    def __init__(self, dim: int, faults: Faults, options: ReadOptions) -> None:
        if not 1 <= dim <= MAX_DIM:
            raise FormatError(
                f"{faults.name} has vectors of {dim:,} dimensions; 1 to {MAX_DIM:,} are allowed."
            )
        self.dim, self.faults, self.options = dim, faults, options
        self._n_wanted = options.n_rows(dim)
        self.index: dict[str, int] = {}
        self.picked: list[int] = []  # for each row, its number in the file from 0
        self._matrix = np.empty((_FIRST_ROWS, dim), dtype=np.float32)
        self._n_seen = 0

    @property
    def is_full(self) -> bool:
        return self._n_wanted is not None and len(self.index) >= self._n_wanted

    @property
    def n_seen(self) -> int:
        """How many rows the file had so far, those left out included."""
        return self._n_seen

    def add(
        self, words: list[bytes | str], vectors: npt.NDArray[np.floating], places: list[str]
    ) -> None:
        """Take rows; ``places`` says where each is, as in "line 3"."""
        with np.errstate(over="ignore"):
            rows = np.asarray(vectors, dtype=np.float32)
        is_finite: list[bool] = np.logical_and.reduce(np.isfinite(rows), axis=1).tolist()
        chosen = []
        for i, raw in enumerate(words):
            if self.is_full:
                break
            self._n_seen += 1
            word = self._decode(raw, places[i])
            if not word:
                self.faults.of_word("empty", places[i])
            elif word in self.index:
                self.faults.of_word("double", places[i], repr(word))
            elif not is_finite[i]:
                self.faults.of_word("finite", places[i], repr(word))
            else:
                self.index[word] = len(self.index)
                self.picked.append(self._n_seen - 1)
                chosen.append(i)
        start, stop = len(self.index) - len(chosen), len(self.index)
        self._grow(stop)
        self._matrix[start:stop] = rows if len(chosen) == len(rows) else rows[chosen]

    def skip(self) -> None:
        """Pass over a row that cannot be read."""
        self._n_seen += 1

    def finish(self) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
        """(words, vectors). Raises FormatError where most rows were left out."""
        n = len(self.index)
        if not n or self.faults.n_left_out > n:
            seen = f" {self.faults.lines[0]}" if self.faults.lines else ""
            raise FormatError(
                f"{self.faults.name} is no file of word vectors that can be read: {n:,} of"
                f" {self._n_seen:,} rows hold a word of their own and {self.dim} numbers.{seen}"
            )
        self._matrix.resize((n, self.dim), refcheck=False)
        return tuple(self.index), self._matrix

    def _decode(self, raw: bytes | str, place: str) -> str:
        if isinstance(raw, str):
            if is_encodable(raw):
                return raw
            self.faults.of_word("encoding", place, ascii(raw))  # half of a surrogate pair, of JSON
            return raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        try:
            return raw.decode(self.options.encoding)
        except UnicodeDecodeError as error:
            is_cut = error.reason == "unexpected end of data"
            word = raw.decode(self.options.encoding, "replace")
            shown = show_bytes(raw)
            self.faults.of_word("cut" if is_cut else "encoding", place, shown)
            return word

    def _grow(self, n: int) -> None:
        size = len(self._matrix)
        if n <= size:
            return
        require_size(self.faults.name, n, self.dim, self.options.max_bytes)
        # In place: the system moves the pages of a large array without a copy.
        self._matrix.resize((max(n, size + size // 2), self.dim), refcheck=False)


def require_size(name: str, n_words: int, dim: int, max_bytes: int) -> None:
    """Raise FormatError where so many vectors pass the limits."""
    if n_words * dim * 4 > max_bytes or n_words > MAX_WORDS:
        raise FormatError(
            f"{name} has {n_words:,} words of {dim} dimensions or more,"
            f" {n_words * dim * 4 / 1e6:,.0f} MB of vectors; the limits are"
            f" {max_bytes / 1e6:,.0f} MB and {MAX_WORDS:,} words. Read the most frequent words"
            " only, for example with --limit 200000."
        )
