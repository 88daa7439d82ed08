"""The words of a model with capitals and its own text: another token rule shows what it finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, TimeoutError, expect
from walking import await_rest

pytestmark = pytest.mark.browser
WHILE = 20_000  # milliseconds
CASES = Path(__file__).parents[1] / "cases" / "tokens"


def choose(page: Page, label: str, value: str) -> None:
    """Choose from a list under "More"; what is drawn anew meanwhile shuts, and is opened again."""
    box = page.get_by_role("combobox", name=label)
    option = page.get_by_role("option", name=value, exact=True)
    for _ in range(5):
        await_rest(page)
        try:
            if not box.is_visible():
                page.get_by_text("More about the text").click(timeout=WHILE)
            box.click(timeout=WHILE)
            box.fill(value, timeout=WHILE)
            option.wait_for(timeout=WHILE)
            box.press("Enter", timeout=WHILE)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"{label!r} offers no {value!r}")


def test_another_token_rule_shows_another_coverage_and_is_read(
    open_page: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    page = open_page()
    page.get_by_role("button", name="Bring your own").click()
    page.get_by_label("Name", exact=True).fill("cased")
    form = page.get_by_test_id("stFileUploader")
    for label, name in (
        ("Word vectors", "cased_vec.txt"),
        ("Context vectors", "cased_ctx.txt"),
        ("Training text", "cased.txt"),
    ):
        form.filter(has_text=label).locator("input").set_input_files(CASES / name)
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    found = page.locator(".clif-found").filter(has_text="What was found")
    expect(found).to_contain_text("Capitals: kept")
    expect(found).to_contain_text("89.5% of the tokens are words of the model")
    choose(page, "How words are parted", "set by hand")
    expect(found).to_contain_text("in capitals alone")
    screenshot(page, "token_rule_by_hand")
    choose(page, "Capitals", "kept")
    expect(found).to_contain_text("89.5% of the tokens are words of the model")
    page.get_by_role("button", name="Read the files").click()
    expect(page.get_by_text("What you can do with cased")).to_be_visible(timeout=300_000)
    screenshot(page, "token_rule_read")
