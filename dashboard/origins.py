"""Which pages may ask the server for anything: those of the names that it answers to."""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

__all__ = ["OwnPagesOnly"]

_POLICY_VIOLATION = 1008


class OwnPagesOnly:
    """Middleware: refuses what a page of a foreign site sends, with status 403.

    Streamlit refuses such a page too, but first asks the web for this machine's outer address and
    logs all that the page sent, and an origin that is no address raises an error in it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "websocket" and not _is_of_own_page(scope):
            app = WebSocketClose(_POLICY_VIOLATION)
        elif scope["type"] == "http" and not _is_of_own_page(scope):
            app = PlainTextResponse("Forbidden", 403)
        await app(scope, receive, send)


def _is_of_own_page(scope: Scope) -> bool:
    """Whether each origin that a request names is ours; a request of no page names none."""
    ours: list[str] = st.get_option("server.allowedHosts")
    names = map(_name, Headers(scope=scope).getlist("origin"))
    return not ours or all(any(fnmatchcase(name, host) for host in ours) for name in names)


def _name(origin: str) -> str:
    """The name of an origin's host in lower case, empty where it has none."""
    try:
        return (urlsplit(origin).hostname or "").rstrip(".")
    except ValueError:  # half of an IPv6 address
        return ""
