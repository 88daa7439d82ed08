"""One press makes one entry of the browser's history, and Back shows what was there.

``state`` writes the address whenever the selection changes, and Streamlit pushes an entry of the
history for each message about the address: opening a view with a question made up to four. This
component, drawn on every page, lets one through for each press or key; what follows without
another press replaces it. The first page replaces the address that it was opened by.

Streamlit itself listens to Back and Forward and runs the script with the address that is then
shown (``state.begin`` reads it).
"""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from dashboard.links import to_query
from dashboard.selection import Selection

__all__ = ["draw_history"]

_JS = """
export default function ({ data }) {
  const search = data.query ? `?${data.query}` : "";
  if (window.clifHistory) return;
  window.clifHistory = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  let isPressed = false;
  const press = () => { isPressed = true; };
  window.addEventListener("popstate", () => { isPressed = false; });
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, press, true);
  history.pushState = (state, title, url) => {
    (isPressed ? push : replace)(state, title, url);
    isPressed = false;
  };
  if (location.search !== search) replace(history.state, "", location.pathname + search);
}
"""
_component = st.components.v2.component("clif_history", html="<i hidden></i>", js=_JS,
                                        isolate_styles=False)  # fmt: skip


def draw_history(selection: Selection) -> None:
    """Put the rule into the page; it takes no room."""
    with st.container(key="history"):
        _component(key="clif_history", data={"query": urlencode(to_query(selection))})
