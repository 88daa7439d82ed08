"""Empty and error states: what is the matter, and what to do next. Never a stack trace."""

from __future__ import annotations

import html
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from clif_core.errors import ClifError
from dashboard.wording import say

__all__ = ["guard", "show_empty", "show_problem"]

_log = logging.getLogger("dashboard")


def show_empty(title: str, text: str) -> None:
    """Nothing to show yet: say why, and how to get something."""
    st.html(
        f'<div class="clif-state"><h3>{html.escape(title)}</h3><p>{html.escape(text)}</p></div>'
    )


def show_problem(text: str, title: str | None = None) -> None:
    """A request that could not be met. The message of a ClifError is meant for people."""
    st.html(
        '<div class="clif-state clif-state-problem" role="alert">'
        f"<h3>{html.escape(title or say('problem.title'))}</h3><p>{html.escape(text)}</p></div>"
    )


@contextmanager
def guard(title: str | None = None) -> Iterator[None]:
    """Run a part of a screen; its errors become a message there, and the rest goes on."""
    try:
        yield
    except ClifError as error:
        show_problem(str(error), title)
    except Exception:
        _log.exception("unexpected error in a view")
        show_problem(say("problem.unexpected"), title)
