"""What if under harm, on a small model whose training takes seconds: the job outlives what looks
at it, and the screen says what became of it.

The tab is closed during the job, it is stopped, its process is killed, two tabs ask for the same.
A model of another trainer is asked by the seed ensemble.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from walking import await_rest

from clif_core.workspace.workspace import Workspace

pytestmark = pytest.mark.browser

SLOW = 600_000  # milliseconds for some short trainings on a busy machine
Open = Callable[..., Page]


def begin(page: Page) -> None:
    page.get_by_role("button", name="Train again without it").click()
    expect(page.locator(".st-key-what_if_progress")).to_be_visible(timeout=SLOW)


def jobs_of(workspace: Workspace, size: int) -> list[str]:
    """The keys of the retraining jobs on an edit of that many texts."""
    return [
        job.key
        for job in workspace.jobs.all()
        if job.kind == "retrain" and len(workspace.jobs.request(job.key)["edit"]["items"]) == size
    ]


def test_a_closed_tab_loses_nothing(open_tab: Open, small_home: Workspace) -> None:
    page = open_tab(removal_size=10)
    begin(page)
    page.close()
    (key,) = jobs_of(small_home, 10)
    assert not small_home.jobs.status(key).is_finished
    again = open_tab(removal_size=10)
    expect(again.locator(".st-key-what_if_progress")).to_be_visible(timeout=SLOW)
    expect(again.get_by_text(re.compile("^Measured: trained again without it"))).to_be_visible(
        timeout=SLOW
    )
    expect(again.get_by_role("heading", name="Where words went")).to_be_visible(timeout=SLOW)


def test_two_tabs_ask_for_one_job_and_either_stops_it(
    open_tab: Open, small_home: Workspace
) -> None:
    first, second = open_tab(removal_size=30), open_tab(removal_size=30)
    begin(first)
    second.get_by_role("button", name="Train again without it").click()
    expect(second.locator(".st-key-what_if_progress")).to_be_visible(timeout=SLOW)
    (key,) = jobs_of(small_home, 30)
    second.locator(".st-key-what_if_cancel button").click()
    for page in (first, second):
        expect(page.get_by_text("Stopped, as asked", exact=False)).to_be_visible(timeout=SLOW)
        expect(page.get_by_role("button", name="Train again without it")).to_be_visible()
    assert small_home.jobs.status(key).state == "cancelled"


def test_a_killed_process_is_said_and_can_be_asked_again(
    open_tab: Open, small_home: Workspace
) -> None:
    page = open_tab(removal_size=100)
    begin(page)
    (key,) = jobs_of(small_home, 100)
    os.kill(_pid(small_home.jobs.root / key), signal.SIGKILL)
    expect(page.locator(".clif-state-problem")).to_contain_text("Stopped:", timeout=SLOW)
    expect(page.locator(".clif-state-problem")).to_contain_text("ask again", ignore_case=True)
    begin(page)
    expect(page.get_by_text(re.compile("^Measured: trained again without it"))).to_be_visible(
        timeout=SLOW
    )


def _pid(folder: Path) -> int:
    """The process of a job, as soon as it has said so."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            return int(json.loads((folder / "process.json").read_text())["pid"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise AssertionError(f"no process in {folder}")


def test_ticked_cards_are_what_is_left_out(open_tab: Open) -> None:
    page = open_tab("influence")
    for at in (0, 1):
        page.locator("[class*=st-key-tick_] label").nth(at).click()
        expect(page.get_by_role("button", name=f"What if ({at + 1} ticked)")).to_be_visible()
    page.get_by_role("button", name="What if (2 ticked)").click()
    expect(page.locator(".clif-question")).to_have_text(
        "What if 2 ticked sentences had not been there?", timeout=SLOW
    )
    expect(page.get_by_text(re.compile("^Predicted: the bias goes from"))).to_be_visible()
    assert "ticked=" in page.url
    # A row of the table: the box in its first column, once both ticks are to be seen; a press on
    # a table still without them would replace them.
    table = page.locator("[data-testid=stDataFrame]").first
    expect(table.locator("[role=row][aria-selected=true]")).to_have_count(2, timeout=SLOW)
    await_rest(page)
    selected = table.locator("[role=row][aria-selected=true]")
    ticked = {row.get_attribute("aria-rowindex") for row in selected.all()}
    # Rows count from 1, the header; which rows the ticked ones are hangs on the estimate at hand.
    free = next(row for row in range(2, 6) if str(row) not in ticked)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 17, box["y"] + 35 * (free - 0.5))
    expect(page.locator(".clif-question")).to_have_text(
        "What if 3 ticked sentences had not been there?", timeout=SLOW
    )


def test_the_ensemble_answers_for_a_model_of_another_trainer(
    open_tab: Open, small_home: Workspace
) -> None:
    page = open_tab("influence", model="lee-gensim")
    expect(page.locator(".clif-certificate")).to_contain_text("by block", timeout=SLOW)
    page.get_by_role("button", name="Ask 8 trainings").click()
    expect(page.locator(".st-key-influence_pending")).to_contain_text(
        "trainings are in", timeout=SLOW
    )
    expect(page.locator("article.clif-card").first).to_be_visible()  # the quick one meanwhile
    expect(page.locator(".clif-certificate")).to_contain_text(
        "The derivative of other trainings of this text", timeout=2 * SLOW
    )
    (key,) = [job.key for job in small_home.jobs.all() if job.kind == "walk"]
    assert small_home.jobs.request(key)["estimator"] == "twins"
    # It is there after two trainings and drawn again with each.
    # For a moment of each redraw the line before it stands beside the new one.
    expect(page.locator(".clif-asked", has_text="8 trainings that differ")).to_be_visible(
        timeout=2 * SLOW
    )
    expect(page.locator(".st-key-influence_pending")).to_have_count(0, timeout=SLOW)
    assert small_home.jobs.status(key).state == "done"
    await_rest(page)
    expect(page.locator(".st-key-influence_pending")).to_have_count(0)
    expect(page.get_by_role("button", name="More: 16 trainings")).to_be_visible()
    expect(page.locator("article.clif-card").first).to_contain_text("Removing this lowers")
    expect(page.locator("article.clif-card").first).to_contain_text("of 8 trainings")
    # The answer is the best at hand from here on, for a link that names no estimate too.
    again = open_tab("influence", model="lee-gensim")
    expect(again.locator(".clif-certificate")).to_contain_text(
        "The derivative of other trainings of this text", timeout=SLOW
    )
    removed = open_tab("what_if", model="lee-gensim")
    predicted = removed.locator(".clif-ba-predicted")
    expect(predicted).to_contain_text("mean of 8 trainings of this text", timeout=SLOW)
    expect(removed.get_by_role("button", name="Compute the seed ensemble")).to_have_count(0)
