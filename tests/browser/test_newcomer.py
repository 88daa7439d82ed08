"""From two files of one's own to the sentences behind a probe, without any documentation."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from pathlib import Path

import pytest
from newcomer import walk, write_glove, write_reviews
from playwright.sync_api import Page, expect

from clif_core.workspace.workspace import Workspace

pytestmark = pytest.mark.browser
TEXTS = Path(__file__).parents[1] / "cases" / "texts"
GENSIM = Path(str(importlib.resources.files("gensim"))) / "test" / "test_data"


def test_a_table_and_vectors_lead_to_sentences(
    open_page: Callable[..., Page], screenshot: Callable[[Page, str], None], tmp_path: Path
) -> None:
    model = Workspace(tmp_path).open_model("brown").model
    lines = (TEXTS / "lines.txt").read_text("utf-8").splitlines()
    write_reviews(tmp_path / "reviews.csv", [f"{line.capitalize()}." for line in lines], 200_000)
    write_glove(tmp_path / "glove.6d.txt", model.vocabulary.words, model.centre_vectors[:, :6])
    page = open_page()
    walk(page, tmp_path / "glove.6d.txt", tmp_path / "reviews.csv", "newcomer")
    expect(page.get_by_text("They were fitted to the text")).to_be_visible()
    expect(page.get_by_text("gensim's usual settings are assumed")).to_be_visible()
    screenshot(page, "newcomer_sentences")


def test_a_model_of_fasttext_and_its_text_lead_to_sentences(
    open_page: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    page = open_page()
    seen = ("fastText .bin (skip-gram", "Each line is a document: 300.")
    walk(page, GENSIM / "lee_fasttext.bin", GENSIM / "lee_background.cor", "leeft", seen)
    expect(page.get_by_text("In this model:")).to_be_visible()
    screenshot(page, "fasttext_sentences")
