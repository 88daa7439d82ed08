"""Streamlit's front end, given from memory: the same files, and nothing else."""

from __future__ import annotations

import socket
from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.routing import Mount
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_handler

from dashboard.front_end import FrontEnd
from dashboard.server import send_at_once
from tests.asgi import ask

STATIC = Path(streamlit.__file__).parent / "static"
THEIRS = Starlette(routes=[Mount("/", create_streamlit_static_handler(str(STATIC), ""))])


def test_every_file_is_streamlits_own() -> None:
    ours = FrontEnd(THEIRS)
    paths = [path for path in (STATIC / "static").rglob("*") if path.is_file()]
    assert len(paths) > 100
    for path in paths:
        address = f"/{path.relative_to(STATIC).as_posix()}"
        for _ in range(2):  # read, and from memory
            answer = ask(ours, address)
            assert answer.body == path.read_bytes()
        expected = ask(THEIRS, address).headers
        kind = expected["content-type"].partition(";")[0]
        assert answer.headers["content-type"].partition(";")[0] == kind, address
        assert answer.headers["cache-control"] == expected["cache-control"]


def test_other_requests_are_passed_on() -> None:
    ours = FrontEnd(THEIRS)
    script = next((STATIC / "static/js").glob("index.*.js"))
    address = f"/static/js/{script.name}"
    part = ask(ours, address, {"range": "bytes=0-9"})
    assert part.status == 206 and part.body == script.read_bytes()[:10]
    head, expected = (ask(app, address, method="HEAD") for app in (ours, THEIRS))
    assert head.headers["etag"] == expected.headers["etag"]
    assert ask(ours, address, method="POST").status == 405
    for other in ("/static/js/../index.html", "/static/", "/favicon.png", "/static/none.js"):
        answer, expected = ask(ours, other), ask(THEIRS, other)
        assert (answer.status, answer.body) == (expected.status, expected.body)


def test_each_message_is_sent_at_once() -> None:
    """As Streamlit binds its socket: without naming the protocol, so that asyncio leaves it."""
    with socket.socket(socket.AF_INET) as listening, socket.socket() as browser:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        send_at_once()
        browser.connect(listening.getsockname())
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
