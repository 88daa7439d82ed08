"""When two spellings are the same word: blanks or "_", Unicode form, quotes, case.

``fold`` maps every spelling of a word to one form. ``differences`` names what two spellings differ
in. ``similar`` finds misspelt words. A browser that searches without the server folds alike.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence

__all__ = ["BLANKS", "CASE", "FORM", "QUOTES", "differences", "fold", "plain", "similar"]

#: What two spellings of one word may differ in, from the least to the most.
BLANKS, FORM, QUOTES, CASE = "blanks", "form", "quotes", "case"

_QUOTES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\uff07`\u00b4", "'"))


_ODD = re.compile(r"[\s`]")  # what "_" or a straight quote stands for, in ASCII
_N_COMPARED = 200_000  # of the most frequent words are compared with a misspelt one


def plain(word: str) -> str:
    """The word in NFC, with straight quotes, its parts joined by "_"; the case is kept."""
    if word.isascii() and not _ODD.search(word):
        return word
    return "_".join(unicodedata.normalize("NFC", word).translate(_QUOTES).split())


def fold(word: str) -> str:
    """``plain`` without case: "Großvater", "GROSSVATER" and "großvater" give "grossvater"."""
    if word.isascii() and not _ODD.search(word):  # most words
        return word if word.islower() else word.lower()
    # Full case folding may leave a combined letter in parts, so the form is made again.
    return unicodedata.normalize("NFC", plain(word).casefold())


def differences(written: str, word: str) -> tuple[str, ...]:
    """What two spellings of one word differ in: some of ``blanks``, ``form``, ``quotes``, ``case``.

    A name is among them where the two still differ once all other differences are taken away.
    """
    return tuple(
        name for name in _STEPS if _without_others(name, written) != _without_others(name, word)
    )


_STEPS: dict[str, Callable[[str], str]] = {
    BLANKS: lambda word: "_".join(word.split()),
    FORM: lambda word: unicodedata.normalize("NFC", word),
    QUOTES: lambda word: word.translate(_QUOTES),
    CASE: str.casefold,
}


def _without_others(name: str, word: str) -> str:
    for other, step in _STEPS.items():
        word = word if other == name else step(word)
    return word


def similar(word: str, folded: Sequence[str], n: int = 3) -> list[int]:
    """Up to ``n`` places in ``folded`` of words spelt like ``word``, the most alike first.

    Only frequent words with the same first letter and about the same length are compared: with
    14,000 words a call takes some milliseconds, so that a whole set can be answered at once.
    """
    sought = fold(word)
    if not sought:
        return []
    rows = [
        row
        for row, other in enumerate(folded[:_N_COMPARED])
        if other[:1] == sought[0] and abs(len(other) - len(sought)) <= 2
    ]
    places: dict[str, int] = {}
    for row in rows:
        places.setdefault(folded[row], row)
    near = difflib.get_close_matches(sought, places, n=n, cutoff=0.7)
    return [places[other] for other in near]
