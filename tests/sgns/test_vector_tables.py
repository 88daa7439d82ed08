"""Vectors as a table: a word and its numbers a row, as pandas, R and spreadsheets write them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from clif_core.errors import FormatError
from clif_core.sgns.vector_files import open_vectors
from tests.sgns.test_strangers_vectors import VECTORS, WORDS, lines, read, require_same

FRAME = pd.DataFrame(VECTORS, index=pd.Index(WORDS, name="word"))


@pytest.mark.parametrize(
    "content",
    [
        FRAME.to_csv(),
        FRAME.to_csv(header=False),
        FRAME.to_csv(index_label=""),
        FRAME.reset_index().to_csv(),
        FRAME.to_csv(sep=";", decimal=","),
        FRAME.to_csv(sep=";"),
        FRAME.to_csv(sep="\t"),
        FRAME.rename(columns="V{}".format).to_csv(quoting=csv.QUOTE_NONNUMERIC),
        lines(blank=", "),
        lines(blank=",").replace(",", "\t", 10),
        "\ufeff" + FRAME.to_csv(lineterminator="\r\n"),
        FRAME.to_csv().encode("utf-16"),
        "sep=;\r\n" + FRAME.to_csv(sep=";", decimal=",", lineterminator="\r\n"),
    ],
    ids=["pandas", "no header", "unnamed index", "numbers of rows", "decimal commas", "semicolons",
         "tabs", "quoted", "commas and blanks", "tabs and commas", "mark and CRLF", "UTF-16",
         "Excel"],
)  # fmt: skip
def test_a_table_is_read_as_the_text_would_be(tmp_path: Path, content: str | bytes) -> None:
    require_same(read(tmp_path, content))


def test_what_the_table_is_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, FRAME.to_csv(sep=";", decimal=","))
    assert found.found.lines == (
        "table parted by semicolons, the first row names its columns, decimal commas: 10 words of 6"
        " dimensions.",
    )
    assert "holds the names of its columns" in read(tmp_path, FRAME.to_csv(sep="\t")).found.notes[0]


def test_words_of_a_table_may_hold_its_separator_and_any_letter(tmp_path: Path) -> None:
    words = [",", "à la carte", "naïve", '"', "größe", "a,b", "…", "日本", "nan", "x"]
    found = read(tmp_path, FRAME.set_axis(words).to_csv())
    assert found.words == tuple(words) and found.found.n_repairs == 0
    words[2] = "naïve".encode("cp1252").decode("latin-1")
    content = FRAME.set_axis(["x", "größe", *WORDS[2:]]).to_csv().encode("cp1252")
    assert read(tmp_path, content, encoding="cp1252").words[1] == "größe"


def test_a_row_of_another_width_is_left_out_and_said(tmp_path: Path) -> None:
    content = FRAME.to_csv() + "broken,0.5\n" + "two,words," + "0.5," * 5 + "1\n"
    found = read(tmp_path, content)
    assert found.words[:10] == tuple(WORDS) and "left out" in " ".join(found.found.lines)


def test_a_table_of_counts_is_no_table_of_vectors(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="words without numbers"):
        read(tmp_path, "word,year,n\n" + "".join(f"{w},1990,{len(w)}\n" for w in WORDS))


def test_a_long_table_is_read_in_pieces(tmp_path: Path) -> None:
    n = 20_000
    words = [f"wörd{i}" for i in range(n)]
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(n, 6)).round(4), index=words)
    frame.to_csv(path := tmp_path / "v.csv.gz")
    found = open_vectors(path)
    assert list(found.words) == words
    np.testing.assert_allclose(found.vectors, frame.to_numpy(), atol=1e-6)
    assert open_vectors(path, limit=3).words == tuple(words[:3])


def test_the_language_before_all_words_is_left_out_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, "10 6\n" + lines([f"/c/en/{word}" for word in WORDS]))
    require_same(found)
    assert "Their language stands before all words of v (/c/en/)" in found.found.repairs[0]
    mixed = read(tmp_path, lines(["/c/de/haus", *(f"/c/en/{word}" for word in WORDS[1:])]))
    assert mixed.words[0] == "/c/de/haus" and mixed.found.n_repairs == 0


@pytest.mark.parametrize("mark", ["_NOUN", "|ADJ", "/NNP"])
def test_words_with_tags_are_said(tmp_path: Path, mark: str) -> None:
    found = read(tmp_path, lines([word + mark for word in WORDS]))
    assert found.words[0] == f"the{mark}" and "carry tags" in found.found.notes[0]
    assert read(tmp_path, lines([f"new_{word}" for word in WORDS])).found.notes == ()


def test_a_binary_whose_words_end_in_tabs_is_no_single_word(tmp_path: Path) -> None:
    rows = np.random.default_rng(4).normal(size=(16, 6)).astype("<f4")
    body = b"".join(b"word%d\t%b\n" % (at, row.tobytes()) for at, row in enumerate(rows))
    with pytest.raises(FormatError, match=r"hold control characters|no file of word vectors"):
        read(tmp_path, b"16 6\n" + body)


def test_the_first_words_by_the_numbers_that_they_have(tmp_path: Path) -> None:
    words = [f"w{i}" for i in range(3_000)]
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(3_000, 6)), index=words)
    frame.to_csv(path := tmp_path / "v.txt", sep=" ", header=False)
    assert len(open_vectors(path, n_numbers=12_000).words) == 2_000
    assert len(open_vectors(path, n_numbers=6).words) == 1_000
    assert len(open_vectors(path, n_numbers=12_000, limit=7).words) == 7


def test_a_line_end_of_utf_16_may_lie_across_two_pieces(tmp_path: Path) -> None:
    rows = "".join(f"w{i:05d} 0.5 {i % 10}.25\r\n" for i in range(4_000))  # 17 characters each
    content = f"4000 2  \r\n{rows}"
    assert content[32_767:32_769] == "\r\n"  # 64 KB are read at once
    found = read(tmp_path, content.encode("utf-16"))
    assert len(found.words) == 4_000 and found.found.n_repairs == 0


def test_names_of_columns_below_a_blank_line(tmp_path: Path) -> None:
    require_same(read(tmp_path, "\n" + FRAME.to_csv(sep=" ")))


LAST = FRAME.reset_index()[[*FRAME.columns, "word"]]
CELLS = pd.Series(FRAME.to_numpy().tolist(), index=FRAME.index, name="vector")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CELLS.map(str).to_csv(), "parted by commas, the first row names its columns"),
        (CELLS.map(str).to_csv(header=False), "parted by commas"),
        (CELLS.map(lambda row: " ".join(map(str, row))).to_csv(), "commas, the first row names"),
        (CELLS.map(str).reset_index().to_csv(), "commas, the first row names"),
        (CELLS.map(str).reset_index()[["vector", "word"]].to_csv(index=False), "behind its"),
        (CELLS.map(str).to_csv(sep=";", lineterminator="\r\n"), "parted by semicolons"),
        (CELLS.map(str).to_csv(sep="\t"), "parted by tabs"),
        (CELLS.map(np.array).map(str).to_csv(), "parted by commas"),
        (CELLS.map(lambda row: repr(np.array(row, "f"))).to_csv(), "parted by commas"),
        (CELLS.map(lambda row: repr(torch.tensor(row))).to_csv(), "parted by commas"),
    ],
    ids=["lists", "no header", "blanks", "numbers of rows", "vectors first", "semicolons", "tabs",
         "arrays of numpy", "as numpy shows them", "as torch shows them"],
)  # fmt: skip
def test_a_whole_vector_in_one_cell(tmp_path: Path, content: str, kind: str) -> None:
    found = read(tmp_path, content)
    assert found.words == tuple(WORDS)
    np.testing.assert_allclose(found.vectors, VECTORS, atol=1e-4)  # torch shows four places
    assert kind in found.found.lines[0] and "a whole vector a cell" in found.found.lines[0]


@pytest.mark.parametrize(
    "content",
    [
        LAST.to_csv(index=False),
        LAST.to_csv(index=False, header=False),
        LAST.to_csv(),
        LAST.to_csv(index=False, sep=";"),
        LAST.to_csv(index=False, header=False, sep="\t"),
        LAST.to_csv(index=False, header=False, sep=" "),
        LAST.to_csv(index=False).encode("utf-16"),
    ],
    ids=["header", "no header", "numbers of rows", "semicolons", "tabs", "blanks", "UTF-16"],
)
def test_words_behind_their_numbers(tmp_path: Path, content: str | bytes) -> None:
    found = read(tmp_path, content)
    require_same(found)
    assert "the word behind its numbers" in found.found.lines[0]


def test_a_quote_is_a_word_behind_numbers_parted_by_blanks(tmp_path: Path) -> None:
    words = ['"', *WORDS[1:]]
    rows = zip(VECTORS.tolist(), words, strict=True)
    content = "".join(f"{' '.join(map(str, row))} {word}\n" for row, word in rows)
    assert read(tmp_path, content).words == tuple(words)


def test_one_vector_of_another_width_in_a_cell_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, CELLS.map(str).to_csv() + 'odd,"[0.5, 0.25]"\nnone,\n')
    assert found.words == tuple(WORDS) and found.found.n_repairs == 2


def test_vectors_that_were_cut_when_they_were_printed(tmp_path: Path) -> None:
    rows = "".join(f'{word},"[0.5 -0.25 0.75 ... 0.5 0.25 -0.1]"\n' for word in WORDS)
    with pytest.raises(FormatError, match=r"cut when they were printed.*a number a column"):
        read(tmp_path, f"word,vector\n{rows}")


@pytest.mark.parametrize("head", ["# by NumPy\n", "# Octave 6\n# name: V\n# rows: 10\n"])
def test_comments_above_a_matrix_without_words(tmp_path: Path, head: str) -> None:
    content = head + "".join(f" {' '.join(map(str, row))}\n" for row in VECTORS)
    with pytest.raises(FormatError, match="lines of numbers without words"):
        read(tmp_path, content)
    (tmp_path / "w").write_text("\n".join(WORDS))
    require_same(read(tmp_path, content, words_path=tmp_path / "w"))


def test_classes_behind_numbers_are_no_words(tmp_path: Path) -> None:
    content = "".join(f"5.1,3.{i},0.2,{('setosa', 'virginica')[i % 2]}\n" for i in range(30))
    with pytest.raises(FormatError, match="2 of 30 rows hold a word of their own"):
        read(tmp_path, content)
