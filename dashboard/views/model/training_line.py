"""A model that is being trained on a text of one's own: how far it is, and what became of it."""

from __future__ import annotations

import streamlit as st

from clif_core.workspace.jobs import JobStatus
from dashboard import state
from dashboard.data import own_training
from dashboard.views.model.picker import close_form
from dashboard.widgets import escape
from dashboard.widgets.job_line import draw_job_line
from dashboard.widgets.notice import guard, show_problem
from dashboard.wording import say

__all__ = ["draw_training_line", "was_opened"]

_OPENED = "own_training_opened"


def draw_training_line() -> None:
    """The line of the training under way, or why it ended without a model; the model, once done."""
    job = own_training.find()
    if job is None:
        return
    if job.state == "done":
        _open(job)
    elif job.is_finished:
        _draw_end(job)
    else:
        st.fragment(_poll, run_every=1.0)(job.key)


def _open(job: JobStatus) -> None:
    own_training.drop()
    close_form()
    st.session_state[_OPENED] = True
    state.update(model=own_training.model_of(job))
    st.rerun()


def was_opened() -> bool:
    """Whether a model was opened since the last run, because its training is done."""
    return bool(st.session_state.pop(_OPENED, False))


def _poll(key: str) -> None:
    job = own_training.find()
    if job is None or job.key != key or job.is_finished:
        st.rerun()
    name = own_training.model_of(job)
    draw_job_line(job, "own.training", lambda: own_training.stop(job), "own_training", name)


def _draw_end(job: JobStatus) -> None:
    """Stopped or failed: the text is here already, so that one press begins once more."""
    name = own_training.model_of(job)
    if job.state == "failed":
        show_problem(job.error, say("own.training_failed", name=name))
    else:
        st.caption(escape.markdown(say("own.training_stopped", name=name)))
    label = escape.markdown(say("own.training_again", name=name))
    with st.container(horizontal=True, key="own_training_end"):
        again = st.button(label, key="own_training_again", type="primary")
        st.button(
            say("own.training_drop"),
            key="own_training_drop",
            type="tertiary",
            on_click=own_training.drop,
        )
    if again:
        with guard(say("own.training_failed", name=name)):
            own_training.begin_again(job)
            st.rerun()
