"""Story, Compare and What if on a real sample, each by its link."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from walking import SLOW, await_rest, link

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Screenshot = Callable[[Page, str], None]


def _take_steps(page: Page, key: str, steps: list[int]) -> None:
    for step in steps:
        page.keyboard.press(key)
        page.locator(f".present[data-step='{step}'] h1 >> visible=true").first.wait_for()


@pytest.mark.usefixtures("with_text")
@pytest.mark.parametrize("model", ["brown", "shakespeare"])
def test_seven_steps_by_keyboard_alone_without_a_network(
    model: str, open_page: OpenPage, screenshot: Screenshot
) -> None:
    page = open_page(f"story?model={model}", 1920, 1080)
    page.locator(".present[data-step='1']").wait_for(timeout=SLOW)
    await_rest(page)
    page.context.route(
        lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort()
    )
    button = page.locator("[data-go=next]")
    place = button.bounding_box()
    _take_steps(page, "ArrowRight", [2, 3, 4, 5, 6, 7])
    assert button.bounding_box() == place  # controls do not move
    _take_steps(page, "ArrowLeft", [6, 5])
    assert page.locator(".cards .struck").count() == 3
    _take_steps(page, "Home", [1])
    _take_steps(page, "End", [7])
    expect(page).to_have_url(re.compile("step=7"))
    screenshot(page, f"story_end_{model}")
    page.reload()
    page.locator(".present[data-step='7']").wait_for(timeout=SLOW)
    page.keyboard.press("Escape")
    expect(page.locator(".present")).to_have_count(0, timeout=SLOW)


@pytest.mark.usefixtures("with_text")
def test_the_gap_closes_by_prediction_and_then_as_measured(open_page: OpenPage) -> None:
    page = open_page("story?model=brown&step=4")
    without, random = page.locator(".gap.without .fill"), page.locator(".gap.random .fill")
    page.locator(".present[data-step='4']").wait_for(timeout=SLOW)
    heights = []
    for step in (4, 5, 6):
        page.locator(f"[data-step='{step}'] .gap.without").wait_for()
        page.wait_for_timeout(3_000)  # strikes first, then the gap
        heights.append([part.bounding_box()["height"] for part in (without, random)])  # type: ignore[index]
        page.keyboard.press("ArrowRight")
    (whole, _), (predicted, by_chance), (measured, at_random) = heights
    assert predicted < 0.2 * whole and measured < 0.3 * whole
    assert by_chance == pytest.approx(whole, rel=0.02)
    assert at_random == pytest.approx(whole, rel=0.02)


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
    answer = page.get_by_text(re.compile("^Predicted.*the bias goes from"))
    expect(answer).to_be_visible(timeout=SLOW)
    before = answer.inner_text()
    page.get_by_text("10", exact=True).first.click()
    expect(answer).not_to_have_text(before, timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("10 sentences")
    screenshot(page, "what_if_light")
