"""A popover whose content is drawn when it is opened."""

from __future__ import annotations

from contextlib import AbstractContextManager

import streamlit as st

__all__ = ["late_popover"]


def late_popover(label: str, icon: str, key: str) -> AbstractContextManager[object] | None:
    """A popover to draw in; None while it is closed.

    What stands in a closed one costs every run of the page as much as in an open one.
    """
    popover = st.popover(label, icon=icon, key=key, on_change="rerun")
    return popover if popover.open else None
