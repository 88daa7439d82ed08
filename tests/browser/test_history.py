"""Back, Forward and reload: one press, one entry, and the screen that was there."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from walking import SLOW, await_rest, link, open_view, query, wait_for_map

from clif_core.probes import Similarity

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
HEADINGS = {
    "map": "Word map", "compare": "Compare", "lab": "Lab", "case": "Why do men", "probe": "Probe",
    "influence": "Why do men", "what_if": "What if", "trust": "Trust", "report": "Report",
}  # fmt: skip


def view_of(page: Page) -> str:
    return urlsplit(page.url).path.strip("/")


def go(page: Page, step: str, view: str) -> None:
    """Back or Forward, and the view that it must show."""
    page.go_back() if step == "back" else page.go_forward()
    await_rest(page)
    assert view_of(page) == view, f"{step} leads to {page.url}, not to {view}"
    expect(page.get_by_role("heading", level=1).first).to_contain_text(HEADINGS[view], timeout=SLOW)


def test_back_and_forward_through_every_view(open_page: OpenPage) -> None:
    page = open_page(link("map"))
    before = page.evaluate("history.length")
    views = list(HEADINGS)
    for view in views[1:]:
        open_view(page, view)
        expect(page.get_by_role("heading", level=1).first).to_contain_text(
            HEADINGS[view], timeout=SLOW
        )
        assert "probe" in query(page)
    assert page.evaluate("history.length") == before + len(views) - 1, "one entry a press"
    for view in views[-2::-1]:
        go(page, "back", view)
    for view in views[1:4]:
        go(page, "forward", view)
    page.reload()
    heading = page.get_by_role("heading", level=1).first
    expect(heading).to_contain_text(HEADINGS[views[3]], timeout=SLOW)
    await_rest(page)
    assert view_of(page) == views[3]
    go(page, "back", views[2])
    go(page, "forward", views[3])


def test_back_undoes_what_was_pressed_within_a_view(open_page: OpenPage) -> None:
    page = open_page("probe?model=shakespeare")
    page.get_by_role("button", name="Try: ").first.click()
    expect(page.locator(".clif-answer")).to_be_visible(timeout=SLOW)
    await_rest(page)
    asked = query(page)["probe"]
    page.go_back()
    expect(page.locator(".clif-state")).to_be_visible(timeout=SLOW)
    expect(page.locator(".clif-answer")).to_have_count(0)
    assert "probe" not in query(page)
    page.go_forward()
    expect(page.locator(".clif-answer")).to_be_visible(timeout=SLOW)
    assert query(page)["probe"] == asked


def test_back_returns_to_the_model_and_its_question(open_page: OpenPage) -> None:
    page = open_page("?model=brown")
    question = page.locator(".clif-question")
    expect(question).to_contain_text("career", timeout=SLOW)
    await_rest(page)
    page.get_by_text("Shakespeare's plays", exact=True).click()
    expect(question).to_contain_text("war", timeout=SLOW)
    page.wait_for_url("**model=shakespeare*", timeout=SLOW)
    await_rest(page)
    page.go_back()
    expect(question).to_contain_text("career", timeout=SLOW)
    assert query(page)["model"] == "brown"


def test_back_empties_the_search_of_the_map(open_page: OpenPage) -> None:
    page = open_page("map?model=shakespeare")
    wait_for_map(page)
    await_rest(page)
    search = page.get_by_label("Find words")
    search.fill("juliet")
    search.press("Enter")
    page.wait_for_url("**word=juliet*", timeout=SLOW)
    await_rest(page)
    page.go_back()
    expect(search).to_have_value("", timeout=SLOW)


def test_a_link_is_no_entry_of_its_own(open_page: OpenPage) -> None:
    probe = json.dumps(Similarity("love", "war").to_dict())  # spelt otherwise than we do
    page = open_page(f"probe?model=shakespeare&probe={probe.replace(' ', '%20')}")
    await_rest(page)
    assert page.evaluate("history.length") == 2  # the empty page of the browser, and this one
