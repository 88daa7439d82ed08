"""Looks up a probe's words in a vocabulary, and reports every word that cannot be used.

A word set that a person wrote often differs from a model's vocabulary: in capitals, by repeated
words, by words that the text does not contain. ``find_words`` returns the rows that it found, says
which of them are spelt otherwise than written (``matching``), and lists the other words, so that a
screen can say "1 of 8 words is not in the model's vocabulary: 'Doona' (nearest: 'donna')".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clif_core.errors import InputError
from clif_core.probes.matching import Match, match
from clif_core.sgns.model import Vocabulary
from clif_core.sgns.spelling import fold

__all__ = [
    "FoundSet",
    "NamedSet",
    "clean_words",
    "duplicate_notes",
    "find_row",
    "find_words",
    "nearest_spellings",
    "out_of_vocabulary_notes",
    "refuse_overlap",
    "spelling_notes",
    "too_few",
]


@dataclass(frozen=True)
class NamedSet:
    """A word set as written, its role in the probe, and the least number of words it needs."""

    label: str
    words: tuple[str, ...]
    at_least: int = 1


@dataclass(frozen=True, eq=False)
class FoundSet:
    """A word set on one vocabulary.

    Parameters
    ----------
    label : the role of the set, such as ``women``
    words : the words that were found, spelled as in the vocabulary
    ids : (len(words),) int64 rows, distinct
    out_of_vocabulary : as written, in order: words for which ``match`` gives none
    matches : words that are spelt otherwise than written, and those of which none of several fits
    duplicates : as written: words whose row an earlier word of the set already names
    is_pool : True for the rest of the vocabulary, which the probe compares its own words with
    """

    label: str
    words: tuple[str, ...]
    ids: npt.NDArray[np.int64]
    out_of_vocabulary: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    is_pool: bool = False
    matches: tuple[Match, ...] = ()

    def __len__(self) -> int:
        return len(self.words)


def nearest_spellings(word: str, vocabulary: Vocabulary, n: int = 3) -> list[str]:
    """Up to ``n`` words of the vocabulary that the person may have meant."""
    return list(match(word, vocabulary, n).offers)


def clean_words(words: Iterable[str], label: str) -> tuple[str, ...]:
    """The words without surrounding space; raises InputError on an empty set or an empty word.

    Repeated words stay; ``find_words`` drops and reports them.
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


def find_row(word: str, vocabulary: Vocabulary) -> int | None:
    """The row of the word that ``match`` takes, or None."""
    return match(word, vocabulary, 0).row


def find_words(named: NamedSet, vocabulary: Vocabulary) -> FoundSet:
    """Look up the words of one set by ``match``."""
    rows: dict[int, str] = {}
    unknown: list[str] = []
    duplicates: list[str] = []
    matches = [match(word, vocabulary, 0) for word in named.words]
    for found in matches:
        if found.row is None:
            unknown.append(found.written)
        elif found.row in rows:
            duplicates.append(found.written)
        else:
            rows[found.row] = vocabulary.words[found.row]
    return FoundSet(
        label=named.label,
        words=tuple(rows.values()),
        ids=np.fromiter(rows, dtype=np.int64, count=len(rows)),
        out_of_vocabulary=tuple(dict.fromkeys(unknown)),
        duplicates=tuple(duplicates),
        matches=tuple(dict.fromkeys(m for m in matches if m.differs or m.is_ambiguous)),
    )


def refuse_overlap(
    label_1: str, words_1: Iterable[str], label_2: str, words_2: Iterable[str]
) -> None:
    """Raise InputError, which names the words, when two sets that must be disjoint share any.

    The comparison ignores what spellings may differ in, because 'He' and 'he' may be the same row.
    """
    second = {fold(word) for word in words_2}
    shared = [word for word in dict.fromkeys(words_1) if fold(word) in second]
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


def spelling_notes(sets: Sequence[FoundSet]) -> list[str]:
    """What was found in another spelling, one sentence for each way; and what is ambiguous."""
    matches = dict.fromkeys(m for found in sets for m in found.matches)
    by_way: dict[str, list[str]] = {}
    for m in matches:
        if m.word is not None:
            by_way.setdefault(m.how, []).append(f"{m.written} → {m.word}")
    return [
        *(
            f"Found in another spelling ({how}): {', '.join(named)}."
            for how, named in by_way.items()
        ),
        *(
            f"{m.written!r} may be {' or '.join(map(repr, m.offers))}: none of them is taken;"
            " write the one you mean."
            for m in matches
            if m.is_ambiguous
        ),
    ]


def out_of_vocabulary_notes(sets: Sequence[FoundSet]) -> list[str]:
    """One sentence for each set with more than a fifth of its words unknown (WEFE's limit)."""
    return [
        f"{n_lost} of the {n_lost + len(found)} words of {found.label!r}"
        f" {'is' if n_lost == 1 else 'are'} not in the model's vocabulary; the value covers the"
        " others only."
        for found in sets
        if (n_lost := len(found.out_of_vocabulary)) > 0.2 * (n_lost + len(found))
    ]


def too_few(name: str, part: NamedSet, found: FoundSet, vocabulary: Vocabulary) -> str:
    """The error message for a probe with too few known words in one of its sets."""
    has = f"only {', '.join(map(repr, found.words))} of" if len(found) else "no word of"
    unknown = [
        repr(word) + (f" (nearest: {', '.join(map(repr, near))})" if near else "")
        for word in found.out_of_vocabulary[:5]
        for near in [nearest_spellings(word, vocabulary)]
    ]
    n_more = len(found.out_of_vocabulary) - 5
    unknown += [f"and {n_more} more"] if n_more > 0 else []
    lost = f" Not in the model's vocabulary: {', '.join(unknown)}." if unknown else ""
    return (
        f"{name}: {has} {part.label!r} is among the model's {len(vocabulary):,} words, and the"
        f" probe needs at least {part.at_least}.{lost} Add words that occur in the"
        " training text."
    )
