"""How long work tells how far it is, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress"]

#: Called with the fraction done (0 to 1) and a few plain words; raising from it ends the work.
Progress = Callable[[float, str], None]
