"""The palette of the browser at hand, and the style sheet that carries it to HTML."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.charts.palette import Palette, palette

__all__ = ["current_palette", "draw_style"]

_STYLE = (Path(__file__).parents[1] / "style.css").read_text(encoding="utf-8")


def current_palette() -> Palette:
    """The palette of the theme that this browser shows."""
    return palette(st.context.theme.type)


def draw_style() -> None:
    """Put the palette and ``style.css`` into the page."""
    st.html(f"<style>{current_palette().css_variables()}\n{_STYLE}</style>")
