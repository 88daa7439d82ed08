"""The chip of a running job: on every view, after a reload, in another session, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect
from walking import DOORS, await_rest

from clif_core.workspace.jobs import JobCancelled
from clif_core.workspace.workspace import Workspace

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
CHIP = ".clif-job"
WORK = 900_000  # milliseconds for eight short trainings on a busy machine
_MOST_CHROME = 0.12  # of the height of a phone


@pytest.fixture
def counting(small_home: Workspace) -> Iterator[str]:
    """The key of a job that takes half an hour and does nothing else."""
    asked = {"to": 20_000, "seconds": 0.1, "home": str(small_home.home)}
    key = small_home.jobs.submit("count", asked, is_done_again=True)
    yield key
    small_home.jobs.cancel(key)
    with suppress(JobCancelled):
        small_home.jobs.wait(key, timeout=30)


@pytest.mark.usefixtures("counting")
def test_every_view_says_what_runs_and_how_far_it_is(open_tab: Open) -> None:
    page = None
    for view in ("model", *DOORS):
        page = open_tab(view, tab=page)
        chip = page.locator(CHIP).first
        expect(chip).to_contain_text("Counting")
        expect(chip).to_contain_text(re.compile(r"\d+\s%"))
        expect(page.get_by_role("button", name="Stop", exact=True).first).to_be_visible()
    assert page is not None
    page.reload()
    expect(page.locator(CHIP).first).to_contain_text("Counting")


def test_stop_ends_it_everywhere(
    open_tab: Open, small_home: Workspace, counting: str, screenshot: Callable[[Page, str], None]
) -> None:
    first, second = open_tab("probe"), open_tab("map")
    for page in (first, second):
        expect(page.locator(CHIP).first).to_be_visible()
    screenshot(first, "chip_light")
    first.locator(".st-key-job_stop button").first.click()  # two, while it is drawn again
    for page in (first, second):
        expect(page.locator(CHIP)).to_have_count(0)
    assert small_home.jobs.status(counting).state == "cancelled"


def place_of(page: Page, selector: str) -> dict[str, float]:
    """Where the first match stands; waits for one, since the chip is drawn anew every second."""
    script = """selector => {
        const box = document.querySelector(selector)?.getBoundingClientRect();
        return box?.width ? {x: box.x, y: box.y, width: box.width, height: box.height} : false;
    }"""
    found: dict[str, float] = page.wait_for_function(script, arg=selector).json_value()
    return found


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("width", [700, 1280])
def test_what_is_selected_gives_way_to_it(open_tab: Open, width: int) -> None:
    page = open_tab("influence", width=width, height=720)
    expect(page.locator(CHIP).first).to_be_visible()
    stop, selected = place_of(page, ".st-key-job_stop"), place_of(page, ".st-key-selection_bar")
    assert stop["x"] + stop["width"] <= selected["x"]
    assert selected["x"] + selected["width"] <= width


@pytest.mark.usefixtures("counting")
def test_on_a_phone_it_fits_and_the_header_leaves_the_screen_to_the_view(
    open_tab: Open, screenshot: Callable[[Page, str], None]
) -> None:
    page = None
    for view in ("model", *DOORS):
        page = open_tab(view, width=390, height=844, tab=page)
        await_rest(page)
        expect(page.locator(CHIP).first).to_be_visible()
        chip, header = place_of(page, CHIP), place_of(page, ".st-key-header")
        assert chip["x"] >= 0 and chip["x"] + chip["width"] <= 390, view
        assert header["y"] + header["height"] <= _MOST_CHROME * 844, view
        stop = page.get_by_role("button", name="Stop", exact=True).first
        expect(stop).to_be_visible()
        menu = page.locator(".st-key-header_menu button")
        expect(menu).to_contain_text("Menu")
    assert page is not None
    screenshot(page, "chip_phone")


def test_a_question_opened_from_its_card_shows_the_work_that_goes_on(
    open_tab: Open, small_home: Workspace, counting: str
) -> None:
    page = open_tab("influence", question="text")
    page.get_by_role("button", name=re.compile("^Ask 8 trainings")).click()
    expect(page.locator(".st-key-influence_pending")).to_be_visible()
    expect(page.locator(CHIP).first).to_contain_text("1 more waiting")  # in the page of the press
    page.close()
    again = open_tab("probe")  # another session, which comes by the card of the question
    chip = again.locator(CHIP).first
    expect(chip).to_contain_text("1 more waiting")
    again.get_by_role("button", name="Which text made it so?").click()
    expect(again.locator(".st-key-influence_pending")).to_contain_text("Waiting for its turn")
    expect(again.get_by_role("button", name=re.compile("^Ask 8 trainings"))).to_have_count(0)
    small_home.jobs.cancel(counting)
    expect(chip).to_contain_text("Further trainings", timeout=WORK)
    expect(again.locator(".clif-asked", has_text="8 trainings that differ")).to_be_visible(
        timeout=WORK
    )
    expect(again.locator(CHIP)).to_have_count(0)
