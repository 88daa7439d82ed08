"""What the browser tests do again and again: links, waiting, saving, looking for shifts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Locator, Page, expect

from clif_core.probes import find_probe

DOORS = {
    "map": "Explore", "compare": "Explore", "lab": "Explore", "case": "Audit", "probe": "Audit",
    "influence": "Audit", "what_if": "Audit", "trust": "Audit", "report": "Audit",
}  # fmt: skip
FIRST = {"Explore": "map", "Audit": "case"}  # what a door opens
SLOW = 90_000  # milliseconds to open the text for the first time, on a busy machine

# Movement of what is already on the screen that nobody caused, as Chromium scores it.
COUNT_SHIFTS = """
window.clifShift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.clifShift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


class Presses:
    """Counts the presses of a walk: clicks, and the drag of a lasso."""

    def __init__(self, page: Page) -> None:
        self.page, self.n = page, 0

    def press(self, target: Locator) -> None:
        await_rest(self.page)
        target.first.click()
        self.n += 1

    def lasso(self) -> None:
        """Two presses: the button and the drag."""
        drag_lasso(self.page)
        self.n += 2


def link(view: str, has_probe: bool = True, **selection: str) -> str:
    """The link to a view of the Shakespeare sample, its probe in hand or not."""
    query = {"model": "shakespeare", **selection}
    if has_probe:
        query["probe"] = json.dumps(find_probe("men_women_war_love").to_dict())
    return f"{view}?{urlencode(query)}"


def query(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def view_link(page: Page, view: str) -> Locator:
    """The link of the header to a view; its door is open."""
    return page.locator(f".st-key-header_views [data-testid=stPageLink-NavLink][href={view}]")


def open_view(page: Page, view: str) -> None:
    """Open a view by the header: its door first, where that is closed."""
    await_rest(page)
    if not view_link(page, view).count():
        page.get_by_role("link", name=DOORS[view], exact=True).click()
        await_rest(page)
    if view != FIRST[DOORS[view]]:
        view_link(page, view).click()
        await_rest(page)


def await_rest(page: Page) -> None:
    """Wait until the page's script run is over and its widgets have loaded."""
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0, timeout=SLOW)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=SLOW)


def await_text(page: Page, ready: str) -> None:
    """Wait for ``ready`` (CSS); fetch the sample's text first where the home has none."""
    fetch = page.get_by_role("button", name="Fetch the sample text")
    expect(page.locator(ready).first.or_(fetch)).to_be_visible(timeout=SLOW)
    if fetch.is_visible():
        fetch.click()
    expect(page.locator(ready).first).to_be_visible(timeout=SLOW)


def wait_for_map(page: Page) -> None:
    """Wait until the map has drawn its words."""
    page.locator(".living-map[data-drawn]").wait_for(timeout=SLOW)


def told(page: Page, what: str) -> str:
    """What the map says of itself: word, near, chosen, hovered, labels, drawn."""
    return page.locator(".living-map").get_attribute(f"data-{what}") or ""


def drag_lasso(page: Page) -> None:
    """Press Circle words and circle the middle of the map, back to where it began."""
    await_rest(page)
    page.get_by_role("button", name="Circle words").click()
    box = page.locator(".living-map .points").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.45
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in ((40, -30), (80, 0), (60, 40), (20, 50), (0, 0)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def refuse_shifts(page: Page) -> None:
    """Once a screen is there, it stays where it is (0.1 is what Chromium still calls good)."""
    await_rest(page)
    page.wait_for_timeout(500)  # charts take their size from the column that they stand in
    page.evaluate("window.clifShift = 0")
    page.wait_for_timeout(700)
    assert page.evaluate("window.clifShift") < 0.1, page.url


def save_report(page: Page, path: Path) -> str:
    """Press the HTML button of the Report view; the text of the file."""
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("HTML$")).click()
    saved.value.save_as(path)
    return path.read_text(encoding="utf-8")
