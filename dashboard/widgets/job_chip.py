"""A running job as a chip in the header of every view: what, how far, time left, stop."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboard.data.running import Running, end_of, running, stop
from dashboard.widgets import navigation
from dashboard.widgets.time_words import time_left
from dashboard.wording import say

__all__ = ["catch_up", "draw_job_chip"]

_SEEN = "clif_jobs_seen"  # key -> kind of the jobs that this session saw unfinished
_CHIP = Markup(
    '<div class="clif-job" role="status" title="{message}" style="--done: {done:.0f}%">'
    "<b>{what}</b> <span>{far}</span><small>{left}</small></div>"
)


def draw_job_chip() -> None:
    """The chip, drawn again every second while a job is unfinished; nothing where none is."""
    found = running()
    seen: dict[str, str] = st.session_state.setdefault(_SEEN, {})
    here = {known.job.key: known.kind for known in found}
    for key in [key for key in seen if key not in here]:
        _tell_end(key, seen.pop(key))
    seen.update(here)
    if found:
        st.fragment(_poll, run_every=1.0)()


def catch_up() -> None:
    """For the end of a run: run again where the view began a job after the chip was drawn."""
    seen = st.session_state.get(_SEEN, {})
    if any(known.job.key not in seen for known in running()):
        st.rerun()


def _tell_end(key: str, kind: str) -> None:
    end = end_of(key)
    if end in ("done", "failed"):
        icon = ":material/check_circle:" if end == "done" else ":material/error:"
        st.toast(say(f"job.is_{end}", what=say(f"job.kind_{kind}")), icon=icon)


def _poll() -> None:
    found = running()
    if {known.job.key for known in found} != set(st.session_state.get(_SEEN, {})):
        st.rerun()  # the page shows the result, and the chip tells the end
    with st.container(horizontal=True, vertical_alignment="center", key="job_chip", gap="small"):
        st.html(_chip_html(found), width="content")
        first = found[0]
        if navigation.has_view(first.view):
            st.button(
                say("job.show"),
                key="job_show",
                type="tertiary",
                icon=":material/arrow_forward:",
                on_click=navigation.go,
                args=(first.view,),
                kwargs=dict(first.selection),
            )
        st.button(
            say("job.stop"),
            key="job_stop",
            type="tertiary",
            icon=":material/stop_circle:",
            help=say("job.stop_help"),
            on_click=stop,
            args=(first.job.key,),
        )


def _chip_html(found: list[Running]) -> Markup:
    first = found[0]
    fraction = min(max(first.job.fraction, 0.0), 1.0)
    waits = first.job.state == "waiting"
    left = [
        time_left(first.job, first.expected),
        say("job.more", n=len(found) - 1) if len(found) > 1 else "",
    ]
    return _CHIP.format(
        message=first.job.message,
        done=100 * fraction,
        what=say(f"job.kind_{first.kind}"),
        far=say("job.waiting") if waits else f"{100 * fraction:.0f}\u00a0%",
        left="".join(f" · {part}" for part in left if part),
    )
