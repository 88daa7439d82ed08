"""Tasks whose worker is killed in the middle, as another process imports them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from clif_core.influence import gathering
from clif_core.progress import Progress
from clif_core.sgns import counting

__all__ = ["MARK", "count_and_die_once", "differentiate_and_die_once"]

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


def count_and_die_once(text: Any, rows: counting.Rows, progress: Progress) -> counting.Shard:
    """The pairs of a shard; where the mark is there, as above, once they are counted."""
    shard = counting.count_shard(text, rows)
    mark = Path(os.environ[MARK])
    if rows[0] > 0 and mark.exists():
        mark.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return shard
