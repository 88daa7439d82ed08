"""Texts of kinds that nobody planned for: read as they are meant, or refused by their name."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import TextOptions, look, read_own_text
from tests.text.test_own_texts import SENTENCES, both, said, write

RUSSIAN = "Он пришёл домой поздно вечером. Она читала книгу у окна. Дети играли во дворе. "
JAPANESE = (
    "彼は 昨日 学校 へ 行きました。彼女は 音楽 を 勉強 して います。猫 が 庭 で 眠って いる。"
)
KOREAN = "그는 어제 학교에 갔다. 그녀는 음악을 공부한다. 고양이가 마당에서 잔다. "
POLISH = "Zażółć gęślą jaźń. Chłopiec poszedł do szkoły. Dziewczyna czyta książkę. "
TURKISH = "Irmak kıyısında İnsan yürüdü. Ilık IŞIK ince ince yağdı. "
ARABIC = "ذهب الولد إلى المدرسة أمس. تقرأ البنت كتابا في البيت. هل أنت بخير؟ نعم. "
GREEK = "Ο άντρας πήγε στο σχολείο. Η γυναίκα διαβάζει ένα βιβλίο. "
GERMAN = "Die Straße führt über die Brücke. Möchten Sie Äpfel? „Ja“, sagte er. "


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", RUSSIAN), ("koi8-r", RUSSIAN), ("cp866", RUSSIAN), ("utf-16-be", RUSSIAN),
        ("shift_jis", JAPANESE), ("euc_jp", JAPANESE), ("iso2022_jp", JAPANESE),
        ("utf-16-le", JAPANESE), ("euc_kr", KOREAN), ("utf-16-be", KOREAN), ("cp1250", POLISH),
        ("iso8859-2", POLISH), ("cp1254", TURKISH), ("cp1256", ARABIC), ("cp1253", GREEK),
        ("mac-roman", GERMAN), ("cp1252", GERMAN),
    ],
)  # fmt: skip
@pytest.mark.parametrize("n", [1, 20])
def test_the_encodings_that_files_have(tmp_path: Path, codec: str, text: str, n: int) -> None:
    _, corpus = both(write(tmp_path / "a.txt", (text * n).encode(codec)))
    assert corpus.documents["text"][0] == (text * n).strip()


def test_one_odd_letter_is_of_windows_1252(tmp_path: Path) -> None:
    text = "Plain words only here. " * 3_000 + "Größe der Häuser."
    assert look(write(tmp_path / "a.txt", text.encode("cp1252"))).encoding == "cp1252"


def test_a_stray_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    content = (GERMAN * 50).encode() + b"\xff" + (GERMAN * 50).encode()
    found, corpus = both(write(tmp_path / "a.txt", content))
    assert found.encoding == "utf-8" and "straße" in corpus.words
    assert "1 characters are lost" in said(found)


def test_what_was_converted_twice_is_mended(tmp_path: Path) -> None:
    twice = (GERMAN * 5).encode().decode("cp1252", "replace")
    found, corpus = both(write(tmp_path / "a.txt", twice))
    assert "were mended" in said(found) and {"straße", "brücke", "äpfel"} <= set(corpus.words)


def rows(*cells: str) -> str:
    return "\n".join(";".join((str(i), *(cell.format(i) for cell in cells))) for i in range(20))


@pytest.mark.parametrize(
    ("content", "column"),
    [
        (
            "\ufeffid;Datum;Review\n" + rows("2020", '"Gut; ""sehr"" gut\nzweite Zeile {}"'),
            "Review",
        ),
        ("番号;名前;コメント\n" + rows("山田", "昨日 学校 へ 行きました {}。"), "コメント"),
        ("id;Review;url\n" + rows("Good film {}", "https://example.org/a/long-path/{}"), "Review"),
        ("sep=;\nid;text\n" + rows("One sentence here {}."), "text"),
        ("# exported\n# by me\nid;text\n" + rows("One sentence here {}."), "text"),
    ],
    ids=["quoted breaks", "Japanese header", "addresses", "sep=", "remarks above"],
)
def test_tables_as_programs_write_them(tmp_path: Path, content: str, column: str) -> None:
    found, corpus = both(write(tmp_path / "a.csv", content))
    assert found.column == column and corpus.n_documents == 20
    assert not {"sep", "exported", "https"} & set(corpus.words)


@pytest.mark.parametrize("content", ["id,text\n", "\ufeffid,text"])
def test_a_header_alone_is_said(tmp_path: Path, content: str) -> None:
    with pytest.raises(FormatError, match="no rows below its header"):
        look(write(tmp_path / "a.csv", content))


PEOPLE = {f"id{i}": {"title": f"T{i}", "text": text} for i, text in enumerate(SENTENCES)}
COLUMNS = {"id": [0, 1, 2, 3], "text": SENTENCES}


@pytest.mark.parametrize(
    "value",
    [
        PEOPLE,
        COLUMNS,
        {name: {str(i): v for i, v in enumerate(column)} for name, column in COLUMNS.items()},
        [text.split() for text in SENTENCES],
        {"meta": {"n": 4}, "data": {"posts": [{"body": {"text": text}} for text in SENTENCES]}},
        [{"turns": [{"who": "a", "said": text}]} for text in SENTENCES],
    ],
    ids=["objects", "columns", "columns of pandas", "words", "nested", "lists of objects"],
)
def test_json_of_every_layout(tmp_path: Path, value: object) -> None:
    _, corpus = both(write(tmp_path / "a.json", json.dumps(value)))
    assert corpus.documents["text"].tolist() == SENTENCES


def test_texts_by_their_names(tmp_path: Path) -> None:
    value = {f"{i}.txt": text for i, text in enumerate(SENTENCES * 2)}
    _, corpus = both(write(tmp_path / "a.json", json.dumps(value)))
    assert corpus.n_documents == 8 and corpus.documents["key"][7] == "7.txt"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('[{"text": "a b"},]', r"no JSON: Expecting value.*at '\]'"),
        ("[{'text': 'a b'}]", "property name"),
        ('[{"text": "a b"}', "ends before its last bracket"),
    ],
)
def test_faults_of_json_are_named(tmp_path: Path, content: str, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        read_own_text(write(tmp_path / "a.json", content))


def test_lists_and_talks_in_parquet(tmp_path: Path) -> None:
    talks = [[{"role": "user", "content": text}] for text in SENTENCES]
    for name, column in (("tokens", [t.split() for t in SENTENCES]), ("messages", talks)):
        path = tmp_path / f"{name}.parquet"
        pd.DataFrame({"id": range(4), name: column}).to_parquet(path)
        assert both(path)[1].documents["text"].tolist() == SENTENCES


def test_markdown_is_what_is_seen_of_it(tmp_path: Path) -> None:
    content = (
        "---\ntags: [a]\n---\n# Heading\n\nSome *prose* with a [link](https://example.org/a_b).\n\n"
        "- item one\n\n```python\nx = secret\n```\n\n| a | b |\n|---|---|\n| cell | d |\n"
    )
    _, corpus = both(write(tmp_path / "a.md", content))
    assert {"heading", "prose", "link", "item", "cell"} <= set(corpus.words)
    assert not {"secret", "https", "tags", "python", "example"} & set(corpus.words)


SRT = (
    "\ufeff1\r\n00:00:01,000 --> 00:00:04,000\r\n<i>Hello there.</i>\r\n\r\n2\r\n"
    "00:00:05,000 --> 00:00:07,000\r\n- Who are you?\r\n- A friend of\r\n\r\n3\r\n"
    "00:00:08,000 --> 00:00:10,000\r\nyours.\r\n"
)
VTT = (
    "WEBVTT\n\nNOTE none of it\n\n1\n00:00:01.000 --> 00:00:04.000 align:start\nHello there.\n\n"
    "00:05.000 --> 00:07.000\n<v Bob>- Who are you?\n- A friend of\n\n"
    "00:08.000 --> 00:10.000\nyours.\n"
)
SBV = (
    "0:00:01.000,0:00:04.000\nHello there.\n\n0:00:05.000,0:00:07.000\n- Who are you?\n"
    "- A friend of\n\n0:00:08.000,0:00:10.000\nyours.\n"
)


@pytest.mark.parametrize(
    ("name", "content"), [("a.srt", SRT), ("a.vtt", VTT), ("a.txt", SRT), ("a.sbv", SBV)]
)
def test_subtitles_are_what_is_spoken(tmp_path: Path, name: str, content: str) -> None:
    _, corpus = both(write(tmp_path / name, content))
    found = [" ".join(corpus.sentence_text(at).split()) for at in range(corpus.n_sentences)]
    assert found == ["Hello there.", "- Who are you?", "- A friend of yours."]


def test_labels_of_fasttext_are_metadata(tmp_path: Path) -> None:
    lines = [f"__label__{'pos' if i % 2 else 'neg'} the film {i} was good" for i in range(9)]
    _, corpus = both(write(tmp_path / "a.txt", "\n".join(lines)))
    assert corpus.documents["label"].tolist()[:2] == ["neg", "pos"]
    assert corpus.n_documents == 9 and "pos" not in corpus.words


TAGGED = "The_DT dog_NN barks_VBZ loudly_RB ._. " * 8
CONLLU = "# text = Dogs bark.\n1\tDogs\tdog\tNOUN\tNN\t_\t2\tnsubj\t_\t_\n" + "2\tbark" + "\t_" * 8


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("[Script Info]\nTitle: x\n", "SubStation Alpha"),
        (CONLLU, "CoNLL-U file"),
        ("\\documentclass{article}\n\\begin{document}\nWords.\n", "LaTeX"),
        ("From a@b.c Mon Jan 1 00:00:00 2020\nSubject: Hi\n\nText.\n", "a mailbox"),
        ('{"cells": [{"cell_type": "markdown", "source": ["x"]}], "nbformat": 4}', "Jupyter"),
        (TAGGED, "carry tags"),
        (TAGGED.replace("_", "/"), "carry tags"),
        ("WARC/1.0\r\nWARC-Type: response\r\n", "web archive"),
        (b"PK\x05\x06" + b"\0" * 18, "an empty zip"),
    ],
)
def test_text_of_programs_is_refused_by_name(
    tmp_path: Path, content: str | bytes, what: str
) -> None:
    path = write(tmp_path / "a.txt", content)
    with pytest.raises(FormatError, match=what):
        look(path)
    if isinstance(content, str):  # a person may know better
        assert look(path, TextOptions(format="plain")).n_documents


def test_an_excel_file_and_a_pack_are_refused_by_name(tmp_path: Path) -> None:
    for inner, what in (("xl/workbook.xml", "Excel workbook"), ("model/card.json", "a pack of")):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as file:
            file.writestr(inner, "x")
        for name in ("a.xlsx", "a.csv"):  # whatever its name
            with pytest.raises(FormatError, match=what):
                look(write(tmp_path / name, content.getvalue()))


def test_class_folders_in_a_zip(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for at, text in enumerate(SENTENCES):
            file.writestr(f"aclImdb/train/{'pos' if at % 2 else 'neg'}/{at}.txt", text)
        file.writestr("aclImdb/imdb.vocab", "the\nand\n")
    found, corpus = both(write(tmp_path / "a.zip", content.getvalue()))
    assert set(corpus.documents["folder"]) == {"train/neg", "train/pos"}
    assert [one.name for one in found.left_out] == ["imdb.vocab"]


def test_a_line_of_fifty_megabytes(tmp_path: Path) -> None:
    """It is looked at quickly, read whole, and cut into passages."""
    path = write(tmp_path / "a.txt", "the sailor sold copper to the doctor " * 1_350_000)
    found = look(path)
    assert not found.is_whole and "passages of 100 words" in said(found)
    corpus = read_own_text(path)
    assert corpus.n_tokens == 7 * 1_350_000 and corpus.n_sentences == 94_500


def test_cesu_8_is_read_with_its_characters_whole(tmp_path: Path) -> None:
    """A character beyond U+FFFF as two surrogates of three bytes each, as some databases write."""
    lines = [f"Line {i} has a 😀 and a 𝒳 in it, and für fine." for i in range(4_000)]
    text = "\n".join(lines)
    content = text.encode("cesu_8")
    assert b"\xed\xa0\xbd\xed\xb8\x80" in content and b"\xf0\x9f" not in content
    (tmp_path / "t.txt").write_bytes(content)
    preview = look(tmp_path / "t.txt")
    assert preview.encoding == "cesu_8"
    assert any("CESU-8" in line for line in preview.lines)
    corpus = read_own_text(tmp_path / "t.txt")
    assert "\n".join(corpus.documents["text"]) == text
    assert content.decode("cesu_8") == text
    with pytest.raises(UnicodeDecodeError):
        (content + b"\xed\xa0\xbd").decode("cesu_8")


def test_lone_halves_are_no_cesu_8(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"A half \xed\xa0\xbd of a pair. " * 30)
    assert look(tmp_path / "t.txt").encoding != "cesu_8"


def test_messages_of_telegram_are_whole(tmp_path: Path) -> None:
    """One with a link or bold words is a list of texts and of objects with a text each."""
    bold = {"type": "bold", "text": "loudly"}
    messages = [
        {"id": 1, "from": "Ann", "text": "The sailor sang in the harbour."},
        {"id": 2, "from": "Bob", "text": ["He sang ", bold, " at night."]},
    ]
    content = json.dumps({"name": "Chat", "messages": messages})
    (tmp_path / "result.json").write_text(content, "utf-8")
    corpus = read_own_text(tmp_path / "result.json")
    assert corpus.documents["text"].tolist()[1] == "He sang loudly at night."


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\x1f\x9d\x90", "compress"),
        (b"\x5d\0\0\x80\0", "lzma"),
        (b"\xff\xff\xff\xff\x78\0\0\0", "a stream of Arrow"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a sound"),
    ],
)
def test_more_files_of_programs_are_named(tmp_path: Path, start: bytes, what: str) -> None:
    (tmp_path / "a.bin").write_bytes(start + bytes(range(256)))
    with pytest.raises(FormatError, match=what):
        look(tmp_path / "a.bin")
