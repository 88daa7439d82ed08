"""The views that exist, and going from one to another with the current selection.

``app.py`` registers its pages here at every run. A view can therefore offer another view where that
exists, without importing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import state

__all__ = ["go", "has_view", "open_pending", "register"]

_PAGES = "clif_pages"
_PENDING = "clif_go_to"


def register(pages: Mapping[str, Any]) -> None:
    """Store the pages that exist: name -> the object from ``st.Page``."""
    st.session_state[_PAGES] = dict(pages)


def has_view(name: str) -> bool:
    return name in st.session_state.get(_PAGES, {})


def go(name: str, **changes: Any) -> None:
    """Change the selection and open a view. For use in an ``on_click`` callback."""
    state.update(**changes)
    st.session_state[_PENDING] = name


def open_pending() -> None:
    """Follow the last ``go``; ``app.py`` calls this once per run, after registering."""
    name = st.session_state.pop(_PENDING, None)
    if name is not None and has_view(name):
        st.switch_page(st.session_state[_PAGES][name])
