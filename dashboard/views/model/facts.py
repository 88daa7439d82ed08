"""Facts as a list of names and values."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboard.widgets.html import render

__all__ = ["draw_facts"]


def draw_facts(facts: Iterable[tuple[str, str]]) -> None:
    """(name, value) pairs; a fact without a value is left out."""
    shown = [(name, value) for name, value in facts if value not in (None, "")]
    st.html(render("facts.html", facts=shown))
