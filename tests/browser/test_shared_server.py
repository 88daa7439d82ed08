"""A server for several people: what one of them brings, the others neither see nor touch."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from served import borrow_texts, give_model, serve
from walking import SLOW

HEADER = "X-Forwarded-User"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which ann has a model of her own, a copy of a sample."""
    home = tmp_path_factory.mktemp("shared")
    borrow_texts(home)
    give_model(home, f"{HEADER} ann")
    return home


def test_visitors_are_kept_apart(home: Path, tmp_path: Path, chromium: Browser) -> None:
    settings = {"CLIF_SHARED": "1", "CLIF_USER_HEADER": HEADER}
    with serve(home, tmp_path / "log", settings) as (url, _):

        def open_as(name: str) -> Page:
            headers = {HEADER: name} if name else {}
            page = chromium.new_context(extra_http_headers=headers).new_page()
            page.goto(f"{url}/model?model=anns")
            return page

        anns, bobs, nobodys = open_as("ann"), open_as("bob"), open_as("")
        expect(anns.get_by_role("heading", name="Of Ann").first).to_be_visible(timeout=SLOW)
        expect(bobs.get_by_text("There is no model 'anns' here")).to_be_visible(timeout=SLOW)
        expect(bobs.get_by_text("Of Ann")).to_have_count(0)
        refused = nobodys.get_by_text("This server takes visitors from its sign-in alone")
        expect(refused).to_be_visible(timeout=SLOW)
