"""The head of a view: its name and one sentence on what it is for."""

from __future__ import annotations

import streamlit as st

from dashboard.wording import say

__all__ = ["draw_heading"]


def draw_heading(section: str) -> None:
    """Title and lead of the view, from ``<section>.title`` and ``<section>.lead``."""
    st.title(say(f"{section}.title"), anchor=False)
    st.html(f'<p class="clif-lead">{say(f"{section}.lead")}</p>')
