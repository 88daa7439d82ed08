"""Word map: see, search and select the words of the model."""

from __future__ import annotations

from dashboard.components.heading import draw_heading

__all__ = ["show"]


def show() -> None:
    """Draw the view."""
    draw_heading("map")
