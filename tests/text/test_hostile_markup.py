"""Markup, tables and zips that took quadratic time, grew without end or ended in a crash."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import look, read_own_text
from clif_core.text.readers.markup import _PIECE, strip_markdown


def first(name: str, content: str) -> str:
    return look({name: content.encode()}).documents[0].text


def test_a_tag_of_many_attributes_takes_no_quadratic_time() -> None:
    """100,000 of them, 1 MB, took 37 s."""
    tag = "<html><p " + " ".join(f"a{i}=1" for i in range(80_000)) + ">"
    assert first("a.html", f"{tag}Hello there.</p>") == "Hello there."


def test_entities_of_a_files_own_are_blanks_whatever_their_names() -> None:
    names = ["_a", "é", "a.b", "n" * 50]
    for name in names:
        grown = "".join(f'<!ENTITY {name}{i} "{f"&{name}{i - 1};" * 50}">' for i in range(1, 6))
        text = f'<!DOCTYPE x [<!ENTITY {name}0 "grown">{grown}]><x y="&{name}5;">&{name}5; here</x>'
        assert first("a.xml", text).split() == ["here"]


def test_a_long_name_is_no_column_and_is_not_looked_for_in_every_row() -> None:
    """A key of 100,000 dots was cut at each of them, in each row."""
    rows = [{"a": {"x." * 50_000: "some words"}}, *[{"text": "Two words."}] * 20_000]
    found = look({"a.jsonl": "\n".join(map(json.dumps, rows)).encode()})
    assert found.column == "text"


def test_a_zip_may_name_a_file_in_any_way() -> None:
    for names in (["."], ["./a.txt"], ["/etc/a.txt", "/etc/b.txt"], ["..", "a.txt"]):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                archive.writestr(name, "One. Two.")
        assert look({"a.zip": file.getvalue()}).n_documents >= 1


def test_asterisks_take_no_quadratic_time() -> None:
    """300 kB of them, in one paragraph of Markdown, took a minute and a half."""
    pieces = _PIECE.findall("*a _b " * 50_000)
    assert "".join(pieces) == "*a _b " * 50_000 and max(map(len, pieces)) <= 10_001
    assert strip_markdown("*a _b " * 50_000 + "*end*", "a.md").endswith("end")


def test_marks_across_a_paragraph_of_usual_length_are_taken_out() -> None:
    text = "Some *words " + "of many " * 1_000 + "in italics* and [a link](https://example.org)."
    assert strip_markdown(text, "a.md") == " ".join(
        ["Some words", *["of many"] * 1_000, "in italics and a link."]
    )


@pytest.mark.parametrize(
    "content",
    [
        "1/1/20, 1:00 - A: x\n" * 3 + "and so on\n" * 300_000,
        "@relation x\n" + "\n" * 300_000 + "text",
        "<doc id='1'>\n" * 100_000 + "A text.",
        "<row a='1' " + " " * 300_000 + "\n" + "A text.\n" * 3,
        "*** START OF THE PROJECT GUTENBERG EBOOK " + "x" * 500_000 + "\nA text.",
        "*** START OF THE PROJECT GUTENBERG EBOOK A ***\nA text.\n" * 20_000,
        "a" * 300_000 + "-\n" + "a" * 300_000 + " text",
        "A text &" + "amp" * 300_000 + " &amp" * 50_000,
        "A <p " + "x" * 300_000 + "<b " * 100_000,
        "A \\" + "\\n" * 300_000 + " text",
        "A text\\" * 200_000,
    ],
)
def test_no_format_takes_quadratic_time(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.txt").write_text(content)
    with contextlib.suppress(FormatError):
        read_own_text(tmp_path / "a.txt")
