"""A run of an ensemble whose worker is killed in the middle, as another process imports it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from clif_core.influence import gathering
from clif_core.progress import Progress

__all__ = ["MARK", "differentiate_and_die_once"]

MARK = "CLIF_TEST_MARK"  # names the file that says: end here


def differentiate_and_die_once(on: gathering.RunText, asked: Any, progress: Progress) -> Any:
    """The run; where the mark is there, it is taken and the process ends without a word."""
    mark = Path(os.environ[MARK])

    def tell(fraction: float, message: str) -> None:
        if fraction > 0.3 and mark.exists():
            mark.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        progress(fraction, message)

    return gathering.differentiate_run(on, asked, tell)
