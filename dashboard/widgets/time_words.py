"""What long work takes, in words: before it begins, and what is left of it."""

from __future__ import annotations

import time

from clif_core.phrases import duration
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected, seconds_left
from dashboard.wording import bind_units, say

__all__ = ["on_this_machine", "time_left"]


def on_this_machine(expected: Expected) -> str:
    """``about 50 s on this machine``, or that it is a guess."""
    return bind_units(expected.in_words)


def time_left(job: JobStatus, expected: Expected | None = None) -> str:
    """What is left of a job, from its first second where it is known what the whole takes."""
    if job.state == "waiting":
        return "" if expected is None else say("job.takes", time=duration(expected.seconds))
    if job.state != "running" or not job.started:
        return ""
    elapsed = max(time.time() - job.started, 0.0)
    whole = None if expected is None else expected.seconds
    left = seconds_left(whole, elapsed, job.fraction, job.skipped)
    return "" if left is None else say("job.left", time=duration(left))
