"""A button that saves a file made at the press.

Streamlit's own button for a file that is made on demand keeps the function of the run that drew it.
A name typed and not yet read is missing in the file, and a press that meets the next run finds no
function at all. This button is an ordinary one: its press makes a run, which reads every field
first, makes the file and hands it to the browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal
from uuid import uuid4

import streamlit as st

from dashboard.widgets.notice import guard
from dashboard.wording import say

__all__ = ["draw_save_button", "file_stem"]

# Presses the hidden button of the file, once it is there; drawn anew, it does not press again.
_JS = """
export default function ({ parentElement, data }) {
  if (parentElement.dataset.pressed === data) return;
  parentElement.dataset.pressed = data;
  const press = () => {
    const button = document.querySelector(`.st-key-${data} button`);
    if (button) button.click();
    else if (parentElement.isConnected) requestAnimationFrame(press);
  };
  press();
}
"""
_hand_over = st.components.v2.component(
    "clif_save", html="<i hidden></i>", js=_JS, isolate_styles=False
)


def draw_save_button(
    label: str,
    make: Callable[[], bytes | str],
    file_name: str,
    mime: str,
    key: str,
    *,
    type: Literal["primary", "secondary"] = "secondary",
    icon: str | None = ":material/download:",
    help: str | None = None,
) -> None:
    """Draw the button; at its press ``make`` gives the file. What it refuses is said below.

    ``key`` may hold the name of a column of a stranger's text; the hidden button, which the script
    finds by a selector, has a key of its own.
    """
    if not st.button(label, key=key, type=type, icon=icon, help=help):
        return
    file_key = f"file_{uuid4().hex}"
    with guard(say("save.failed")), st.container(key=f"saved_{key}"):
        st.download_button(label, make(), file_name, mime, key=file_key, on_click="ignore")
        _hand_over(key=f"hand_over_{key}", data=file_key)


def file_stem(name: str, otherwise: str) -> str:
    """``name`` as the stem of a file: letters, digits, - and _, at most 80."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:80] or otherwise
