"""A running job: its message, the time left by its pace so far, and a Stop button."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from clif_core.workspace.jobs import JobStatus
from dashboard.widgets import escape
from dashboard.widgets.notice import show_problem
from dashboard.wording import say

__all__ = ["draw_job_line", "draw_trouble"]

_SEEN = "clif_job_seen"  # key -> (when this session first saw it running, how far it was)
_FEWEST_SECONDS = 3


def draw_job_line(
    job: JobStatus, wording: str, cancel: Callable[[], None], key: str, name: str = ""
) -> None:
    """One line; the caller redraws it every second while the job runs.

    ``wording``: key of a wording that takes the job's ``message``, and ``name`` where it has one.
    """
    message = say("job.waiting") if job.state == "waiting" else job.message
    text = f"{say(wording, message=message, name=name)} {_time_left(job)}"
    label = escape.markdown(text)
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


def _time_left(job: JobStatus) -> str:
    """From the pace since this session first saw it run; waiting in the queue does not count."""
    if job.state != "running":
        return ""
    seen: dict[str, tuple[float, float]] = st.session_state.setdefault(_SEEN, {})
    since, at = seen.setdefault(job.key, (time.time(), job.fraction))
    spent, done = time.time() - since, job.fraction - at
    if spent < _FEWEST_SECONDS or done <= 0.005:
        return ""
    seconds = spent * (1 - job.fraction) / done
    duration = (
        say("job.minutes", n=round(seconds / 60))
        if seconds > 90
        else say("job.seconds", n=max(1, round(seconds)))
    )
    return f"· {say('job.left', time=duration)}"
