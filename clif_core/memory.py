"""How much memory a process can still take on this machine, and refusals that say so beforehand.

``CLIF_MEMORY_GB`` overrides what is found, where a machine is shared with other work.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

import psutil

from clif_core.errors import CapabilityError, InputError

__all__ = ["free_bytes", "from_gigabytes", "require_memory", "show_size"]

# Of version 2, which systems of today have, and of version 1.
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
_USED = ("memory.current", "memory/memory.usage_in_bytes")
_STATISTICS = ("memory.stat", "memory/memory.stat")
_GROUPS = Path("/sys/fs/cgroup")


def free_bytes() -> int:
    """What a process can take: memory that is free or can be freed, within a container's limit.

    Raises InputError where $CLIF_MEMORY_GB is no positive number.
    """
    given = os.environ.get("CLIF_MEMORY_GB")
    if given:
        return from_gigabytes(given, "CLIF_MEMORY_GB")
    free = int(psutil.virtual_memory().available)
    within = _free_in_container(_GROUPS)
    return free if within is None else min(free, within)


def require_memory(what: str, n_bytes: float, advice: str, free: int | None = None) -> None:
    """Raise CapabilityError where something needs more memory than is ``free`` (None: here)."""
    free = free_bytes() if free is None else free
    if n_bytes > free:
        raise CapabilityError(
            f"{what} needs about {show_size(n_bytes)} of memory, and {show_size(free)} are free"
            f" here. {advice}"
        )


def show_size(n_bytes: float) -> str:
    """For people: ``350 MB``, ``3.1 GB``, ``24 GB``."""
    if n_bytes < 0.95e9:
        return f"{n_bytes / 1e6:,.0f} MB"
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes < 9.95e9 else f"{n_bytes / 1e9:,.0f} GB"


def from_gigabytes(given: str | float, name: str) -> int:
    """Bytes of a number of gigabytes above 0; InputError for another value of the setting."""
    with suppress(ValueError):
        value = float(given) * 1e9
        if 0 < value < math.inf:
            return int(value)
    raise InputError(f"{name} is a number of gigabytes above 0, got {given!r:.40}.")


def _free_in_container(groups: Path) -> int | None:
    """What the limit of a container leaves; None where there is no limit."""
    for limit, used, statistics in zip(_LIMITS, _USED, _STATISTICS, strict=True):
        with suppress(OSError, ValueError):  # "max": no limit
            at_most = int((groups / limit).read_text())
            taken = int((groups / used).read_text()) - _freeable(groups / statistics)
            return max(at_most - taken, 0)
    return None


def _freeable(statistics: Path) -> int:
    """Bytes of files that are in memory only until it is wanted."""
    for line in statistics.read_text().splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return int(value)
    return 0
