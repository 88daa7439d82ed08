"""The Case file view."""

from dashboard.views.case.view import show

__all__ = ["show"]
