"""Every view of the navigation, for those who see, steer or zoom otherwise.

axe in light and dark; a phone; 200 % zoom (WCAG 1.4.4 and 1.4.10: a 1280 pixel window has 640
pixels then); nothing that moves while a view is drawn; and the way from the first screen to a saved
report by the keyboard alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Locator, Page, expect
from walking import DOORS, SLOW, await_rest, await_text, link, view_link

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
Screenshot = Callable[[Page, str], None]
WINDOWS = {"desk": (1280, 720), "projector": (1920, 1080), "phone": (390, 844), "zoom": (640, 360)}

# Text and controls that stick out of the window and that no scrolling part of the page holds, and
# rows of choices that hide some of theirs.
_CUT_OFF = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  const isHeld = (e) => {
    for (let p = e; p && p !== main; p = p.parentElement)
      if (["auto", "scroll", "hidden"].includes(getComputedStyle(p).overflowX)) return true;
    return false;
  };
  const told = main.scrollWidth > main.clientWidth + 1 ? ["the page scrolls sideways"] : [];
  for (const e of main.querySelectorAll("button, input, textarea, a, p, h1, h2, h3, label, td")) {
    const box = e.getBoundingClientRect();
    if (e.closest("[data-testid=stElementToolbar]")) continue;  // Streamlit's, shown on hover
    if (box.width > 1 && box.height > 1 && box.right > innerWidth + 1 && !isHeld(e))
      told.push(`${e.tagName} "${(e.innerText || e.ariaLabel || "").slice(0, 40)}"`);
  }
  for (const e of main.querySelectorAll(".stButtonGroup > [role], .stButton .stMarkdownEllipsis"))
    if (e.scrollWidth > e.clientWidth + 1) told.push(`cut off: ${e.innerText}`);
  return told;
}"""


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """What axe calls serious or critical; asked again where the page was replaced meanwhile."""
    for attempt in range(3):
        try:
            found = Axe().run(page).response["violations"]
            break
        except Error:
            if attempt == 2:
                raise
            await_rest(page)
    bad = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], [str(node["target"]) for node in rule["nodes"]]) for rule in bad]


@pytest.mark.usefixtures("with_text")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_can_be_read(
    open_page: OpenPage, screenshot: Screenshot, theme: str, app_url: str
) -> None:
    page = open_page(link("influence"), theme=theme)
    told: dict[tuple[str, str], object] = {}
    first = WINDOWS["desk" if theme == "light" else "phone"]
    for name in ("model", *DOORS, "story"):
        page.set_viewport_size({"width": first[0], "height": first[1]})
        page.goto(f"{app_url}/{link(name, word='love', step='3')}")
        page.get_by_role("heading", level=1).first.wait_for(timeout=SLOW)
        await_rest(page)
        page.wait_for_timeout(700)  # charts take their size from the column that they stand in
        moved = page.evaluate("window.clifShift")
        told[name, "shift"] = moved if moved >= 0.1 else 0  # what Chromium still calls good
        page.set_viewport_size({"width": 1280, "height": 720})
        page.wait_for_timeout(400)  # charts fade in, and axe weighs the colours of the moment
        told[name, "axe"] = serious(page)
        for window, (width, height) in WINDOWS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(250)
            told[name, window] = page.evaluate(_CUT_OFF)
            screenshot(page, f"{name}_{window}_{theme}")
    told = {where: what for where, what in told.items() if what}
    assert not told, "\n".join(f"{where}: {what}" for where, what in told.items())


