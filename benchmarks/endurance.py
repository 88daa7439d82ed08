"""Memory and open files of one server over many reruns, dropped sessions and a second server.

    python -m benchmarks.endurance [--times 200]

Visitors speak Streamlit's protocol without browsers (``visitor``). Dropped: the session opens a
view and its connection is closed without a word; the server forgets it after 60 seconds, and the
last figures are taken after that. Both servers use the same home at once, each asked in turn.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psutil

from benchmarks.browser import link
from benchmarks.machine import machine
from benchmarks.visitor import Visitor
from tests.browser.served import borrow_texts, serve

RESULT = Path(__file__).parent / "results" / "endurance.md"
VIEWS = ("model", "map", "probe", "influence", "what_if", "report")
FORGOTTEN_SECONDS = 75  # disconnectedSessionTTL and some


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), options.times)
    command = f"python -m benchmarks.endurance --times {options.times}"
    RESULT.write_text(page(rows, command), encoding="utf-8")
    print(RESULT.read_text("utf-8"))


def measure(folder: Path, n: int) -> list[tuple[str, float, int, int]]:
    """(what, megabytes, open files, threads) of the first server after each series."""
    home = folder / "home"
    home.mkdir()
    borrow_texts(home)
    rows: list[tuple[str, float, int, int]] = []
    with (
        serve(home, folder / "first.log") as (url, pid),
        serve(home, folder / "second.log") as (other, _),
    ):
        server = psutil.Process(pid)

        def note(what: str) -> None:
            n_bytes = server.memory_info().rss
            rows.append((what, n_bytes / 1e6, server.num_fds(), server.num_threads()))

        with Visitor(url) as visitor:
            for view in VIEWS:
                visitor.open(link(view))
        note("each view opened once")
        repeat(n, lambda at: rerun(url, at), note, "views opened in one session each of ten")
        repeat(n, lambda at: drop(url, at), note, "sessions dropped")
        repeat(n, lambda at: drop((url, other)[at % 2], at), note, "sessions on two servers")
        time.sleep(FORGOTTEN_SECONDS)
        drop(url, 0)  # the server forgets old sessions when it is told of a new one
        note(f"{FORGOTTEN_SECONDS} s and one visit later")
    for log in ("first.log", "second.log"):
        text = (folder / log).read_text("utf-8")
        assert "Traceback" not in text, text
    return rows


def repeat(n: int, act: Callable[[int], None], note: Callable[[str], None], what: str) -> None:
    for half in (1, 2):
        for at in range(n // 2):
            act(at)
        note(f"{half * (n // 2)} {what}")


def rerun(url: str, at: int) -> None:
    """Ten views in one session count as ten."""
    if at % 10:
        return
    with Visitor(url) as visitor:
        for step in range(10):
            visitor.open(link(VIEWS[step % len(VIEWS)]))


def drop(url: str, at: int) -> None:
    with Visitor(url) as visitor:
        visitor.open(link(VIEWS[at % len(VIEWS)]))


def page(rows: list[tuple[str, float, int, int]], command: str) -> str:
    lines = [
        "# endurance",
        "",
        f"`{command}`, {date.today().isoformat()}, {machine()}. One server, views of the default"
        " sample with its text, answers stored before. The resident memory of the server's process,"
        " its open files and threads after each series; the series follow one another.",
        "",
        "| after | MB | open files | threads |",
        "|---|---:|---:|---:|",
    ]
    lines += [f"| {what} | {mb:,.0f} | {files} | {threads} |" for what, mb, files, threads in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
