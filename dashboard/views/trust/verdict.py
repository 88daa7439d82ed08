"""What both judgements of the Trust view begin with: the verdict, its notes, and what is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import streamlit as st
from markupsafe import Markup

from dashboard import state
from dashboard.wording import say

__all__ = ["draw_verdict"]

_VERDICT = Markup(
    '<p class="clif-answer">{}</p><details class="clif-means clif-notes"><summary>{}</summary>{}'
    "</details>"
)


def draw_verdict(
    verdict: str,
    notes: Iterable[str],
    label: str,
    options: Sequence[str],
    chosen: str,
    format_func: Callable[[str], str],
) -> None:
    """The verdict on the table that is ``chosen``, and the choice among several.

    ``label``: the wording ``trust.LABEL`` of that choice; ``format_func`` gives Markdown.
    """
    lines = Markup().join(Markup("<p>{}</p>").format(note) for note in notes)
    st.html(_VERDICT.format(verdict, say("trust.notes"), lines))
    if len(options) < 2:
        return
    key = state.control(f"trust_{label}", chosen)
    st.segmented_control(
        say(f"trust.{label}"),
        options,
        key=key,
        format_func=format_func,
        required=True,
        on_change=lambda: state.update(judged=st.session_state[key]),
        label_visibility="collapsed",
    )
