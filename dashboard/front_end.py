"""Streamlit's front end, given from memory: some seventy files before anything is drawn.

Streamlit reads each from the disk in a thread of its own, while the browser waits for all of them:
80 ms for a plain client on two cores, 23 from memory (docs/decisions/0043).
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["FrontEnd"]

_FOLDER = "static"  # of the files whose names hold the hash of what is in them
_YEAR = 31_536_000  # seconds
_TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}


class FrontEnd:
    """Middleware: answers ``GET /static/...`` where that is a file of Streamlit's front end.

    Any other request is passed on, and so is one for a part of a file. A file is read when it is
    first asked for and kept. The browser keeps it as well, since a name never gets another content.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        root = Path(st.__file__).parent / "static"
        found = (path for path in (root / _FOLDER).rglob("*") if path.is_file())
        self._paths = {f"/{path.relative_to(root).as_posix()}": path for path in found}
        self._bodies: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._paths.get(scope.get("path", ""))
        is_whole = path is not None and scope["method"] == "GET" and not _asks_for_part(scope)
        if path is None or not is_whole:
            await self._app(scope, receive, send)
            return
        body = self._bodies.get(scope["path"])
        if body is None:
            body = self._bodies[scope["path"]] = path.read_bytes()
        headers = {
            "content-type": _type_of(path),
            "content-length": str(len(body)),
            "cache-control": f"public, immutable, max-age={_YEAR}",
            "x-content-type-options": "nosniff",
        }
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _asks_for_part(scope: Scope) -> bool:
    return any(name == b"range" for name, _ in scope["headers"])


def _type_of(path: Path) -> str:
    known = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return known or "application/octet-stream"
