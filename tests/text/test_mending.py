"""What programs made of a text on its way is undone, counted and said; look and reading agree."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from clif_core.text.readers import look, read_own_text
from clif_core.text.readers.mending import join_lines
from tests.text.test_own_texts import SENTENCES, both, said, write

TWO = " ".join(SENTENCES[:2])


@pytest.mark.parametrize(
    ("name", "write_texts"),
    [
        ("a.jsonl", lambda texts: "".join(json.dumps({"body": t}) + "\n" for t in texts)),
        ("a.csv", lambda texts: "id,text\n" + "".join(f'{i},"{t}"\n' for i, t in enumerate(texts))),
        ("a.txt", "\n\n".join),
    ],
    ids=["JSONL", "CSV", "plain"],
)
def test_entities_are_the_characters_that_they_stand_for(
    tmp_path: Path, name: str, write_texts: object
) -> None:
    texts = [f"{s[:-1]} &amp; so on, &#8220;it&#39;s&#8221;&nbsp;now." for s in SENTENCES]
    found, corpus = both(write(tmp_path / name, write_texts(texts)))  # type: ignore[operator]
    assert corpus.documents["text"][0].endswith("harbour & so on, “it's”\u00a0now.")
    assert not {"amp", "nbsp", "39"} & set(corpus.words) and "it's" in corpus.words
    assert "20 entities of HTML such as &amp; were replaced" in said(found)


def test_what_is_no_entity_stays(tmp_path: Path) -> None:
    text = "She was at AT&T; he did R&D; they used &nosuchname; & went."
    _, corpus = both(write(tmp_path / "a.txt", text))
    assert corpus.documents["text"][0] == text


def test_tags_in_plain_text_are_taken_out_and_its_lines_stay(tmp_path: Path) -> None:
    for i in range(3):
        write(tmp_path / "pos" / f"{i}_9.txt", f"So <i>it</i> is.<br /><br />{SENTENCES[i]}\n")
    found, corpus = both(tmp_path)
    assert corpus.documents["text"][1] == f"So it is.\n\n{SENTENCES[1]}\n"
    assert corpus.n_sentences == 6 and not {"br", "i"} & set(corpus.words)
    assert "Tags of HTML are taken out" in said(found)


def test_a_title_is_without_tags(tmp_path: Path) -> None:
    _, corpus = both(write(tmp_path / "a.txt", f"Here <b>it</b> is.\n\n<p>{SENTENCES[1]}</p>"))
    assert corpus.documents["title"].tolist() == ["Here it is.", SENTENCES[1]]


def test_less_than_is_no_tag(tmp_path: Path) -> None:
    text = "It holds where a < b and c > d, and p<0.05 is small."
    assert both(write(tmp_path / "a.txt", text))[1].documents["text"][0] == text


def test_tags_written_as_entities_are_tags(tmp_path: Path) -> None:
    rows = [
        {"text": f"&lt;p&gt;{a}&lt;/p&gt;&lt;p&gt;{b}&lt;/p&gt;"} for a, b in [SENTENCES[:2]] * 3
    ]
    _, corpus = both(write(tmp_path / "a.json", json.dumps(rows)))
    assert corpus.documents["text"][0] == "\n\n".join(SENTENCES[:2])
    shown = [{"text": f"<p>Write &lt;br&gt; here. {SENTENCES[0]}</p>"}] * 3
    _, corpus = both(write(tmp_path / "b.json", json.dumps(shown)))
    assert corpus.documents["text"][0] == f"Write <br> here. {SENTENCES[0]}"


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("yelp.csv", '"{i}","{s}\\n\\n{s} He said \\""no\\""."\n'),
        ("mysql.tsv", '{i}\t{s}\\n\\n{s} He said \\"no\\".\n'),
        ("r.csv", '"{i}","{s}\\n\\n{s} He said \\"no\\"."\n'),
        ("a.txt", '{s}\\r\\n\\r\\n{s} He said "no".\n\n'),
    ],
    ids=["Yelp", "MySQL", "R", "plain"],
)  # fmt: skip
def test_escapes_of_line_breaks_are_line_breaks(tmp_path: Path, name: str, row: str) -> None:
    content = "".join(row.format(i=i, s=s) for i, s in enumerate(SENTENCES * 3))
    found, corpus = both(write(tmp_path / name, content))
    assert corpus.documents["text"][0] == f'{SENTENCES[0]}\n\n{SENTENCES[0]} He said "no".'
    assert corpus.n_sentences == 36 and not any(word.startswith("nthe") for word in corpus.words)
    assert "escapes such as \\n were undone" in said(found)


@pytest.mark.parametrize(
    "end",
    [" is \\nu and \\alpha, \\rho.", " in C:\\new\\table\\readme.", " has one \\ here."],
    ids=["LaTeX", "paths", "a backslash"],
)
def test_other_backslashes_stay(tmp_path: Path, end: str) -> None:
    text = "\n".join(s[:-1] + end for s in SENTENCES * 3)
    assert both(write(tmp_path / "a.txt", text))[1].documents["text"][0] == text


def test_words_cut_at_line_ends_are_joined_where_the_text_has_them_whole(tmp_path: Path) -> None:
    text = (
        "The old harbour was full of copper and well\nknown. The nurse came to the old har-\nbour,"
        " which is well-\nknown. A nur\u00ad\nse sat there."
    )
    found, corpus = both(write(tmp_path / "a.txt", text))
    assert corpus.documents["text"][0] == (
        "The old harbour was full of copper and well\nknown. The nurse came to the old harbour,\n"
        "which is well-\nknown. A nurse\nsat there."
    )
    assert "2 words that were cut by a hyphen at the end of a line were joined" in said(found)


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("har-\nbour", "\u201cHarbour,\u201d"),  # its signs are no letters
        ("\u00e9t-\na", "L'\u00c9TA"),
        ("ket-\ntle", "\u212aettle"),  # the sign of Kelvin is a k
    ],
)
def test_a_whole_word_is_known_among_any_signs_and_in_any_case(cut: str, whole: str) -> None:
    undone = Counter[str]()
    joined = cut.replace("-\n", "")
    assert join_lines(f"{whole} {cut}", undone) == f"{whole} {joined}\n"
    assert undone == {"joined": 1}


def test_one_sentence_a_line_is_not_joined(tmp_path: Path) -> None:
    lines = ["the nurse carried the old har-", "bour of the harbour was open today"] * 20
    _, corpus = both(write(tmp_path / "a.txt", "\n".join(lines)), sentences="line")
    assert corpus.n_sentences == 40 and "bour" in corpus.words


START = "*** START OF THE PROJECT GUTENBERG EBOOK A BOOK ***"
END = "*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_of_a_book_of_gutenberg_the_book_is_read(tmp_path: Path, end: str) -> None:
    lines = ["\ufeffThe Project Gutenberg eBook of A Book", "", START, "", TWO, "", END, "", "Law."]
    found, corpus = both(write(tmp_path / "pg1.txt", end.join(lines)))
    assert corpus.documents["text"].tolist() == [TWO] and corpus.documents["line"][0] == 5
    assert [one.reason for one in found.left_out] == [
        "Project Gutenberg's own pages before and after the book"
    ]
    assert corpus.about["reading"][-2:] == list(found.lines[-3:-1])


def test_books_one_after_another_and_a_mark_alone(tmp_path: Path) -> None:
    lines = (x for s in SENTENCES for x in ("head", START, "", s, "", END, "licence"))
    books = "\n".join(lines)
    _, corpus = both(write(tmp_path / "a.txt", books))
    assert corpus.documents["text"].tolist() == SENTENCES
    _, corpus = both(write(tmp_path / "b.txt", f"{TWO}\n\n{END}\n"))
    assert corpus.documents["text"][0] == TWO and corpus.n_documents == 2


def test_short_messages_that_were_converted_twice_are_mended_together(tmp_path: Path) -> None:
    texts = ["Ich weiß.", "Schön!", "Größe", "ok", "Na ja …"] * 3
    messages = [{"sender_name": "Ann", "content": t.encode().decode("latin-1")} for t in texts]
    found, corpus = both(write(tmp_path / "m.json", json.dumps({"messages": messages})))
    assert corpus.documents["text"].tolist() == texts
    assert "characters were mended" in said(found)


def test_line_ends_that_were_converted_twice_part_no_paragraphs(tmp_path: Path) -> None:
    wrapped = textwrap.fill(" ".join(SENTENCES * 5), 60)
    _, corpus = both(write(tmp_path / "a.txt", wrapped.replace("\n", "\r\r\n")))
    assert corpus.documents["text"].tolist() == [wrapped] and corpus.n_sentences == 20


def test_ligatures_of_print_are_letters(tmp_path: Path) -> None:
    corpus = read_own_text(write(tmp_path / "a.txt", "The oﬃce ﬁnds a ﬂower. " * 5))
    assert {"office", "finds", "flower"} <= set(corpus.words)
    assert "NFKC" in said(look(tmp_path / "a.txt"))


NOTHING: Sequence[str] = ("\\N", "NULL", "NaN", "NA", "<NA>", "None", "[deleted]", "[removed]")


def test_marks_of_no_text_are_no_text_and_named(tmp_path: Path) -> None:
    rows = [*SENTENCES, *NOTHING]
    content = "id\ttext\n" + "".join(f"{i}\t{text}\n" for i, text in enumerate(rows))
    found, corpus = both(write(tmp_path / "a.tsv", content))
    assert corpus.documents["text"].tolist() == SENTENCES
    assert [one.reason for one in found.left_out] == [
        f"its 'text' is empty: {mark}" for mark in NOTHING
    ]


FRENCH = (
    "Il avait le cœur lourd et ne trouvait plus ses mots. Sa sœur, à côté de la fenêtre, regardait"
    " la mer. C'était l'été, et déjà les élèves étaient partis. La forêt brûlait près de là. "
)


@pytest.mark.parametrize("codec", ["iso8859-15", "cp1252", "utf-8"])
def test_the_heart_of_a_french_text(tmp_path: Path, codec: str) -> None:
    _, corpus = both(write(tmp_path / "a.txt", (FRENCH * 3).encode(codec)))
    assert {"cœur", "sœur"} <= set(corpus.words)


def test_letters_written_as_escapes(tmp_path: Path) -> None:
    text = "She said it\\u2019s a caf\\u00e9 \\ud83d\\ude00."
    rows = "".join(f'{i},"{text}"\n' for i in range(3))
    _, corpus = both(write(tmp_path / "a.csv", f"id,text\n{rows}"))
    assert corpus.documents["text"][0] == "She said it’s a café 😀."


def test_texts_written_as_bytes_of_python(tmp_path: Path) -> None:
    texts = [f"{s} Don't; “café”\nand so." for s in SENTENCES]
    rows = [{"id": i, "text": repr(text.encode())} for i, text in enumerate(texts)]
    found, corpus = both(write(tmp_path / "a.json", json.dumps(rows)))
    assert corpus.documents["text"].tolist() == texts
    assert "4 texts were written as bytes of Python" in said(found)
    assert both(write(tmp_path / "b.txt", "b'The nurse.'\n\nIt is."))[1].n_documents == 2
