"""Documents, sentences and tokens with their offsets; saving and loading a corpus."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clif_core.errors import FormatError, InputError
from clif_core.text.corpus import (
    Corpus,
    SourceDocument,
    build_corpus,
    hash_content,
)
from clif_core.text.corpus_files import load_corpus, save_corpus
from clif_core.text.sentences import split_sentences
from clif_core.text.tokens import iterate_tokens, to_type

DOCUMENTS = [
    SourceDocument("One", "The Queen’s cat sat.  It PURRED!", {"year": 1961, "genre": "news"}),
    SourceDocument("Two", "", {"year": 1962}),
    SourceDocument(
        "Three",
        "HAMLET\nTo be.\n\nExit",
        {"year": 1963, "tags": ["a", "b"]},
        [(0, 13, {"speaker": "HAMLET"}), (15, 19, {})],
    ),
]


def build() -> Corpus:
    return build_corpus("three", DOCUMENTS, {"title": "Three"})


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't, don’t 'tis the boys' bull's-eye", "Don't don’t tis the boys bull's-eye"),
        ("one,--two well--known re-enter- -x", "one two well known re-enter x"),
        ("$1,988.50, 2.5% of 10,000; 38-7 1960's", "1,988.50 2.5 of 10,000 38-7 1960's"),
        ("the U.S. Army, i.e., U.S.-based; end.Start", "the U.S Army i.e U.S based end Start"),
        (
            "snake_case <b>x</b> naïve Straße Москва 東京",
            "snake case b x b naïve Straße Москва 東京",
        ),
        ("cafe\u0301 au lait", "cafe\u0301 au lait"),
        ("", ""),
        ("... -- '' “”", ""),
    ],
)
def test_the_token_rule(text: str, tokens: str) -> None:
    assert " ".join(text[a:b] for a, b in iterate_tokens(text)) == tokens


def test_types_are_composed_lower_case_with_straight_apostrophes() -> None:
    assert to_type("QUEEN’s") == "queen's"
    assert to_type("Cafe\u0301") == "café"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He came. She left! Why? No.", ["He came.", "She left!", "Why?", "No."]),
        ("Mr. Smith met J. Doe. Fine.", ["Mr. Smith met J. Doe.", "Fine."]),
        ("“Go.” He went.", ["“Go.”", "He went."]),
        ("See e.g. the lower case. Then 5 more. 6 left.", None),
        ("A heading\n\nA text.", ["A heading", "A text."]),
        ("one line\nanother", ["one line\nanother"]),
        ("So am I. You too.", ["So am I.", "You too."]),
        (" \n\n ", []),
    ],
)
def test_the_sentence_rule(text: str, sentences: list[str] | None) -> None:
    expected = sentences or []
    if sentences is None:
        expected = ["See e.g. the lower case.", "Then 5 more.", "6 left."]
    assert [text[a:b] for a, b in split_sentences(text)] == expected


def test_a_corpus_equals_one_made_by_hand() -> None:
    corpus = build()
    assert (corpus.n_documents, corpus.n_sentences, corpus.n_tokens) == (3, 4, 10)
    types = [corpus.words[w] for w in corpus.token_words]
    assert types == "the queen's cat sat it purred hamlet to be exit".split()  # noqa: SIM905
    assert corpus.sentence_offsets.tolist() == [0, 4, 6, 9, 10]
    assert corpus.document_offsets.tolist() == [0, 2, 2, 4]
    assert corpus.document_token_offsets.tolist() == [0, 6, 6, 10]
    assert corpus.sentence_text(1) == "It PURRED!"
    assert corpus.sentence_of_token(6) == 2
    assert corpus.documents["year"].tolist() == [1961, 1962, 1963]
    assert corpus.documents["genre"].tolist() == ["news", "", ""]
    assert json.loads(corpus.documents["tags"][2]) == ["a", "b"]
    assert corpus.sentences["speaker"].tolist() == ["", "", "HAMLET", ""]
    assert corpus.token_words.dtype == corpus.token_starts.dtype == np.int32


def test_the_content_hash_follows_the_content() -> None:
    again = build()
    assert again.content_hash == build().content_hash
    changed = [SourceDocument("One", "The Queen’s cat sat;  It PURRED!"), *DOCUMENTS[1:]]
    assert build_corpus("three", changed, {}).content_hash != again.content_hash
    assert build_corpus("three", DOCUMENTS, {}).content_hash == again.content_hash  # about is not


def test_progress_is_reported_after_each_document() -> None:
    reports: list[int] = []
    build_corpus("three", DOCUMENTS, {}, reports.append)
    assert reports == [1, 2, 3]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (SourceDocument("x", "abc", {}, [(0, 2, {}), (1, 3, {})]), "overlaps"),
        (SourceDocument("x", "abc", {}, [(0, 9, {})]), "leaves the text"),
        (SourceDocument("x", "abc", {"text": 1}), "may not be called 'text'"),
        (SourceDocument("x", " ... "), "has no words"),
    ],
)
def test_documents_that_make_no_corpus_are_refused(document: SourceDocument, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_corpus("x", [document], {})


def test_a_saved_corpus_is_loaded_unchanged(tmp_path: Path) -> None:
    corpus = build()
    save_corpus(corpus, tmp_path / "three")
    loaded = load_corpus(tmp_path / "three")
    pd.testing.assert_frame_equal(loaded.documents, corpus.documents)
    pd.testing.assert_frame_equal(loaded.sentences, corpus.sentences)
    assert loaded.words == corpus.words and loaded.about == corpus.about
    for name in (
        "token_words",
        "token_starts",
        "token_ends",
        "sentence_offsets",
        "document_offsets",
    ):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(corpus, name))
        assert getattr(loaded, name).dtype == getattr(corpus, name).dtype
    parts = (loaded.documents, loaded.sentences, loaded.words, loaded.token_words)
    rest = (loaded.token_starts, loaded.token_ends)
    offsets = (loaded.sentence_offsets, loaded.document_offsets)
    assert hash_content(loaded.name, *parts, *rest, *offsets) == corpus.content_hash


@pytest.mark.parametrize("table", ["documents", "sentences", "words", "tokens"])
def test_a_damaged_or_missing_table_is_named(tmp_path: Path, table: str) -> None:
    path = tmp_path / "three"
    save_corpus(build(), path)
    file = path / f"{table}.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(FormatError, match=rf"{table}\.parquet is damaged"):
        load_corpus(path)
    file.unlink()
    with pytest.raises(FormatError, match=rf"{table}\.parquet is missing"):
        load_corpus(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no corpus.json"), ("{", "damaged"), ("[]", "damaged"), ("{}", "damaged")],
)
def test_a_missing_or_damaged_card_is_named(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "corpus.json").write_text(content)
    with pytest.raises(FormatError, match=message):
        load_corpus(tmp_path)


def test_a_newer_format_version_is_refused(tmp_path: Path) -> None:
    save_corpus(build(), tmp_path / "three")
    card = json.loads((tmp_path / "three" / "corpus.json").read_text())
    card["format_version"] = 99
    (tmp_path / "three" / "corpus.json").write_text(json.dumps(card))
    with pytest.raises(FormatError, match="format version 99"):
        load_corpus(tmp_path / "three")
