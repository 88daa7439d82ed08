"""A button that copies the address of this screen to the clipboard.

The address bar always describes the screen (``state``), so the browser copies it without a request
to the server. Browsers refuse the clipboard to pages that come neither by https nor from this
computer; there the button copies through a text field.
"""

from __future__ import annotations

import streamlit as st

from dashboard.wording import say

__all__ = ["draw_copy_link"]

_HTML = '<button type="button" class="clif-copy"></button>'
_JS = """
export default function ({ parentElement, data }) {
  const button = parentElement.querySelector("button.clif-copy");
  const rest = () => { button.textContent = data.label; };
  const copyByHand = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    parentElement.appendChild(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    return isDone;
  };
  const copy = async () => {
    const link = window.location.href;
    let isDone = false;
    try { await navigator.clipboard.writeText(link); isDone = true; }
    catch { isDone = copyByHand(link); }
    button.textContent = isDone ? data.done : data.failed;
    setTimeout(rest, 2500);
  };
  button.setAttribute("aria-live", "polite");
  button.title = data.help;
  button.onclick = copy;
  rest();
}
"""
_button = st.components.v2.component(
    "clif_copy_link", html=_HTML, js=_JS, isolate_styles=False
)  # once per server: Streamlit warns of a name that is registered again


def draw_copy_link(help_text: str) -> None:
    """Draw the button; ``help_text`` is its tooltip."""
    said = {name: say(f"selection.link_{name}") for name in ("label", "done", "failed")}
    _button(key="copy_link", data={**said, "help": help_text}, width="content", height="content")
