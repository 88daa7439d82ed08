"""The word map view; ``show`` draws it."""

from dashboard.views.word_map.view import show

__all__ = ["show"]
