"""From the first screen to a word set: Start -> Word map -> search, neighbours, lasso, link."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from walking import await_rest, drag_lasso, query, wait_for_map

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

    search = page.get_by_label("Find a word")
    search.fill("lvoe")
    search.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("'lvoe' is not among the model's")
    search.fill("love")
    search.press("Enter")
    expect(page.locator("h2.clif-word", has_text="love")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert query(page)["word"] == "love"
    wait_for_map(page)
    screenshot(page, "map_word_light")

    table = page.locator(".st-key-map_neighbours_love").bounding_box()
    assert table is not None
    page.mouse.click(table["x"] + 16, table["y"] + 35 * 1.5)  # the first row's box, on a canvas
    expect(page.locator("h2.clif-word")).not_to_have_text("love")
    assert query(page)["word"] != "love"

    drag_lasso(page)
    expect(page.get_by_label("Name of the set")).to_be_visible()
    chips = page.locator(".clif-chip")
    expect(chips.first).to_be_visible()
    words = query(page)["words"].split(",")
    assert len(words) >= 2
    screenshot(page, "map_lasso_light")

    again = open_page(urlsplit(page.url).path.strip("/") + "?" + urlsplit(page.url).query)
    expect(again.locator(".clif-chip").first).to_have_text(chips.first.inner_text())
    expect(again.get_by_label("Find a word")).to_have_value(query(page)["word"])


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_map_in_the_dark(
    open_page: Callable[..., Page],
    screenshot: Callable[[Page, str], None],
    width: int,
    height: int,
) -> None:
    page = open_page("map?dims=3", width, height, "dark")
    wait_for_map(page)
    assert query(page)["dims"] == "3"
    background = page.locator(".stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert background == "rgb(21, 24, 28)"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    screenshot(page, f"map_solid_dark_{width}")


def test_no_label_covers_another_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("map", 390, 844)
    wait_for_map(page)
    await_rest(page)
    page.wait_for_timeout(500)  # the chart takes its size from the column that it stands in
    labels = page.locator(".st-key-map_canvas .annotation")
    boxes = [box for box in (label.bounding_box() for label in labels.all()) if box]
    assert 5 <= len(boxes) < labels.count(), "some stay, and on a phone not all do"
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            is_beside = abs(one["x"] - other["x"]) >= min(one["width"], other["width"]) - 2
            is_above = abs(one["y"] - other["y"]) >= min(one["height"], other["height"]) - 2
            assert is_beside or is_above, (one, other)
