"""The one obvious next step of a view: a dark button that opens the view that follows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.widgets import navigation
from dashboard.wording import say

__all__ = ["draw_next_step"]


def draw_next_step(at: str, to: str, **changes: Any) -> None:
    """The button of the view ``at`` that opens ``to``; its label is the wording ``next.at``."""
    if navigation.has_view(to):
        st.button(
            say(f"next.{at}"),
            type="primary",
            key=f"next_{at}",
            icon=":material/arrow_forward:",
            on_click=navigation.go,
            args=(to,),
            kwargs=changes,
        )
