"""The Lab in a real browser: a click asks about a point, another moves it; on a phone too."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SLOW = 90_000  # milliseconds on a busy machine
PLACE = """index => {
    const plot = document.querySelector('.js-plotly-plot'), box = plot.getBoundingClientRect();
    const {xaxis, yaxis} = plot._fullLayout, points = plot._fullData[2];
    return [box.x + xaxis._offset + xaxis.d2p(points.x[index]),
            box.y + yaxis._offset + yaxis.d2p(points.y[index])];
}"""


def await_answer(page: Page, text: str) -> None:
    """Wait for the sentence about the point asked about, for the end of the script, and for the
    plot, which the browser draws when it has fetched what draws it."""
    expect(page.locator(".clif-answer")).to_contain_text(text, timeout=SLOW)
    expect(page.locator(".clif-compare tbody tr")).to_have_count(2, timeout=SLOW)
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0, timeout=SLOW)
    page.wait_for_function(
        "document.querySelector('.js-plotly-plot')?._fullData?.length > 2", timeout=SLOW
    )


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def click_point(page: Page, index: int, shift: tuple[int, int] = (0, 0)) -> None:
    x, y = page.evaluate(PLACE, index)
    page.mouse.move(x + shift[0], y + shift[1])
    page.mouse.click(x + shift[0], y + shift[1])


def loneliest(page: Page) -> int:
    """A point with no other near it, so that a click cannot hit its neighbour."""
    return int(
        page.evaluate(
            """() => { const d = document.querySelector('.js-plotly-plot')._fullData[2];
            const gaps = d.x.map((x, i) => Math.min(...d.x.map((u, j) => i == j ? 99 :
                Math.hypot(u - x, d.y[j] - d.y[i]))));
            return gaps.indexOf(Math.max(...gaps)); }"""
        )
    )


def test_ask_about_a_point_and_move_it(
    open_page: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    page = open_page("lab?lab_regime=two_steps&lab_trained=nll", 1280, 1000)
    await_answer(page, "of point 0 is")
    at = loneliest(page)
    click_point(page, at)
    await_answer(page, f"of point {at} is")
    assert query_of(page)["lab_point"] == [str(at)]
    screenshot(page, "lab_light")
    # Each hand has a plane of its own; while that of before is there, a click on it would ask.
    asking = page.locator("[class*=st-key-lab_plane_]").evaluate(
        "e => [...e.classList].find(name => name.startsWith('st-key-lab_plane_'))"
    )
    page.get_by_role("radio", name="moves the point").click()
    expect(page.locator(f".{asking}")).to_have_count(0, timeout=SLOW)
    await_answer(page, f"of point {at} is")
    click_point(page, at, (60, -60))
    expect(page.get_by_role("button", name="Undo")).to_be_visible(timeout=SLOW)
    await_answer(page, f"of point {at} is")
    assert query_of(page)["lab_edits"][0].startswith(f"{at}:")
    page.get_by_role("button", name="Back to the draw").click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0, timeout=SLOW)


def test_axe_and_a_phone(
    open_page: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    page = open_page("lab?lab_regime=two_steps&lab_asked=kl&lab_point=60", 390, 844, "dark")
    await_answer(page, "of point 60 is")
    screenshot(page, "lab_phone_dark")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    found = Axe().run(page).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious)[:2000]
