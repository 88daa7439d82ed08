"""Which of the languages of the shipped word lists a model speaks, guessed from its vocabulary.

Two shares are added: of the language's function words among the model's most frequent words, and of
the words of its lists among all words. A large vocabulary holds function words of many languages,
but not among its first; a small one may hold none, so that the lists decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clif_core.probes.lookup import find_row
from clif_core.probes.shipped import word_sets
from clif_core.sgns.model import Vocabulary

__all__ = ["LANGUAGES", "Guess", "guess_language"]

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "zh": "Chinese",
    "ar": "Arabic",
}
_FUNCTION_WORDS: Mapping[str, tuple[str, ...]] = {
    language: tuple(words.split())
    for language, words in {
        "en": "the of and to in is that it for was with as his on be at by had not are but from",
        "de": "der die und das ist nicht ein eine zu den mit von auf für im dem auch sich wird",
        "es": "el los las del y que por con una su para es como más pero sus muy hasta desde",
        "fr": "le les des et du que dans une est pour qui sur avec pas au plus par ce mais il",
        "zh": "的 是 在 了 和 不 有 也 就 都 而 及 与 着 或 这 那 个 上 我",
        "ar": "في من على إلى أن عن مع هذا هذه كان التي الذي ما لا بعد ذلك بين كل قد أو",
    }.items()
}
_N_FREQUENT = 2_000  # function words are looked for among as many of the most frequent words
_LEAST = 0.1  # a smaller sum of the two shares tells nothing


@dataclass(frozen=True)
class Guess:
    """A language of ``LANGUAGES``, or None, and how it was told.

    Parameters
    ----------
    n_function, n_function_found : function words, and those among the most frequent words
    n_listed, n_listed_found : words of the shipped lists, and those in the vocabulary
    """

    language: str | None
    n_function: int = 0
    n_function_found: int = 0
    n_listed: int = 0
    n_listed_found: int = 0

    @property
    def score(self) -> float:
        """The sum of the two shares, 0 to 2."""
        listed = self.n_listed_found / self.n_listed if self.n_listed else 0.0
        return self.n_function_found / max(self.n_function, 1) + listed

    @property
    def how(self) -> str:
        """One sentence for a person."""
        if self.language is None:
            return "The model's words tell none of the languages of the shipped lists."
        return (
            f"{LANGUAGES[self.language]}, guessed from the model's words:"
            f" {self.n_function_found} of {self.n_function} common function words are among its"
            f" {_N_FREQUENT:,} most frequent, and {self.n_listed_found} of the {self.n_listed}"
            " words of the shipped lists are in it."
        )


def guess_language(vocabulary: Vocabulary) -> Guess:
    """The language with the highest ``score``; English where two are equal."""
    best = max((_look(language, vocabulary) for language in LANGUAGES), key=lambda g: g.score)
    return best if best.score >= _LEAST else Guess(None)


def _look(language: str, vocabulary: Vocabulary) -> Guess:
    function = _FUNCTION_WORDS[language]
    sets = (found for found in word_sets().values() if found.source.language == language)
    listed = {word for found in sets for word in found.words}
    rows = [find_row(word, vocabulary) for word in function]
    return Guess(
        language,
        len(function),
        sum(row is not None and row < _N_FREQUENT for row in rows),
        len(listed),
        sum(find_row(word, vocabulary) is not None for word in listed),
    )
