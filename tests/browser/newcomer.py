"""A newcomer's path in the browser: two files dropped on the page, on to sentences behind a probe.

For the test (``test_newcomer``) with small files, and for the benchmark (``benchmarks.newcomer``)
with large ones. Nothing is chosen that the page does not put in front of the person.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page, expect

__all__ = ["walk", "write_glove", "write_reviews"]

PATIENT = 600_000  # milliseconds, for the largest files on a busy machine


def write_reviews(path: Path, texts: Iterable[str], n_bytes: int) -> None:
    """A CSV of reviews, as shops export them: the texts again and again, up to a size."""
    texts = list(texts)
    with path.open("w", encoding="utf-8") as file:
        file.write("id,date,stars,review\n")
        row = 0
        while file.tell() < n_bytes:
            text = texts[row % len(texts)].replace('"', '""')
            file.write(f'{row},2020-{1 + row % 12:02}-03,{1 + row % 5},"{text}"\n')
            row += 1


def write_glove(path: Path, words: Iterable[str], vectors: Iterable[Iterable[float]]) -> None:
    """A file as GloVe's: no header line."""
    with path.open("w", encoding="utf-8") as file:
        for word, row in zip(words, vectors, strict=True):
            file.write(f"{word} {' '.join(f'{x:.5f}' for x in row)}\n")


def walk(
    page: Page,
    vectors: Path,
    text: Path,
    name: str = "mine",
    seen: tuple[str, str] = ("GloVe text", "Each row is a document"),
) -> dict[str, float]:
    """Take the path; seconds to the preview, to the imported model, and to the sentences.

    ``seen``: what the previews of the vectors and of the text say.
    """
    page.get_by_role("button", name="Bring your own").click()
    page.get_by_label("Name", exact=True).fill(name)
    form = page.get_by_test_id("stFileUploader")
    found, seconds = page.locator(".clif-found"), {}
    started = time.perf_counter()
    form.filter(has_text="Word vectors").locator("input").set_input_files(vectors)
    expect(found.filter(has_text=seen[0])).to_be_visible(timeout=PATIENT)
    seconds["vectors seen"] = time.perf_counter() - started
    started = time.perf_counter()
    form.filter(has_text="Training text").locator("input").set_input_files(text)
    expect(found.filter(has_text=seen[1])).to_be_visible(timeout=PATIENT)
    seconds["text seen"] = time.perf_counter() - started
    started = time.perf_counter()
    page.get_by_role("button", name="Read the files").click()
    behind = page.get_by_role("button", name=re.compile("Read all sentences behind it"))
    expect(page.get_by_text(f"A question to {name}")).to_be_visible(timeout=PATIENT)
    seconds["model there"] = time.perf_counter() - started
    started = time.perf_counter()
    behind.click()
    expect(page.locator("article.clif-card").first).to_be_visible(timeout=PATIENT)
    seconds["sentences read"] = time.perf_counter() - started
    return seconds
