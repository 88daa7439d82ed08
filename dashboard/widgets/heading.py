"""The heading of a view: its title and one sentence on its purpose."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboard.wording import say

__all__ = ["draw_heading"]


def draw_heading(section: str) -> None:
    """Title and lead of the view, from ``<section>.title`` and ``<section>.lead``."""
    heading = '<div class="clif-heading"><h1>{}</h1><p class="clif-lead">{}</p></div>'
    st.html(Markup(heading).format(say(f"{section}.title"), say(f"{section}.lead")))
