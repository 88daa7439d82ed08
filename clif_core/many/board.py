"""A folder that both sides see: a running task tells how far it is, and is told to stop.

    folder/stop      present once the map was stopped
           7.told    how far task 7 is, 0 to 1

Where the workers see no common folder (it is a URL, ``CLIF_CLUSTER_FOLDER``) there is no board:
progress goes up task by task, and a task that runs on Dask when the map is stopped runs to its end.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clif_core.errors import JobError
from clif_core.progress import Progress, silent

__all__ = ["Board", "Stopped"]

TELL_SECONDS = 0.5


class Stopped(JobError):
    """The map that a task belongs to was stopped."""


@dataclass(frozen=True)
class Board:
    folder: Path | None

    def stop(self) -> None:
        """Ask every running task to stop; each does so at its next report."""
        if self.folder is not None:
            with suppress(OSError):
                (self.folder / "stop").touch()

    def teller(self, at: int) -> Progress:
        """The progress of a task, in its worker."""
        if self.folder is None:
            return silent
        folder, last = self.folder, 0.0

        def tell(fraction: float, message: str) -> None:
            nonlocal last
            if time.monotonic() - last < TELL_SECONDS:
                return
            last = time.monotonic()
            if (folder / "stop").exists() or not folder.is_dir():
                raise Stopped("the tasks were stopped.")
            with suppress(OSError):  # a number that gets lost harms nobody
                new = folder / f"{at}.new"
                new.write_text(repr(fraction), "ascii")
                new.replace(folder / f"{at}.told")

        return tell

    def told(self, at: int) -> float:
        """How far a task is."""
        if self.folder is None:
            return 0.0
        try:
            return min(max(float((self.folder / f"{at}.told").read_text("ascii")), 0.0), 1.0)
        except (OSError, ValueError):
            return 0.0
