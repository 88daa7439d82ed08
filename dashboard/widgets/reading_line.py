"""Files of a person while they are read: what is done now, how far it is, and the time left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from clif_core.phrases import duration, sentence_case
from clif_core.progress import Progress
from clif_core.workspace.rates import Expected, seconds_left
from dashboard.wording import say

__all__ = ["reading_line"]


@contextmanager
def reading_line(expected: Expected | None = None) -> Iterator[Progress]:
    """A line that is there for as long as the block takes; ``expected``: what that is."""
    place, started = st.empty(), time.monotonic()

    def show(fraction: float, message: str) -> None:
        whole = None if expected is None else expected.seconds
        left = seconds_left(whole, time.monotonic() - started, fraction)
        words = sentence_case(message) if fraction > 0 else say("own.reading")
        time_left = "" if left is None else say("job.left", time=duration(left))
        label = " · ".join(filter(None, (words, time_left)))
        place.progress(min(max(fraction, 0.01), 1.0), label)

    show(0.0, "")
    try:
        yield show
    finally:
        place.empty()
