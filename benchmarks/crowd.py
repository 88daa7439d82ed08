"""Waiting times of five people who ask at once, each about another probe, beside one person alone.

    python -m benchmarks.crowd [--rounds 3] [--asks 10]

Timed: from a probe's page to its sentences, which were computed before. The crowds, each beside one
person measured the same way in the same minutes, in turns:

- at work: each asks, reads two to six seconds (seeded), goes back and asks again;
- at the same instant, the worst case;
- the same, but only one of the five has a browser on this machine: in use each person has a
  processor of their own for the browser, while here five browsers and the server share a few;
- the server alone, without browsers (``visitor``), at work and at the same instant. Here a wait
  ends with the script run; in a browser with the first frame that shows the sentences.

Home and sample are those of ``browser``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from threading import Barrier

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import CARD, PEOPLE, TO_TEXT, Bench, link, resident
from benchmarks.machine import machine
from benchmarks.visitor import Visitor
from tests.browser.served import FLAGS, borrow_texts, find_chromium, serve

RESULT = Path(__file__).parent / "results" / "crowd.md"
READS = (2.0, 6.0)  # seconds
TO_PROBE = ".st-key-header_views [data-testid=stPageLink-NavLink][href$='probe']"
BUTTON = "Which text made it so"

_WORK = """async ({ at, reads, button, card, back }) => {
  const find = (css) => document.querySelector(css);
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const until = (holds) => new Promise((done) => {
    const watch = () => holds() ? done() : requestAnimationFrame(watch); watch(); });
  const waits = [];
  await sleep(at - Date.now());
  for (const seconds of reads) {
    await sleep(seconds * 500);
    const start = performance.now();
    find(button).click();
    await until(() => find(card));
    waits.push((performance.now() - start) / 1000);
    await sleep(seconds * 500);
    find(back).click();
    await until(() => find(button) && !find(card));
  }
  return waits;
}"""


class Crowd:
    """The waits of the people of one round, in browsers and without."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.further: list[float] = []  # megabytes of the server for each further person

    def browsers(self, pairs: tuple[tuple[str, str], ...], reads: list[list[float]]) -> list[float]:
        """Seconds of every ask; person i reads ``reads[i]`` between them."""
        before = resident(self.bench.server)
        with ExitStack() as stack:
            pages = [
                stack.enter_context(self.bench.visit(link("probe", pair), TO_TEXT))
                for pair in pairs
            ]
            at = time.time() * 1000 + 1000
            for page, pauses in zip(pages, reads, strict=True):
                plan = {"at": at, "reads": pauses, "button": TO_TEXT, "card": CARD}
                plan["back"] = TO_PROBE
                page.evaluate(f"(plan) => {{ window.clifWork = ({_WORK})(plan); }}", plan)
            waits = [page.evaluate("window.clifWork") for page in pages]
            _refuse_strangers(pages, pairs)
            self.further.append((resident(self.bench.server) - before) / len(pairs))
        return [float(wait) for of_one in waits for wait in of_one]

    def elsewhere(self, pairs: tuple[tuple[str, str], ...]) -> float:
        """Seconds of one ask in a browser, while the others ask at the same instant without one."""
        with ExitStack() as stack:
            others = [stack.enter_context(Visitor(self.bench.url)) for _ in pairs[1:]]
            for person, pair in zip(others, pairs[1:], strict=True):
                person.open(link("probe", pair))
            page = stack.enter_context(self.bench.visit(link("probe", pairs[0]), TO_TEXT))
            at = time.time() + 1

            def ask(person: Visitor) -> None:
                time.sleep(max(at - time.time(), 0))
                person.press(BUTTON)

            plan = {"at": at * 1000, "reads": [0.0], "button": TO_TEXT, "card": CARD}
            plan["back"] = TO_PROBE
            page.evaluate(f"(plan) => {{ window.clifWork = ({_WORK})(plan); }}", plan)
            people = stack.enter_context(ThreadPoolExecutor(len(pairs)))
            asked = [people.submit(ask, person) for person in others]
            (wait,) = page.evaluate("window.clifWork")
            for one in asked:
                one.result()
        return float(wait)

    def visitors(self, pairs: tuple[tuple[str, str], ...], reads: list[list[float]]) -> list[float]:
        """The same without browsers."""
        start = Barrier(len(pairs))

        def work(pair: tuple[str, str], pauses: list[float]) -> list[float]:
            waits = []
            with Visitor(self.bench.url) as person:
                person.open(link("probe", pair))
                start.wait()
                for seconds in pauses:
                    time.sleep(seconds / 2)
                    waits.append(person.press(BUTTON))
                    assert "clif-card" in person.html and all(w in person.html for w in pair)
                    time.sleep(seconds / 2)
                    person.turn_to("probe")
            return waits

        with ThreadPoolExecutor(len(pairs)) as people:
            return [wait for of_one in people.map(work, pairs, reads) for wait in of_one]


