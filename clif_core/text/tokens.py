"""Tokens and sentences of a text: one rule for every corpus.

**A token** is a run of letters and digits, in any script, with three things allowed inside it:
an apostrophe, straight or curly, or a single hyphen between two letters or digits (``don't``,
``bull's-eye``); a point or a comma between two digits (``1,988``, ``2.5``); a point between single
letters (``U.S``, ``i.e``). Everything else is part of the text but of no token: a leading or
closing apostrophe, a double hyphen, quotes, ``$``, ``%``.

**A type** is what the vocabulary counts: the token in Unicode's composed form, lower-cased, with
straight apostrophes. The text itself is never changed.

**A sentence** ends after ``.``, ``!``, ``?`` or an ellipsis, with any closing quotes and brackets,
when white space and then something other than a lower-case letter follow, unless the point
belongs to a title (``Mr.``) or an initial (``J.``); and at every blank line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = ["iterate_sentences", "iterate_tokens", "split_sentences", "to_type"]

# Possessive quantifiers (++, *+) never give back what they took: no run of characters is scanned
# twice, and a token takes no memory for the way back. The last alternative passes over text between
# two matches in pieces, so that other threads run in between; so does the limit of a token's part.
_LETTER = r"[^\W\d_]"
_ALNUM = r"(?:[^\W_][\u0300-\u036f]*+)"  # combining accents stay with their letter
_TOKEN = re.compile(
    rf"(?:{_LETTER}(?:\.{_LETTER}(?!{_ALNUM}))++"  # initials: U.S, i.e
    rf"|\d++(?:[.,]\d++)++{_ALNUM}*+"  # 1,988 and 2.5
    rf"|{_ALNUM}{{1,100000}}+)(?:['’\-]{_ALNUM}++)*+"
    r"|([\W_]{2,100000}+)"
)
# Group 1 or 2, empty, matches where a sentence may end.
_SENTENCE_END = re.compile(
    r"[.!?…]++[\"'”’)\]]*+((?=\s++[^\sa-z]))?|\n[^\S\n]*+\n()|[^.!?…\n]{2,100000}+"
)
_ABBREVIATION = re.compile(  # at the end of the text before a point; I and O are words
    r"\b(?:[A-HJ-NP-Z]|(?i:mrs?|ms|dr|st|messrs|prof|rev|gen|col|capt|lt|sgt|sen|rep|gov|hon|[js]r"
    r"|vs|no|vol|fig|pp|cf))\Z"
)


def iterate_tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """The (start, end) character offsets of every token of ``text[start:end]``, in order."""
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        if match.lastindex is None:
            yield match.span()


def to_type(token: str) -> str:
    """The type of a token: composed, lower-cased, with straight apostrophes."""
    return unicodedata.normalize("NFC", token).lower().replace("’", "'")


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The sentences of ``iterate_sentences`` as a list."""
    return list(iterate_sentences(text, start, end))


def iterate_sentences(
    text: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """The (start, end) offsets of the sentences of ``text[start:end]``, without outer white space.

    They do not overlap, and every token lies in exactly one of them. The time is linear in the
    text.
    """
    stop = len(text) if end is None else end
    for match in _SENTENCE_END.finditer(text, start, stop):
        if match.lastindex and not _is_abbreviation(text, start, match.start()):
            span = _trim(text, start, match.end())
            if span[0] < span[1]:
                yield span
            start = match.end()
    span = _trim(text, start, stop)
    if span[0] < span[1]:
        yield span


def _is_abbreviation(text: str, start: int, point: int) -> bool:
    """Whether the point closes a title (``Mr.``) or an initial (``J. Smith``)."""
    return text[point : point + 2] in (". ", ".\n", ".\r", ".\t") and bool(
        _ABBREVIATION.search(text, max(start, point - 7), point)
    )


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
