"""From the first screen to a word set: Start -> Word map -> search, neighbours, lasso, link."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from walking import drag_lasso, query, told, wait_for_map

pytestmark = pytest.mark.browser


def test_from_the_first_screen_to_a_word_set(
    open_page: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    page = open_page()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Which sentences")
    expect(page.locator(".clif-question")).to_contain_text("male names lean more towards career")
    expect(page.locator(".clif-card")).to_have_count(2)
    screenshot(page, "model_light")

    page.get_by_role("button", name="Open the word map").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Word map")
    wait_for_map(page)
    screenshot(page, "map_light")

    search = page.get_by_label("Find words")
    search.fill("lvoe")
    search.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("'lvoe' is not among the model's")
    search.fill("Lov")
    expect(page.get_by_role("option").first).to_contain_text("love")
    search.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert told(page, "word") == "love"
    assert len(told(page, "near").split()) == 10
    expect(page.locator(".clif-map-question")).to_contain_text("Why is love with")
    assert query(page)["word"] == "love"
    screenshot(page, "map_word_light")

    page.get_by_role("button", name="The whole map").click()
    drag_lasso(page)
    expect(page.locator(".clif-map-question")).to_contain_text("lie together")
    words = query(page)["words"].split(",")
    assert len(words) >= 2
    assert "word" not in query(page)
    screenshot(page, "map_lasso_light")

    again = open_page(urlsplit(page.url).path.strip("/") + "?" + urlsplit(page.url).query)
    wait_for_map(again)
    expect(again.locator(".living-map")).to_have_attribute("data-chosen", str(len(words)))
