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
from starlette.datastructures import Headers
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
            if message["type"] == "http.response.start" and _is_html(message):
                begun.append(message)
            elif begun and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    page = self._completed(bytes(body))
                    await send(_of_length(begun.pop(), len(page)))
                    await send({"type": "http.response.body", "body": page})
            else:
                await send(message)

        await self._app({**scope, "headers": plain}, receive, complete)

    def _completed(self, page: bytes) -> bytes:
        """The style goes behind Streamlit's own, which is written into the head."""
        page = page.replace(b"</head>", self._links + b"</head>", 1)
        return page.replace(b"</body>", self._style + b"</body>", 1)


def _is_page(scope: Scope) -> bool:
    """Whether a browser asks for something to show, other than what the app gives to be saved."""
    asked = Headers(scope=scope).get("accept", "")
    return scope["method"] == "GET" and "text/html" in asked and "/media/" not in scope["path"]


def _is_html(begun: Message) -> bool:
    return Headers(raw=begun["headers"]).get("content-type", "").startswith("text/html")


def _of_length(begun: Message, n_bytes: int) -> Message:
    """The beginning of an answer whose body is another than the file's."""
    theirs = (b"content-length", b"etag", b"last-modified")
    kept = [(name, value) for name, value in begun["headers"] if name.lower() not in theirs]
    return {**begun, "headers": [*kept, (b"content-length", str(n_bytes).encode())]}


def _style() -> str:
    """Our style, with the palette that the browser's theme asks for."""
    light, dark = LIGHT.css_variables(), DARK.css_variables()
    return f"<style>{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n{STYLE}</style>"


def _links() -> str:
    """Links that let a browser fetch at once what every view asks for."""
    link = '<link rel="{}" crossorigin href="./static/{}">'
    fonts = sorted((_STATIC / "static" / "media").glob(_SERIF))
    named = [link.format('preload" as="font', f"media/{font.name}") for font in fonts]
    return "".join(named + [link.format("modulepreload", f"js/{name}") for name in _scripts()])


def _scripts() -> list[str]:
    """The scripts of ``_ASKED`` with all that they import, but for what the page names already."""
    folder = _STATIC / "static" / "js"
    page = (_STATIC / "index.html").read_text("utf-8")
    seen = set(re.findall(r"static/js/([\w.-]+\.js)", page))
    found: list[str] = []
    wanted = [path.name for name in _ASKED for path in sorted(folder.glob(f"{name}.*.js"))]
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            found.append(name)
            script = (folder / name).read_text("utf-8")
            wanted += re.findall(r'(?:from|import)"\./([\w.-]+\.js)"', script)
    return found


app = st.App(_HERE / "app.py", middleware=[Middleware(FirstPage)])
