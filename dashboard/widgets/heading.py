"""The head of a view: its name and one sentence on what it is for."""

from __future__ import annotations

import html

import streamlit as st

from dashboard.wording import say

__all__ = ["draw_heading"]


def draw_heading(section: str) -> None:
    """Title and lead of the view, from ``<section>.title`` and ``<section>.lead``."""
    title, lead = html.escape(say(f"{section}.title")), html.escape(say(f"{section}.lead"))
    st.html(f'<div class="clif-heading"><h1>{title}</h1><p class="clif-lead">{lead}</p></div>')
