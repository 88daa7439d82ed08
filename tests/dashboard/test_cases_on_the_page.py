"""Inputs that people brought (``tests/cases``), a test for each kind, through the page.

What is found stands there before anything is read; what is no vectors or no text is refused by its
name. ``tests/cli/test_cases.py`` has the same through the command line.
"""

from __future__ import annotations

import html
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from seen import html_of
from streamlit.testing.v1 import AppTest

from clif_core.text import segmenters
from clif_core.workspace.packs.packing import pack
from clif_core.workspace.workspace import Workspace

CASES = Path(__file__).parents[1] / "cases"
TEXTS, TOKENS, VECTORS = (CASES / name for name in ("texts", "tokens", "vectors"))
PROJECTOR = VECTORS / "17-projector-files"
Run = Callable[..., AppTest]


@pytest.fixture
def form(run_view: Run) -> AppTest:
    """The form for a model of one's own."""
    app = run_view("model")
    return app.button("model_own_open").click().run()


def uploader(app: AppTest, label: str) -> Any:
    return next(one for one in app.file_uploader if one.label.startswith(label))


def give(app: AppTest, label: str, *paths: Path, below: Path | None = None) -> AppTest:
    """Upload files, by their names or their paths below a folder."""
    files = [
        (path.name if below is None else path.relative_to(below).as_posix(), path.read_bytes(), "")
        for path in paths
    ]
    field = uploader(app, label)
    field.set_value(files if label == "Training text" else files[0]).run()
    assert not app.exception
    return app


def seen(app: AppTest) -> str:
    return html.unescape(html_of(app))


def submit(app: AppTest) -> Any:
    return app.button("own_submit")


def generated(folder: Path, name: str) -> Path:
    """Files that are others of the folder in another layout."""
    lines = (TEXTS / "lines.txt").read_text("utf-8").splitlines()
    contents: dict[str, Iterable[str]] = {
        "oneline.txt": [" ".join(lines)],
        "docs.jsonl": (json.dumps({"id": i, "content": x}) + "\n" for i, x in enumerate(lines)),
    }
    path = folder / name
    path.write_text("".join(contents[name]), "utf-8")
    return path


FOUND = {
    "lines.txt": ["One sentence a line: no sentence and no window crosses a line."],
    "oneline.txt": ["cut into 286 passages of 100 words"],
    "table.csv": ["Each row is a document: 3,000.", "Kept with it: id, source, year."],
    "reviews.tsv": ["Each row is a document: 60.", "Kept with it: id, author, year."],
    "cased.txt": ["plain text"],
    "hindi.txt": ["Encoding: UTF-8."],
    "phrases.txt": ["Underscores: join words: new_york"],
    "page.html": ["HTML", "The nurse carried the lantern to the old harbour"],
    "cp_apos.txt": ["read as Windows-1252 (cp1252)"],
    "cp_apos_latin1advice.txt": ["210 characters were mended"],
    "docs.jsonl": ["Text: 'content'.", "Each row is a document: 3,000."],
    "array.json": ["Each row is a document: 60."],
    "nested.jsonl": ["Text: 'document.text'."],
    "null.jsonl": ["Each row is a document: 59.", "line 8 of null.jsonl: its 'text' is empty."],
}


@pytest.mark.parametrize("name", FOUND)
def test_what_a_text_is_stands_there_before_it_is_read(
    form: AppTest, tmp_path: Path, name: str
) -> None:
    known = [folder / name for folder in (TEXTS, TOKENS) if (folder / name).exists()]
    give(form, "Training text", *(known or [generated(tmp_path, name)]))
    assert all(found in seen(form) for found in FOUND[name])
    assert not submit(form).disabled


@pytest.mark.parametrize(("name", "extra"), [("thai.txt", "thai"), ("chinese.txt", "chinese")])
def test_words_that_no_blank_parts_are_said(form: AppTest, name: str, extra: str) -> None:
    give(form, "Training text", TOKENS / name)
    is_parted = segmenters.is_installed(extra)
    what = f"parted as {extra.capitalize()}" if is_parted else f"clif-dashboard[{extra}]"
    assert what in seen(form)


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("half_nested", "the names of their folders are kept"),
        ("mixed_folder", "Each file is a document: 6."),
        ("nested_folder", "the names of their folders are kept"),
    ],
)
def test_a_folder_is_seen_whole(form: AppTest, folder: str, said: str) -> None:
    paths = sorted(path for path in (TEXTS / folder).rglob("*") if path.is_file())
    give(form, "Training text", *paths, below=TEXTS)
    assert "6 files" in seen(form) and said in seen(form)


