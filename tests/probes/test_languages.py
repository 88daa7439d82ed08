"""Word lists in other languages, and which a model speaks."""

from __future__ import annotations

import numpy as np
import pytest

from clif_core.probes import LANGUAGES, catalogue, find_row, guess_language, word_sets
from clif_core.probes.languages import _FUNCTION_WORDS
from clif_core.sgns.model import Vocabulary
from tests.peoples_words import german


def vocabulary_of(language: str) -> Vocabulary:
    """Function words first, then every second word of the lists, then those of all others."""
    own = [w for s in word_sets().values() if s.source.language == language for w in s.words]
    others = [w for code in LANGUAGES for w in _FUNCTION_WORDS[code]]
    filler = [f"word{i}" for i in range(2_000)]
    words = tuple(dict.fromkeys([*_FUNCTION_WORDS[language], *own[::2], *filler, *others]))
    return Vocabulary(words, np.ones(len(words), np.int64))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_is_told_from_the_words(language: str) -> None:
    guess = guess_language(vocabulary_of(language))
    assert guess.language == language
    assert LANGUAGES[language] in guess.how
    assert f"{guess.n_function_found} of {guess.n_function} common function words" in guess.how


def test_a_small_model_is_told_by_the_lists() -> None:
    assert guess_language(german().vocabulary).language == "de"


def test_strange_words_tell_nothing() -> None:
    guess = guess_language(Vocabulary(("xx1", "xx2"), np.ones(2, np.int64)))
    assert guess.language is None
    assert "tell none of the languages" in guess.how


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_each_language_has_cited_lists_that_can_be_asked(language: str) -> None:
    entries = [entry for entry in catalogue() if entry.source.language == language]
    names = {entry.probe.name for entry in entries}
    assert names == {f"weat_{n}_{language}" for n in (1, 6, 7, 8)}
    for entry in entries:
        assert entry.source.citation and entry.source.url.startswith("https://")
        everything = Vocabulary(entry.probe.words, np.ones(len(entry.probe.words), np.int64))
        resolved = entry.probe.resolve(everything)
        assert not resolved.out_of_vocabulary
        assert all(find_row(word, everything) is not None for word in entry.probe.words)
