"""The case file under real work: one press prepares the evidence, and the report carries it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
WORK = 900_000  # milliseconds for some dozen short trainings on a busy machine


def test_the_evidence_is_prepared_and_the_report_is_signed(
    open_tab: Callable[..., Page], screenshot: Callable[[Page, str], None], tmp_path: Path
) -> None:
    page = open_tab("case")
    boxes = page.locator(".clif-box")
    expect(boxes).to_have_count(5)
    expect(page.locator(".clif-box-open", has_text="Proof by retraining")).to_be_visible()
    page.get_by_role("button", name="Prepare the evidence").click()
    expect(page.locator(".st-key-case_progress")).to_be_visible()
    expect(page.locator(".clif-job").first).to_contain_text(re.compile("about .+ left|takes about"))
    page.close()  # it goes on overnight
    page = open_tab("case")
    boxes = page.locator(".clif-box")  # of this page, not of the closed one
    expect(page.locator(".clif-job")).to_have_count(0, timeout=WORK)
    expect(page.locator(".clif-box-open", has_text="Proof by retraining")).to_have_count(0)
    for title, said in (
        ("Text behind it", "over 8 trainings"),
        ("Proof by retraining", "random text of the same size"),
        ("Trust", "predicted"),
    ):
        expect(boxes.filter(has_text=title)).to_contain_text(said)
    expect(boxes.filter(has_text="Proof by retraining")).not_to_contain_text("not repeated here")
    screenshot(page, "case_prepared")
    with page.expect_download() as saved:  # the press alone ends the entry of the name
        page.get_by_role("textbox", name="Signed by").fill("Ann Example")
        page.get_by_role("button", name="Save the report").click()
    saved.value.save_as(tmp_path / "case.html")
    report = (tmp_path / "case.html").read_text("utf-8")
    assert "Signed by Ann Example" in report
    assert "random text of the same size" in report.partition('<section class="r-summary">')[0]
