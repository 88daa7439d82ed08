"""A newcomer's path, timed in the browser: a 50 MB CSV and a GloVe file, to sentences.

    python -m benchmarks.newcomer [--megabytes 50] [--words 100000]

The text is that of the Brown sample in 50 MB of reviews, with a header and four columns; the
vectors are those of its model and random ones for words that no text has, 50 numbers each. The
path is that of ``tests/browser/newcomer``. Chromium runs on the same cores as the server. Needs the
text of Brown (``clif fetch brown``).
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.machine import machine
from clif_core.workspace.workspace import Workspace
from tests.browser.newcomer import walk, write_glove, write_reviews
from tests.browser.served import FLAGS, find_chromium, serve

RESULT = Path(__file__).parent / "results" / "newcomer.md"
DIM = 50
GOALS = {"vectors seen": "5 s", "text seen": "5 s"}
SAID = {
    "vectors seen": "the file of vectors dropped, what it is stands there",
    "text seen": "the CSV dropped, its column, documents and words stand there",
    "model there": "“Read the files” pressed, the first question and its sentences stand there",
    "sentences read": "“Read all sentences behind it” pressed, the sentences stand there",
}


def write_files(folder: Path, megabytes: float, n_words: int) -> tuple[Path, Path]:
    """(vectors, text)."""
    workspace = Workspace()
    model = workspace.open_model("brown").model
    corpus = workspace.open_corpus(model)
    if corpus is None:
        raise SystemExit("The text of brown is not here; run: clif fetch brown")
    sentences = [corpus.sentence_text(at) for at in range(corpus.n_sentences)]
    texts = [" ".join(sentences[at : at + 8]) for at in range(0, len(sentences), 8)]
    write_reviews(folder / "reviews.csv", texts, int(megabytes * 1e6))
    known = model.vocabulary.words[:n_words]
    words = [*known, *(f"zz{i}" for i in range(n_words - len(known)))]
    rows = np.random.default_rng(1).normal(size=(len(words), DIM))
    rows[: len(known)] = model.centre_vectors[: len(known), :DIM]
    write_glove(folder / f"glove.{DIM}d.txt", words, rows)
    return folder / f"glove.{DIM}d.txt", folder / "reviews.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--words", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        vectors, text = write_files(folder, given.megabytes, given.words)
        sizes = [path.stat().st_size / 1e6 for path in (vectors, text)]
        (folder / "home").mkdir()
        with serve(folder / "home", folder / "log") as (url, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.set_default_timeout(120_000)
            page.goto(url)
            page.get_by_role("heading", level=1).first.wait_for()
            seconds = walk(page, vectors, text)
            browser.close()
    lines = [
        "# A newcomer's path",
        "",
        f"`python -m benchmarks.newcomer --megabytes {given.megabytes:g} --words {given.words}`,"
        f" {date.today().isoformat()}, {machine()}. A CSV of {sizes[1]:.0f} MB and a GloVe file of"
        f" {sizes[0]:.0f} MB ({given.words:,} words of {DIM} numbers), dropped on the page of a new"
        " server; Chromium on the same cores.",
        "",
        "| step | seconds | goal |",
        "|---|---:|---|",
        *(f"| {SAID[k]} | {value:.1f} | {GOALS.get(k, '–')} |" for k, value in seconds.items()),
    ]
    RESULT.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
