"""How large a text may be, and what reading it takes, told before it is read.

Whoever gives a text of their own on their own machine is limited by its memory alone. Strangers,
who bring files to a shared server, are limited to ``MAX_TEXT_BYTES``.
"""

from __future__ import annotations

from dataclasses import dataclass

from clif_core.errors import FormatError
from clif_core.memory import free_bytes, show_size
from clif_core.storage.gzipped import MAX_TEXT_BYTES

__all__ = ["Need", "largest_text", "require_room", "times_larger"]

# Measured by benchmarks/growth.py: 103 MB, 17.3 million tokens, took 25 to 31 s and up to 10.5
# bytes of memory a byte; of small texts the pieces that are remembered are a larger part.
_MEMORY_PER_BYTE = 12
_SECONDS_PER_BYTE = 1 / 3e6
_SMALL = 10_000_000  # bytes of a text whose reading nobody waits for


@dataclass(frozen=True)
class Need:
    """What a text is, about: ``n_bytes`` after unpacking and ``n_tokens``."""

    n_bytes: int
    n_tokens: int

    @property
    def memory(self) -> int:
        """Bytes of memory that reading it takes at most."""
        return self.n_bytes * _MEMORY_PER_BYTE

    @property
    def lines(self) -> list[str]:
        """For people; none of a small text."""
        if self.n_bytes < _SMALL:
            return []
        seconds = self.n_bytes * _SECONDS_PER_BYTE
        time = f"{seconds / 60:,.0f} min" if seconds > 90 else f"{max(seconds, 1):.0f} s"
        return [
            f"Size: about {_round(self.n_tokens):,} words in {show_size(self.n_bytes)}. Reading it"
            f" takes about {time} and {show_size(self.memory)} of memory;"
            f" {show_size(free_bytes())} are free."
        ]


def largest_text() -> int:
    """Bytes of text, unpacked, that the free memory of this machine can hold while it is read."""
    return free_bytes() // _MEMORY_PER_BYTE


def times_larger(max_bytes: int) -> int:
    """How many times a stranger's documents, sentences, words and files such a limit allows."""
    return max(1, -(-max_bytes // MAX_TEXT_BYTES))


def require_room(title: str, n_bytes: int, max_bytes: int | None) -> int:
    """``max_bytes``, or where that is None the largest text that the memory can hold.

    Raises FormatError where the files have more bytes than that already as they lie there.
    """
    limit = largest_text() if max_bytes is None else max_bytes
    if n_bytes <= limit:
        return limit
    if max_bytes is not None:
        raise FormatError(
            f"{title} has more than {show_size(limit)} of text, the limit here:"
            f" {show_size(n_bytes)}. Give less of it, or read it on the command line with a higher"
            " limit (--max-gb)."
        )
    raise FormatError(
        f"{title} has {show_size(n_bytes)} of text. To read it takes about"
        f" {show_size(n_bytes * _MEMORY_PER_BYTE)} of memory, and {show_size(free_bytes())} are"
        f" free here: enough for {show_size(limit)} of text. Close other programs, give a part of"
        " it, or read it on a machine with more memory; --max-gb overrides this."
    )


def _round(n: int) -> int:
    """Two digits of a number that is an estimate."""
    return int(float(f"{n:.1e}"))
