"""Words as people write them: found in every spelling, each match said, what is lost is named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from clif_core.measurement import measure
from clif_core.probes import Weat, complete, find_words, match
from clif_core.probes.lookup import NamedSet
from clif_core.sgns.model import Vocabulary
from tests.peoples_words import DIFFERENCE, EFFECT, SETS, decomposed, german, weat

Change = Callable[[str], str]
WORDS = (
    "Mann", "Großvater", "New_York", "new_york", "don't", "Masse", "Maße", "Apple", "apple",
    "san francisco", "Mädchen", "lord", "lady", "Los_Angeles",
)  # fmt: skip
VOCABULARY = Vocabulary(WORDS, np.ones(len(WORDS), np.int64))


@pytest.mark.parametrize("model", [str, decomposed, str.lower, str.upper])
@pytest.mark.parametrize("written", [str, decomposed, str.lower, str.upper])
def test_case_and_form_change_no_value(model: Change, written: Change) -> None:
    asked = weat(*(tuple(map(written, words)) for words in SETS))
    there = german(model)
    report = measure(asked, there, n_permutations=100, n_resamples=100)
    assert report.quantities["effect_size"] == pytest.approx(EFFECT, abs=1e-4)
    assert report.quantities["difference"] == pytest.approx(DIFFERENCE, abs=1e-4)
    assert report.out_of_vocabulary == ()
    notes = " ".join(report.notes)
    for word in (word for words in SETS for word in words):
        if model(word) != written(word):
            assert f"{written(word)} → {model(word)}" in notes


@pytest.mark.parametrize(
    ("written", "word", "differs"),
    [
        ("Mann", "Mann", ()),
        ("MANN", "Mann", ("case",)),
        ("GROSSVATER", "Großvater", ("case",)),
        ("grossvater", "Großvater", ("case",)),
        ("New York", "New_York", ("blanks",)),
        ("new  york", "new_york", ("blanks",)),
        ("San_Francisco", "san francisco", ("blanks", "case")),
        ("los angeles", "Los_Angeles", ("blanks", "case")),
        ("don\u2019t", "don't", ("quotes",)),
        ("Don\u2019t", "don't", ("quotes", "case")),
        (decomposed("Mädchen"), "Mädchen", ("form",)),
        (decomposed("MÄDCHEN"), "Mädchen", ("form", "case")),
        ("masse", "Masse", ("case",)),
        ("maße", "Maße", ("case",)),
    ],
)
def test_the_strictest_rule_that_gives_one_word_is_taken(
    written: str, word: str, differs: tuple[str, ...]
) -> None:
    found = match(written, VOCABULARY)
    assert (found.word, found.differs) == (word, differs)
    assert found.row == WORDS.index(word)


@pytest.mark.parametrize(
    ("written", "offers"),
    [
        ("APPLE", ("Apple", "apple")),
        ("NEW YORK", ("New_York", "new_york")),
        ("MASSE", ("Masse", "Maße")),
    ],
)
def test_of_several_matches_none_is_taken(written: str, offers: tuple[str, ...]) -> None:
    found = match(written, VOCABULARY)
    assert found.word is None and found.is_ambiguous
    assert found.offers == offers
    asked = Weat("asked", (written, "Mann"), ("lady",), ("lord",), ("Mädchen",))
    resolved = asked.resolve(VOCABULARY)
    assert resolved.out_of_vocabulary == (written,)
    assert any(all(repr(offer) in note for offer in offers) for note in resolved.notes)


def test_what_only_stands_side_by_side_is_offered_apart() -> None:
    found = match("lord lady", VOCABULARY)
    assert (found.word, found.offers, found.are_parts) == (None, ("lord", "lady"), True)


def test_misspelt_words_are_offered_in_the_case_of_the_model() -> None:
    assert match("grosvater", VOCABULARY).offers == ("Großvater",)
    assert match("xyzzy", VOCABULARY).offers == ()


def test_a_word_in_two_spellings_counts_once() -> None:
    found = find_words(NamedSet("men", ("Großvater", "GROSSVATER", "Mann")), VOCABULARY)
    assert found.words == ("Großvater", "Mann")
    assert found.duplicates == ("GROSSVATER",)


@pytest.mark.parametrize("other", ["Mann", "MANN", "mann"])
def test_a_word_in_two_opposed_sets_is_refused(other: str) -> None:
    with pytest.raises(Exception, match="'Mann' stands both in"):
        weat(("Mann", "Vater"), ("Frau", other), *SETS[2:])


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("Juliet", ("juliet",)),
        ("JUL", ("julius", "juliet")),
        ("romeo and", ("Romeo_and_Juliet",)),
        ("juliett", ("juliet",)),
        ("", ()),
    ],
)
def test_a_search_folds_case_and_completes(typed: str, completed: tuple[str, ...]) -> None:
    words = ("julius", "juliet", "Romeo_and_Juliet", "the")
    assert complete(typed, Vocabulary(words, np.ones(4, np.int64))) == completed


def test_a_set_without_a_label_is_called_by_its_words() -> None:
    probe = Weat("X and Y, A and B", *SETS)
    assert probe.meaning.startswith("Positive: Mann, Vater … lean more towards Karriere, Büro …")
    assert probe.shown_name.startswith("Mann, Vater … and Frau, Mutter …")
    # Probes are kept by what describes them, and that is as it always was.
    described = probe.to_dict()
    assert [described[f"label_{side}"] for side in "xyab"] == ["X", "Y", "A", "B"]
    assert described["name"] == "X and Y, A and B"
    assert probe.key == "2756448232286d36"