VECTORS_FOUND = {
    "11-glove/ok.txt": "word2vec text: 16 words of 6 dimensions.",
    "11-glove/glove_nohead.txt": "GloVe text (no header line): 16 words",
    "11-glove/glove_spaces_nohead.txt": "2 words hold a blank",
    "11-glove/w2v_spaces_head.txt": "2 words hold a blank",
    "12-wrong-name-for-the-fault/bom.txt": "byte order mark: 16 words of 6",
    "12-wrong-name-for-the-fault/utf16.txt": "utf-16-le with a byte order mark: 16 words of 6",
    "12-wrong-name-for-the-fault/ok.txt.bz2": "in bzip2: 16 words of 6",
    "12-wrong-name-for-the-fault/ok.txt.xz": "in xz: 16 words of 6",
    "12-wrong-name-for-the-fault/glove.mini.zip": "in zip: 16 words of 6",
    "12-wrong-name-for-the-fault/double.bin": "word2vec binary (float64): 16 words of 6",
    "12-wrong-name-for-the-fault/vec.parquet": "Parquet table: 16 words of 6",
    "12-wrong-name-for-the-fault/facebook_ft.bin": "n-grams would add",
    "15-bad-words-stop-all/dup.txt": "word came before; its first vector is kept",
    "15-bad-words-stop-all/dup.bin": "word came before; its first vector is kept",
    "15-bad-words-stop-all/truncword.txt": "read with U+FFFD",
    "15-bad-words-stop-all/truncword.bin": "read with U+FFFD",
    "15-bad-words-stop-all/count_too_big.txt": "says 20 words, the file holds 16",
    "15-bad-words-stop-all/count_too_small.txt": "says 12 words, the file holds 16",
    "15-bad-words-stop-all/blank_middle.txt": "line is blank; passed over",
    "15-bad-words-stop-all/latin1.txt": "word is not UTF-8",
}
VECTORS_REFUSED = {
    "12-wrong-name-for-the-fault/comma.txt": "decimal commas",
    "12-wrong-name-for-the-fault/essay.docx": "a Word document",
    "12-wrong-name-for-the-fault/reviews.parquet": "a Parquet table without vectors",
    "12-wrong-name-for-the-fault/vectors.npy": "Give the words as a second file",
    "12-wrong-name-for-the-fault/plain.safetensors": "Give the words as a second file",
    "17-projector-files/vectors.tsv": "Give the words as a second file",
}


@pytest.mark.parametrize("name", VECTORS_FOUND)
def test_what_a_file_of_vectors_is_stands_there(form: AppTest, name: str) -> None:
    give(form, "Word vectors", VECTORS / name)
    assert VECTORS_FOUND[name] in seen(form) and not submit(form).disabled


@pytest.mark.parametrize("name", VECTORS_REFUSED)
def test_what_is_no_vectors_is_refused_by_name(form: AppTest, name: str) -> None:
    give(form, "Word vectors", VECTORS / name)
    assert VECTORS_REFUSED[name] in seen(form) and submit(form).disabled


@pytest.mark.parametrize(
    "name", [name for name, said in VECTORS_REFUSED.items() if "second file" in said]
)
def test_a_matrix_takes_its_words_from_a_second_file(form: AppTest, name: str) -> None:
    give(form, "Word vectors", VECTORS / name)
    give(form, "Words, only", PROJECTOR / "metadata.tsv")
    assert "16 words of 6 dimensions" in seen(form) and not submit(form).disabled


def test_a_strict_reading_refuses_and_another_encoding_reads(form: AppTest) -> None:
    give(form, "Word vectors", VECTORS / "15-bad-words-stop-all" / "latin1.txt")
    next(box for box in form.selectbox if box.label == "Encoding of the words").set_value(
        "cp1252"
    ).run()
    assert "word is not UTF-8" not in seen(form)
    give(form, "Word vectors", VECTORS / "15-bad-words-stop-all" / "dup.txt")
    next(box for box in form.checkbox if box.label == "Refuse a faulty file").check().run()
    assert "without 'strict'" in seen(form) and submit(form).disabled


def test_a_cased_model_and_its_own_text_lead_to_sentences(
    form: AppTest, home: Workspace, run_view: Run
) -> None:
    """From the three files to sentences that raise and sentences that lower the value."""
    give(form, "Word vectors", TOKENS / "cased_vec.txt")
    give(form, "Context vectors", TOKENS / "cased_ctx.txt")
    give(form, "Training text", TOKENS / "cased.txt")
    assert "Capitals: kept" in seen(form)
    form.text_input[0].set_value("cased")
    next(box for box in form.checkbox if box.label == "I know how it was trained").check()
    submit(form).click().run()
    assert not form.exception
    assert home.open_model("cased").card["coverage"]["words"] == 1
    asked = json.loads((TOKENS / "cased.json").read_text("utf-8"))["probe"]
    shown = run_view("influence", model="cased", probe=json.dumps(asked), question="model")
    assert not shown.exception
    page = seen(shown)
    assert "Queen" in page or "King" in page


def test_one_of_several_files_of_a_zip_is_chosen(form: AppTest, tmp_path: Path) -> None:
    path = tmp_path / "glove.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("glove_nohead.txt", "glove_spaces_nohead.txt"):
            file.write(VECTORS / "11-glove" / name, name)
    give(form, "Word vectors", path)
    assert "16 words of 6" in seen(form) and "hold a blank" not in seen(form)
    box = next(box for box in form.selectbox if box.label == "Which file of the zip")
    box.set_value("glove_spaces_nohead.txt").run()
    assert "2 words hold a blank" in seen(form)


def test_a_pack_is_opened_on_the_page(
    form: AppTest, home: Workspace, tmp_path: Path, run_view: Run
) -> None:
    made = pack(home, "lee", tmp_path / "lee.zip")
    assert "is a pack of this program" in seen(give(form, "Word vectors", made.path))
    form = run_view("model").button("model_own_open").click().run()
    give(form, "Pack", made.path)
    form.text_input(key="own_pack_name").set_value("again")
    form.button(key="own_pack_submit").click().run()
    assert not form.exception
    model = home.open_model("again").model
    assert model.content_hash == home.open_model("lee").model.content_hash
    assert form.query_params["model"] in ("again", ["again"])
