"""Which views exist, which way through the product each is part of, and moving to one.

A button opens a view with ``on_click=navigation.go, args=("influence",)``; further arguments change
the selection first: ``kwargs={"probe": ...}``. A view that does not exist yet gets no button:
``has_view``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.links import to_query

__all__ = [
    "DOORS",
    "door_of",
    "follow",
    "go",
    "has_view",
    "open_pending",
    "page_of",
    "register",
    "views_of",
]

#: The three ways through the product: explore a map, audit a claim, present a finding.
DOORS = ("explore", "audit", "present")

_PAGES = "clif_pages"
_DOORS = "clif_doors"
_PENDING = "clif_go_to"
_FOLLOWED = "clif_go_followed"  # the page has been run again for it


def register(pages: Mapping[str, Any], doors: Mapping[str, str] | None = None) -> None:
    """Store the pages that exist: name -> the object from ``st.Page``; and name -> its door."""
    st.session_state[_PAGES] = dict(pages)
    st.session_state[_DOORS] = dict(doors or {})


def has_view(name: str) -> bool:
    return name in st.session_state.get(_PAGES, {})


def page_of(name: str) -> Any:
    """The page of a view, as ``st.page_link`` takes it."""
    return st.session_state[_PAGES][name]


def door_of(name: str) -> str:
    """The door of a view; "" for the first screen."""
    return str(st.session_state.get(_DOORS, {}).get(name, ""))


def views_of(door: str) -> list[str]:
    """The names of a door's views, in the order of its path; "": the first screen."""
    return [name for name, own in st.session_state.get(_DOORS, {}).items() if own == door]


def go(name: str, **changes: Any) -> None:
    """Change the selection and open a view. For use in an ``on_click`` callback.

    In a fragment, ``follow`` lets the whole page run, which opens it.
    """
    state.update(**changes)
    st.session_state[_PENDING] = name


def follow() -> None:
    """For the start of a fragment: open the view that one of its buttons asked for."""
    if _PENDING in st.session_state and not st.session_state.get(_FOLLOWED):
        st.session_state[_FOLLOWED] = True
        st.rerun(scope="app")


def open_pending(page: Any) -> None:
    """Follow the last ``go``; ``app.py`` calls this once per run, with the page that it shows.

    What is asked for is forgotten on arrival: a fragment that runs by the clock asks for a run of
    the page that is left, and may put that in the place of the switch.
    """
    name = st.session_state.get(_PENDING)
    st.session_state.pop(_FOLLOWED, None)
    if name is None or not has_view(name) or page_of(name) == page:
        st.session_state.pop(_PENDING, None)
        return
    st.switch_page(page_of(name), query_params=to_query(state.current()))
