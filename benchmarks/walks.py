"""The ways of the three people through the app, each by the clock: see ``benchmarks.browser``.

Seconds begin when the first screen is there. Nobody reads or thinks, and the page is let come to
rest before each press: what is counted is waiting.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser.walking import Presses, await_rest, wait_for_map

__all__ = ["Walk", "audit", "explore", "present"]

CARD = "article.clif-card-compact"
N_STEPS = 7
# From the key to the first frame that shows the next step.
_STEP = """(step) => { window.clifTook = null;
  window.addEventListener("keydown", () => {
    const start = performance.now();
    const watch = () => {
      const titles = document.querySelectorAll(`.present[data-step="${step}"] h1`);
      if ([...titles].some((title) => title.checkVisibility()))
        window.clifTook = performance.now() - start;
      else requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
  }, { capture: true, once: true }); }"""


class Walk(NamedTuple):
    """Seconds of a way, and how many presses it took (a lasso is two)."""

    seconds: float
    n_presses: int


def _first_screen(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(180_000)
    page.goto(f"{url}/?model=brown")
    page.locator(".clif-abilities").first.wait_for()
    await_rest(page)
    return page


def explore(browser: Browser, url: str) -> Walk:
    """First screen, the word map, a circle around words, their sentences."""
    page = _first_screen(browser, url)
    presses, start = Presses(page), time.perf_counter()
    presses.press(page.get_by_role("button", name="Open the word map"))
    wait_for_map(page)
    presses.lasso()
    page.locator(CARD).first.wait_for()
    found = Walk(time.perf_counter() - start, presses.n)
    page.close()
    return found


def audit(browser: Browser, url: str) -> Walk:
    """First screen, the case file of the shipped claim, signed, its report saved.

    The button is pressed as soon as the name is typed; the report that comes must hold it.
    """
    page = _first_screen(browser, url)
    presses, start = Presses(page), time.perf_counter()
    presses.press(page.get_by_role("button", name="Examine the claim"))
    page.locator(".clif-box").nth(4).wait_for()
    name = page.get_by_role("textbox", name="Signed by")
    presses.press(name)
    name.fill("Ann Example")
    with page.expect_download() as saved:
        presses.press(page.get_by_role("button", name="Save the report"))
    found = Walk(time.perf_counter() - start, presses.n)
    assert "Signed by Ann Example" in saved.value.path().read_text("utf-8")
    page.close()
    return found


def present(browser: Browser, url: str) -> list[float]:
    """Seconds from each press of the arrow key to the next of the seven steps."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.set_default_timeout(180_000)
    page.goto(f"{url}/story?model=brown")
    page.locator(".present[data-step='1']").wait_for()
    await_rest(page)
    found = []
    for step in range(2, N_STEPS + 1):
        page.evaluate(_STEP, step)
        page.keyboard.press("ArrowRight")
        page.wait_for_function("window.clifTook !== null")
        found.append(float(page.evaluate("window.clifTook")) / 1000)
        page.wait_for_timeout(2_500)  # until its drawing has come to rest
    page.close()
    return found
