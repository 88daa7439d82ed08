"""The three people of this project, each from the first screen to the report in their hands.

Console errors and uncaught exceptions fail in ``open_page``; that a screen stays where it is once
it is there, is asked at every stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from walking import (
    SLOW,
    Presses,
    await_rest,
    await_text,
    drag_lasso,
    link,
    open_view,
    query,
    refuse_shifts,
    save_report,
    told,
    wait_for_map,
)

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
Screenshot = Callable[[Page, str], None]


def on_first_page(chromium: Browser, report: Path) -> str:
    """The text of a saved report that stands on the first sheet of A4, by whole sections."""
    width, height = 680, 994  # pixels within the margins of report.css
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.emulate_media(media="print")
    page.goto(report.as_uri())
    parts = page.locator(".clif-report header, .clif-report section").all()
    boxes = [(part, part.bounding_box()) for part in parts]
    fitting = [p for p, box in boxes if box is not None and box["y"] + box["height"] <= height]
    said = " ".join(part.inner_text() for part in fitting)
    page.close()
    return said


def press(page: Page, name: str) -> None:
    await_rest(page)
    page.get_by_role("button", name=re.compile(name)).first.click()


@pytest.mark.parametrize("model", ["brown", "shakespeare"])
def test_three_presses_lead_from_the_first_screen_to_the_sentences_of_a_circle(
    open_page: OpenPage, model: str
) -> None:
    await_text(open_page(link("influence", has_probe=False, model=model, probe="")), "h1")
    page = open_page(f"?model={model}")
    presses = Presses(page)
    presses.press(page.get_by_role("button", name="Open the word map"))
    wait_for_map(page)
    presses.lasso()
    await_text(page, "article.clif-card-compact")
    assert presses.n <= 3
    assert int(told(page, "chosen")) >= 3


def test_the_explorer_circles_words_and_asks_why(
    open_page: OpenPage, screenshot: Screenshot, tmp_path: Path
) -> None:
    page = open_page()
    press(page, "^Open the word map")
    wait_for_map(page)
    refuse_shifts(page)
    drag_lasso(page)
    await_text(page, "article.clif-card-compact")
    assert len(query(page)["words"].split(",")) >= 3
    search = page.get_by_label("Find words")
    search.fill("Love")
    search.press("Enter")
    expect(page.locator(".clif-map-question", has_text="Why is love with")).to_be_visible(
        timeout=SLOW
    )
    press(page, "^Copy link")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    press(page, "^All sentences")
    await_text(page, "article.clif-card")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Why does love lie with")
    refuse_shifts(page)
    screenshot(page, "flow_explorer_light")
    press(page, "Report$")
    await_text(page, ".st-key-report_sheet blockquote")
    assert "Why does love lie with" in save_report(page, tmp_path / "report.html")


def test_the_auditor_measures_reads_and_keeps_the_evidence(
    open_page: OpenPage, screenshot: Screenshot, tmp_path: Path
) -> None:
    page = open_page("?model=shakespeare", 1920, 1080, "dark")
    press(page, "^Examine the claim")
    open_view(page, "probe")
    box = page.get_by_role("combobox", name="Start from a known probe")
    box.click()
    box.fill("Men and women, war")
    page.get_by_role("option").first.wait_for()
    box.press("Enter")
    expect(page.locator(".clif-figure", has_text="By chance")).to_contain_text("p < 0.001")
    refuse_shifts(page)
    press(page, "^Which text made it so")
    await_text(page, "article.clif-card")
    refuse_shifts(page)
    press(page, "Read in place")
    expect(page.locator("#clif-here")).to_be_in_viewport(ratio=0.5, timeout=SLOW)
    screenshot(page, "flow_auditor_dark")
    press(page, "Report$")
    await_text(page, ".st-key-report_sheet blockquote")
    text = save_report(page, tmp_path / "report.html")
    assert "Why do men lean more towards war than women do?" in text
    assert "<script" not in text


@pytest.mark.parametrize("model", ["brown", "shakespeare"])
def test_six_presses_lead_to_a_signed_report_whose_first_page_holds_the_proof(
    open_page: OpenPage, screenshot: Screenshot, tmp_path: Path, chromium: Browser, model: str
) -> None:
    page = open_page(f"?model={model}")
    presses = Presses(page)
    presses.press(page.get_by_role("button", name="Examine the claim"))
    boxes = page.locator(".clif-box")
    expect(boxes).to_have_count(5, timeout=SLOW)
    expect(boxes.filter(has_text="Proof by retraining")).to_contain_text("Trained again without")
    expect(boxes.filter(has_text="Proof by retraining")).to_contain_text("came with the model")
    name = page.get_by_role("textbox", name="Signed by")
    presses.press(name)
    name.fill("Ann Example")
    name.press("Enter")
    await_rest(page)
    screenshot(page, f"flow_case_{model}")
    with page.expect_download() as saved:
        presses.press(page.get_by_role("button", name="Save the report"))
    assert presses.n <= 6
    saved.value.save_as(tmp_path / "case.html")
    first = on_first_page(chromium, tmp_path / "case.html")
    assert "signed by ann example" in first.lower()
    for said in ("Claim", "Proof by retraining", "Trust", "random text of the same size"):
        assert said in first


def test_the_presenter_tells_the_story_and_hands_it_out(
    open_page: OpenPage, screenshot: Screenshot, tmp_path: Path
) -> None:
    page = open_page("influence?model=shakespeare", 1920, 1080)
    press(page, "^Try: ")
    await_text(page, "article.clif-card")  # the text is there from here on
    page.get_by_role("link", name="Present", exact=True).click()
    for step in range(1, 8):
        page.locator(f".present[data-step='{step}']").wait_for(timeout=SLOW)
        if step < 7:
            page.locator("[data-go=next]").click()
    refuse_shifts(page)
    screenshot(page, "flow_presenter_light")
    press(page, "^Open the report")
    await_text(page, ".st-key-report_sheet blockquote")
    assert "men lean more towards war" in save_report(page, tmp_path / "report.html")
