"""A running job: its message, the time left, and a Stop button."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.rates import Expected
from dashboard.widgets import escape
from dashboard.widgets.notice import show_problem
from dashboard.widgets.time_words import time_left
from dashboard.wording import say

__all__ = ["draw_job_line", "draw_trouble"]


def draw_job_line(
    job: JobStatus,
    wording: str,
    cancel: Callable[[], None],
    key: str,
    name: str = "",
    expected: Expected | None = None,
) -> None:
    """One line; the caller redraws it every second while the job runs.

    ``wording``: key of a wording that takes the job's ``message``, and ``name`` where it has one.
    ``expected``: what the whole job takes.
    """
    message = say("job.waiting") if job.state == "waiting" else job.message
    parts = (say(wording, message=message, name=name), time_left(job, expected))
    label = escape.markdown(" · ".join(filter(None, parts)))
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_progress"):
        st.progress(min(max(job.fraction, 0.01), 1.0), label)
        if st.button(say("job.stop"), key=f"{key}_cancel"):
            cancel()
            st.rerun()


def draw_trouble(job: JobStatus, title: str) -> bool:
    """Say why a job ended without result, and the next step; False for any other state."""
    if job.state == "cancelled":
        st.caption(say("job.cancelled"))
    elif job.state == "failed":
        show_problem(f"{job.error} {say('job.again')}", title)
    return job.state in ("cancelled", "failed")
