"""Odd tables, mail, and text of programs: read as they are meant, or refused by their names."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from clif_core.errors import FormatError
from clif_core.text.readers import TextOptions, look, read_own_text
from tests.text.test_own_texts import SENTENCES, both, said, write

BARE = [text.rstrip(".") for text in SENTENCES]


def rows(shape: str) -> str:
    return "".join(shape.format(i, BARE[i % len(BARE)], i % 5) for i in range(20))


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("id,text,n\n" + rows("{},'{}, he said.',{}\n"), "{}, he said."),
        ("id,text,n\n" + rows('{},"He said \\"{}\\", and left.",{}\n'), 'He said "{}", and left.'),
        ("id, text, n\n" + rows('{}, "{}, yes.", {}\n'), "{}, yes."),
        ("id^text^n\n" + rows("{}^{}.^{}\n"), "{}."),
        ("id~text~n\n" + rows("{}~{}.~{}\n"), "{}."),
        ("id|verbatim|\n" + rows("{}|{}.|\n"), "{}."),
        ("id;wert;text\n" + rows("{0};0,5;{1}.\n"), "{}."),
        ("Export of it\n\nid,text,n\n" + rows("{},{}.,{}\n"), "{}."),
        ("id,text,n\n" + rows("{},{}.,{}\n") + "Total,,40\n", "{}."),
        ('id,text,n\r\n' + rows('{},"{}.\n\n""Two"" lines.",{}\r\n'), '{}.\n\n"Two" lines.'),
        ("Respondent,Age,Q7 (open)\n" + rows("R{0},2{2},{1}.\n"), "{}."),
    ],
    ids=["single quotes", "backslashes", "blanks before quotes", "carets", "tildes", "a bar at the"
         " end", "decimal commas", "a title above", "a total below", "quoted lines", "a question"],
)  # fmt: skip
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_tables_of_odd_dialects(tmp_path: Path, content: str, first: str, codec: str) -> None:
    _, corpus = both(write(tmp_path / "a.csv", content.encode(codec)))
    assert corpus.documents["text"].tolist() == [
        first.format(BARE[i % len(BARE)]) for i in range(20)
    ]


def test_control_characters_part_the_cells_of_hive(tmp_path: Path) -> None:
    _, corpus = both(write(tmp_path / "000000_0.txt", rows("{}\x01{}\x01{}\n")))
    assert corpus.documents["text"].tolist()[:4] == BARE and corpus.n_documents == 20


def test_a_quote_in_a_table_without_odd_style_stays(tmp_path: Path) -> None:
    content = "id,text\n" + "".join(f'{i},"C:\\dir\\",\n'[:-2] + "\n" for i in range(9))
    found = look(write(tmp_path / "a.csv", content + '9,"He said ""yes"", twice."\n'))
    assert found.documents[-1].text == 'He said "yes", twice.'


def test_a_table_without_rows_of_one_width_is_refused_in_words(tmp_path: Path) -> None:
    content = "".join(f"pos,one{', and one' * (i % 3)}\n" for i in range(20))
    with pytest.raises(
        FormatError, match=r"its rows have other numbers of cells.*Quote the cells that hold"
    ):
        look(write(tmp_path / "a.csv", content))


MAIL = "From: Ann <a@b.c>\nSubject: Hi\nDate: Mon, 1 Jan 2020 00:00:00 +0000\n"
CODED = "MIME-Version: 1.0\nContent-Type: {}\nContent-Transfer-Encoding: {}\n\n{}\n"
PLAIN, HTML = "text/plain; charset=iso-8859-1", "text/html; charset=utf-8"
PARTS = (
    "--X\n" + CODED.format("text/plain", "base64", "RGllIFN0cmFzc2UuCg==") + "\n--X\n"
    + CODED.format(HTML, "7bit", "<p>none</p>") + "--X\n"
    + CODED.format("text/plain\nContent-Disposition: attachment", "7bit", "attached") + "--X--\n"
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (MAIL + "\nDie Straße führt\nüber die Brücke.\n", "Die Straße führt\nüber die Brücke."),
        (MAIL.replace("\n", "\r\n") + "\r\nOne line.\r\n", "One line."),
        (
            MAIL + CODED.format(PLAIN, "quoted-printable", "Die Stra=DFe =\nhier."),
            "Die Straße hier.",
        ),
        (MAIL + CODED.format(HTML, "quoted-printable", "<p>Hello =\nthere.</p>"), "Hello there."),
        (MAIL + 'Content-Type: multipart/mixed; boundary="X"\n\n' + PARTS, "Die Strasse."),
    ],
    ids=["plain", "CRLF", "quoted-printable", "HTML", "parts"],
)
@pytest.mark.parametrize("name", ["a.eml", "a.txt"])
def test_of_mail_what_was_written_is_read(
    tmp_path: Path, content: str, text: str, name: str
) -> None:
    _, corpus = both(write(tmp_path / name, content))
    assert corpus.documents["text"][0].strip() == text


def test_mail_of_an_unknown_charset_is_refused(tmp_path: Path) -> None:
    content = MAIL + CODED.format("text/plain; charset=klingon", "base64", "RGll")
    with pytest.raises(FormatError, match="is a message that cannot be read"):
        read_own_text(write(tmp_path / "a.eml", content))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("The DT\ndog NN\nbarks VBZ\n. .\n\n" * 9, "one word a line and its tags"),
        ("-DOCSTART- -X- O\n\n" + "EU NNP B-ORG\nrejects VBZ O\n. . O\n\n" * 9, "one word a line"),
        ("Der\tART\tdie\nHund\tNN\tHund\n" * 12, "one word a line"),
        ("".join(f"word{chr(97 + i)} {900 - i}\n" for i in range(24)), "words with their counts"),
        ("1 1:0.5 7:0.25\n0 2:0.5 9:1\n" * 4, "features of a classifier"),
        ("{0}{25}Hello there.\n{25}{50}Goodbye.\n", "subtitles of MicroDVD"),
        ("[ti:Song]\n[00:12.00]Line one\n", "lyrics with times"),
        ('msgid ""\nmsgstr ""\n\nmsgid "One"\n', "catalogue of translations"),
        ("( (S (NP (DT The) (NN dog)) (VP (VBZ barks)) (. .)) )\n" * 5, "Penn Treebank"),
        ("(TOP (S (NP (PRP I))\n  (VP (VBP go))))\n", "Penn Treebank"),
        ("-- MySQL dump\n\nCREATE TABLE t (a text);\nINSERT INTO t VALUES ('x y');\n", "SQL"),
        ("@article{key,\n  title = {One},\n}\n", "BibTeX"),
        ("TY  - JOUR\nTI  - One\nER  - \n", "RIS"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:One\nEND:VEVENT\n", "a calendar"),
        ("%!PS-Adobe-3.0\n(Hello) show\n", "a PostScript file"),
    ],
)
def test_more_text_of_programs_is_refused_by_name(tmp_path: Path, content: str, what: str) -> None:
    path = write(tmp_path / "a.txt", content)
    with pytest.raises(FormatError, match=what):
        look(path)
    if not content.startswith("%!"):  # a person may know better
        assert look(path, TextOptions(format="plain")).n_documents


def test_front_matter_of_hugo_is_no_text(tmp_path: Path) -> None:
    _, corpus = both(write(tmp_path / "a.md", "+++\ntitle = 'hidden'\n+++\n# Heading\n\nProse.\n"))
    assert list(corpus.words) == ["heading", "prose"]


RUSSIAN = "Он пришёл домой поздно вечером. Она читала книгу у окна. "
POLISH = "Zażółć gęślą jaźń. Chłopiec poszedł do szkoły. "


def test_the_files_of_a_zip_have_encodings_of_their_own(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("en/a.txt", "\n".join(SENTENCES))
        file.writestr("pl/b.txt", (POLISH * 9).encode("cp1250"))
        file.writestr("ru/c.txt", (RUSSIAN * 9).encode("cp1251"))
        file.writestr("ru/d.txt", (RUSSIAN * 9).encode("utf-16"))
    _, corpus = both(write(tmp_path / "a.zip", content.getvalue()))
    assert {"harbour", "gęślą", "вечером"} <= set(corpus.words)
    assert corpus.documents["folder"].tolist() == ["en", "pl", "ru", "ru"]
    assert corpus.documents["text"][2].strip() == corpus.documents["text"][3].strip()


def test_a_folder_of_one_json_object_a_file(tmp_path: Path) -> None:
    for i, text in enumerate(SENTENCES):
        write(tmp_path / f"{i}.json", f'{{"user": {{"name": "a"}}, "full_text": "{text}"}}')
    found = look(tmp_path)
    assert found.column == "full_text" and found.n_documents == len(SENTENCES)
    assert "user.name" in said(found)


def test_reading_tells_how_far_it_is_and_lists_nothing_twice(tmp_path: Path) -> None:
    content = "id,text\n" + rows("{},{}.\n") * 200 + "8,\n"
    told: list[tuple[float, str]] = []
    path = write(tmp_path / "a.csv", content)
    corpus = read_own_text(path, progress=lambda *one: told.append(one))
    fractions = [fraction for fraction, _ in told]
    assert len(told) > 10 and fractions == sorted(fractions) and 0.9 < fractions[-1] <= 1
    assert corpus.content_hash == read_own_text(path).content_hash
    assert sum("is empty" in line for line in corpus.about["reading"]) == 1


def test_a_table_of_markdown_by_the_name_of_a_text(tmp_path: Path) -> None:
    rows = "".join(f"| {i} | {s} |\n" for i, s in enumerate(SENTENCES * 3))
    found, corpus = both(write(tmp_path / "a.txt", f"| id | text |\n|---|:---|\n{rows}"))
    assert corpus.documents["text"].tolist() == SENTENCES * 3 and found.column == "text"
