"""How fast this machine is: what finished work took, and what work to come will take.

    rates.json in the home   {"format": 2, "rates": {KIND: {PLACE: [[units, seconds], ...]}}}

KIND is what was done, PLACE where: the machine, the trainer, the device and the threads. Units are
whatever the kind counts (``tasks.work``), such that the seconds grow in proportion. The rate is the
median over the units of the last few times, so that a short measurement says little beside a whole
run; before the first, it is a guess from a slow machine, and called one.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from clif_core.errors import StorageError
from clif_core.phrases import duration
from clif_core.storage.files import replace_file
from clif_core.storage.json_files import read_json

__all__ = ["Expected", "Rates", "Work", "machine_name", "seconds_left", "start_of_job"]

FILE = "rates.json"
N_KEPT = 5  # of one kind in one place
_FORMAT = 2  # 1 counted the units of a derivative otherwise
_MAX_BYTES = 200_000
_MAX_PLACES = 100  # of one kind; the oldest is forgotten
_LOCK_SECONDS = 5.0
_LEAST_DONE = 0.01  # a pace that says something


@dataclass(frozen=True)
class Work:
    """Something that takes long: its kind, where it is done, how much of it.

    ``guess``: units a second on a slow machine.
    """

    kind: str
    place: str
    units: float
    guess: float


@dataclass(frozen=True)
class Expected:
    """What work will take.

    ``is_measured``: the longest part of it by the rate of this machine, else by a guess.
    """

    seconds: float
    is_measured: bool

    @property
    def in_words(self) -> str:
        """``about 50 s on this machine``, or that it is a guess."""
        about = f"about {duration(self.seconds)}"
        if self.is_measured:
            return f"{about} on this machine"
        return f"{about} (a guess: this machine was not measured yet)"


def machine_name() -> str:
    """This machine, so that a home that is shared or moved does not mix two."""
    return f"{platform.node()} {platform.machine()} {os.cpu_count() or 1}"[:100]


def start_of_job() -> Work:
    """The start of a job's process until its work begins: importing torch, mostly."""
    return Work("start", machine_name(), 1.0, guess=1 / 5)


def seconds_left(
    expected: float | None, elapsed: float, fraction: float, skipped: float = 0.0
) -> float | None:
    """Seconds until running work ends; None where nothing tells.

    At first what was ``expected`` of the whole less what has elapsed; the pace so far counts more
    and more, and alone from an eighth on. ``skipped``: the fraction that was found finished.
    """
    if fraction >= 1:
        return 0.0
    to_do = 1 - min(skipped, fraction)
    done = (fraction - skipped) / to_do if fraction > skipped else 0.0
    trust = min(8 * done, 1.0)
    if expected is None:
        return elapsed * (1 / done - 1) if done > _LEAST_DONE else None
    ahead = (1 - trust) * max(expected * to_do, elapsed)
    by_pace = trust * elapsed / done if done else 0.0
    return max(ahead + by_pace - elapsed, 0.0)


class Rates:
    """The rates that are kept in one home."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE

    def expect(self, *parts: Work) -> Expected:
        """What pieces of work will take, one after another."""
        known = self._read()
        found = []
        for work in parts:
            times = known.get(work.kind, {}).get(work.place)
            rate = _median_rate(times) if times else work.guess
            found.append(Expected(work.units / rate, bool(times)))
        longest = max(found, key=lambda part: part.seconds)
        return Expected(sum(part.seconds for part in found), longest.is_measured)

    def most_timed(self, work: Work) -> float:
        """The most units of its kind that were timed in its place at once; 0 for none."""
        times = self._read().get(work.kind, {}).get(work.place, [])
        return max((units for units, _ in times), default=0.0)

    def note(self, work: Work, seconds: float) -> None:
        """Keep what this work took. A file that cannot be written is no reason to fail."""
        if not (work.units > 0 and 0 < seconds < 1e9):
            return
        lock = FileLock(self.path.with_name(f".{FILE}.lock"))
        with suppress(OSError, StorageError, Timeout):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with lock.acquire(timeout=_LOCK_SECONDS):
                self._add(work, seconds)

    def _add(self, work: Work, seconds: float) -> None:
        known = self._read()
        places = known.setdefault(work.kind, {})
        times = [*places.pop(work.place, []), (work.units, seconds)]
        places[work.place] = times[-N_KEPT:]
        for oldest in list(places)[:-_MAX_PLACES]:
            del places[oldest]
        with replace_file(self.path) as file:
            file.write_text(json.dumps({"format": _FORMAT, "rates": known}), encoding="utf-8")

    @contextmanager
    def timing(self, work: Work) -> Iterator[None]:
        """Note what the block takes, unless it ends with an error."""
        started = time.perf_counter()
        yield
        self.note(work, time.perf_counter() - started)

    def _read(self) -> dict[str, dict[str, list[tuple[float, float]]]]:
        """Every kind and place of the file; what has another form is left out."""
        try:
            content = read_json(self.path, _MAX_BYTES)
        except (OSError, ValueError):
            return {}
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            return {}
        return {
            kind: {place: _times(rows) for place, rows in places.items() if _times(rows)}
            for kind, places in _items(content.get("rates"))
            if isinstance(places, dict)
        }


def _median_rate(times: list[tuple[float, float]]) -> float:
    """Units a second in the middle of all units; of two middles the slower."""
    rates = sorted((units / took, units) for units, took in times)
    half, done = sum(units for units, _ in times) / 2, 0.0
    for rate, units in rates:
        done += units
        if done >= half:
            return rate
    return rates[-1][0]


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _times(rows: Any) -> list[tuple[float, float]]:
    """The pairs (units, seconds) of a list that are positive numbers."""
    pairs = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    return [(row[0], row[1]) for row in pairs if len(row) == 2 and all(map(_is_positive, row))]


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e300
