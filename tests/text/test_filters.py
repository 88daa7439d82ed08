"""Sentences chosen by metadata and by words."""

from __future__ import annotations

import pytest

from clif_core.errors import InputError
from clif_core.text.corpus import Corpus, SourceDocument, build_corpus
from clif_core.text.filters import matching_sentences, metadata_columns, metadata_values
from clif_core.text.token_rule import TokenRule


def test_metadata_that_groups_the_text_is_offered(lee_corpus: Corpus) -> None:
    assert metadata_columns(lee_corpus) == ["half"]
    assert metadata_values(lee_corpus, "half") == ["first", "second"]


def test_a_filter_and_a_search_are_combined(lee_corpus: Corpus) -> None:
    first = matching_sentences(lee_corpus, "half", "first", "")
    police = matching_sentences(lee_corpus, "", "", "Police")
    both = matching_sentences(lee_corpus, "half", "first", "police,")
    assert first is not None and police is not None and both is not None
    assert (both == (first & police)).all()
    assert 0 < both.sum() < police.sum()


def test_without_a_filter_nothing_is_chosen(lee_corpus: Corpus) -> None:
    assert matching_sentences(lee_corpus, "", "", "  ") is None
    unknown = matching_sentences(lee_corpus, "", "", "nosuchword")
    assert unknown is not None and not unknown.any()


@pytest.mark.parametrize("column", ["nosuch", "text"])
def test_an_unknown_column_is_refused(lee_corpus: Corpus, column: str) -> None:
    with pytest.raises(InputError, match="choose one of: half"):
        metadata_values(lee_corpus, column)


def test_case_is_ignored_where_the_text_keeps_it() -> None:
    rule = TokenRule(case="keep", form="NFD")
    documents = [SourceDocument("One", "The Büro. A BÜRO! No.")]
    found = matching_sentences(build_corpus("x", documents, {}, rule=rule), "", "", "büro")
    assert found is not None and found.tolist() == [True, True, False]
