"""Facts as a quiet list of names and values."""

from __future__ import annotations

import html
from collections.abc import Iterable

import streamlit as st

__all__ = ["draw_facts"]


def draw_facts(facts: Iterable[tuple[str, str]]) -> None:
    """(name, value) pairs, escaped; a fact without a value is left out."""
    rows = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>"
        for name, value in facts
        if value not in (None, "")
    )
    st.html(f'<dl class="clif-facts">{rows}</dl>')
