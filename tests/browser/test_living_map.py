"""The living map: what the browser answers by itself, and the sentences beside it."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Browser, Page, expect
from walking import SLOW, await_rest, await_text, drag_lasso, link, told, wait_for_map

from clif_core.geometry.projection import sample_words
from clif_core.workspace.workspace import Workspace
from dashboard.charts.palette import DARK, LIGHT, Palette

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
CARD = "article.clif-card-compact"
MAP = link("map", has_probe=False)
FEW = 5_000  # words drawn of more


def stop_the_server(page: Page) -> None:
    """From here on the page is without its server; Streamlit says so in the console."""
    page.evaluate("window.WebSocket.prototype.send = () => {}")


def test_a_circle_brings_sentences_and_one_pointed_at_shows_its_words(
    open_page: OpenPage, screenshot: Callable[[Page, str], None]
) -> None:
    page = open_page(MAP)
    wait_for_map(page)
    drag_lasso(page)
    await_text(page, CARD)
    expect(page.locator(".clif-map-question")).to_contain_text("lie together")
    assert int(told(page, "chosen")) >= 3
    page.locator(CARD).first.hover()
    expect(page.locator(".living-map[data-pulled]")).not_to_have_attribute("data-pulled", "0")
    screenshot(page, "map_pulls_light")
    page.locator(CARD).nth(1).focus()  # by keyboard, too
    assert told(page, "pulls") == page.locator(CARD).nth(1).get_attribute("data-pulls")
    page.get_by_role("button", name="All sentences").click()
    page.wait_for_url("**/influence?**", timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("lie together, and not with")


def test_words_are_found_and_shown_without_the_server(open_page: OpenPage) -> None:
    page = open_page(MAP)
    wait_for_map(page)
    await_rest(page)
    stop_the_server(page)
    search = page.get_by_label("Find words")
    search.fill("Juliet")
    expect(page.get_by_role("option").first).to_contain_text("juliet")
    search.press("Enter")
    expect(page.locator(".living-map")).to_have_attribute("data-word", "juliet")
    near = told(page, "near").split()
    assert len(near) == 10
    assert "romeo" in near
    search.press("Escape")
    assert told(page, "word") == ""
    page.wait_for_timeout(600)  # the map has come to rest
    page.get_by_role("button", name="The whole map").click()
    page.wait_for_timeout(600)
    box = page.locator(".living-map .points").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(page.locator(".living-map .tip")).to_be_visible()
    hovered = told(page, "hovered")
    before = int(told(page, "labels"))
    page.mouse.click(x, y)
    expect(page.locator(".living-map")).to_have_attribute("data-word", hovered)
    page.keyboard.press("Escape")
    for _ in range(2):
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(300)
    assert float(told(page, "zoom")) > 2
    assert int(told(page, "labels")) > before, "zooming in names more words"


def test_a_late_answer_brings_no_earlier_pick_back(open_page: OpenPage) -> None:
    """The sentences of a word are still being sought when it is given up."""
    page = open_page(MAP)
    wait_for_map(page)
    await_rest(page)
    page.locator(".living-map").evaluate("""(map) => {
      window.picked = [];
      new MutationObserver(() => window.picked.push(map.dataset.word)).observe(map, {
        attributes: true, attributeFilter: ["data-word"] });
    }""")
    box = page.locator(".living-map .points").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(50)  # the server has begun
    page.keyboard.press("Escape")
    page.wait_for_timeout(2_000)
    await_rest(page)
    first, *later = page.evaluate("window.picked")
    assert first
    assert not any(later)
    assert "word=" not in page.url


def test_a_word_that_is_not_drawn_is_completed_and_found(open_page: OpenPage) -> None:
    model = Workspace().open_model("shakespeare").model
    drawn = sample_words(model.vocabulary.frequencies, FEW, [])
    words = np.delete(np.array(model.vocabulary.words), drawn)
    shown = {model.vocabulary.words[row] for row in drawn}
    # Words that begin drawn ones: to take the first suggestion would be to take another word.
    others = [w for w in words.tolist() if len(w) > 3 and any(o.startswith(w) for o in shown)]
    page = open_page(link("map", has_probe=False, max_points=str(FEW)))
    wait_for_map(page)
    await_rest(page)
    search = page.get_by_label("Find words")
    for n, word in enumerate(others[:2]):
        search.fill(word.capitalize())
        if n:
            expect(page.get_by_role("option").first).to_contain_text(word)
        search.press("Enter")
        expect(page.locator(".living-map")).to_have_attribute("data-word", word, timeout=SLOW)
        await_rest(page)
        expect(page.locator(".living-map")).to_have_attribute("data-drawn", str(FEW))
        expect(page.get_by_role("option")).to_have_count(0)


@pytest.mark.parametrize(("theme", "colours"), [("dark", DARK), ("light", LIGHT)])
def test_the_map_has_the_theme_of_the_page(
    open_page: OpenPage, theme: str, colours: Palette
) -> None:
    page = open_page(MAP, 1920, 1080, theme)
    wait_for_map(page)
    assert told(page, "paper") == colours.paper
    ground = page.locator(".living-map .stage").evaluate("e => getComputedStyle(e).backgroundColor")
    paper = tuple(int(colours.paper[i : i + 2], 16) for i in (1, 3, 5))
    assert ground == f"rgb{paper}"


def test_old_links_to_the_solid_map_open_the_flat_one(open_page: OpenPage) -> None:
    page = open_page("map?dims=3", 1920, 1080, "dark")
    wait_for_map(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_without_webgl_a_simpler_map_is_there(chromium: Browser, app_url: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.add_init_script("""
      const real = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
      };""")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{app_url}/{MAP}")
    expect(page.get_by_text("cannot draw with WebGL")).to_be_visible(timeout=SLOW)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=SLOW)
    search = page.get_by_label("Find words")
    search.fill("juliet")
    search.press("Enter")
    await_text(page, CARD)
    context.close()


def test_a_browser_that_cannot_blend_floats_draws_the_map_too(
    chromium: Browser, app_url: str
) -> None:
    """As most phones: the points are drawn without a picture of floats."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.add_init_script("""
      const real = WebGLRenderingContext.prototype.getExtension;
      WebGLRenderingContext.prototype.getExtension = function (name) {
        return /float_blend|color_buffer/i.test(name) ? null : real.call(this, name);
      };""")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{app_url}/{MAP}")
    wait_for_map(page)
    await_rest(page)
    picture = Image.open(io.BytesIO(page.locator(".living-map .points").screenshot()))
    paper = ImageColor.getrgb(told(page, "paper"))
    inked = (np.asarray(picture.convert("RGB")) != paper).any(axis=2)
    assert 0.1 < inked.mean() < 0.6
    context.close()


def test_fingers_pick_and_circle_on_a_phone(
    chromium: Browser, app_url: str, screenshot: Callable[[Page, str], None]
) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{app_url}/{MAP}")
    wait_for_map(page)
    await_rest(page)
    points = page.locator(".living-map .points")
    points.scroll_into_view_if_needed()
    box = points.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.get_by_role("button", name="Circle words").tap()
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *at: tuple[float, float]) -> None:
        fingers.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in at]},
        )

    touch("touchStart", (x, y))
    for dx, dy in ((20, -20), (50, -10), (60, 20), (30, 40), (5, 25)):
        touch("touchMove", (x + dx, y + dy))
        page.wait_for_timeout(60)  # the library drops points that come faster
    touch("touchEnd")
    expect(page.locator(".living-map")).not_to_have_attribute("data-chosen", "0")
    await_text(page, CARD)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    question = page.locator(".clif-map-question").bounding_box()
    layout = page.get_by_role("radio", name="Neighbourhoods").bounding_box()
    assert question is not None
    assert layout is not None
    assert box["y"] + box["height"] < question["y"] < layout["y"], "the answer follows the map"
    screenshot(page, "map_phone")
    page.get_by_role("button", name="Clear").tap()
    before = float(told(page, "zoom"))
    points.scroll_into_view_if_needed()
    touch("touchStart", (x - 20, y), (x + 20, y))
    for gap in (40, 70, 110):
        touch("touchMove", (x - gap, y), (x + gap, y))
        page.wait_for_timeout(60)
    touch("touchEnd")
    page.wait_for_timeout(500)
    assert float(told(page, "zoom")) > 1.5 * before
    context.close()
