"""Tokens of a text, by a token rule; every offset is one of the original text.

By the default rule **a token** is a run of letters and digits with their marks, in any script, with
these allowed inside it: a soft hyphen or a zero-width joiner; an apostrophe, straight or curly, or
a single hyphen between two letters or digits (``don't``, ``bull's-eye``); a point or a comma
between two digits (``1,988``, ``2.5``); a point between single letters (``U.S``, ``i.e``).
Everything else is part of the text but of no token: a leading or closing apostrophe, a double
hyphen, quotes, ``$``, ``%``. As in Unicode's rule for words (UAX 29) a mark never parts from its
letter, so that no token begins or ends within a character that people see.

**A type** is what the vocabulary counts: by default the token in Unicode's composed form,
lower-cased, with straight apostrophes. The text itself is never changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from clif_core.text.segmenters import segment
from clif_core.text.token_rule import TokenRule
from clif_core.text.unparted import HAS_UNPARTED

__all__ = ["POINTS", "iterate_tokens", "strip_marks", "to_type"]

DEFAULT = TokenRule()
_ZERO_WIDTH = "\u00ad\u200c-\u200f\u061c\u2060\ufeff"  # soft hyphen, joiners, signs of direction
_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200e\u200f\u061c\u2060\ufeff"))
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))
_CURLY = re.compile("['ʼ’]")
_ENDING = re.compile(r"(?i:n['’]t|['’](?:s|m|d|ll|re|ve))\Z")
# Vowel points of Hebrew, of Arabic, and the stroke that lengthens an Arabic word.
POINTS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
_BEYOND = re.compile(r"[^\x00-\u00ac\u00ae-\u02bb\u02bd-\u02ff]")
_PLAIN = r"[^\W_]{1,100000}+"


def iterate_tokens(
    text: str, start: int = 0, end: int | None = None, rule: TokenRule = DEFAULT
) -> Iterator[tuple[int, int]]:
    """The (start, end) character offsets of every token of ``text[start:end]``, in order.

    The time is linear in the text. Raises InputError where the rule needs a segmenter that is not
    installed.
    """
    found = _pattern(rule).finditer(text, start, len(text) if end is None else end)
    spans: Iterator[tuple[int, int]] = (match.span() for match in found if match.lastindex is None)
    if rule.parting == "words" and rule.apostrophe == "split":
        spans = _split_endings(text, spans)
    if rule.segmenter != "none":
        spans = _segment(text, spans, rule.segmenter)
    return spans


def to_type(token: str, rule: TokenRule = DEFAULT) -> str:
    """The type of a token: how the rule writes it. Types of a rule are types of themselves."""
    if _BEYOND.search(token):
        token = token.translate(_DROPPED if rule.joiners == "keep" else _DROPPED | _JOINERS)
        token = token.rstrip("\u200c") or token
    token = _fold(unicodedata.normalize(rule.form, token), rule.case)
    if rule.marks == "points":
        token = POINTS.sub("", token) or token
    elif rule.marks == "none":
        token = strip_marks(token) or token
    token = _write_apostrophes(token, rule.apostrophe)
    if rule.digits != "keep":
        token = re.sub(r"\d", "0" if rule.digits == "zeros" else "#", token)
    return unicodedata.normalize(rule.form, token)


def _fold(token: str, case: str) -> str:
    if case == "keep":
        return token
    if case in ("casefold", "plain"):
        return token.casefold() if case == "casefold" else token.lower()
    if case == "turkish":
        token = token.replace("I\u0307", "i").replace("İ", "i").replace("I", "ı")
    return token.lower().replace("i\u0307", "i")  # what remains of İ


def strip_marks(token: str) -> str:
    """A word without its combining marks, decomposed: naïve is naive."""
    parts = unicodedata.normalize("NFD", token)
    return "".join(c for c in parts if unicodedata.category(c) != "Mn" and c != "\u0640")


def _write_apostrophes(token: str, apostrophe: str) -> str:
    if apostrophe == "keep":
        return token
    return _CURLY.sub("’" if apostrophe == "curly" else "'", token)


# Possessive quantifiers (++, *+) never give back what they took: no run of characters is scanned
# twice, and a token takes no memory for the way back. Up to Python 3.11.4 a possessive group that
# fails after a part of it matched keeps that part (python/cpython#106052). So where more than its
# first character can fail, a group looks ahead first, or is not possessive; ``test_other_pythons``
# compares. The last alternative passes over text between two matches in pieces, so that other
# threads run in between; so does the limit of a token's part.
@lru_cache(maxsize=64)
def _pattern(rule: TokenRule) -> re.Pattern[str]:
    """What finds tokens; group 1 holds what is none."""
    if rule.parting == "blanks":
        return re.compile(r"\S{1,100000}+|(\s{1,100000}+)")
    letter, run = r"[^\W\d_]", _run()
    inside = "·׳״"
    inside += "" if rule.apostrophe == "part" else "'’"
    inside += "" if rule.hyphen == "part" else "\u2010\u2011\\-"
    inside += "" if rule.underscore == "part" else "_"
    word = (
        rf"{_PLAIN}(?=[ \n])"  # most words: an alternative that is quick to try
        rf"|(?:{letter}(?:\.{letter}(?![^\W_])){{1,1000}}"  # initials: U.S, i.e
        rf"|\d++(?:(?=[.,٫٬]\d).\d++)++(?:{run}|)"  # 1,988 and 2.5
        rf"|{run})(?:(?=[{inside}][^\W_]).{run})*+"
    )
    if rule.symbols == "skip":
        return re.compile(rf"{word}|([\W_]{{2,100000}}+)")
    return re.compile(rf"{word}|{_SYMBOL}|([\s_]{{1,100000}}+)")


# Dots, dashes and quotes that are one mark; flags; a sign with all that an emoji is made of.
_SYMBOL = (
    r"\.{2,1000}+|-{2,1000}+|''|``|[\U0001f1e6-\U0001f1ff]{2}"
    r"|[^\w\s](?:[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|(?=\u200d[^\w\s])..)*+"
)


def _run() -> str:
    """A pattern of letters and digits in a row with the marks on them."""
    rest = f"[{_marks()}{_ZERO_WIDTH}]"
    rest = rf"(?:{rest}{{1,100}}+[^\W_]{{0,100}}+){{1,50000}}+"
    return rf"{_PLAIN}(?:(?=[^\x00-\x7f]){rest}|)"  # most words need no look at the long class


@lru_cache(maxsize=1)
def _marks() -> str:
    """Every combining mark of Unicode as ranges of a character class."""
    ranges: list[list[int]] = []
    for code in (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)):
        if unicodedata.category(chr(code)).startswith("M"):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in ranges)


def _split_endings(text: str, spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        tail = text[max(start, end - 3) : end]
        if "'" in tail or "’" in tail:
            found = _ENDING.search(text, max(start, end - 3), end)
            if found and found.start() > start:
                yield start, found.start()
                start = found.start()
        yield start, end


def _segment(
    text: str, spans: Iterator[tuple[int, int]], segmenter: str
) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        if not HAS_UNPARTED.search(text, start, end):
            yield start, end
            continue
        for piece in segment(text[start:end], segmenter):
            yield start, start + len(piece)
            start += len(piece)
