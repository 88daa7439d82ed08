"""One request to an ASGI app, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from starlette.types import ASGIApp, Message

from tests.own_loop import run_in_own_loop


class Answer(NamedTuple):
    """What came back; names of ``headers`` are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    app: ASGIApp, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Answer:
    """The answer of an app to a request."""
    told: list[Message] = []

    async def receive() -> Message:
        return await asyncio.Future[Message]()  # nobody sends or leaves

    async def send(message: Message) -> None:
        told.append(message)

    asked = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": method, "path": path, "headers": asked}

    async def run() -> None:
        await app({**scope, "query_string": b"", "root_path": ""}, receive, send)

    run_in_own_loop(run())
    found = {name.decode().lower(): value.decode() for name, value in told[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in told[1:])
    return Answer(told[0]["status"], found, body)
