"""Model: pick a sample or bring one's own, and read what it is."""

from __future__ import annotations

from dashboard.components.heading import draw_heading

__all__ = ["show"]


def show() -> None:
    """Draw the view."""
    draw_heading("model")
