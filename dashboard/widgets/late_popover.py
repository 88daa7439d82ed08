"""A popover whose content is drawn when it is opened."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

__all__ = ["late_popover"]


def late_popover(label: str, icon: str, key: str) -> DeltaGenerator | None:
    """A popover to draw in; None while it is closed.

    What stands in a closed one costs every run of the page as much as in an open one.
    """
    popover = st.popover(label, icon=icon, key=key, on_change="rerun")
    return popover if popover.open else None