@pytest.mark.usefixtures("with_text")
def test_what_is_empty_can_be_read_on_a_phone_in_the_dark(
    open_page: OpenPage, screenshot: Screenshot, app_url: str
) -> None:
    page = open_page("compare?model=shakespeare", *WINDOWS["phone"], theme="dark")
    told: dict[tuple[str, str], object] = {}
    for name in DOORS:
        page.goto(f"{app_url}/{name}?model=shakespeare")
        page.get_by_role("heading", level=1).first.wait_for(timeout=SLOW)
        await_rest(page)
        page.wait_for_timeout(700)
        told[name, "problems"] = page.locator(".clif-state-problem").all_inner_texts()
        told[name, "cut off"] = page.evaluate(_CUT_OFF)
        told[name, "axe"] = serious(page)
        screenshot(page, f"{name}_empty")
    told = {where: what for where, what in told.items() if what}
    assert not told, "\n".join(f"{where}: {what}" for where, what in told.items())


@pytest.mark.usefixtures("with_text")
def test_the_chart_of_a_report_can_be_read_on_a_phone(open_page: OpenPage) -> None:
    page = open_page(link("report"), *WINDOWS["phone"])
    plot = page.locator(".r-plot >> visible=true")
    expect(plot).to_have_count(1, timeout=SLOW)
    page.wait_for_function("img => img.naturalWidth", arg=plot.element_handle())
    drawn = plot.evaluate("img => img.getBoundingClientRect().width / img.naturalWidth")
    assert 13 * drawn > 10  # pixels, of letters that the plot draws at 13
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(plot).to_have_count(1)


@pytest.mark.usefixtures("with_text")
def test_a_key_that_has_its_button_drawn_anew_keeps_the_focus(open_page: OpenPage) -> None:
    page = open_page(link("probe"))

    def press(button: Locator) -> Locator:
        await_rest(page)
        button.focus()
        page.keyboard.press("Enter")
        return page.locator(":focus")

    page.get_by_label("Words of X").fill("he, man, kign")
    expect(press(page.get_by_role("button", name="king", exact=True))).to_have_attribute(
        "aria-label", "Words of X"
    )
    expect(page.get_by_label("Words of X")).to_have_value("he, man, king")
    expect(press(page.get_by_role("button", name="Measure"))).to_contain_text("Measure")
    expect(press(view_link(page, "influence"))).to_have_attribute("href", "influence")
    await_text(page, "article.clif-card")
    press(page.get_by_role("button", name="Read in place").first)
    expect(page.locator("#clif-here")).to_be_visible()
    expect(page.locator("[class*=st-key-influence_card] :focus")).to_have_count(1)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button of that name has the focus, which must show.

    Where the element that had it is drawn anew the whole page has it for a moment, and its text
    holds every name.
    """
    for _ in range(120):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "[document.activeElement.innerText || '', document.activeElement.ariaLabel || '',"
            " document.activeElement.matches(':focus-visible'), document.activeElement.tagName]"
        )
        if focus[3] != "BODY" and re.search(name, f"{focus[0]} {focus[1]}"):
            assert focus[2], f"the focus on {name!r} cannot be seen"
            return
    raise AssertionError(f"Tab does not lead to {name!r} on {page.url}")


def enter(page: Page, name: str, ready: str) -> None:
    """Press a button by the keyboard until ``ready`` (CSS) is there.

    A key pressed while the page is being drawn is lost, so press again where nothing moves.
    """
    there = page.locator(ready).first
    for _ in range(4):
        await_rest(page)
        page.wait_for_timeout(500)
        tab_to(page, name)
        page.keyboard.press("Enter")
        try:
            expect(there).to_be_visible(timeout=15_000)
        except AssertionError:
            continue
        return
    raise AssertionError(f"Enter on {name!r} does not lead to {ready!r}")


@pytest.mark.usefixtures("with_text")
def test_by_the_keyboard_alone(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    for name, ready in (
        ("Examine the claim", ".clif-box"),
        ("Read the sentences", "article.clif-card"),
        (r"\bReport\s*$", ".st-key-report_sheet blockquote"),
    ):
        enter(page, name, ready)
    tab_to(page, "HTML")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    saved.value.save_as(tmp_path / "report.html")
    assert "Why do male names lean more towards career" in (tmp_path / "report.html").read_text(
        "utf-8"
    )
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
