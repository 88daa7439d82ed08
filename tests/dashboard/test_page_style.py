"""The page that the server gives: Streamlit's, with our style in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import streamlit
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Message
from streamlit.web.server.starlette.starlette_gzip_middleware import SelectiveGZipMiddleware
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_handler

from dashboard.server import FirstPage
from tests.own_loop import run_in_own_loop

STATIC = Path(streamlit.__file__).parent / "static"
PAGE, SCRIPT = "text/html,*/*;q=0.8", "*/*"


def fetch(path: str, accept: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of Streamlit's own answer, as our page has them."""
    theirs = Router(
        [
            Route("/media/report.html", lambda request: HTMLResponse("<head></head>")),
            Mount("/", create_streamlit_static_handler(str(STATIC), "")),
        ]
    )
    app: ASGIApp = FirstPage(SelectiveGZipMiddleware(theirs, minimum_size=100, compresslevel=1))
    told: list[Message] = []

    async def receive() -> Message:
        return await asyncio.Future[Message]()  # nobody sends or leaves

    async def send(message: Message) -> None:
        told.append(message)

    asked = [(b"accept", accept.encode()), (b"accept-encoding", b"gzip")]
    scope = {"type": "http", "method": "GET", "path": path, "headers": asked, "query_string": b""}

    async def ask() -> None:
        await app({**scope, "root_path": ""}, receive, send)

    run_in_own_loop(ask())
    headers = {name.decode().lower(): value.decode() for name, value in told[0]["headers"]}
    return headers, b"".join(message.get("body", b"") for message in told[1:])


def test_every_page_brings_the_style() -> None:
    for path in ("/", "/map"):
        headers, body = fetch(path, PAGE)
        page = body.decode()
        assert int(headers["content-length"]) == len(body)
        assert "etag" not in headers and headers["cache-control"] == "no-cache"
        assert page.index('<div id="root">') < page.index(".clif-heading") < page.index("</body>")


def test_all_else_is_given_as_it_is() -> None:
    assert fetch("/media/report.html", PAGE)[1] == b"<head></head>"
    script = next((STATIC / "static" / "js").glob("Html.*.js"))
    assert fetch(f"/static/js/{script.name}", SCRIPT)[1] == script.read_bytes()
