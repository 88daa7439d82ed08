"""The compare view; ``show`` draws it."""

from dashboard.views.compare.view import show

__all__ = ["show"]
