"""Sentences of a text.

A sentence ends after ``.``, ``!``, ``?`` or an ellipsis, with any closing quotes and brackets, when
white space and then something other than a lower-case letter follow, unless the point belongs to a
title (``Mr.``) or an initial (``J.``); after the full stops and question marks of other scripts
(``。``, ``।``, ``؟``), which need no white space; and at every blank line. By the rule
``stops=any``, for texts without capitals, a lower-case letter may follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clif_core.text.token_rule import TokenRule

__all__ = ["is_lower_cased", "iterate_sentences", "split_sentences"]

DEFAULT = TokenRule()
# Stops that end nothing but sentences: of Chinese and Japanese, Indic scripts, Arabic and Urdu,
# Armenian, Ethiopic, Burmese, Khmer, Tibetan, Mongolian, Santali.
_OTHER = "。！？｡‼⁇⁈⁉।॥؟۔։።፧။៕។།༎᠃᱾᱿"
_CLOSING = "\"'”’)\\]」』）】》〉｣"
# Text up to where a sentence may end. The last group that matched tells what is there: 1 or 2, a
# certain end; 3, stops without white space behind them, which end nothing; 4, what follows stops
# and white space; none, a line break, or where a long text is cut. Possessive quantifiers: see
# ``clif_core.text.tokens``.
_END = re.compile(
    rf"[^.!?…\n{_OTHER}]{{0,99999}}+(?:"
    rf"[{_OTHER}][.!?…{_OTHER}]*+[{_CLOSING}]*+()"
    r"|\n[^\S\n]*+\n()"
    rf"|([.!?…]++)[{_CLOSING}]*+(?:(?=\s++(\S)))?"
    r"|.|\Z)",
    re.S,
)
_NO_END = (None, 3)
_FOLLOWING = re.compile(r"[.!?]\s{1,100}+([^\W\d_])")
_FEW_STOPS = 10  # fewer say nothing of a text
_ABBREVIATION = re.compile(  # at the end of the text before a point; I and O are words
    r"\b(?:[A-HJ-NP-Z]|(?i:mrs?|ms|dr|st|messrs|prof|rev|gen|col|capt|lt|sgt|sen|rep|gov|hon|[js]r"
    r"|vs|no|vol|fig|pp|cf))\Z"
)


def split_sentences(
    text: str, start: int = 0, end: int | None = None, rule: TokenRule = DEFAULT
) -> list[tuple[int, int]]:
    """The sentences of ``iterate_sentences`` as a list."""
    return list(iterate_sentences(text, start, end, rule))


def iterate_sentences(
    text: str, start: int = 0, end: int | None = None, rule: TokenRule = DEFAULT
) -> Iterator[tuple[int, int]]:
    """The (start, end) offsets of the sentences of ``text[start:end]``, without outer white space.

    They do not overlap, and every token lies in exactly one of them. The time is linear in the
    text.
    """
    stop = len(text) if end is None else end
    for match in _END.finditer(text, start, stop):
        if match.lastindex not in _NO_END and _is_end(text, start, match, rule):
            span = _trim(text, start, match.end())
            if span[0] < span[1]:
                yield span
            start = match.end()
    span = _trim(text, start, stop)
    if span[0] < span[1]:
        yield span


def is_lower_cased(text: str) -> bool:
    """Whether most stops of a text have a lower-case letter behind them: it has no capitals."""
    following = [match[1].islower() for match in _FOLLOWING.finditer(text)]
    return len(following) >= _FEW_STOPS and sum(following) > len(following) / 2


def _is_end(text: str, start: int, match: re.Match[str], rule: TokenRule) -> bool:
    following = match[4]
    if following is None:
        return True
    if following.islower() and rule.stops == "capital":
        return False
    return not _is_abbreviation(text, start, match.start(3))


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
