"""Report, Story, Compare and What if on a real sample, each by its link; and axe on every view."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from clif_core.probes import find_probe

pytestmark = pytest.mark.browser

SLOW = 90_000  # milliseconds to open the text for the first time, on a busy machine
OpenPage = Callable[..., Page]
Screenshot = Callable[[Page, str], None]


def link(view: str, has_probe: bool = True, **selection: str) -> str:
    """The link to a view of the Shakespeare sample, its probe in hand or not."""
    query = {"model": "shakespeare", **selection}
    if has_probe:
        query["probe"] = json.dumps(find_probe("men_women_war_love").to_dict())
    return f"{view}?{urlencode(query)}"


def await_text(page: Page, ready: str) -> None:
    """Wait for ``ready`` (CSS); fetch the sample's text first where the home has none."""
    fetch = page.get_by_role("button", name="Fetch the sample text")
    expect(page.locator(ready).first.or_(fetch)).to_be_visible(timeout=SLOW)
    if fetch.is_visible():
        fetch.click()
    expect(page.locator(ready).first).to_be_visible(timeout=SLOW)


def await_rest(page: Page) -> None:
    """Wait until the page's script run is over."""
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0, timeout=SLOW)


@pytest.fixture
def with_text(open_page: OpenPage) -> None:
    """The sample's text is in the home: Influence, alone, can fetch it."""
    await_text(open_page(link("influence")), "article.clif-card")


@pytest.mark.usefixtures("with_text")
def test_report_is_one_file(open_page: OpenPage, screenshot: Screenshot, tmp_path: Path) -> None:
    page = open_page(link("report"))
    await_text(page, ".st-key-report_sheet blockquote")
    screenshot(page, "report_light")
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("HTML$")).click()
    saved.value.save_as(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Why do men lean more towards war than women do?" in text
    assert "<script" not in text


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
    assert parse_qs(urlsplit(page.url).query)["step"] == ["7"]
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


@pytest.mark.parametrize(
    ("path", "ready"),
    [
        (link("", has_probe=False), ".clif-abilities"),
        (link("map", word="love"), "h2.clif-word"),
        (link("probe"), ".st-key-probe_words_chart .js-plotly-plot"),
        (link("influence"), "article.clif-card"),
        (link("what_if"), ".clif-question"),
        (link("trust"), ".st-key-trust_sweep_chart .js-plotly-plot"),
        (link("compare", word="love"), ".clif-near-lists li"),
        (link("report"), ".st-key-report_sheet h1"),
        (link("story", has_probe=False), ".clif-story h1"),
    ],
    ids=["model", "map", "probe", "influence", "what_if", "trust", "compare", "report", "story"],
)
def test_axe_finds_nothing_serious(open_page: OpenPage, path: str, ready: str) -> None:
    page = open_page(path)
    expect(page.locator(ready).first).to_be_visible(timeout=SLOW)
    await_rest(page)
    found = Axe().run(page).response["violations"]
    serious = [
        (rule["id"], [node["target"] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert not serious
