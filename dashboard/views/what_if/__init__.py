"""The what if view; ``show`` draws it."""

from dashboard.views.what_if.view import show

__all__ = ["show"]
