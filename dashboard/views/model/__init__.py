"""The model view; ``show`` draws it."""

from dashboard.views.model.view import show

__all__ = ["show"]
