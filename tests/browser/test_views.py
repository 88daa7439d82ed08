"""Story, Compare and What if on a real sample, each by its link."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from walking import SLOW, await_rest, await_text, link, query

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Screenshot = Callable[[Page, str], None]


@pytest.fixture
def with_text(open_page: OpenPage) -> None:
    """The sample's text is in the home: Influence, alone, can fetch it."""
    await_text(open_page(link("influence")), "article.clif-card")


def _press_until_gone(page: Page, key: str, text: str) -> None:
    """A key pressed while the page is being drawn is lost, so press again where nothing moves."""
    shown = page.get_by_text(text, exact=True)
    for _ in range(10):
        await_rest(page)
        page.keyboard.press(key)
        try:
            expect(shown).to_have_count(0, timeout=4_000)
        except AssertionError:
            continue
        return
    raise AssertionError(f"{key} does not lead on from {text!r}")


@pytest.mark.usefixtures("with_text")
def test_story_by_the_arrow_keys(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page(link("story", has_probe=False), 1920, 1080)
    kicker = page.locator(".clif-story .clif-kicker")
    for step in range(1, 7):
        expect(kicker).to_have_text(f"Step {step} of 7", timeout=SLOW)
        _press_until_gone(page, "ArrowRight", f"Step {step} of 7")
    expect(kicker).to_have_text("Step 7 of 7", timeout=SLOW)
    screenshot(page, "story_end_light")
    assert query(page)["step"] == "7"
    page.get_by_role("button", name="All sentences").click()
    await_text(page, "article.clif-card")


def test_compare_two_trainings(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page(link("compare"))
    rows = page.locator(".clif-compare tbody tr")
    expect(rows.first).to_contain_text("Men lean more towards war", timeout=SLOW)
    page.get_by_label("Word", exact=True).fill("love")
    page.keyboard.press("Enter")
    expect(page.locator(".clif-near-lists li.both").first).to_be_visible()
    screenshot(page, "compare_light")


@pytest.mark.usefixtures("with_text")
def test_what_if_predicts_and_follows_the_size(open_page: OpenPage, screenshot: Screenshot) -> None:
    page = open_page(link("what_if"))
    answer = page.get_by_text(re.compile("^Predicted: the bias goes from"))
    expect(answer).to_be_visible(timeout=SLOW)
    before = answer.inner_text()
    page.get_by_text("10", exact=True).first.click()
    expect(answer).not_to_have_text(before, timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("10 sentences")
    screenshot(page, "what_if_light")
