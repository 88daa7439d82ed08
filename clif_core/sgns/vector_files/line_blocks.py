"""The lines of a file of vectors in blocks, whose numbers are read together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from clif_core.sgns.vector_files.found import Faults, show_bytes

__all__ = ["MAX_WORD", "LineBlocks"]

MAX_WORD = 1_000  # bytes
_MAX_NUMBER = 40  # bytes of one number
_BLOCK = 1 << 23  # bytes of lines


class LineBlocks:
    """Lines that are not blank, without their ends, and their numbers in the file, from ``first``.

    ``most``: lines of a block, so that where the first words are wanted no more is read than that.
    ``n_lines``, ``n_bytes``: that were read so far.
    """

    def __init__(
        self, file: BinaryIO, dim: int, first: int, faults: Faults, most: int | None
    ) -> None:
        self._file, self._first, self._faults, self._most = file, first, faults, most
        self._longest = MAX_WORD + _MAX_NUMBER * dim
        self.n_lines = self.n_bytes = 0

    def __iter__(self) -> Iterator[tuple[list[bytes], list[int]]]:
        lines, numbers, n_before = list[bytes](), list[int](), 0
        for number, line in self._filled():
            lines.append(line)
            numbers.append(number)
            if self.n_bytes - n_before > _BLOCK or len(lines) == self._most:
                yield lines, numbers
                lines, numbers, n_before = [], [], self.n_bytes
        if lines:
            yield lines, numbers

    def _filled(self) -> Iterator[tuple[int, bytes]]:
        blank: list[int] = []
        for number, line in enumerate(iter(self._next, b""), self._first):
            if len(line) == self._longest and not line.endswith(b"\n"):
                self._pass_line()
                self._faults.of_word("width", f"line {number}", show_bytes(line))
                continue
            if not line.endswith(b"\n"):
                self._faults.of_word("end", f"line {number}", show_bytes(line[-_MAX_NUMBER:]))
            stripped = line.replace(b"\t", b" ").strip()
            if not stripped:
                blank.append(number)  # those at the end of a file are no fault
                continue
            for empty in blank:
                self._faults.of_word("blank", f"line {empty}")
            blank.clear()
            self.n_lines += 1
            yield number, stripped

    def _next(self) -> bytes:
        line = self._file.readline(self._longest)
        self.n_bytes += len(line)
        return line

    def _pass_line(self) -> None:
        while (more := self._next()) and not more.endswith(b"\n"):
            pass
