"""How long work reports its progress, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "part_of", "scaled", "silent"]

#: Called with the fraction done (0 to 1) and a few plain words; raising from it ends the work.
Progress = Callable[[float, str], None]


def silent(fraction: float, message: str) -> None:
    """Progress that nobody asked for: ``report = progress or silent``."""


def scaled(progress: Progress, start: float, end: float) -> Progress:
    """The progress of one part of the work: its 0 to 1 is ``start`` to ``end`` of the whole."""

    def report(fraction: float, message: str) -> None:
        progress(start + (end - start) * fraction, message)

    return report


def part_of(progress: Progress, at: int, n_parts: int, label: str = "") -> Progress:
    """The progress of part ``at`` (from 0) of ``n_parts`` equal ones; "label: " opens messages."""

    def report(fraction: float, message: str) -> None:
        progress((at + fraction) / n_parts, f"{label}: {message}" if label else message)

    return report
