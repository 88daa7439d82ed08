"""The lab view; ``show`` draws it."""

from dashboard.views.lab.view import show

__all__ = ["show"]
