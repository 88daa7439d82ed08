"""A user's own text: plain files, and JSONL."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from clif_core.errors import FormatError, InputError
from clif_core.text.readers.own import read_own_text
from clif_core.text.readers.plain import read_jsonl, read_plain_text


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


TEXT = "First piece. Two\nlines.\n\n \n\nSecond piece, which goes on.\n"


@pytest.mark.parametrize(
    ("rule", "texts", "lines"),
    [
        ("blank-line", ["First piece. Two\nlines.", "Second piece, which goes on."], [1, 6]),
        ("line", ["First piece. Two", "lines.", "Second piece, which goes on."], [1, 2, 6]),
        ("file", [TEXT], [1]),
    ],
)
def test_the_document_rules(tmp_path: Path, rule: str, texts: list[str], lines: list[int]) -> None:
    path = write(tmp_path / "My Notes.txt", TEXT)
    corpus = read_plain_text(path, rule)  # type: ignore[arg-type]
    assert corpus.documents["text"].tolist() == texts
    assert corpus.documents["line"].tolist() == lines
    assert corpus.name == "my-notes"
    assert corpus.n_tokens == 9


def test_line_ends_byte_order_marks_and_gzip_do_not_change_the_text(tmp_path: Path) -> None:
    plain = read_plain_text(write(tmp_path / "a.txt", TEXT))
    dos = TEXT.replace("\n", "\r\n").encode("utf-8-sig")
    for name, content in [("a.txt", dos), ("a.txt.gz", gzip.compress(dos)), ("a.txt", TEXT)]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        corpus = read_own_text(write(folder / name, content), name="a")
        assert corpus.documents["text"].tolist() == plain.documents["text"].tolist()


def test_each_file_of_a_folder_is_a_document_in_order(tmp_path: Path) -> None:
    write(tmp_path / "b.txt", "Two")
    write(tmp_path / "a.TXT", "One\n\nstill one")
    write(tmp_path / "c.txt.gz", gzip.compress(b"Three"))
    write(tmp_path / "d.pdf", b"\x00")
    assert read_plain_text(tmp_path).documents["title"].tolist() == ["a.TXT", "b.txt", "c.txt.gz"]
    with pytest.raises(FormatError, match="more than"):
        read_plain_text(tmp_path, max_bytes=17)


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"holds no \.txt"):
        read_plain_text(tmp_path)


def test_long_titles_are_cut_at_a_word(tmp_path: Path) -> None:
    corpus = read_plain_text(write(tmp_path / "a.txt", "word " * 40 + "\n\n" + "x" * 99))
    assert corpus.documents["title"][0] == "word " * 9 + "word …"
    assert corpus.documents["title"][1] == "x" * 50 + " …"


WRONG_TEXT = {
    "zeros": (b"abc\0def", "byte 3 is zero"),
    "empty": (b"", "has no words"),
    "no words": (b"-- ...\n", "has no words"),
    "large": (b"word " * 100, "more than 0 MB of text"),
    "bomb": (gzip.compress(b"word " * 10_000), "more than"),
    "cut gzip": (gzip.compress(b"word")[:-4], "gzip data"),
}


@pytest.mark.parametrize("case", WRONG_TEXT)
def test_the_error_says_where_a_text_is_wrong(tmp_path: Path, case: str) -> None:
    content, message = WRONG_TEXT[case]
    with pytest.raises(FormatError, match=message):
        read_plain_text(write(tmp_path / "a.txt", content), max_bytes=400)


def test_a_missing_file_and_an_unknown_rule_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="No such file"):
        read_plain_text(tmp_path / "none.txt")
    with pytest.raises(InputError, match="'chapter'"):
        read_plain_text(tmp_path, "chapter")  # type: ignore[arg-type]


def test_jsonl_keeps_its_metadata(tmp_path: Path) -> None:
    rows = [
        {"text": "One text.\n\nTwo parts.", "title": "A", "year": 1961, "start": "x"},
        {"text": "Another\u2028text", "year": 1962, "tags": ["a"]},
    ]
    content = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    corpus = read_own_text(write(tmp_path / "posts.jsonl", content))
    assert corpus.documents["title"].tolist() == ["A", "Another text"]
    assert corpus.documents["year"].tolist() == [1961, 1962]
    assert corpus.documents["start_"].tolist() == ["x", ""]
    assert corpus.documents["tags"].tolist() == ["", '["a"]']
    assert corpus.n_documents == 2 and corpus.n_sentences == 3


def test_jsonl_with_another_field(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"body": "some words", "text": 3, "n": 1}')
    corpus = read_jsonl(path, text_field="body")
    assert corpus.documents["text"].tolist() == ["some words"]
    with pytest.raises(FormatError, match=r"line 1 of a\.jsonl: its 'text' holds no text"):
        read_jsonl(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 of a.jsonl is no JSON"),
        ("[1]", "got a list"),
        ("3", "got a number"),
        ('{"text": "a \\ud800 b"}', "line 2 .* surrogate"),
        ("[" * 100_000, "line 2 of a.jsonl is no JSON"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "fine"}\n' + line)
    with pytest.raises(FormatError, match=message):
        read_jsonl(path)


def test_whole_surrogate_pairs_are_accepted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "a \\ud83d\\ude00 b"}')
    assert read_jsonl(path).documents["text"][0] == "a \U0001f600 b"
