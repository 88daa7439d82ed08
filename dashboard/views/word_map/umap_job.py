"""Computing the UMAP map of a model that came without one: the offer, the job, its progress.

UMAP runs in a process of its own. The overview (PCA) is shown until the map is in the model's
folder.
"""

from __future__ import annotations

import streamlit as st

from clif_core.sgns.bundle import Bundle
from clif_core.workspace.tasks.word_map import find_map_job, submit_map
from dashboard.data import expected, models
from dashboard.data.places import take_place
from dashboard.widgets.job_line import draw_job_line
from dashboard.widgets.notice import guard, show_problem
from dashboard.widgets.time_words import on_this_machine
from dashboard.wording import say

__all__ = ["draw_map_job"]


def draw_map_job(bundle: Bundle) -> None:
    """Say that the map is missing, and offer to compute it or show the job's progress."""
    status = find_map_job(models.workspace(), bundle)
    if status is not None and not status.is_finished:
        st.fragment(_poll, run_every=1.0)(bundle)
        return
    if status is not None and status.state == "failed":
        show_problem(status.error, say("map.job_failed"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(say("map.no_umap"), width="content")
        st.button(
            say("map.job"),
            key="map_job",
            icon=":material/scatter_plot:",
            help=say("map.job_help", time=on_this_machine(expected.of_map(bundle.model.n_words))),
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
    draw_job_line(
        status,
        "map.job_running",
        lambda: models.workspace().jobs.cancel(status.key),
        "map_job",
        expected=expected.of_map(bundle.model.n_words),
    )
