"""The server of the app: Streamlit's, with our style in the first answer that a browser gets.

``clif app`` and the tests run it by ``streamlit run dashboard/server.py``. Pages of foreign sites
are refused before it (``dashboard.origins``).

A style that comes with the script's first run is there some frames after the first elements, which
then move; in the page itself it is there before them.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

# Read when NumPy is loaded, which Streamlit does later. Visitors' runs share the cores already, and
# a matrix product on two threads waits for the slower (docs/decisions/0042).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import psutil
import streamlit as st
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HERE = Path(__file__).resolve().parent
# Streamlit puts this file's folder on sys.path; the package's parent must be there too.
if str(_HERE.parent) not in sys.path:
    sys.path.insert(1, str(_HERE.parent))

from dashboard.charts.palette import DARK, LIGHT  # noqa: E402
from dashboard.front_end import FrontEnd  # noqa: E402
from dashboard.origins import OwnPagesOnly  # noqa: E402
from dashboard.widgets.theme import STYLE  # noqa: E402

# What a browser asks of the file as it lies there, which is another than what it gets: zipped, a
# part of it, or only if it changed.
_OF_THE_FILE = (b"accept-encoding", b"range", b"if-range", b"if-none-match", b"if-modified-since")


class FirstPage:
    """Middleware: completes the page that a browser opens; HTML below ``media`` is to be saved."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._connection = _connection().encode()
        self._style = (_style() + _focus()).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_page(scope):
            await self._app(scope, receive, send)
            return
        asked = [(name, value) for name, value in scope["headers"] if name not in _OF_THE_FILE]
        begun: list[Message] = []
        body = bytearray()

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                begun.append(message)
            elif begun and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    page = bytes(body).replace(b"</body>", self._style + b"</body>", 1)
                    page = page.replace(b"<head>", b"<head>" + self._connection, 1)
                    await send(_of_length(begun.pop(), len(page)))
                    await send({"type": "http.response.body", "body": page})
            else:
                await send(message)

        # HEAD is answered as GET, so that it says the same length; the server leaves out the body.
        await self._app({**scope, "method": "GET", "headers": asked}, receive, complete)


def _is_page(scope: Scope) -> bool:
    """Whether a browser asks for something to show, other than what the app gives to be saved."""
    asked = Headers(scope=scope).get("accept", "")
    is_read = scope["method"] in ("GET", "HEAD")
    return is_read and "text/html" in asked and "/media/" not in scope["path"]


def _is_html(begun: Message) -> bool:
    return Headers(raw=begun["headers"]).get("content-type", "").startswith("text/html")


def _of_length(begun: Message, n_bytes: int) -> Message:
    """The beginning of an answer whose body is another than the file's."""
    theirs = (b"content-length", b"etag", b"last-modified", b"accept-ranges")
    kept = [(name, value) for name, value in begun["headers"] if name.lower() not in theirs]
    return {**begun, "headers": [*kept, (b"content-length", str(n_bytes).encode())]}


def _connection() -> str:
    """Where the page finds its server, told beforehand.

    Streamlit's front end then opens its socket at once. Else it would first look for the server
    below the address of the view, which is not there, and then where it is.
    """
    host = {
        "allowedOrigins": st.get_option("client.allowedOrigins"),
        "useExternalAuthToken": False,
    }
    told = f'BACKEND_BASE_URL: new URL(".", location.href).href, HOST_CONFIG: {json.dumps(host)}'
    return f"<script>window.__streamlit = {{ {told} }}</script>"


def _style() -> str:
    """Our style, with the palette that the browser's theme asks for."""
    light, dark = LIGHT.css_variables(), DARK.css_variables()
    return f"<style>{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n{STYLE}</style>"


def _focus() -> str:
    """A script that keeps the focus of the keyboard where a press has its button drawn anew."""
    return f"<script>{(_HERE / 'focus.js').read_text(encoding='utf-8')}</script>"


@asynccontextmanager
async def _at_start(app: Any) -> AsyncIterator[None]:
    """What is done once, when the server listens and before it answers."""
    send_at_once()
    yield


def send_at_once() -> None:
    """Have the connections to this process send each message at once (TCP_NODELAY).

    Streamlit binds a socket without naming its protocol, and asyncio turns the waiting off only for
    sockets that name TCP. Else the second of two small messages waits until the first is confirmed,
    which the other side may put off for 40 ms. A connection inherits the option of the socket that
    listens (not on Windows, where its descriptor is not told).
    """
    with suppress(psutil.Error):
        for listening in psutil.Process().net_connections("tcp"):
            if listening.status == psutil.CONN_LISTEN and listening.fd >= 0:
                with socket.socket(fileno=os.dup(listening.fd)) as same:
                    same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


app = st.App(
    _HERE / "app.py",
    lifespan=_at_start,
    middleware=[Middleware(OwnPagesOnly), Middleware(FrontEnd), Middleware(FirstPage)],
)
