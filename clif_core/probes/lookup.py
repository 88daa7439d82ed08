"""Finding a probe's words in a vocabulary: exactly first, then lower-cased; no word is lost unsaid.

A word set that a person wrote and the rows of a model rarely agree: capitals, a word twice, a word
that the text never had. ``find_words`` keeps what it can use and reports the rest, so that a screen
can say "2 of 8 words are not in this model: 'Donna' (nearest: 'donna'), 'NASA'".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.sgns.model import Vocabulary

__all__ = [
    "FoundSet",
    "NamedSet",
    "clean_words",
    "duplicate_notes",
    "find_words",
    "loss_notes",
    "nearest_spellings",
    "refuse_overlap",
    "too_few",
]


@dataclass(frozen=True)
class NamedSet:
    """A word set as written, the part it plays in its probe, and how few words still do."""

    label: str
    words: tuple[str, ...]
    at_least: int = 1


@dataclass(frozen=True, eq=False)
class FoundSet:
    """A word set on one vocabulary.

    Parameters
    ----------
    label : the part that the set plays, such as ``women``
    words : those that were found, spelled as the vocabulary spells them
    ids : (len(words),) int64 rows, distinct
    lost : as written, in order: words that the vocabulary has neither exactly nor lower-cased
    duplicates : as written: words that name a row which an earlier word of the set already named
    is_pool : the rest of the vocabulary, which the probe compares with and nobody chose
    """

    label: str
    words: tuple[str, ...]
    ids: npt.NDArray[np.int64]
    lost: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    is_pool: bool = False

    def __len__(self) -> int:
        return len(self.words)


def nearest_spellings(word: str, vocabulary: Vocabulary, n: int = 3) -> list[str]:
    """Up to ``n`` words of like spelling: same first letter, at most two letters longer or shorter.

    The narrow choice keeps this at a few milliseconds on any vocabulary, so that a whole set of
    lost names can be answered at once.
    """
    plain = "_".join(word.lower().split())
    if plain in vocabulary:
        return [plain]
    alike = [w for w in vocabulary.words if w[:1] == plain[:1] and abs(len(w) - len(plain)) <= 2]
    return difflib.get_close_matches(plain, alike, n=n, cutoff=0.7)


def clean_words(words: Iterable[str], label: str) -> tuple[str, ...]:
    """The words without surrounding space; raises InputError on an empty set or an empty word.

    Repeated words are kept here: they are dropped, and reported, where the set meets a vocabulary.
    """
    if isinstance(words, str):
        raise InputError(
            f"the set {label!r} is one piece of text, {words!r}; give a list of words, such as"
            ' ["king", "queen"].'
        )
    cleaned = []
    for word in words:
        if not isinstance(word, str) or not word.strip():
            raise InputError(
                f"the set {label!r} holds {word!r}, which is not a word; remove it or write a word."
            )
        cleaned.append(word.strip())
    if not cleaned:
        raise InputError(f"the set {label!r} is empty; it needs at least one word.")
    return tuple(cleaned)


def find_words(named: NamedSet, vocabulary: Vocabulary) -> FoundSet:
    """Look the words of one set up, exactly first, then lower-cased."""
    rows: dict[int, str] = {}
    lost: list[str] = []
    duplicates: list[str] = []
    for word in named.words:
        spelled = word if word in vocabulary else word.lower()
        row = vocabulary.index.get(spelled)
        if row is None:
            lost.append(word)
        elif row in rows:
            duplicates.append(word)
        else:
            rows[row] = spelled
    return FoundSet(
        label=named.label,
        words=tuple(rows.values()),
        ids=np.fromiter(rows, dtype=np.int64, count=len(rows)),
        lost=tuple(dict.fromkeys(lost)),
        duplicates=tuple(duplicates),
    )


def refuse_overlap(
    label_1: str, words_1: Iterable[str], label_2: str, words_2: Iterable[str]
) -> None:
    """Raise InputError, naming the words, when two sets that must differ share some.

    Capitals do not tell words apart here: 'He' and 'he' may well be one row of the model.
    """
    second = {word.lower() for word in words_2}
    shared = [word for word in dict.fromkeys(words_1) if word.lower() in second]
    if shared:
        raise InputError(
            f"{', '.join(map(repr, shared))} stand{'s' if len(shared) == 1 else ''} both in"
            f" {label_1!r} and in {label_2!r}; a word there would count for and against."
            " Remove it from one of them."
        )


def duplicate_notes(sets: Sequence[FoundSet]) -> list[str]:
    """One sentence for each set that had repeated words."""
    return [
        f"{', '.join(map(repr, dict.fromkeys(found.duplicates)))} repeated in {found.label!r}:"
        " counted once."
        for found in sets
        if found.duplicates
    ]


def loss_notes(sets: Sequence[FoundSet]) -> list[str]:
    """One sentence for each set that lost more than a fifth of its words (WEFE's limit)."""
    return [
        f"{len(found.lost)} of the {n_given} words of {found.label!r} are not in the model; the"
        " value speaks for the rest."
        for found in sets
        if len(found.lost) > 0.2 * (n_given := len(found.lost) + len(found))
    ]


def too_few(name: str, part: NamedSet, found: FoundSet, vocabulary: Vocabulary) -> str:
    """The message for a probe whose set has lost more words than it can spare."""
    has = f"only {', '.join(map(repr, found.words))} of" if len(found) else "no word of"
    lost = "".join(
        f" Not in the model: {word!r}"
        + (f" (nearest: {', '.join(map(repr, near))})." if near else ".")
        for word in found.lost[:5]
        for near in [nearest_spellings(word, vocabulary)]
    )
    rest = f" And {len(found.lost) - 5} more." if len(found.lost) > 5 else ""
    return (
        f"{name}: {has} {part.label!r} is among the model's {len(vocabulary):,} words, and the"
        f" probe needs at least {part.at_least}.{lost}{rest} Add words that the training text has."
    )
