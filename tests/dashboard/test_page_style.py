"""The page that the server gives: Streamlit's, with our style in it."""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp
from streamlit.web.server.starlette.starlette_gzip_middleware import SelectiveGZipMiddleware
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_handler

from dashboard.server import FirstPage
from tests.asgi import ask

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
    answer = ask(app, path, {"accept": accept, "accept-encoding": "gzip"})
    return answer.headers, answer.body


def test_every_page_brings_the_style() -> None:
    for path in ("/", "/map"):
        headers, body = fetch(path, PAGE)
        page = body.decode()
        assert int(headers["content-length"]) == len(body)
        assert "etag" not in headers and headers["cache-control"] == "no-cache"
        assert page.index('<div id="root">') < page.index(".clif-heading") < page.index("</body>")


def test_the_page_knows_its_server() -> None:
    """Before its scripts run; a view lies one step below the root, wherever that is."""
    page = fetch("/map", PAGE)[1].decode()
    told = page.index('BACKEND_BASE_URL: new URL(".", location.href).href')
    assert told < page.index('<script type="module"')
    assert '"allowedOrigins": ["https://nobody.invalid"]' in page[told : page.index("</script>")]


def test_all_else_is_given_as_it_is() -> None:
    assert fetch("/media/report.html", PAGE)[1] == b"<head></head>"
    script = next((STATIC / "static" / "js").glob("Html.*.js"))
    assert fetch(f"/static/js/{script.name}", SCRIPT)[1] == script.read_bytes()
