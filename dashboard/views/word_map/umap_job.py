"""Computing the UMAP map of a model that came without one: the offer, the job, its progress.

UMAP runs in a process of its own. The overview (PCA) is shown until the map is in the model's
folder.
"""

from __future__ import annotations

import streamlit as st

from clif_core.sgns.bundle import Bundle
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks.word_map import find_map_job, submit_map
from dashboard.data import models
from dashboard.data.places import take_place
from dashboard.widgets import escape
from dashboard.widgets.notice import guard, show_problem
from dashboard.wording import say

__all__ = ["draw_map_job"]

_SECONDS_A_WORD = 0.004  # for the 2-D and the 3-D map, on one core
_SECONDS_FIRST = 40  # compilation


def draw_map_job(bundle: Bundle) -> None:
    """Say that the map is missing, and offer to compute it or show the job's progress."""
    status = find_map_job(models.workspace(), bundle)
    if status is not None and not status.is_finished:
        st.fragment(_poll, run_every=1.0)(bundle)
        return
    if status is not None and status.state == "failed":
        show_problem(status.error, say("map.job_failed"))
    minutes = (_SECONDS_FIRST + _SECONDS_A_WORD * bundle.model.n_words) / 60
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(say("map.no_umap"), width="content")
        st.button(
            say("map.job"),
            key="map_job",
            icon=":material/scatter_plot:",
            help=say("map.job_help", minutes=max(round(minutes), 1)),
            on_click=_submit,
            args=(bundle,),
        )


def _submit(bundle: Bundle) -> None:
    with guard(), take_place() as place:
        place.jobs.append(submit_map(models.workspace(), bundle))


def _poll(bundle: Bundle) -> None:
    status = find_map_job(models.workspace(), bundle)
    if status is None or status.is_finished:
        st.rerun()
    _draw_progress(status)


def _draw_progress(status: JobStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="map_job_progress"):
        st.progress(
            max(status.fraction, 0.02),
            say("map.job_running", message=escape.markdown(status.message)),
        )
        if st.button(say("map.job_cancel"), key="map_job_cancel"):
            models.workspace().jobs.cancel(status.key)
            st.rerun()
