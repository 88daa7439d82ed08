"""Tables whose header, columns or quotes are not those of RFC 4180: read whole, or refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import look, read_own_text
from tests.text.test_own_texts import SENTENCES, both, said, write

MANY = SENTENCES * 6


def table(rows: list[list[str]], separator: str = ",") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize(("separator", "name"), [(" ", "a.txt"), ("\t", "a.txt"), (",", "a.csv")])
def test_a_header_of_r_names_no_column_of_row_names(
    tmp_path: Path, separator: str, name: str
) -> None:
    rows = "".join(f'"{i}"{separator}"{s}"{separator}"left"\n' for i, s in enumerate(MANY, 1))
    found, corpus = both(write(tmp_path / name, f'"text"{separator}"party"\n{rows}'))
    assert found.columns == ("row", "text", "party") and found.column == "text"
    assert corpus.documents["text"].tolist() == MANY and corpus.documents["party"][0] == "left"


@pytest.mark.parametrize("most", [1, 4], ids=["one comma each", "up to four"])
@pytest.mark.parametrize("head", ["id,text", "tweet_id,tweet"])
def test_separators_inside_cells_are_refused(tmp_path: Path, head: str, most: int) -> None:
    lines = (f"{i}," + ", and ".join(["it was so"] * (2 + i % most)) for i in range(30))
    path = write(tmp_path / "a.csv", "\n".join([head, *lines]))
    for read in (look, read_own_text):
        with pytest.raises(FormatError, match=r"other numbers of cells.*Quote the cells"):
            read(path)


@pytest.mark.parametrize(
    "row", ['"{s}, it said"', "{s}, it said", "{s}{more}"], ids=["quoted", "plain", "varied"]
)
def test_one_column_is_not_cut_at_its_commas(tmp_path: Path, row: str) -> None:
    texts = [row.format(s=s, more=", so" * (i % 4)) for i, s in enumerate(MANY)]
    found, corpus = both(write(tmp_path / "a.csv", "Review\n" + "\n".join(texts)))
    assert corpus.documents["text"].tolist() == [text.strip('"') for text in texts]
    assert found.column == "Review" and found.n_left_out == 0 and "one column" in said(found)


def test_breaks_in_the_cells_of_one_column(tmp_path: Path) -> None:
    texts = [f"{s}\n\n{s}" for s in SENTENCES]
    _, corpus = both(write(tmp_path / "a.csv", table([["text"], *([t] for t in texts)])))
    assert corpus.documents["text"].tolist() == texts


def test_a_date_is_no_name_of_a_column(tmp_path: Path) -> None:
    rows = [[f"2020-01-{i % 28 + 1:02d} 10:00", f"label {i % 3}", s] for i, s in enumerate(MANY)]
    found, corpus = both(write(tmp_path / "a.csv", table(rows)))
    assert corpus.documents["text"].tolist() == MANY and found.columns[0] == "column1"


def test_questions_above_dates_are_names_of_columns(tmp_path: Path) -> None:
    question = "What did you like most about the course?"
    texts = [f"{s} It was number {i}." for i, s in enumerate(MANY)]
    rows = [[f"2020/01/01 10:00:{i:02d} AM GMT+1", s, "none"] for i, s in enumerate(texts)]
    found, corpus = both(
        write(tmp_path / "a.csv", table([["Timestamp", question, "Anything else?"], *rows]))
    )
    assert found.column == question and corpus.documents["text"].tolist() == texts


def test_a_title_above_the_names_of_columns(tmp_path: Path) -> None:
    rows = [[str(i), s, "a"] for i, s in enumerate(MANY)]
    content = table([["Text"], ["id", "text", "label"], *rows])
    found, corpus = both(write(tmp_path / "a.csv", content))
    assert corpus.documents["text"].tolist() == MANY and found.n_left_out == 1


def test_a_table_is_read_as_what_its_first_megabyte_tells(tmp_path: Path) -> None:
    """Quotes were told by the first 64 KB alone: after them rows were lost that a look had."""
    texts = [f"{s} " * 60 + "He said so." for s in MANY * 2]
    texts = [f'{t} "No, never", he said.' if i > 30 else t for i, t in enumerate(texts)]
    rows = (f'{i},"{text}","x"' for i, text in enumerate(t.replace('"', '\\"') for t in texts))
    _, corpus = both(write(tmp_path / "a.csv", "id,text,label\n" + "\n".join(rows)))
    assert corpus.documents["text"].tolist() == texts
