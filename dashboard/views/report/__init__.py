"""The report view; ``show`` draws it."""

from dashboard.views.report.view import show

__all__ = ["show"]
