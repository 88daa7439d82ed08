"""The palette of the browser's theme, and the style sheet that gives it to HTML."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st
from markupsafe import Markup

from dashboard.charts.figure import crowded_notes
from dashboard.charts.palette import Palette, palette

__all__ = ["STYLE", "current_palette", "draw_phone_rules", "draw_style"]

_SHARED = files("clif_core") / "report" / "templates" / "sureness.css"  # imports no report
#: ``style.css``, and the style of what reports and screens share.
STYLE = "\n".join(
    (
        (Path(__file__).parents[1] / "style.css").read_text(encoding="utf-8"),
        _SHARED.read_text(encoding="utf-8"),
    )
)


def current_palette() -> Palette:
    """The palette of the theme that this browser shows, light or dark."""
    return palette(st.context.theme.type)


def draw_style() -> None:
    """Put the palette of the theme into the page, which has the rest (``dashboard.server``)."""
    st.html(Markup("<style>{}</style>").format(Markup(current_palette().css_variables())))


def draw_phone_rules(figure: go.Figure, key: str) -> None:
    """Hide, on a phone, the labels for which the chart of this key has no room."""
    crowded = ", ".join(
        f'.st-key-{key} .annotation[data-index="{at}"]' for at in crowded_notes(figure)
    )
    if crowded:
        rule = "<style>@media (max-width: 640px) {{ {} {{ display: none; }} }}</style>"
        st.html(Markup(rule).format(Markup(crowded)))
