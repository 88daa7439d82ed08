"""A text on the page: what was found stands there before it is read, and it is read as it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from seen import html_of
from streamlit.testing.v1 import AppTest

from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus
from clif_core.workspace.workspace import Workspace

CASES = Path(__file__).parents[1] / "cases" / "texts"
Run = Callable[..., AppTest]


def give(app: AppTest, *names: str) -> AppTest:
    """The form with these files as the text."""
    if not app.file_uploader:
        app.button("model_own_open").click().run()
    files = [(name, (CASES / name).read_bytes(), "application/octet-stream") for name in names]
    text = next(one for one in app.file_uploader if one.label.startswith("Training text"))
    text.set_value(files).run()
    assert not app.exception
    return app


def field(app: AppTest, label: str) -> Any:
    return next(box for box in app.selectbox if box.label == label)


FOUND = {
    "lines.txt": "One sentence a line: no sentence and no window crosses a line.",
    "table.csv": "Each row is a document: 3,000.",
    "reviews.tsv": "Each row is a document: 60.",
    "reviews.parquet": "Each row is a document: 60.",
    "page.html": "Each file is a document: 1.",
    "cp_apos.txt": "read as Windows-1252 (cp1252)",
    "cp_apos_latin1advice.txt": "210 characters were mended",
    "null.jsonl": "line 8 of null.jsonl: its &#39;text&#39; is empty.",
    "object.json": "Each row is a document: 60.",
    "nested.jsonl": "Text: &#39;document.text&#39;. Kept with it: id, document.author.",
    "notes.rtf": "notes.rtf is an RTF document.",
    "paper.pdf": "paper.pdf is a PDF.",
    "essay.docx": "essay.docx is a Word document",
    "wiki.xml": "wiki.xml is a dump of a wiki",
}


def test_what_was_found_stands_there_before_anything_is_read(
    run_view: Run, home: Workspace
) -> None:
    app = run_view("model")
    for name, found in FOUND.items():
        assert found in html_of(give(app, name)), name
        is_refused = name in ("notes.rtf", "paper.pdf", "essay.docx", "wiki.xml")
        submit = app.button("own_submit")
        assert submit.disabled == is_refused
    assert [entry.name for entry in home.catalogue()] == ["lee"]


def test_the_column_and_the_encoding_can_be_changed(run_view: Run) -> None:
    app = give(run_view("model"), "reviews.tsv")
    column = field(app, "Column with the text")
    assert column.value == "text" and column.options == ["id", "author", "year", "text"]
    column.set_value("author").run()
    assert "Text: &#39;author&#39;. Kept with it: id, year, text." in html_of(app)
    give(app, "cp_apos.txt")
    field(app, "Encoding").set_value("cp1251").run()
    assert "Encoding: CP1251." in html_of(app)


def test_a_table_becomes_documents_with_metadata(
    run_view: Run, home: Workspace, lee: tuple[SkipGram, Corpus]
) -> None:
    model, app = lee[0], give(run_view("model"), "reviews.tsv")
    app.text_input[0].set_value("mine")
    rows = zip(model.vocabulary.words, model.centre_vectors, strict=True)
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in rows]
    head = f"{model.n_words} {model.dim}"
    content = "\n".join([head, *lines, ""]).encode()
    app.file_uploader[0].set_value(("mine.txt", content, "text/plain")).run()
    next(button for button in app.button if button.label == "Read the files").click().run()
    assert not app.exception
    corpus = home.open_corpus(home.open_model("mine").model)
    assert corpus is not None and corpus.n_documents == 60
    assert corpus.documents["author"][0] == "writer0"
    assert corpus.about["source"] == "reviews.tsv"


@pytest.mark.parametrize("is_folder", [False, True])
def test_several_files_and_a_folder(run_view: Run, is_folder: bool) -> None:
    app = run_view("model")
    app.button("model_own_open").click().run()
    if is_folder:
        app.toggle[0].set_value(True).run()
    give(app, *(f"nested_folder/{name}.txt" for name in ("neg/0", "neg/2", "pos/1")))
    assert "3 files (plain text); the names of their folders are kept" in html_of(app)
