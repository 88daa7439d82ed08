"""The story view; ``show`` draws it."""

from dashboard.views.story.view import show

__all__ = ["show"]
