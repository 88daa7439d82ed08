"""From a probe to the sentences behind it, on a real sample: ask, read, filter, take away."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from walking import SLOW, await_text, query

pytestmark = pytest.mark.browser

Screenshot = Callable[[Page, str], None]


def test_one_click_from_the_first_screen_to_the_sentences(open_page: Callable[..., Page]) -> None:
    page = open_page("?model=shakespeare")
    asked = page.get_by_role("button", name="Read all sentences behind it")
    expect(asked).to_be_in_viewport(timeout=SLOW)
    asked.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Why do men lean more towards war")
    await_text(page, "article.clif-card")


def test_from_a_probe_to_its_text(
    open_page: Callable[..., Page], screenshot: Screenshot, tmp_path: Path
) -> None:
    page = open_page("probe?model=shakespeare")
    page.get_by_role("button", name=re.compile("^Try: Men and women")).click()
    expect(page.get_by_text("Men lean more towards war than women do.")).to_be_visible()
    effect_size = page.locator(".clif-figure", has_text="Effect size").locator("strong")
    assert 1.2 < float(effect_size.inner_text()) < 1.8
    expect(page.locator(".clif-figure", has_text="By chance")).to_contain_text("p < 0.001")
    page.locator(".st-key-probe_words_chart .js-plotly-plot").wait_for()
    screenshot(page, "probe_light")

    page.get_by_role("button", name="Which text made it so?").click()
    question = page.get_by_role("heading", level=1)
    expect(question).to_have_text("Why do men lean more towards war than women do?")
    await_text(page, "article.clif-card")
    expect(page.get_by_role("heading", name="Text that raises the bias")).to_be_visible()
    expect(page.locator("article.clif-card-raises")).to_have_count(5)
    card = page.locator("article.clif-card-raises").first
    expect(card).to_contain_text(re.compile(r"Removing this lowers the bias by 0\.00\d+"))
    expect(card.locator("mark").first).to_be_visible()
    screenshot(page, "influence_light")

    page.get_by_role("button", name="Read in place").first.click()
    here = page.locator("#clif-here")
    expect(here).to_be_in_viewport(ratio=0.5)
    word = card.locator("mark").first.inner_text()
    expect(here).to_contain_text(word)
    assert {"document", "sentence", "probe"} <= set(query(page))
    screenshot(page, "influence_reading_light")
    link = page.url
    # A toast that tells of another test's job has a button of that name too.
    page.get_by_test_id("stMain").get_by_role("button", name="Close").click()
    expect(here).to_have_count(0)

    page.get_by_role("button", name="Download").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("^Sentences as a table")).click()
    saved.value.save_as(tmp_path / "sentences.csv")
    with (tmp_path / "sentences.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1_000
    assert float(rows[0]["effect"]) < 0 < float(rows[-1]["effect"])
    assert rows[0]["play"]

    fresh = open_page(link.split("/", 3)[3], theme="dark")
    expect(fresh.locator("#clif-here")).to_be_in_viewport(ratio=0.5, timeout=SLOW)
    expect(fresh.locator("#clif-here")).to_contain_text(word)
    screenshot(fresh, "influence_reading_dark")


def test_sentences_come_back_as_they_were(open_page: Callable[..., Page]) -> None:
    page = open_page("influence?model=shakespeare")
    page.get_by_role("button", name=re.compile("^Try: ")).click()
    await_text(page, "article.clif-card")
    cards = page.locator("article.clif-card")
    before = cards.all_inner_texts()
    page.get_by_text("Spread", exact=True).click()
    page.locator(".st-key-influence_spread_chart .js-plotly-plot").wait_for()
    expect(cards).to_have_count(0)
    page.get_by_text("Sentences", exact=True).click()
    expect(page.locator("article.clif-card-lowers").first).to_be_visible()
    assert cards.all_inner_texts() == before


def test_groups_lead_to_their_sentences(
    open_page: Callable[..., Page], screenshot: Screenshot
) -> None:
    page = open_page("influence?model=shakespeare", 1920, 1080)
    page.get_by_role("button", name=re.compile("^Try: ")).click()
    await_text(page, "article.clif-card")
    page.get_by_text("Groups", exact=True).click()
    chart = page.locator(".st-key-influence_groups_chart .js-plotly-plot")
    chart.wait_for()
    screenshot(page, "influence_groups_light")
    chart.locator(".bars .point path").first.click(force=True)
    expect(page.locator("article.clif-card").first).to_be_visible()
    play = query(page)["only_value"]
    assert query(page)["only_column"] == "play"
    for cite in page.locator("article cite").all_inner_texts():
        assert cite.startswith(play)
