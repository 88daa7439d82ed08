"""Empty and error states: the reason and the next step, never a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from markupsafe import Markup

from clif_core.errors import ClifError
from dashboard.widgets.html import into_view
from dashboard.wording import say

__all__ = ["guard", "show_empty", "show_problem"]

_log = logging.getLogger("dashboard")


def show_empty(title: str, text: str, example: str = "") -> None:
    """Nothing to show yet: say why and what to do, with an ``example`` of what will be there."""
    shown = Markup('<p class="clif-kicker">{}</p><p class="clif-question">{}</p>')
    shown = shown.format(say("empty.example"), example) if example else Markup("")
    state = '<div class="clif-state"><h3>{}</h3><p>{}</p>{}</div>'
    st.html(Markup(state).format(title, text, shown))


def show_problem(text: str, title: str | None = None, html_id: str = "") -> None:
    """A request that could not be met. The message of a ClifError is meant for people.

    ``html_id``: of its element, which the page goes to, where it stands away from what was pressed.
    """
    problem = Markup(
        '<div id="{}" class="clif-state clif-state-problem" role="alert"><h3>{}</h3><p>{}</p></div>'
    ).format(html_id, title or say("problem.title"), text)
    script = into_view(html_id) if html_id else Markup("")
    st.html(problem + script, unsafe_allow_javascript=bool(html_id))


@contextmanager
def guard(title: str | None = None) -> Iterator[None]:
    """Run a part of a screen; an error becomes a message there, and the rest is still drawn."""
    try:
        yield
    except ClifError as error:
        show_problem(str(error), title)
    except Exception:
        _log.exception("unexpected error in a view")
        show_problem(say("problem.unexpected"), title)
