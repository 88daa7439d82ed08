"""The three doors of the first screen: explore, audit, present."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboard.data import scripts
from dashboard.widgets import navigation
from dashboard.wording import say

__all__ = ["draw_doors"]

_ICONS = {
    "explore": ":material/scatter_plot:",
    "audit": ":material/balance:",
    "present": ":material/co_present:",
}


def draw_doors(script: scripts.Script | None) -> None:
    """A card for each; the auditor begins with the question that the screen shows."""
    columns = st.columns(len(navigation.DOORS), gap="medium")
    for column, door in zip(columns, navigation.DOORS, strict=True):
        views = navigation.views_of(door)
        if not views:
            continue
        changes = {"probe": script.probe.to_dict()} if script and door == "audit" else {}
        with column.container(border=True, height="stretch", key=f"model_door_{door}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                name = Markup('<h2 class="clif-door">{}</h2>').format(say(f"door.{door}"))
                st.html(name, width="stretch")
                st.button(
                    say(f"door.{door}_open"),
                    key=f"model_go_{door}",
                    icon=_ICONS[door],
                    on_click=navigation.go,
                    args=(views[0],),
                    kwargs=changes,
                )
            st.html(Markup('<p class="clif-small">{}</p>').format(say(f"door.{door}_lead")))
