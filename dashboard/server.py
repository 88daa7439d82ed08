"""The server of the app: Streamlit's, with our style in the first answer that a browser gets.

``clif app`` and the tests run it by ``streamlit run dashboard/server.py``.

A style that comes with the script's first run is there some frames after the first elements, which
then move; in the page itself it is there before them. The page also names the font of the headings
and the scripts of the elements that every view has: the browser fetches them beside Streamlit's
main script, and not one after the other when an element first asks for them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HERE = Path(__file__).resolve().parent
# Streamlit puts this file's folder on sys.path; the package's parent must be there too.
if str(_HERE.parent) not in sys.path:
    sys.path.insert(1, str(_HERE.parent))

from dashboard.charts.palette import DARK, LIGHT  # noqa: E402
from dashboard.widgets.theme import STYLE  # noqa: E402

_STATIC = Path(st.__file__).parent / "static"
_SERIF = "SourceSerifVariable-Roman.*.woff2"
#: The scripts of the elements that every view has, by the beginning of their file's name.
_ASKED = ("BidiComponent", "Button", "Html", "PageLink")


class FirstPage:
    """Middleware: completes the page that a browser opens; HTML below ``media`` is to be saved."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._links, self._style = _links().encode(), _style().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_page(scope):
            await self._app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        begun: list[Message] = []
        body = bytearray()

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await send(begun[0] | {"headers": self._headers(begun[0], len(body))})
                await send(message | {"body": self._completed(bytes(body))})

        await self._app({**scope, "headers": plain}, receive, complete)
