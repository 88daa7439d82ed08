"""Tokens by pieces: the same columns as by the rule, token by token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clif_core.errors import InputError
from clif_core.text import token_columns
from clif_core.text.token_columns import TokenColumns
from clif_core.text.token_rule import TokenRule
from clif_core.text.tokens import iterate_tokens, to_type

RULES = (
    TokenRule(),
    TokenRule(case="keep", apostrophe="split"),
    TokenRule(symbols="keep"),
    TokenRule(parting="blanks", case="keep"),
    TokenRule(segmenter="characters"),
    TokenRule(hyphen="part", underscore="part", digits="zeros"),
)
# Blanks of every kind, what joins words, marks, scripts without blanks, characters beyond 16 bits.
ALPHABET = "aB1é中ж \n\t\x0b\x1c\x85\xa0\u2003\u2028\u3000'’-_.,:;·\u0301\u200d\u00ad\U0001d400😀"
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=60)


def by_token(texts: list[list[str]], rule: TokenRule) -> tuple[list[Any], ...]:
    """The columns as the rule alone gives them: words, starts, ends, offsets."""
    ids: dict[str, int] = {}
    words, starts, ends, offsets = [], [], [], [0]
    for text, first, last in spans_of(texts):
        for start, end in iterate_tokens(text, first, last, rule):
            words.append(ids.setdefault(to_type(text[start:end], rule), len(ids)))
            starts.append(start)
            ends.append(end)
        offsets.append(len(words))
    return words, starts, ends, offsets, list(ids)


def spans_of(texts: list[list[str]]) -> Iterator[tuple[str, int, int]]:
    """Every document with its sentences, which may part a word."""
    for sentences in texts:
        at = 0
        for sentence in sentences:
            yield "".join(sentences), at, at + len(sentence)
            at += len(sentence)


def by_pieces(texts: list[list[str]], rule: TokenRule) -> tuple[list[Any], ...]:
    columns = TokenColumns(rule, 10_000)
    for document, sentences in enumerate(texts):
        for text, first, last in spans_of([sentences]):
            columns.add_sentence(document, text, first, last)
    columns.finish()
    found = (columns.words, columns.starts, columns.ends, columns.offsets)
    return *(column.tolist() for column in found), list(columns.word_ids)


@pytest.mark.parametrize("rule", RULES, ids=TokenRule.to_text)
@settings(deadline=None)  # what is compiled or imported first takes long
@given(st.lists(st.lists(TEXTS, max_size=4), max_size=4), st.sampled_from([1, 7, 1 << 20]))
def test_pieces_give_the_tokens_of_the_rule(rule, texts, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_columns, "_AT_ONCE", at_once)
        patch.setattr(token_columns, "_KNOWN_BYTES", 600)  # forgotten again and again
        assert by_pieces(texts, rule) == by_token(texts, rule)


def test_every_blank_is_known():
    blanks = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    text = "é".join(blanks) + "b𝐀c"
    places, pieces = token_columns._part(text)
    assert places.tolist() == [at for at, letter in enumerate(text) if letter in "éb"]
    assert pieces.to_pylist() == text.split()


def test_a_word_that_is_too_long_is_found_in_its_document():
    columns = TokenColumns(TokenRule(), 100)
    columns.add_sentence(0, "short", 0, 5)
    columns.add_sentence(1, "x" * 10_001, 0, 10_001)
    columns.add_sentence(2, "short", 0, 5)
    with pytest.raises(InputError, match=r"^document 2 has a word of more than 10,000 characters"):
        columns.finish()
