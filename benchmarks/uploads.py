"""How long a cached answer takes one visitor while another uploads 100 MB.

    python -m benchmarks.uploads [--asks 20] [--megabytes 100]

Both speak Streamlit's protocol without browsers (``visitor``), so that no browser takes a part of
this machine's processors. The one asks from a probe's page for its sentences, which were computed
before, reads half a second, and asks again: first alone, then while the other uploads files, one
after another, into the form that imports a model, and the form shows what is in them. Uploaded are
vectors as text, and a training text.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import date
from pathlib import Path
from threading import Event, Thread

import numpy as np

from benchmarks.browser import PEOPLE, link
from benchmarks.machine import machine
from benchmarks.visitor import Visitor
from tests.browser.served import borrow_texts, serve

RESULT = Path(__file__).parent / "results" / "uploads.md"
BUTTON = "Which text made it so"
READS = 0.5  # seconds between two questions
VECTORS, TEXT = "Word vectors", "Training text (optional)"


def vectors(n_bytes: int) -> bytes:
    numbers = " ".join(["0.123456"] * 50)
    lines = (f"w{i} {numbers}\n" for i in range(n_bytes // (len(numbers) + 7)))
    return "".join(lines).encode()


def text(n_bytes: int) -> bytes:
    sentence = b"The king gave the crown to his daughter, and the play was over. "
    return sentence * (n_bytes // len(sentence))


FILES = {
    "vectors": (VECTORS, "vectors.txt", vectors),
    "a text": (TEXT, "text.txt", text),
}


def ask(person: Visitor, n: int) -> list[float]:
    """Seconds of each of ``n`` questions."""
    waits = []
    for _ in range(n):
        waits.append(person.press(BUTTON))
        assert "clif-card" in person.html
        time.sleep(READS)
        person.turn_to("probe")
    return waits


def upload_until(stop: Event, url: str, what: str, n_bytes: int, took: list[list[float]]) -> None:
    label, name, make = FILES[what]
    content = make(n_bytes)
    while not stop.is_set():
        with Visitor(url) as other:
            other.open("model")
            other.press("Bring your own")
            took.append(list(other.upload(label, name, content)))


def measure(url: str, n: int, n_bytes: int) -> list[tuple[str, list[float], list[list[float]]]]:
    """(what is uploaded meanwhile, seconds of each question, seconds of each upload and run)."""
    rows = []
    with Visitor(url) as person:
        person.open(link("probe", PEOPLE[0]))
        ask(person, 3)
        for what in ("nothing", *FILES, "nothing, again"):
            stop, took = Event(), list[list[float]]()
            other = Thread(target=upload_until, args=(stop, url, what, n_bytes, took))
            if what in FILES:
                other.start()
                time.sleep(2)
            rows.append((what, ask(person, n), took))
            stop.set()
            if what in FILES:
                other.join()
            print(what, np.round(rows[-1][1], 2), np.round(took, 1), flush=True)
    return rows


def page(rows: list[tuple[str, list[float], list[list[float]]]], given: str) -> str:
    alone = float(np.median(rows[0][1]))
    lines = [
        "# uploads",
        "",
        f"`{given}`, {date.today().isoformat()}, {machine()}. From a probe's page to its sentences,"
        " computed before, while another visitor uploads 100 MB again and again: seconds until the"
        " script run is over. Goal: no more than twice as long as alone.",
        "",
        "| meanwhile uploaded | median | 95 % | slowest | n | times alone | transfer | shown |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for what, waits, took in rows:
        middle, high, worst = np.quantile(waits, [0.5, 0.95, 1])
        sent, shown = np.median(took, axis=0) if took else (np.nan, np.nan)
        of_upload = f"{sent:.1f} s ({len(took)} x) | {shown:.1f} s" if took else "– | –"
        lines.append(
            f"| {what} | {middle:.2f} s | {high:.2f} s | {worst:.2f} s | {len(waits)} |"
            f" {middle / alone:.1f} | {of_upload} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--asks", type=int, default=20)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    load = f"load {os.getloadavg()[0]:.1f} at the start and "
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        borrow_texts(home)
        with serve(home, home / "log.txt") as (url, _):
            rows = measure(url, options.asks, options.megabytes * 1_000_000)
        log = (home / "log.txt").read_text("utf-8")
        assert "Traceback" not in log, log
    given = f"python -m benchmarks.uploads --asks {options.asks} --megabytes {options.megabytes}"
    RESULT.write_text(page(rows, given).replace(", load ", f", {load}"), "utf-8")
    print(RESULT.read_text("utf-8"))


if __name__ == "__main__":
    main()
