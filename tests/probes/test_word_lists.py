"""Lists of words as people write, paste and export them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clif_core.probes import join_words, name_of_words, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("New York, Mann, Vater", ("New York", "Mann", "Vater")),
        ("king queen  man", ("king", "queen", "man")),
        (" king queen \n", ("king", "queen")),
        ("New York\nRome\r\nLos Angeles", ("New York", "Rome", "Los Angeles")),
        ("a\tb c\td", ("a", "b c", "d")),
        ("a; b, c\n d", ("a", "b", "c", "d")),
        ("a,b,", ("a", "b")),
        (",,;\n", ()),
        ("", ()),
        ("“New York”, 'Rome', \"x, y\"", ("New York", "Rome", "x, y")),
        ('"New York" "San Francisco"', ("New York", "San Francisco")),
        ("['a', 'b']", ("a", "b")),
        ('["New York", "b"]', ("New York", "b")),
        ("数学，代数、几何；数", ("数学", "代数", "几何", "数")),
        ("أب، أم؛ عم", ("أب", "أم", "عم")),
        ("king\u3000queen", ("king", "queen")),
        ("- king\n- queen\n• lord", ("king", "queen", "lord")),
        ("\ufeffking,queen", ("king", "queen")),
        ("don't, 'tis", ("don't", "'tis")),
        ("king, king, queen", ("king", "queen")),
    ],
)
def test_marks_part_words_where_there_are_any(text: str, words: tuple[str, ...]) -> None:
    assert split_words(text) == words


def test_repeated_words_stay_for_a_probe_that_reports_them() -> None:
    assert split_words("he, he", has_repeats=True) == ("he", "he")


WORDS = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters='"“”„«»'), min_size=1
)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), max_size=5, unique=True))
def test_a_list_that_is_shown_reads_back(words: list[str]) -> None:
    assert split_words(join_words(words)) == tuple(words)


@pytest.mark.parametrize(
    ("words", "name"),
    [(("man",), "man"), (("man", "boy"), "man and boy"), (("a", "b", "c"), "a, b …")],
)
def test_a_set_is_named_by_its_words(words: tuple[str, ...], name: str) -> None:
    assert name_of_words(words) == name


@pytest.mark.parametrize("unit", ["“", "„", "«", "“„«", "“a ", "["])
def test_a_run_of_marks_that_nothing_closes_takes_no_quadratic_time(unit: str) -> None:
    """300,000 of them took hours."""
    assert len(split_words(unit * 300_000)) >= 1
    assert len(split_words("[" * 300_000 + "]" * 300_000)) == 1
