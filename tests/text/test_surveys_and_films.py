"""Tables of Qualtrics and of Cornell's films: rows that are no data, and a separator of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import look
from tests.text.test_headers_of_tables import table
from tests.text.test_own_texts import SENTENCES, both, said, write

NAMES = ["StartDate", "Duration (in seconds)", "ResponseId", "Q1", "Q2"]
QUESTIONS = [
    "Start Date",
    "Duration (in seconds)",
    "Response ID",
    "Your age?",
    "What was good?\nSay",
]
IDS = ["startDate", "duration", "_recordId", "QID1", "QID2_TEXT"]
ANSWERS = [
    ["2020-01-01 10:00:00", "300", f"R_{i}a", str(20 + i), s] for i, s in enumerate(SENTENCES)
]


def survey(answers: list[list[str]], separator: str = ",", is_old: bool = False) -> str:
    ids = [str({"ImportId": name}) if is_old else json.dumps({"ImportId": name}) for name in IDS]
    return table([NAMES, QUESTIONS, ids, *answers], separator)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "\ufeff" + survey(ANSWERS)),
        ("a.csv", survey(ANSWERS, is_old=True)),
        ("a.csv", survey(ANSWERS).replace("\n", "\r\n")),
        ("a.txt", survey(ANSWERS)),
        ("a.tsv", survey(ANSWERS, "\t").encode("utf-16")),
    ],
    ids=["mark", "single quotes", "CRLF", "named as a text", "tabs and UTF-16"],
)
def test_questions_of_qualtrics_are_no_answers(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    found, corpus = both(write(tmp_path / name, content))
    assert corpus.documents["text"].tolist() == SENTENCES and found.column == "Q2"
    assert corpus.documents["Q1"].tolist() == [20, 21, 22, 23] and found.n_left_out == 0
    assert "two more its questions (Qualtrics)" in said(found)


def test_a_survey_with_one_answer_or_none(tmp_path: Path) -> None:
    _, corpus = both(write(tmp_path / "a.csv", survey(ANSWERS[:1])))
    assert corpus.documents["text"].tolist() == SENTENCES[:1]
    with pytest.raises(FormatError, match="no rows below its header"):
        look(write(tmp_path / "b.csv", survey([])))


LONG = "What did you like best about the course, and what would you change about it?"
TWO_ROWS = {
    "Qualtrics": [NAMES, QUESTIONS],
    "SurveyMonkey": [
        ["Respondent ID", "Collector ID", "Start Date", "Age?", LONG],
        ["", "", "", "Response", "Open-Ended Response"],
    ],
    "LimeSurvey": [
        ["Response ID", "Date submitted", "Last page", "Age?", LONG],
        ["id", "submitdate", "lastpage", "Q1", "Q2"],
    ],
}


@pytest.mark.parametrize("n", [1, 4, 24])
@pytest.mark.parametrize("head", TWO_ROWS.values(), ids=TWO_ROWS)
def test_a_second_row_of_names_is_no_answer(tmp_path: Path, head: list[list[str]], n: int) -> None:
    answers = (ANSWERS * 6)[:n]
    found, corpus = both(write(tmp_path / "a.csv", table([*head, *answers])))
    assert corpus.documents["text"].tolist() == (SENTENCES * 6)[:n]
    assert found.column == head[0][4] and found.n_left_out == 0
    assert "one more its questions" in said(found)


def test_a_question_longer_than_a_name_is_one_of_a_form(tmp_path: Path) -> None:
    rows = [[f"2024/01/02 10:00:0{i} AM GMT+1", s, "18-24"] for i, s in enumerate(SENTENCES)]
    found, corpus = both(write(tmp_path / "a.csv", table([["Timestamp", LONG, "Age?"], *rows])))
    assert found.column == LONG and corpus.documents["text"].tolist() == SENTENCES


def test_titles_of_a_sheet_above_the_names_of_its_columns(tmp_path: Path) -> None:
    """Excel writes them as wide as the table."""
    above = [["Feedback 2024", "", "", ""], ["Exported by", "Ann", "", ""], ["", "", "", ""]]
    rows = [[f"0{i}.01.2024", f"C{i}", "4,5", s] for i, s in enumerate(SENTENCES, 1)]
    content = table([*above, ["Date", "Customer", "Stars", "Feedback"], *rows], ";")
    found, corpus = both(write(tmp_path / "a.csv", content))
    assert found.column == "Feedback" and corpus.documents["text"].tolist() == SENTENCES
    assert corpus.documents["Stars"][0] == "4,5"
    assert [one.reason for one in found.left_out] == ["stands above the names of the columns"] * 2


def test_verses_behind_their_numbers(tmp_path: Path) -> None:
    content = "".join(f"{1 + i // 9}|{i}|{s}\n" for i, s in enumerate(SENTENCES * 6, 1))
    found, corpus = both(write(tmp_path / "a.txt", content))
    assert corpus.documents["text"].tolist() == SENTENCES * 6 and "parted by bars" in said(found)


CORNELL = " +++$+++ "


def films(*rows: list[str]) -> str:
    return "".join(f"{CORNELL.join(row)}\n" for row in rows)


LINES = films(
    ["L1045", "u0", "m0", "BIANCA", "They do not!"],
    ["L1044", "u2", "m0", "CAMERON", 'He said "so, I think'],
    ["L985", "u0", "m0", "BIANCA", ""],
    *(["L1", "u0", "m0", "BIANCA", s] for s in SENTENCES * 3),
)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["movie_lines.txt", "a.csv", "a.tsv"])
def test_lines_of_films_and_who_says_them(tmp_path: Path, name: str, codec: str) -> None:
    found, corpus = both(write(tmp_path / name, LINES.encode(codec)))
    texts = corpus.documents["text"].tolist()
    assert texts == ["They do not!", 'He said "so, I think', *SENTENCES * 3]
    assert corpus.documents["column4"].tolist()[:2] == ["BIANCA", "CAMERON"]
    assert corpus.documents["column1"][0] == "L1045" and "bianca" not in corpus.words
    assert [one.reason for one in found.left_out] == ["its 'text' is empty"]
    assert "parted by +++$+++, no names of columns" in said(found)


def test_films_beside_a_readme(tmp_path: Path) -> None:
    """The first file is no table, the lines are read all the same."""
    write(tmp_path / "README.txt", "What is in these files.")
    write(tmp_path / "movie_lines.txt", LINES)
    found, corpus = both(tmp_path)
    assert corpus.n_documents == 15 and "each row of a table too: 15" in said(found)
    assert "bianca" not in corpus.words
