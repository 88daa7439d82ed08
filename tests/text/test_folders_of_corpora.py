"""Folders as corpora and programs give them: the files beside the text are none of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import look
from tests.text.test_own_texts import SENTENCES, both, said, write
from tests.text.test_surveys_and_films import LINES, films

MANY = SENTENCES * 6


def rows(pattern: str, n: int = 24) -> str:
    return "".join(pattern.format(i=i) for i in range(n))


def test_of_cornells_films_the_lines_are_read(tmp_path: Path) -> None:
    write(tmp_path / "README.txt", "What is in these files.")
    write(tmp_path / "movie_lines.txt", LINES)
    others = {
        "movie_titles_metadata": ["m0", "ten things", "1999", "6.9", "62847", "['comedy']"],
        "movie_characters_metadata": ["u0", "BIANCA", "m0", "ten things", "f", "4"],
        "movie_conversations": ["u0", "u2", "m0", "['L194', 'L195']"],
        "raw_script_urls": ["m0", "ten things", "http://example.org/a.html"],
    }
    for name, row in others.items():
        write(tmp_path / f"{name}.txt", films(*[row] * 30))
    found, corpus = both(tmp_path)
    assert corpus.n_documents == 15 and "things" not in corpus.words
    left_out = {one.name.removesuffix(".txt"): one.reason for one in found.left_out}
    assert all(left_out[name] == "it has no column 'text'" for name in others)


def test_titles_of_films_alone_are_their_text(tmp_path: Path) -> None:
    row = ["m0", "the old harbour in the morning", "1999", "['comedy']"]
    found, _ = both(write(tmp_path / "movie_titles_metadata.txt", films(*[row] * 30)))
    assert found.column == "column2"


def test_of_a_leipzig_corpus_the_sentences_are_read(tmp_path: Path) -> None:
    sentences = "".join(f"{i}\t{s}\n" for i, s in enumerate(MANY, 1))
    write(tmp_path / "eng-sentences.txt", sentences)
    write(tmp_path / "eng-co_n.txt", rows("{i}\t{i}7\t{i}\t3.5\n"))
    write(tmp_path / "eng-sources.txt", rows("{i}\thttps://example.org/{i}\t2020-01-01\n"))
    write(tmp_path / "eng-words.txt", rows("{i}\tharbour\t{i}\n"))
    found, corpus = both(tmp_path)
    assert corpus.documents["text"].tolist() == MANY and found.column == "column2"
    assert [(one.name[4:-4], one.reason[:38]) for one in found.left_out] == [
        ("co_n", "its 'column2' holds no text"),
        ("sources", "its 'column2' holds no text"),
        ("words", "it holds a single word in each row of "),
    ]


def test_of_an_export_of_slack_the_messages_are_read(tmp_path: Path) -> None:
    channel = {"id": "C1", "name": "general", "purpose": {"value": "For everybody in the house."}}
    write(tmp_path / "channels.json", json.dumps([channel]))
    write(tmp_path / "users.json", json.dumps([{"id": "U1", "profile": {"title": "Head of it"}}]))
    for day in ("2024-01-01", "2024-01-02"):
        messages = [{"type": "message", "user": "U1", "text": s} for s in SENTENCES]
        write(tmp_path / "general" / f"{day}.json", json.dumps(messages))
    found, corpus = both(tmp_path)
    assert corpus.documents["text"].tolist() == SENTENCES * 2 and found.column == "text"
    assert set(corpus.documents["folder"]) == {"general"} and "kept as 'folder'" in said(found)
    assert len(found.left_out) == 2


def test_arrow_of_hugging_face_is_refused_and_not_its_description_read(tmp_path: Path) -> None:
    write(tmp_path / "train" / "state.json", "{}")
    write(tmp_path / "train" / "dataset_info.json", json.dumps({"description": "Many words here."}))
    write(tmp_path / "train" / "data-00000-of-00001.arrow", b"\xff\xff\xff\xff" + bytes(99))
    with pytest.raises(FormatError, match=r"Hugging Face.*to_json"):
        look(tmp_path)


def test_numbers_and_addresses_among_texts_are_none(tmp_path: Path) -> None:
    for i, sentence in enumerate(SENTENCES):
        write(tmp_path / "pos" / f"{i}.txt", sentence)
    write(tmp_path / "urls_pos.txt", "http://www.imdb.com/title/tt1/usercomments\n" * 9)
    write(tmp_path / "imdbEr.txt", "0.0490972013402\n0.201363575849\n")
    found, corpus = both(tmp_path)
    assert corpus.documents["text"].tolist() == SENTENCES
    assert {one.reason for one in found.left_out} == {"it holds no words, but numbers or addresses"}
