"""Waiting times in headless Chromium against the real, warm server.

    python -m benchmarks.browser [--repeats 7]

Times are taken inside the page: from the click or the Enter key to the first frame that shows the
answer. Chromium runs on the same cores as the server and draws without a graphics card, so a map
takes longer here than on a desktop. Needs the text of the Shakespeare sample (``clif fetch``). The
home folder is a fresh one with a large model of random vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import walks
from benchmarks.machine import machine
from clif_core.probes import Similarity
from clif_core.sgns.bundle import Bundle
from clif_core.sgns.model import SkipGram, Vocabulary
from clif_core.workspace.workspace import Workspace
from tests.browser.served import FLAGS, borrow_texts, find_chromium, serve

RESULT = Path(__file__).parent / "results" / "browser.md"
N_BIG = 100_000
PEOPLE = (
    ("king", "war"),
    ("queen", "love"),
    ("ghost", "night"),
    ("sword", "blood"),
    ("sea", "ship"),
)
CARD = "article.clif-card"
MAP = ".living-map[data-drawn]"
TO_TEXT = ".st-key-probe_to_text button"

_STOPWATCH = """() => {
  let start = null;
  window.clifTook = null;
  const begin = (event) => {
    if (event.type === "click" || event.key === "Enter") start = performance.now();
  };
  for (const kind of ["click", "keydown"]) document.addEventListener(kind, begin, true);
  const watch = () => {
    if (start === null || !(READY)) { requestAnimationFrame(watch); return; }
    window.clifTook = performance.now() - start;
    for (const kind of ["click", "keydown"]) document.removeEventListener(kind, begin, true);
  };
  requestAnimationFrame(watch);
}"""
# Opened when READY holds; fluent after three frames in a row that took under a tenth of a second.
_SINCE_OPENED = """() => {
  let last = performance.now(), calm = 0;
  const watch = (now) => {
    if (READY) { window.clifOpened ??= now; calm = now - last < 100 ? calm + 1 : 0; }
    last = now;
    if (calm >= 3) window.clifFluent = now; else requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch); }"""
# The map lies in a shadow root, which document.querySelector does not enter.
_THE_MAP = """[...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
  .map((e) => e.shadowRoot?.querySelector(".living-map[data-drawn]")).find(Boolean)"""
# Frames a second while the map is moved a pixel a frame for two seconds.
_PANNED = """new Promise((resolve) => {
  const map = MAP, canvas = map.querySelector(".points"), box = canvas.getBoundingClientRect();
  const mouse = (kind, target, x, buttons) => target.dispatchEvent(new MouseEvent(kind, {
    clientX: x, clientY: box.top + box.height / 2, buttons, bubbles: true, composed: true }));
  const middle = box.left + box.width / 2;
  mouse("mousemove", window, middle, 0); mouse("mousedown", canvas, middle, 1);
  const start = performance.now(); let frames = 0;
  const move = (now) => {
    mouse("mousemove", window, middle + (++frames % 120), 1);
    if (now - start < 2000) { requestAnimationFrame(move); return; }
    mouse("mouseup", window, middle, 0); resolve(1000 * frames / (now - start));
  };
  requestAnimationFrame(move); })""".replace("MAP", _THE_MAP)
# Milliseconds from a mouse event on the map to the first frame in which the map says so.
_ANSWERED = """(what) => { window.clifAnswered = null; const map = MAP;
  const before = map.dataset[what]; let start = null;
  const kind = what === "word" ? "mousedown" : "mousemove";
  const begin = () => { start = performance.now(); };
  window.addEventListener(kind, begin, true);
  const watch = () => {
    if (start === null || (map.dataset[what] ?? "") === (before ?? "") || !map.dataset[what]) {
      requestAnimationFrame(watch); return; }
    window.removeEventListener(kind, begin, true);
    requestAnimationFrame(() => { window.clifAnswered = performance.now() - start; });
  };
  requestAnimationFrame(watch); }""".replace("MAP", _THE_MAP)


@dataclass
class Row:
    """One line of the result: seconds of each repeat."""

    what: str
    goal: str
    values: list[float]

    def __str__(self) -> str:
        digits = 3 if max(self.values) < 0.1 else 2
        figures = f"{median(self.values):.{digits}f} s | {max(self.values):.{digits}f} s"
        return f"| {self.what} | {figures} | {len(self.values)} | {self.goal} |"


class Bench:
    """The server and the browser, with one method for each thing timed."""

    def __init__(self, browser: Browser, url: str, server: int) -> None:
        self.browser, self.url, self.server = browser, url, server

    @contextmanager
    def visit(self, path: str, ready: str, condition: str = "") -> Iterator[Page]:
        """A new session on a path; ``window.clifOpened`` is when ``ready`` (CSS) appeared,
        ``window.clifFluent`` when frames came quickly after that.

        ``condition``: JavaScript to use in place of looking for ``ready``.
        """
        context = self.browser.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        page.set_default_timeout(180_000)
        condition = condition or f"document.querySelector({json.dumps(ready)})"
        page.add_init_script(f"({_SINCE_OPENED.replace('READY', condition)})()")
        page.goto(f"{self.url}/{path}")
        page.locator(ready).first.wait_for()
        settle(page)
        try:
            yield page
        finally:
            context.close()

    def first_screen(self) -> float:
        with self.visit("", ".clif-abilities") as page:
            return float(page.evaluate("window.clifOpened")) / 1000

    def neighbours(self, word: str) -> float:
        """A word typed into the map's search, until its sentences are beside it."""
        with self.visit(link("map"), MAP, _THE_MAP) as page:
            page.wait_for_function("window.clifFluent")
            search = page.get_by_label("Find words")
            search.fill(word)
            shown = f"{exists('.clif-map-question')}?.textContent.includes('{word}')"
            return timed(page, lambda: search.press("Enter"), f"{shown} && {exists(CARD)}")

    def probe(self, title: str) -> float:
        """Another probe picked in the list, until its answer replaces the previous one."""
        with self.visit(link("probe", PEOPLE[0]), ".clif-figure") as page:
            before = page.locator(".clif-answer").text_content()
            box = page.get_by_role("combobox", name="Start from a known probe")
            box.click()
            box.fill(title)
            page.get_by_role("option").first.wait_for()
            shown = f"{exists('.clif-answer')} && !({text_is('.clif-answer', str(before))})"
            return timed(page, lambda: box.press("Enter"), shown)

    def influence(self, pair: tuple[str, str], n: int = 1) -> list[float]:
        """From the probe's page to its sentences, ``n`` times in one page with Back between.

        The first time, the browser runs what draws them for the first time.
        """
        found = []
        with self.visit(link("probe", pair), TO_TEXT) as page:
            for _ in range(n):
                found.append(timed(page, page.locator(TO_TEXT).first.click, exists(CARD)))
                settle(page)
                page.go_back()
                page.locator(TO_TEXT).first.wait_for()
                settle(page)
        return found

    def level(self) -> float:
        """From the spread back to the sentences, on one page."""
        with self.visit(link("influence", PEOPLE[0]), CARD) as page:
            page.get_by_text("Spread", exact=True).click()
            page.locator(CARD).first.wait_for(state="detached")
            settle(page)
            return timed(page, page.get_by_text("Sentences", exact=True).click, exists(CARD))

    def map_of(self, model: str, n: int) -> dict[str, float]:
        """What a map of ``n`` words takes; seconds, and frames a second."""
        with self.visit(link("map", None, model, max_points=str(n)), MAP, _THE_MAP) as page:
            page.wait_for_function("window.clifFluent")
            drawn, fluent = page.evaluate("[window.clifOpened, window.clifFluent]")
            found = {"opened": drawn / 1000, "panned": fluent / 1000}
            box = page.locator(".living-map .points").bounding_box()
            assert box is not None
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.evaluate(_ANSWERED, "hovered")
            for step in range(40):  # until there is a word under the mouse
                page.mouse.move(x + 2 * step, y + step)
                if page.evaluate("window.clifAnswered") is not None:
                    break
            found["hover"] = self._answered(page)
            page.evaluate(_ANSWERED, "word")
            page.mouse.down()
            page.mouse.up()
            found["click"] = self._answered(page)
            page.keyboard.press("Escape")
            page.wait_for_timeout(1000)  # the server clears the sentences beside the map
            settle(page)
            found["frames"] = float(page.evaluate(_PANNED))
            if model != "big":  # which has no text
                found["lasso"] = self._lasso(page)
            return found

    def _answered(self, page: Page) -> float:
        page.wait_for_function("window.clifAnswered !== null")
        return float(page.evaluate("window.clifAnswered")) / 1000

    def _lasso(self, page: Page) -> float:
        """From releasing the lasso to the first sentence beside the map."""
        page.get_by_role("button", name="Circle words").click()
        box = page.locator(".living-map .points").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4
        page.mouse.move(x, y)
        page.mouse.down()
        for dx, dy in ((60, -40), (120, 0), (100, 60), (30, 80), (0, 0)):
            page.mouse.move(x + dx, y + dy, steps=3)
        start = time.perf_counter()
        page.mouse.up()
        page.locator(CARD).first.wait_for()
        return time.perf_counter() - start


# --- the clock


def timed(page: Page, act: Callable[[], object], ready: str) -> float:
    """Seconds from the last click or Enter of ``act`` until ``ready`` (JavaScript) holds."""
    page.evaluate(_STOPWATCH.replace("READY", ready))
    act()
    return took(page)


def took(page: Page) -> float:
    page.wait_for_function("window.clifTook !== null")
    return float(page.evaluate("window.clifTook")) / 1000


def settle(page: Page) -> None:
    """Wait until the script run is over and the page has been quiet for a moment."""
    page.locator("[data-test-script-state=running]").wait_for(state="detached")
    page.wait_for_timeout(400)


def exists(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


def text_is(selector: str, text: str) -> str:
    return f"{exists(selector)}?.textContent === {json.dumps(text)}"


def link(
    view: str, pair: tuple[str, str] | None = None, model: str = "shakespeare", **selection: str
) -> str:
    query = {"model": model, **selection}
    if pair is not None:
        query["probe"] = json.dumps(Similarity(*pair).to_dict())
    return f"{view}?{urlencode(query)}"


def resident(process: int) -> float:
    """Megabytes of memory in use, as Linux counts them; 0 elsewhere."""
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


def cold_first_screen(browser: Browser, home: Path) -> float:
    """Seconds from opening a server that has drawn no page yet to its first screen.

    Python's compiled files are there and the disk's cache is warm: it is a restart.
    """
    with serve(home, home / "cold.txt") as (url, server):
        return Bench(browser, url, server).first_screen()


# --- a large model


def make_big_model(home: Path, n: int = N_BIG, dim: int = 50, n_groups: int = 200) -> None:
    """Store a model of ``n`` words with a map: Gaussian clouds, counts by Zipf's law."""
    generator = np.random.default_rng(1)
    groups = generator.integers(0, n_groups, n)
    vectors = generator.normal(size=(n_groups, dim))[groups] + generator.normal(size=(n, dim))
    counts = np.maximum(2_000_000 // np.arange(1, n + 1), 5)
    places = generator.normal(0, 8, (n_groups, 5))[groups] + generator.normal(0, 0.7, (n, 5))
    table = pd.DataFrame(places, columns=["x", "y", "x3", "y3", "z3"]).assign(cluster=groups % 40)
    words = Vocabulary(tuple(f"word{i}" for i in range(n)), counts.astype(np.int64))
    model = SkipGram("big", words, vectors.astype(np.float32))
    Workspace(home).keep_model(Bundle(model, {"title": "Big"}, table), None)


# --- all of it


GOAL = "0.2 s"  # from a press to its answer, where all is at hand
# Probes of which the sample has enough words.
FRESH = ("Mathematics and arts", "Instruments and weapons", "Men and women, war", "Flowers and")


def measure(bench: Bench, repeats: int) -> list[Row]:
    """Every figure, in the order in which a person meets it."""
    with bench.visit(link("influence", PEOPLE[0]), CARD):
        pass  # from here on the server has the text open
    bench.first_screen()
    rows: list[Row] = []

    def note(what: str, goal: str, values: list[float]) -> None:
        rows.append(Row(what, goal, values))
        print(rows[-1], flush=True)

    again = range(repeats)
    few = range(max(repeats // 2, 2))
    note(
        "First useful screen, nothing in the browser's cache",
        "3 s",
        [bench.first_screen() for _ in again],
    )
    words = ("king", "ghost", "sea", "night", "hand", "crown", "blood")[:repeats]
    note(
        "Word searched on the map, its sentences shown", "1 s", [bench.neighbours(w) for w in words]
    )
    for what in ("Probe picked, its numbers shown, measured for the first time", "the same, again"):
        note(what, GOAL, [bench.probe(title) for title in FRESH])
    bench.influence(PEOPLE[0])
    cached = [bench.influence(PEOPLE[0], 4) for _ in again]
    note("Probe to its sentences, cached, in a page just opened", GOAL, [v[0] for v in cached])
    once_more = [value for values in cached for value in values[1:]]
    note("the same, once more in that page", GOAL, once_more)
    note("From another level back to the sentences", GOAL, [bench.level() for _ in again])
    fresh = [bench.influence(pair)[0] for pair in (("hand", "heart"), ("fire", "water"))]
    note("Probe to its sentences, quick estimate of a fresh probe", "–", fresh)
    note_maps(bench, note, few)
    note_walks(bench, note, few)
    return rows


MAPS = (("brown", 20_000), ("big", 20_000), ("big", N_BIG))
MAP_GOALS = {
    "opened": ("opened until it is drawn", "1.5 s"),
    "panned": ("opened until it can be panned", "1.5 s"),
    "hover": ("hover answered, without the server", "0.1 s"),
    "click": ("click answered with the ten nearest words, without the server", "0.1 s"),
    "lasso": ("lasso to the first sentence", "1 s"),
}


def note_maps(bench: Bench, note: Callable[[str, str, list[float]], None], repeats: range) -> None:
    """The rows of the map; the first visit of each pays for clusters, and is not counted."""
    for model, n in MAPS:
        bench.map_of(model, n)
        found = [bench.map_of(model, n) for _ in repeats]
        drawn = "Brown's 14,172 words" if model == "brown" else f"{n:,} words"
        for name, (what, goal) in MAP_GOALS.items():
            is_open = name in ("opened", "panned") and n == N_BIG
            if name in found[0]:
                values = [one[name] for one in found]
                note(f"Word map, {drawn}: {what}", "3 s" if is_open else goal, values)
        note(
            f"Word map, {drawn}: a frame while it is moved",
            "0.017 s",
            [1 / one["frames"] for one in found],
        )


def note_walks(bench: Bench, note: Callable[[str, str, list[float]], None], repeats: range) -> None:
    """The rows of the three people's ways; the goal of the auditor's is its presses."""
    ways = (
        ("Explorer: first screen to the sentences of a circle", walks.explore, "10 s, 3 presses"),
        ("Auditor: first screen to the signed report", walks.audit, "6 presses"),
    )
    for what, way, goal in ways:
        found = [way(bench.browser, bench.url) for _ in repeats]
        n_presses = max(one.n_presses for one in found)
        note(f"{what}, in {n_presses} presses", goal, [one.seconds for one in found])
    steps = [seconds for _ in repeats for seconds in walks.present(bench.browser, bench.url)]
    note("Presenter: a key to the next of the seven steps", "1 s", steps)


def write(rows: list[Row], about: str) -> str:
    table = "\n".join(map(str, rows))
    return f"""# browser

Waiting times of one person; five at once are in [crowd.md](crowd.md).
`python -m benchmarks.browser`, {date.today().isoformat()}, {about}. Chromium at 1280x720 on the
same cores as the server, drawing without a graphics card; Shakespeare sample.

| what | median | slowest | n | goal |
|---|---:|---:|---:|---:|
{table}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    load = f"load {os.getloadavg()[0]:.1f} at the start and "
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        borrow_texts(home)
        make_big_model(home)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        cold = [cold_first_screen(browser, home) for _ in range(max(repeats // 2, 2))]
        rows = [Row("First useful screen of a server just started", "3 s", cold)]
        print(rows[0], flush=True)
        with serve(home, home / "log.txt") as (url, server):
            rows += measure(Bench(browser, url, server), repeats)
        browser.close()
    text = write(rows, machine().replace("load ", load))
    RESULT.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
