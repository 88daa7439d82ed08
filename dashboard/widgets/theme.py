"""The palette of the browser at hand, and the style sheet that carries it to HTML."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from dashboard.charts.figure import crowded_notes
from dashboard.charts.palette import Palette, palette

__all__ = ["current_palette", "draw_phone_rules", "draw_style"]

_STYLE = (Path(__file__).parents[1] / "style.css").read_text(encoding="utf-8")


def current_palette() -> Palette:
    """The palette of the theme that this browser shows."""
    return palette(st.context.theme.type)


def draw_style() -> None:
    """Put the palette and ``style.css`` into the page."""
    st.html(f"<style>{current_palette().css_variables()}\n{_STYLE}</style>")


def draw_phone_rules(figure: go.Figure, key: str) -> None:
    """Leave out, on a phone, the labels for which there is no room in the chart of this key."""
    crowded = ", ".join(
        f'.st-key-{key} .annotation[data-index="{at}"]' for at in crowded_notes(figure)
    )
    if crowded:
        st.html(f"<style>@media (max-width: 640px) {{ {crowded} {{ display: none; }} }}</style>")
