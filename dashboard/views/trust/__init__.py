"""The trust view; ``show`` draws it."""

from dashboard.views.trust.view import show

__all__ = ["show"]
