"""The probe view; ``show`` draws it."""

from dashboard.views.probe.view import show

__all__ = ["show"]
