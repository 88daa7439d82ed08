"""Finds a word as a person writes it: exact, then other forms of the same spelling, each said.

In order: the word as written; with "_" for its blanks (or blanks for "_"); in another Unicode form;
with other quotes; in another case (GROSSVATER is Großvater). The first of these that gives one word
of the vocabulary is taken. Where one gives several, none is taken, and they are offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from unicodedata import normalize

from clif_core.sgns.model import Vocabulary
from clif_core.sgns.spelling import BLANKS, CASE, FORM, QUOTES, differences, fold, plain, similar

__all__ = ["Match", "complete", "match"]

_SAID = {
    BLANKS: "“_” for a blank",
    FORM: "Unicode form",
    QUOTES: "quotes",
    CASE: "case",
}
_N_OFFERS = 3


@dataclass(frozen=True)
class Match:
    """A word as written and what the vocabulary has for it.

    Parameters
    ----------
    written : as the person wrote it
    word, row : as in the vocabulary; None where nothing, or more than one word, fits
    differs : what the two spellings differ in (``spelling.differences``); empty for an exact match
    offers : what the person may have meant, where ``word`` is None
    is_ambiguous : whether the offers are spellings of this very word
    are_parts : whether the offers are the single words of what was written, all of them
    """

    written: str
    word: str | None = None
    row: int | None = None
    differs: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    is_ambiguous: bool = False
    are_parts: bool = False

    @property
    def note(self) -> str:
        """Such as "Karriere → karriere: differs in case"; empty for an exact match."""
        if self.word is None or not self.differs:
            return ""
        return f"{self.written} → {self.word}: {self.how}"

    @property
    def how(self) -> str:
        """Such as "differs in case"; empty for an exact match."""
        said = " and ".join(_SAID[name] for name in self.differs)
        return f"differs in {said}" if said else ""


def match(written: str, vocabulary: Vocabulary, n_offers: int = _N_OFFERS) -> Match:
    """The word of the vocabulary that ``written`` names; else what to offer (none if 0)."""
    row = vocabulary.index.get(written)
    if row is not None:
        return Match(written, written, row)
    alike = vocabulary.rows_alike(written)
    for same in _from_strict_to_loose(written):
        rows = [row for row in alike if same(vocabulary.words[row]) == same(written)]
        if len(rows) == 1:
            word = vocabulary.words[rows[0]]
            return Match(written, word, rows[0], differences(written, word))
        if rows:
            offers = tuple(vocabulary.words[row] for row in rows)
            return Match(written, offers=offers, is_ambiguous=True)
    return _offer(written, vocabulary, n_offers) if n_offers else Match(written)


def _from_strict_to_loose(written: str) -> list[Callable[[str], str]]:
    """What must agree, from the strictest rule to the loosest."""
    rules = [_joined, lambda word: normalize("NFC", _joined(word)), plain]
    if not written.isupper():  # in capitals ß is SS, so that MASSE may be Masse and Maße
        rules.append(lambda word: plain(word).lower())
    return [*rules, fold]


def _joined(word: str) -> str:
    return "_".join(word.split())


def _offer(written: str, vocabulary: Vocabulary, n: int) -> Match:
    """The nearest spellings; for words that only stand side by side, those words."""
    parts = [match(part, vocabulary, 0).word for part in written.replace("_", " ").split()]
    known = tuple(part for part in parts if part is not None)
    if 1 < len(parts) == len(known):
        return Match(written, offers=known, are_parts=True)
    near = similar(written, vocabulary.folded, n)
    return Match(written, offers=tuple(vocabulary.words[row] for row in near))


def complete(typed: str, vocabulary: Vocabulary, n: int = 8) -> tuple[str, ...]:
    """Up to ``n`` words that begin with what was typed, in any case, form or quotes.

    First the word itself, then in the order of the vocabulary (most frequent first). Where no word
    begins so, the nearest spellings.
    """
    sought = fold(typed)
    if not sought:
        return ()
    rows = dict.fromkeys(vocabulary.rows_alike(typed))
    for row, folded in enumerate(vocabulary.folded):
        if len(rows) >= n:
            break
        if folded.startswith(sought):
            rows[row] = None
    found = list(rows)[:n] or similar(typed, vocabulary.folded, n)
    return tuple(vocabulary.words[row] for row in found)
