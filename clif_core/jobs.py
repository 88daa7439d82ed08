"""Long work in a process of its own, with progress, cancel and re-attach."""

from __future__ import annotations

from collections.abc import Callable

from clif_core.errors import JobError

__all__ = ["JobCancelled", "Progress"]

#: Called with the fraction done (0 to 1) and a few plain words; raising from it ends the work.
Progress = Callable[[float, str], None]


class JobCancelled(JobError):
    """The work was stopped because somebody asked for it."""
