"""The selection of a session, in the session and in the URL.

Every view reads ``current()`` and writes ``update(...)``; no view has a selection of its own.
``update`` also writes the URL, so that the address bar (and Copy link) always describes the
screen. The URL is read when a session starts and after Back and Forward of the browser; otherwise
the session decides, because a rerun may still carry the previous address.

Widgets are *controlled*: call ``control(key, value)`` just before drawing one, and give it an
``on_change`` callback that calls ``update``. Streamlit forgets the value of a widget that is not
drawn; the selection does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, cast

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.links import from_query, to_query
from dashboard.selection import Selection

__all__ = ["begin", "control", "current", "end_first_run", "is_from_link", "press", "update"]

_SELECTION = "clif_selection"
_FROM_LINK = "clif_from_link"  # the fields whose values a link gave
_OF_THE_TEXT = (
    "document", "sentence", "level", "group", "only_column", "only_value", "search", "clustering",
    "removal", "removal_value", "ticked", "ticked_documents", "judged",
)  # fmt: skip
_WRITTEN = "clif_written"
_TOLD = "clif_told"  # the query that the browser was told last, or came with
_IS_FIRST_RUN = "clif_first_run"
_Query = frozenset[tuple[str, str]]
_MAX_WRITTEN = 50


def current() -> Selection:
    """The selection of this session."""
    return cast(Selection, st.session_state.get(_SELECTION, Selection()))


def update(**changes: Any) -> None:
    """Change some fields of the selection, in the session and in the URL.

    With another model, fields that name parts of the old one's text return to their defaults
    (``data.fitting`` then drops the words that it does not know). With another probe, the text to
    remove is that which its question asks for.
    """
    before = current()
    if before.model and changes.get("model", before.model) != before.model:
        default = Selection()
        changes = {name: getattr(default, name) for name in _OF_THE_TEXT} | changes
    if changes.get("probe", before.probe) != before.probe:
        changes = {"removal_side": ""} | changes
    selection = replace(before, **changes)
    st.session_state[_SELECTION] = selection
    st.session_state[_FROM_LINK] = st.session_state.get(_FROM_LINK, frozenset()) - changes.keys()
    _write_url(selection)


def begin() -> Selection:
    """Start a script run: read the URL or restate it.

    It is read by the first run of a session, and by a run that Back or Forward of the browser
    caused; nothing that it asks for counts as pressed. The first run does not restate it: that
    would be an entry of the history that nobody made (``widgets.history`` replaces it).
    """
    is_first = _SELECTION not in st.session_state
    if is_first or _is_back_or_forward():
        linked = _read_url()
        st.session_state[_SELECTION] = linked
        st.session_state[_TOLD] = to_query(linked)
        st.session_state[_FROM_LINK] = frozenset(
            field.name
            for field in fields(Selection)
            if getattr(linked, field.name) != field.default
        )
    st.session_state[_IS_FIRST_RUN] = is_first
    _write_url(current())
    return current()


def end_first_run() -> None:
    """The first run is over: from here on a change is written to the address, by fragments too."""
    st.session_state[_IS_FIRST_RUN] = False


def _is_back_or_forward() -> bool:
    """Whether the browser's history brought this run; its address is the one to show."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(getattr(context, "is_history_navigation", False))


def _read_url() -> Selection:
    """What the URL asks for; whole where this session wrote it, for a URL holds fewer words."""
    query = st.query_params.to_dict()
    written: Selection | None = _written().get(_frozen(query))
    return from_query(query) if written is None else written


def is_from_link(*names: str) -> bool:
    """Whether one of the fields still has its value from the link that opened this session.

    A link shows what is there and offers the rest; only a press starts long work. ``press`` makes
    the values of a link the person's own.
    """
    return not st.session_state.get(_FROM_LINK, frozenset()).isdisjoint(names)


def press(*names: str) -> None:
    """Take the values of some fields as chosen by the person, not by a link."""
    update(**{name: getattr(current(), name) for name in names})


def control(key: str, value: Any) -> str:
    """Set the value of the widget ``key`` before it is drawn; returns the key."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def _write_url(selection: Selection) -> None:
    query = to_query(selection)
    told = st.session_state.get(_TOLD, query)
    st.session_state[_TOLD] = query
    if st.session_state.get(_IS_FIRST_RUN):
        return
    written = _written()
    written[_frozen(query)] = selection
    while len(written) > _MAX_WRITTEN:
        written.pop(next(iter(written)))
    # A press during a script run carries the address from before that run: compared with it alone,
    # the address that the run has written since would stay.
    if st.query_params.to_dict() != query or told != query:
        st.query_params.from_dict(query)


def _written() -> dict[_Query, Selection]:
    """The selections that this session wrote as URLs, the latest last."""
    found: dict[_Query, Selection] = st.session_state.setdefault(_WRITTEN, {})
    return found


def _frozen(query: Mapping[str, str]) -> _Query:
    return frozenset(query.items())
