"""Texts as people bring them: what is found in them, what is read, and what is left out."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from clif_core.errors import FormatError, InputError
from clif_core.text.corpus import Corpus
from clif_core.text.readers import Preview, TextOptions, look, read_own_text

CASES = Path(__file__).parents[1] / "cases" / "texts"
SENTENCES = [
    "The nurse carried the lantern to the old harbour.",
    "A sailor sold copper to the doctor.",
    "The engine of the boat broke near the river.",
    "My sister reads about mountains and meadows.",
]


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def both(given: Path, **options: object) -> tuple[Preview, Corpus]:
    """What a look says and what is read; the two agree."""
    chosen = TextOptions(**options)  # type: ignore[arg-type]
    found, corpus = look(given, chosen), read_own_text(given, options=chosen)
    assert found.is_whole and found.n_documents == corpus.n_documents
    assert [one.text for one in found.documents] == corpus.documents["text"].tolist()
    return found, corpus


def said(found: Preview) -> str:
    return "\n".join(found.lines)


# --- lines


def test_one_sentence_a_line() -> None:
    found, corpus = both(CASES / "lines.txt")
    assert corpus.n_sentences == 3000
    assert "no sentence and no window crosses a line" in said(found)
    assert corpus.sentence_text(0) == "the busy queen remembered the new garden with care"


def test_an_endless_line_is_cut_and_it_is_said(tmp_path: Path) -> None:
    one = (CASES / "lines.txt").read_text().replace("\n", " ")
    path = write(tmp_path / "oneline.txt", one)
    found, corpus = both(path)
    assert corpus.n_sentences == 286 and corpus.n_tokens == len(one.split())
    assert "cut into 286 passages of 100 words" in said(found)
    assert both(path, passage_words=500)[1].n_sentences == 58


def test_a_long_text_without_capitals_is_parted_at_its_stops(tmp_path: Path) -> None:
    """No capital follows a stop, which is no sign of a sentence without an end."""
    text = "the cat saw a bird . it flew away ! " * 300
    found, corpus = both(write(tmp_path / "a.txt", text))
    assert corpus.n_sentences == 600 and corpus.sentence_text(1) == "it flew away !"
    assert "without an end" not in said(found)
    text += "and so on " * 500
    found, corpus = both(write(tmp_path / "a.txt", text))
    assert corpus.n_sentences == 600 + 15
    assert "1 sentence without an end" in said(found)
    assert [line for line in corpus.about["reading"] if "passages" in line] == [
        line for line in found.lines if "passages" in line
    ]


WRAPPED = (
    "It was a cold morning, and the sailor had left the harbour before the\n"
    "sun was up. Nobody saw him go. The nurse, who lived across the street,\n"
    "heard only the dog. She thought of the letter and of the old lantern,\n"
    "and went back to sleep. When the doctor came at noon the boat was gone\n"
)
VERSE = (
    "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n"
    "Rough winds do shake the darling buds of May,\nAnd summer's lease hath all too short a date;\n"
    "Sometime too hot the eye of heaven shines,\nAnd often is his gold complexion dimm'd;\n"
)
TOKENISED = "the cat sat on the mat .\nthe dog ran away .\nwhere is the bird ?\n"


@pytest.mark.parametrize(
    ("text", "are_lines"),
    [
        (WRAPPED, False),
        (VERSE, False),
        (TOKENISED, True),
        ("\n".join(SENTENCES), False),  # full stops do it
        ("a title of a book\nanother title\nthe third one is long\n", True),
        ("alpha\nbeta\ngamma\ndelta\n", False),  # a list of words
        ("\r\n".join(SENTENCES).replace(".", ""), True),
    ],
)
def test_lines_are_sentences_only_where_they_look_so(
    tmp_path: Path, text: str, are_lines: bool
) -> None:
    found = look(write(tmp_path / "a.txt", text))
    assert ("One sentence a line" in said(found)) == are_lines


def test_a_folded_text_without_stops_is_no_list_of_sentences(tmp_path: Path) -> None:
    import textwrap

    words = (CASES / "lines.txt").read_text().replace("\n", " ")[:20_000]
    found = look(write(tmp_path / "a.txt", textwrap.fill(words, 70)))
    assert "One sentence a line" not in said(found) and "passages" in said(found)


def test_the_rule_of_sentences_can_be_set(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", VERSE)
    assert both(path)[1].n_sentences < 6
    assert both(path, sentences="line")[1].n_sentences == 6
    assert both(CASES / "lines.txt", sentences="marks")[1].n_sentences < 300


@pytest.mark.parametrize(("rule", "n"), [("file", 1), ("line", 3), ("blank-line", 2), ("auto", 2)])
def test_one_document_per(tmp_path: Path, rule: str, n: int) -> None:
    path = write(tmp_path / "a.txt", "One. Two.\nThree.\n\nFour.")
    assert both(path, one_document_per=rule)[1].n_documents == n


# --- tables


def test_a_csv_is_its_text_column_with_metadata() -> None:
    found, corpus = both(CASES / "table.csv")
    assert corpus.n_documents == 3000 and found.column == "text"
    assert {"id", "source", "year"} <= set(corpus.documents)
    assert corpus.documents["year"].dtype == "int64"
    assert not {"id", "source", "letters", "press", "1990"} & set(corpus.words)


@pytest.mark.parametrize("name", ["reviews.tsv", "reviews.parquet", "array.json", "object.json"])
def test_sixty_reviews_in_any_table(name: str) -> None:
    _, corpus = both(CASES / name)
    assert corpus.n_documents == 60
    assert {"id", "author", "year"} <= set(corpus.documents)
    assert corpus.documents["text"][0] == SENTENCES[0]


def table(separator: str, rows: list[list[str]]) -> str:
    return "\n".join(separator.join(row) for row in rows) + "\n"


ROWS = [[str(i), f"writer{i % 3}", SENTENCES[i % 4]] for i in range(12)]
QUOTED = [[a, b, f'"{c[:-1]}, and then\nhe said ""no""."'] for a, b, c in ROWS]


@pytest.mark.parametrize(
    ("content", "name", "columns"),
    [
        (table(";", [["id", "who", "text"], *ROWS]), "a.csv", ["id", "who"]),
        (table("|", [["id", "who", "words"], *ROWS]), "a.csv", ["id", "who"]),
        (table("\t", [["id", "who", "text"], *ROWS]), "a.txt", ["id", "who"]),
        (table(",", [["id", "who", "text"], *QUOTED]), "a.csv", ["id", "who"]),
        (table(",", [["id", "who", "text"], *ROWS]), "a.txt", ["id", "who"]),
        (table(",", ROWS), "a.csv", ["column1", "column2"]),
        (table("\t", ROWS), "a.tsv", ["column1", "column2"]),
        (table(",", [["id", "who", "text"], *ROWS]).replace("\n", "\r\n"), "a.csv", ["id", "who"]),
        (table(",", [["id", "who", "text"], *ROWS]).replace("\n", "\r"), "a.csv", ["id", "who"]),
        (table(",", [["id", "id", "text"], *ROWS]), "a.csv", ["id", "id_2"]),
        (table(",", [["", "who", "text"], *ROWS]), "a.csv", ["column1", "who"]),
    ],
    ids=["semicolons", "bars", "tabs in a .txt", "quotes", "csv in a .txt", "no header",
         "tsv, no header", "CRLF", "CR", "doubled name", "no name"],
)  # fmt: skip
def test_tables_of_every_dialect(
    tmp_path: Path, content: str, name: str, columns: list[str]
) -> None:
    _, corpus = both(write(tmp_path / name, content))
    assert corpus.n_documents == 12
    assert [c for c in corpus.documents if c not in ("title", "text")] == columns
    assert corpus.documents["text"][1].startswith("A sailor sold copper to the doctor")


def test_quotes_in_a_tsv_belong_to_its_text(tmp_path: Path) -> None:
    rows = [[str(i), f'"Well, said {i}' if i % 2 else f"He said {i}"] for i in range(40)]
    _, corpus = both(write(tmp_path / "a.tsv", table("\t", [["id", "text"], *rows])))
    assert corpus.n_documents == 40 and corpus.documents["text"][1] == '"Well, said 1'


def test_a_column_of_one(tmp_path: Path) -> None:
    _, corpus = both(write(tmp_path / "a.csv", "review\n" + "\n".join(SENTENCES)))
    assert corpus.documents["text"].tolist() == SENTENCES


def test_numbers_longer_than_the_text_are_not_the_text(tmp_path: Path) -> None:
    rows = [["9" * 80, "https://example.org/" + "x" * 80, SENTENCES[i % 4]] for i in range(9)]
    found = look(write(tmp_path / "a.csv", table(",", [["n", "u", "z"], *rows])))
    assert found.column == "z"


def test_of_two_texts_the_longer_is_taken_and_the_other_can_be(tmp_path: Path) -> None:
    rows = [[f"Title {i} of it", " ".join(SENTENCES)] for i in range(9)]
    path = write(tmp_path / "a.csv", table(",", [["headline", "story"], *rows]))
    found, _ = both(path)
    assert found.column == "story" and found.columns == ("headline", "story")
    assert both(path, text_column="headline")[1].documents["text"][0] == "Title 0 of it"
    with pytest.raises(FormatError, match="has no column or field 'x'; it has headline, story"):
        look(path, TextOptions(text_column="x"))


def test_rows_without_text_or_of_another_width_are_left_out_and_named(tmp_path: Path) -> None:
    rows = [["1", "One two."], ["2", ""], ["3", "Three", "four"], ["4", "Five six."]]
    path = write(tmp_path / "a.csv", table(",", [["id", "text"], *rows, *ROWS_OF_TWO]))
    found, corpus = both(path)
    assert corpus.n_documents == 2 + len(ROWS_OF_TWO) and found.n_left_out == 2
    assert "line 3 of a.csv: its 'text' is empty" in said(found)
    assert "line 4 of a.csv: has 3 cells, not 2" in said(found)
    assert "Left out: 2." in corpus.about["reading"]


ROWS_OF_TWO = [[str(i), SENTENCES[i % 4]] for i in range(20)]


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest(tmp_path: Path) -> None:
    rows = [[str(i), SENTENCES[i % 4]] for i in range(9)]
    path = write(tmp_path / "a.csv", table(",", [["id", "text"], *rows, ["9", '"Open'], *rows]))
    with pytest.raises(FormatError, match=r"a quote is opened in line 11 of a\.csv and never"):
        read_own_text(path)


def test_prose_with_commas_is_no_table(tmp_path: Path) -> None:
    text = "Dear Ann, hello.\nDear Bob, good day.\nDear Eve, farewell.\nDear Dan, good night.\n"
    found, _ = both(write(tmp_path / "a.txt", text))
    assert "plain text" in found.lines[0]


def test_tags_in_a_column_are_taken_out(tmp_path: Path) -> None:
    rows = [[str(i), "Fine film.<br /><br />Fish &amp; chips <i>were</i> good."] for i in range(5)]
    found, corpus = both(write(tmp_path / "a.csv", table(",", [["id", "review"], *rows])))
    assert "Tags of HTML" in said(found) and "br" not in corpus.words
    assert "Fish & chips were good." in corpus.documents["text"][0]


# --- JSON


def test_a_nested_field_is_named_by_its_path() -> None:
    found, corpus = both(CASES / "nested.jsonl")
    assert found.column == "document.text" and corpus.n_documents == 60
    assert corpus.documents["document.author"][0] == "writer0"


def test_a_null_is_left_out_and_named() -> None:
    found, corpus = both(CASES / "null.jsonl")
    assert corpus.n_documents == 59 and found.n_left_out == 1
    assert "line 8 of null.jsonl: its 'text' is empty" in said(found)


def test_a_list_of_words_is_a_text() -> None:
    assert both(CASES / "tokens.jsonl")[1].documents["text"][0].endswith("old harbour.")


def test_another_field_holds_the_text(tmp_path: Path) -> None:
    lines = (CASES / "lines.txt").read_text().splitlines()
    content = "\n".join(json.dumps({"content": line, "source": "press"}) for line in lines)
    found, corpus = both(write(tmp_path / "docs.jsonl", content))
    assert found.column == "content" and corpus.n_documents == 3000


@pytest.mark.parametrize(
    "value",
    [
        SENTENCES,
        [{"body": text} for text in SENTENCES],
        {"response": {"n": 4, "docs": [{"body": text, "n": 1} for text in SENTENCES]}},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_arrays_anywhere(tmp_path: Path, value: object, indent: int | None) -> None:
    path = write(tmp_path / "a.json", json.dumps(value, indent=indent))
    assert both(path)[1].documents["text"].tolist() == SENTENCES


def test_objects_after_one_another(tmp_path: Path) -> None:
    content = "\n".join(json.dumps({"text": text}, indent=2) for text in SENTENCES)
    assert both(write(tmp_path / "a.json", content))[1].n_documents == 4


@pytest.mark.parametrize("end", ["", '{"text": "x"', "{]", "]]"])
def test_damaged_json_is_refused(tmp_path: Path, end: str) -> None:
    content = '[{"text": "one two"}, ' + end
    with pytest.raises(FormatError, match=r"a\.json is no JSON"):
        read_own_text(write(tmp_path / "a.json", content))


# --- markup, and what is no text


def test_a_page_is_what_is_seen_of_it() -> None:
    _, corpus = both(CASES / "page.html")
    text = corpus.documents["text"][0]
    assert text.count("Fish & chips.") == 60 and corpus.n_sentences == 120
    assert not {"p", "href", "para", "color", "nbsp", "var", "title"} & set(corpus.words)


def test_html_by_another_name_and_xml(tmp_path: Path) -> None:
    page = (CASES / "page.html").read_bytes()
    assert both(write(tmp_path / "page.txt", page))[1].n_sentences == 120
    tei = (
        '<?xml version="1.0"?><TEI><teiHeader><p>No text.</p></teiHeader><text><body>'
        "<p>The <hi>old</hi> caf&eacute; &amp; bar.</p><p>Second paragraph</p></body></text></TEI>"
    )
    _, corpus = both(write(tmp_path / "a.xml", tei))
    assert corpus.documents["text"][0] == "The old café & bar.\n\nSecond paragraph"


def test_markup_that_is_damaged_keeps_its_text(tmp_path: Path) -> None:
    sgml = '<doc id="1">\nOne two.\n</doc>\n<doc id="2">\nThree </b> four.\n</doc>\n'
    assert both(write(tmp_path / "a.sgml", sgml))[1].n_tokens == 4
    assert read_own_text(write(tmp_path / "a.html", "<div>x " * 5_000)).n_tokens == 5_000
    row = json.dumps({"text": "<b>x " * 5_000})
    path = write(tmp_path / "a.jsonl", f'{{"text": "<b>One</b> two."}}\n{row}\n')
    assert both(path)[1].n_tokens == 5_002


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("notes.rtf", "an RTF document. Save it as plain text"),
        ("paper.pdf", "a PDF. Take its text out first"),
        ("essay.docx", "a Word document .*Save it as plain text"),
        ("wiki.xml", "a dump of a wiki.*wikiextractor"),
    ],
)
def test_what_is_no_text_is_refused_by_its_name(name: str, what: str) -> None:
    for read in (look, read_own_text):
        with pytest.raises(FormatError, match=what):
            read(CASES / name)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x93NUMPY\x01\0", "array of NumPy"),
        (b"\x80\x04cos\nsystem\n", "a pickle of Python, which is never opened"),
        (b"\x28\xb5\x2f\xfdxxxx", "zstd -d"),
        (b"x" * 257 + b"ustar\0", "a tar archive"),
        (b"some \0 words", "byte 5 is zero"),
        (b"3 2\nthe 0.1 0.2 0.3\nof 0.1 0.2 0.3\nand 1 2 3\nto 1 2 3\n", "holds word vectors"),
        (b"PK\x03\x04 and no zip", "damaged: its zip data"),
        (b"", "has no words"),
    ],
)
def test_more_that_is_no_text(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        read_own_text(write(tmp_path / "a.txt", content))


# --- encodings


@pytest.mark.parametrize("name", ["cp_apos.txt", "cp_apos_right.txt", "cp_apos_latin1advice.txt"])
def test_windows_1252_keeps_its_apostrophes(name: str) -> None:
    found, corpus = both(CASES / name)
    assert corpus.n_sentences == 60
    assert {"didn't", "sailor's", "wasn't"} <= set(corpus.words)
    assert "latin" not in said(found).lower() or name.endswith("advice.txt")
    assert (found.encoding == "cp1252") == (name == "cp_apos.txt")


def test_latin_1_is_never_used() -> None:
    assert TextOptions(encoding="latin1").encoding == "cp1252"
    with pytest.raises(InputError, match="encoding 'zip' is unknown"):
        TextOptions(encoding="zip")


RUSSIAN = "Он пришёл домой поздно вечером. Она читала книгу у окна. " * 20
ENCODED: list[tuple[str, str]] = [
    ("utf-16", "\n".join(SENTENCES)),
    ("utf-16-le", "\r\n".join(SENTENCES)),
    ("utf-16-be", "\n".join(SENTENCES)),
    ("utf-16-le", RUSSIAN),
    ("utf-32", "\n".join(SENTENCES)),
    ("utf-8-sig", "\n".join(SENTENCES)),
    ("cp1251", RUSSIAN),
    ("cp1252", "Die Straße führt über die Brücke. Möchten Sie Äpfel? „Ja“, sagte er. " * 9),
]


@pytest.mark.parametrize(("codec", "text"), ENCODED)
def test_encodings_are_found(tmp_path: Path, codec: str, text: str) -> None:
    _, corpus = both(write(tmp_path / "a.txt", text.encode(codec)))
    assert corpus.documents["text"][0] == text.replace("\r\n", "\n").strip()


def test_an_encoding_that_does_not_fit_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"one\ncaf\xe9\n" * 3)
    with pytest.raises(FormatError, match=r"not UTF-8: byte 7 \(line 2\) is 0xe9"):
        read_own_text(path, options=TextOptions(encoding="utf-8"))


def test_an_odd_byte_far_behind_the_look_is_still_found(tmp_path: Path) -> None:
    content = b"Some plain words. " * 80_000 + "Der Käfer läuft.".encode("cp1252")
    path = write(tmp_path / "a.txt", content)
    assert look(path).encoding == "utf-8" and not look(path).is_whole
    corpus = read_own_text(path)
    assert "käfer" in corpus.words and "Windows-1252" in corpus.about["reading"][1]
    write(tmp_path / "a.csv", b"id,text\n" + b"1,some plain words\n" * 80_000 + b"2,K\xe4fer\n")
    assert "Windows-1252" in read_own_text(tmp_path / "a.csv").about["reading"][1]


@pytest.mark.parametrize("is_folder", [False, True])
def test_the_rule_of_the_words_is_that_of_the_preview(tmp_path: Path, is_folder: bool) -> None:
    first, rest = (
        "The nurse sang. A boat came. " * 8_000,
        "the nurse sang . a boat came . " * 90_000,
    )
    if is_folder:
        write(tmp_path / "a" / "0.txt", first)
        write(tmp_path / "a" / "1.txt", rest)
        given = tmp_path / "a"
    else:
        given = write(tmp_path / "a.txt", first + rest)
    assert look(given).lines[-1] == f"Token rule: {read_own_text(given).token_rule.sentence}."


# --- folders and packings


@pytest.mark.parametrize("name", ["half_nested", "mixed_folder", "nested_folder"])
def test_every_file_of_a_folder_is_a_document(name: str) -> None:
    _, corpus = both(CASES / name)
    assert corpus.n_documents == 6
    if name == "nested_folder":
        assert corpus.documents["folder"].tolist() == ["neg"] * 3 + ["pos"] * 3
        assert corpus.documents["file"][0] == "neg/0.txt"


def zipped(folder: Path, top: str = "") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"__MACOSX/{top}._0.txt", b"\0\5")
        for path in sorted(folder.rglob("*.txt")):
            file.write(path, f"{top}{path.relative_to(folder).as_posix()}")
    return content.getvalue()


@pytest.mark.parametrize("top", ["", "reviews/"])
def test_a_zip_is_a_folder(tmp_path: Path, top: str) -> None:
    path = write(tmp_path / "a.zip", zipped(CASES / "nested_folder", top))
    found, corpus = both(path)
    assert corpus.documents["folder"].tolist() == ["neg"] * 3 + ["pos"] * 3
    assert [one.name for one in found.left_out] == [f"__MACOSX/{top}._0.txt"]


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize("suffix", PACKINGS)
@pytest.mark.parametrize("name", ["table.csv", "reviews.parquet", "array.json"])
def test_packed_files_are_read_as_they_are(tmp_path: Path, suffix: str, name: str) -> None:
    content = PACKINGS[suffix]((CASES / name).read_bytes())
    packed = read_own_text(write(tmp_path / f"{name}{suffix}", content), "x")
    assert packed.content_hash == read_own_text(CASES / name, "x").content_hash


def test_what_a_folder_leaves_out_is_listed(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", SENTENCES[0])
    write(tmp_path / "sub" / "b.text", SENTENCES[1])
    write(tmp_path / "table.csv", "id,text\n1,One two three.\n")
    write(tmp_path / "notes.md", "# Notes")
    write(tmp_path / "paper.txt", b"%PDF-1.4")
    write(tmp_path / "empty.txt", b"")
    write(tmp_path / ".hidden.txt", "hidden words")
    found, corpus = both(tmp_path)
    assert corpus.documents["file"].tolist() == ["a.txt", "sub/b.text"]
    reasons = {one.name: one.reason for one in found.left_out}
    assert set(reasons) == {"table.csv", "notes.md", "paper.txt", "empty.txt", ".hidden.txt"}
    assert "a table among texts" in reasons["table.csv"] and "a PDF" in reasons["paper.txt"]


def test_files_without_an_ending_are_told_by_their_content(tmp_path: Path) -> None:
    for at, text in enumerate(SENTENCES):
        write(tmp_path / "AA" / f"wiki_{at:02}", json.dumps({"id": at, "text": text}) + "\n" * 2)
    _, corpus = both(tmp_path)
    assert corpus.documents["text"].tolist() == SENTENCES


def test_shards_of_a_table_are_read_in_order(tmp_path: Path) -> None:
    for at, text in enumerate(SENTENCES):
        pd.DataFrame({"n": [at], "text": [text]}).to_parquet(tmp_path / f"part-{at}.parquet")
    _, corpus = both(tmp_path)
    assert corpus.documents["text"].tolist() == SENTENCES
    assert corpus.documents["file"][3] == "part-3.parquet"


def test_files_in_memory_keep_the_names_they_are_given(tmp_path: Path) -> None:
    given: dict[str, Path | bytes] = {
        "letters/ann.txt": SENTENCES[0].encode(),
        "letters/bob.txt": write(tmp_path / "0001", SENTENCES[1]),
        "diary.txt": SENTENCES[2].encode(),
    }
    corpus = read_own_text(given)
    assert corpus.documents["file"].tolist() == ["diary.txt", "letters/ann.txt", "letters/bob.txt"]
    assert corpus.documents["folder"].tolist() == ["", "letters", "letters"]


def test_a_zip_with_a_password_is_refused_in_words(tmp_path: Path) -> None:
    content = bytearray(zipped(CASES / "mixed_folder"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the bit that says so
        start = content.find(mark)
        while start >= 0:
            content[start + at] |= 1
            start = content.find(mark, start + 1)
    with pytest.raises(FormatError, match="cannot be unzipped"):
        read_own_text(write(tmp_path / "a.zip", bytes(content)))
