"""The marks of a sentence: which words, where a long one is cut, and what neighbours show."""

from __future__ import annotations

import pandas as pd
import pytest

from clif_core.influence.engine import InfluenceEngine
from clif_core.influence.explain import explain_sentence
from clif_core.probes import Weat
from clif_core.report.marks import Piece, from_spans, mark_sentence, mark_text, to_spans
from clif_core.sgns.model import SkipGram
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus

TEXT = "He saw the war. She sang of love and of war and went home."


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return build_corpus("two", [SourceDocument("Two", TEXT)], {})


def parts_of(*rows: tuple[int, str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["centre_token", "centre", "context_token", "effect"])


def marked(pieces: tuple[Piece, ...]) -> list[tuple[str, str, str]]:
    return [(piece.text, piece.role, piece.side) for piece in pieces if piece.role]


def test_a_word_is_marked_from_fifteen_percent_of_the_strongest(corpus: Corpus) -> None:
    parts = parts_of(
        (7, "love", 5, -1.0), (10, "war", 5, -0.16), (4, "she", 5, 0.14), (13, "home", 6, 0.0)
    )
    body = mark_text(corpus, 1, parts, -1.02).body
    assert "".join(piece.text for piece in body) == "She sang of love and of war and went home."
    assert marked(body) == [
        ("sang", "context", "raises"), ("love", "centre", "raises"), ("war", "centre", "raises"),
    ]  # fmt: skip
    assert [round(piece.strength, 2) for piece in body if piece.role] == [1.0, 1.0, 0.16]


def test_a_named_word_is_marked_though_each_of_its_tokens_is_weak(corpus: Corpus) -> None:
    parts = parts_of(
        (4, "she", -1, 1.0), (5, "sang", -1, -0.1), (6, "of", -1, -0.12), (9, "of", -1, -0.08)
    )
    body = mark_text(corpus, 1, parts, -0.2).body
    assert marked(body) == [
        ("She", "centre", "lowers"), ("sang", "centre", "raises"), ("of", "centre", "raises"),
    ]  # fmt: skip


def test_at_most_ten_words_of_a_role_are_marked() -> None:
    words = [f"word{chr(97 + at)}" for at in range(20)]
    corpus = build_corpus("long", [SourceDocument("Long", " ".join(words))], {})
    parts = parts_of(*((at, word, -1, -1.0 - at / 100) for at, word in enumerate(words)))
    assert [text for text, *_ in marked(mark_text(corpus, 0, parts, -1.0).body)] == words[10:]


def test_strong_context_words_of_the_neighbour_are_shown(corpus: Corpus) -> None:
    parts = parts_of((4, "she", 3, -1.0), (4, "she", 5, -0.5))
    found = mark_text(corpus, 1, parts, -1.5)
    assert "".join(piece.text for piece in found.before) == "… war."
    assert marked(found.before) == [("war", "context", "raises")]
    whole = mark_text(corpus, 1, parts, -1.5, is_whole=True)
    assert (whole.before, whole.after) == ((), ())


def test_a_long_sentence_is_cut_around_its_strongest_word() -> None:
    words = ["war" if at == 100 else "peace" for at in range(200)]
    corpus = build_corpus("long", [SourceDocument("Long", " ".join(words))], {})
    body = mark_text(corpus, 0, parts_of((100, "war", -1, 1.0)), 1.0).body
    text = "".join(piece.text for piece in body)
    assert text.startswith("… peace") and text.endswith("peace …")
    assert text.count("peace") == 59
    assert marked(body) == [("war", "centre", "lowers")]


def test_spans_and_pieces_are_the_same_marks(corpus: Corpus) -> None:
    pieces = (Piece("She "), Piece("sang", "context", "raises", 0.5), Piece(" of love."))
    text, spans = to_spans(pieces)
    assert (text, spans) == ("She sang of love.", [(4, 8, "context", "raises", 0.5)])
    assert from_spans(text, spans) == pieces


def test_marks_of_an_influence_are_those_of_its_parts(
    lee_model: SkipGram, lee_corpus: Corpus
) -> None:
    engine = InfluenceEngine(lee_model, lee_corpus)
    probe = Weat("w", ("police",), ("test",), ("killed",), ("team",))
    influence = engine.influence(probe.resolve(lee_model.vocabulary))
    for sentence in influence.top_sentences(5, "lowers")["sentence"].tolist():
        parts = explain_sentence(engine, influence, sentence)
        effect = float(influence.sentence_effects[sentence])
        assert mark_sentence(engine, influence, sentence) == mark_text(
            lee_corpus, sentence, parts, effect
        )
