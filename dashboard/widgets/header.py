"""The header of every view: the three doors, the views behind the open one, and the selection.

A phone shows one line: the name, a menu with all views, a running job and what is selected.
"""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st
from markupsafe import Markup

from dashboard.data import models
from dashboard.selection import Selection
from dashboard.widgets import navigation
from dashboard.widgets.job_chip import draw_job_chip
from dashboard.widgets.selection_bar import draw_selection_bar
from dashboard.widgets.sign_in import draw_account
from dashboard.wording import say

__all__ = ["draw_header"]


def draw_header(view: str, selection: Selection) -> None:
    """Draw it for the view that is shown."""
    door = navigation.door_of(view)
    with st.container(key="header", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", key="header_doors"):
            _draw_link("model", say("app.name"))
            with st.container(
                horizontal=True,
                vertical_alignment="center",
                key="header_doors_wide",
                width="content",
            ):
                for name in navigation.DOORS:
                    first = navigation.views_of(name)[0]
                    _draw_link(first, say(f"door.{name}"), mark="door" if name == door else "")
            _draw_menu(view)
            draw_job_chip()
            draw_account()
            draw_selection_bar(selection, models.model_title(selection.model))
        views = navigation.views_of(door) if door else []
        if len(views) > 1:
            with st.container(horizontal=True, vertical_alignment="center", key="header_views"):
                for name in views:
                    title = navigation.page_of(name).title
                    _draw_link(name, title, mark="view" if name == view else "")


def _draw_link(name: str, label: str, *, mark: str = "") -> None:
    """A link; with a ``mark``, where one is already, in a container that has a style.

    Every container is an element that the browser draws, so the others have none.
    """
    marked = st.container(key=f"here_{mark}_{name}", width="content") if mark else nullcontext()
    with marked:
        st.page_link(navigation.page_of(name), label=label, icon=None, width="content")


@st.fragment
def _draw_menu(view: str) -> None:
    """All views by door, in narrow windows alone; drawn when it is opened, shut in another view.

    Its label leaves room for a running job.
    """
    with st.container(key="header_menu", width="content"):
        menu = st.popover(
            say("app.menu"), icon=":material/menu:", key=f"menu_{view}", on_change="rerun"
        )
    if not menu.open:
        return
    with menu:
        st.page_link(navigation.page_of("model"))
        for door in navigation.DOORS:
            st.html(Markup('<p class="clif-kicker">{}</p>').format(say(f"door.{door}")))
            for name in navigation.views_of(door):
                st.page_link(navigation.page_of(name))
