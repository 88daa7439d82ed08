"""The influence view; ``show`` draws it."""

from dashboard.views.influence.view import show

__all__ = ["show"]
