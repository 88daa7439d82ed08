"""Take the pictures of README and tour again:  python -m docs.take_pictures  (``make pictures``).

A real browser drives the real app on a home folder of its own, where nobody has asked anything yet.
It borrows the user's texts, which must be fetched.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from clif_core.probes import find_probe
from tests.browser.served import FLAGS, borrow_texts, find_chromium, serve
from tests.browser.walking import SLOW, await_rest, await_text, link, wait_for_map

IMAGES = Path(__file__).parent / "images"


def wait_for_measurement(page: Page) -> None:
    """In the What if view: what came with the sample."""
    page.locator(".clif-ba-measured .clif-ba-value").first.wait_for(timeout=SLOW)
    await_rest(page)


def wait_for_cards(page: Page) -> None:
    await_text(page, "article.clif-card")


def wait_for_rest(page: Page) -> None:
    await_rest(page)


def wait_for_answer(page: Page) -> None:
    """On the map: its words, and the sentences beside it."""
    wait_for_map(page)
    await_text(page, "article.clif-card-compact")


def wait_for_gap(page: Page) -> None:
    """In the story: until the gap has closed."""
    page.locator(".gap.without").wait_for(timeout=SLOW)
    await_rest(page)
    page.wait_for_timeout(3_000)


CAREER = {"model": "brown", "probe": json.dumps(find_probe("clif_career").to_dict())}
PICTURES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "map": (link("map", has_probe=False, word="juliet"), wait_for_answer),
    "start": ("?model=brown", wait_for_cards),
    "case": (f"case?{urlencode(CAREER)}", wait_for_rest),
    "probe": (link("probe"), wait_for_rest),
    "influence": (link("influence"), wait_for_cards),
    "groups": (link("influence", level="groups", group="play"), wait_for_rest),
    "what-if": (f"what_if?{urlencode(CAREER)}", wait_for_measurement),
    "trust": (link("trust", has_probe=False, model="brown"), wait_for_rest),
    "report": (link("report"), wait_for_rest),
    "remove-it": ("story?model=brown&step=6", wait_for_gap),
    "story": ("story?model=brown&step=2", wait_for_rest),
    "story-lines": ("story?model=brown&step=5", wait_for_gap),
}


def take(page: Page, address: str, name: str) -> None:
    where, prepare = PICTURES[name]
    page.goto(f"{address}/{where}")
    ready = page.locator(".present, h1").or_(page.get_by_role("link", name="Copy link"))
    ready.first.wait_for(timeout=SLOW)
    prepare(page)
    await_rest(page)
    page.wait_for_timeout(2500)  # charts draw after the script run
    file = IMAGES / f"{name}.png"
    page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(256, kmeans=2).save(file, optimize=True)


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        home = Path(folder) / "home"
        home.mkdir()
        borrow_texts(home)
        with serve(home, Path(folder) / "log") as (address, _):
            for name in names or list(PICTURES):
                page = browser.new_page(
                    viewport={"width": 1280, "height": 800}, color_scheme="light"
                )
                take(page, address, name)
                page.close()
                print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