def _refuse_strangers(pages: list[Page], pairs: tuple[tuple[str, str], ...]) -> None:
    """Check that no session sees another's state: each page still has its own probe."""
    for page, pair in zip(pages, pairs, strict=True):
        probe = page.evaluate("new URLSearchParams(location.search).get('probe')")
        shown = json.loads(probe)
        assert (shown["word_1"], shown["word_2"]) == pair, f"{pair} sees {shown}"


Waits = dict[str, list[float]]


def measure(bench: Bench, rounds: int, n_asks: int) -> tuple[Waits, list[float]]:
    """(name of the crowd -> seconds of each ask, megabytes of each further person)."""
    for pair in PEOPLE:
        with bench.visit(link("influence", pair), CARD):
            pass
    crowd, draw, waits = Crowd(bench), random.Random(1), Waits()
    ways: tuple[tuple[str, Callable[..., list[float]]], ...] = (
        ("browsers", crowd.browsers),
        ("server", crowd.visitors),
    )
    for _ in range(rounds):
        for name, way in ways:
            for who, pairs in (("alone", PEOPLE[:1]), ("crowd", PEOPLE)):
                reads = [[draw.uniform(*READS) for _ in range(n_asks)] for _ in pairs]
                waits.setdefault(f"{name} {who} work", []).extend(way(pairs, reads))
                for _ in range(2):  # all press in the same instant, and once each
                    found = way(pairs, [[0.0]] * len(pairs))
                    waits.setdefault(f"{name} {who} instant", []).extend(found)
                    waits.setdefault(f"{name} {who} last", []).append(max(found))
        for _ in range(2):
            for who, pairs in (("alone", PEOPLE[:1]), ("crowd", PEOPLE)):
                waits.setdefault(f"elsewhere {who}", []).append(crowd.elsewhere(pairs))
            print({key: round(float(np.median(v)), 3) for key, v in waits.items()}, flush=True)
    return waits, crowd.further


LINES = (
    ("browsers alone work", "In the browser, one person at work"),
    ("browsers crowd work", "**five people at work: each ask**"),
    ("browsers alone instant", "one person, asking once"),
    ("browsers crowd instant", "five at the same instant: each of them"),
    ("browsers crowd last", "the longest wait of the five"),
    ("elsewhere alone", "One browser on this machine: one person, asking once"),
    ("elsewhere crowd", "**the same, while four others ask at the same instant from elsewhere**"),
    ("server alone work", "Server alone, one person at work"),
    ("server crowd work", "**five people at work: each ask**"),
    ("server alone instant", "one person, asking once"),
    ("server crowd instant", "five at the same instant: each of them"),
    ("server crowd last", "the longest wait of the five"),
)


def write(waits: Waits, further: list[float], about: str) -> str:
    rows = "\n".join(_row(label, waits[key]) for key, label in LINES)
    return f"""# crowd

`python -m benchmarks.crowd`, {date.today().isoformat()}, {about}. From a probe's page to its
sentences, computed before; five people, each on another probe. Goal: nobody waits more than twice
as long as alone. At work: each asks, reads {READS[0]:.0f} to {READS[1]:.0f} s, goes back, asks
again. In the browser a wait ends with the first frame that shows the sentences, and all five
Chromium windows run on the same cores as the server, but for "one browser on this machine", where
the four others speak Streamlit's protocol without browsers; so do all in "server alone", where a
wait ends with the script run. Alone and together were measured in turns.

| who waits | median | 95 % | slowest | n |
|---|---:|---:|---:|---:|
{rows}

Memory of the server for each further person: {np.median(further):.1f} MB (median), at most
{max(further):.1f} MB (goal 50 MB). Every page was seen to show its own person's probe.
"""


def _row(label: str, values: list[float]) -> str:
    middle, high, worst = np.quantile(values, [0.5, 0.95, 1])
    often = f"{high:.2f} s" if len(values) >= 20 else "–"
    return f"| {label} | {middle:.2f} s | {often} | {worst:.2f} s | {len(values)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--asks", type=int, default=10, help="of each person in a round")
    options = parser.parse_args()
    load = f"load {os.getloadavg()[0]:.1f} at the start and "
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        borrow_texts(home)
        with serve(home, home / "log.txt") as (url, server):
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            waits, further = measure(Bench(browser, url, server), options.rounds, options.asks)
            browser.close()
    text = write(waits, further, machine().replace("load ", load))
    RESULT.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
